"""Schedules declared in code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from socialflow import wiring
from socialflow.errors import InvalidInput, ScheduleNotFound
from socialflow.jobs.records import PipelineType, Trigger
from socialflow.kit.defaults import substituted
from socialflow.pipelines import scheduler, warm_cache
from socialflow.settings import load_settings
from socialflow.storage.maintenance import upgrade


@pytest.fixture(autouse=True)
def _resident(tmp_path: Path) -> Iterator[None]:
    settings = load_settings({"socialflow_home": tmp_path, "database_url": "", "redis_url": None})
    upgrade(settings.store_url)
    with substituted(lambda: wiring.assemble(settings)):
        yield


class TestDeclaring:
    def test_an_interval(self) -> None:
        schedule = scheduler.add_job(warm_cache, "interval", hours=1, minutes=30, id="warm", kwargs={"users": 9})
        assert schedule.trigger == Trigger(interval_seconds=5400)
        assert (schedule.name, schedule.config) == ("warm_cache", {"users": 9})

    def test_a_cron_line(self) -> None:
        schedule = scheduler.add_job("warm_cache", "cron", cron="0 3 * * 0", id="warm", name="Sundays")
        assert (schedule.trigger, schedule.name) == (Trigger(cron="0 3 * * 0"), "Sundays")

    def test_any_pipeline_by_its_type(self) -> None:
        schedule = scheduler.add_job(PipelineType.TRAIN_MODEL, "interval", days=1, id="x", kwargs={"model": "als"})
        assert schedule.pipeline_type is PipelineType.TRAIN_MODEL

    def test_what_was_declared_can_be_paused_resumed_and_removed(self) -> None:
        scheduler.add_job(warm_cache, "interval", hours=1, id="warm")
        assert scheduler.pause_job("warm").paused
        assert not scheduler.resume_job("warm").paused
        scheduler.remove_job("warm")
        assert scheduler.get_jobs() == []
        with pytest.raises(ScheduleNotFound):
            scheduler.remove_job("warm")


class TestRefusals:
    @pytest.mark.parametrize("func", [print, "os.system", lambda: None, None])
    def test_only_what_has_a_name_can_be_scheduled(self, func: object) -> None:
        with pytest.raises(InvalidInput, match="names, not code; use one of warm_cache"):
            scheduler.add_job(func, "interval", hours=1, id="x")
        assert scheduler.get_jobs() == []

    @pytest.mark.parametrize(
        ("trigger", "more", "field"),
        [
            ("interval", {}, "trigger"),
            ("interval", {"cron": "* * * * *"}, "trigger"),
            ("interval", {"fortnights": 1}, "fortnights"),
            ("interval", {"seconds": -5}, "trigger.interval_seconds"),
            ("cron", {}, "trigger"),
            ("cron", {"cron": "whenever"}, "trigger.cron"),
            ("date", {"hours": 1}, "trigger"),
        ],
    )
    def test_a_trigger_that_is_none_is_named(self, trigger: str, more: dict[str, object], field: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            scheduler.add_job(warm_cache, trigger, id="x", **more)  # type: ignore[arg-type]
        assert caught.value.field == field


class TestCalling:
    def test_submits_the_work_at_once(self) -> None:
        job = warm_cache(users=3)
        assert (job.pipeline_type, job.config, job.name) == (PipelineType.CACHE_WARM, {"users": 3}, "warm_cache")
