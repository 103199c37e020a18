"""One worker process: what does each type of work."""

from collections.abc import Mapping

from socialflow.broker.worker import WorkerParts
from socialflow.jobs.observer import RunLog
from socialflow.jobs.records import PipelineType
from socialflow.jobs.runner import Runner
from socialflow.jobs.work import Handler
from socialflow.pipelines.model_source import CatalogueModels
from socialflow.settings import load_settings
from socialflow.wiring.broker import child_environment
from socialflow.wiring.platform import Platform, assemble


async def open_worker(worker_id: str) -> WorkerParts:
    """The parts of one worker process, by the environment's settings (satisfies `broker.worker.OpenParts`)."""
    settings = load_settings()
    platform = assemble(settings)
    runner = Runner(
        platform.store,
        handlers(platform),
        platform.clock,
        worker_id=worker_id,
        retry_delay=settings.job_retry_delay,
        lease_seconds=settings.job_lease_seconds,
        observer=RunLog(),
    )
    return WorkerParts(runner, platform.store, platform.clock, platform.close)


def handlers(platform: Platform) -> Mapping[PipelineType, Handler]:
    """What does each type of work."""
    from socialflow.intake.records import Moderation  # what works is not loaded to serve
    from socialflow.pipelines.collect import Collect, outside_api
    from socialflow.pipelines.handlers import WorkParts, build_handlers

    settings, clock = platform.settings, platform.clock
    token = None if settings.flic_token is None else settings.flic_token.get_secret_value()
    return build_handlers(
        WorkParts(
            store=platform.store,
            clock=clock,
            cache=platform.cache,
            lists=platform.lists,
            contents=platform.contents,
            bandit=platform.recommendation.bandit,
            catalogue=platform.catalogue,
            upstream=platform.upstream,
            video=platform.video,
            search=platform.search,
            collect=Collect(
                platform.store,
                clock,
                outside_api(settings.api_base_url, token, clock),
                CatalogueModels(platform.catalogue).versions,
                Moderation(settings.collect_moderation),
            ),
            moderator=platform.moderation.moderator,
            policies=platform.moderation.policies,
            rechecking=platform.moderation.rechecking,
            inference_dir=settings.inference_dir,
            training_env=child_environment(settings),
        )
    )
