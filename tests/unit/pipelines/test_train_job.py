"""Training as a job."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.pipelines.runs import FakeRun
from tests.unit.pipelines.test_pipelines_train import store  # noqa: F401 - a fixture

from socialflow.catalogue.registry import Catalogue
from socialflow.errors import InvalidInput, SocialflowError, StoreUnavailable
from socialflow.jobs.records import PipelineType
from socialflow.pipelines.train_job import TrainModel
from socialflow.storage.unit_of_work import Store


def training(**config: object) -> FakeRun:
    return FakeRun(PipelineType.TRAIN_MODEL, config)


def pretending(code: str) -> TrainModel:
    """A handler whose child runs `code` instead; it finds its arguments in `sys.argv`."""
    return TrainModel(os.environ, (sys.executable, "-c", f"import json, os, sys, time\n{code}"))


class TestTheRealCommand:
    async def test_keeps_a_candidate_and_tells_the_verdict(self, store: Store, tmp_path: Path) -> None:  # noqa: F811
        run = training(model="item_item", settings={"neighbours": 5, "evaluation.users": 60}, promote=True)
        outcome = await TrainModel({**os.environ, "SOCIALFLOW_HOME": str(tmp_path), "DATABASE_URL": ""})(run)
        result: dict[str, Any] = dict(outcome.result)
        assert (result["name"], result["version"], result["accepted"], result["promoted"]) == (
            "item_item",
            "0001",
            True,
            True,
        )
        assert result["parameters"]["neighbours"] == 5
        assert result["metrics"]["ndcg@10"] > 0
        assert Catalogue(tmp_path / "models").active_versions() == {"item_item": "0001"}
        percents = [done for done, _ in run.heard]
        assert percents == sorted(percents)
        assert percents[-1] == 100

    async def test_a_named_failure_keeps_its_name(self, tmp_path: Path) -> None:
        env = {**os.environ, "SOCIALFLOW_HOME": str(tmp_path / "empty"), "DATABASE_URL": ""}
        with pytest.raises(InvalidInput, match="nothing to train on"):
            await TrainModel(env)(training(model="item_item"))


class TestTheConfiguration:
    @pytest.mark.parametrize(
        ("config", "says"),
        [
            ({}, "config.model"),
            ({"model": "magic"}, "no model 'magic'"),
            ({"model": "als", "settings": {"colour": 1}}, "als has no setting"),
            ({"model": "als", "epochs": 3}, "no key 'epochs'; there are: model, settings, promote"),
        ],
    )
    async def test_what_is_wrong_is_said_before_a_child_starts(self, config: dict[str, object], says: str) -> None:
        with pytest.raises(InvalidInput, match=says):
            await pretending("sys.exit(9)")(training(**config))


class TestFailures:
    async def test_a_store_that_is_away_is_no_fault_of_the_job(self) -> None:
        said = '{"error": "store_unavailable", "detail": "the database cannot be reached"}'
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            await pretending(f"print({said!r}, file=sys.stderr); sys.exit(2)")(training(model="als"))

    async def test_a_code_of_another_version_is_a_failure_still(self) -> None:
        said = '{"error": "unheard_of", "detail": "x"}'
        with pytest.raises(SocialflowError):
            await pretending(f"print({said!r}, file=sys.stderr); sys.exit(2)")(training(model="als"))

    async def test_a_crash_tells_its_last_words(self) -> None:
        with pytest.raises(RuntimeError, match=r"exit code 134: Fatal: no memory"):
            await pretending("print('Fatal: no memory', file=sys.stderr); sys.exit(134)")(training(model="als"))

    async def test_a_cancelled_job_kills_the_child(self) -> None:
        code = "print(json.dumps({'stage': 's', 'done': os.getpid(), 'total': 1}), file=sys.stderr, flush=True)"
        started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        run = training(model="als")
        run.progress = lambda done, total: started.set_result((done - 20) // 80)  # type: ignore[method-assign]
        task = asyncio.create_task(pretending(f"{code}\ntime.sleep(600)")(run))
        child = await started
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
