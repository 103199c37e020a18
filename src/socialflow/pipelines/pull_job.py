"""A model that others trained, brought here as batch work."""

from pydantic import Field

from socialflow.catalogue.upstream.pulling import Given
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.jobs.records import NewJob, PipelineType
from socialflow.jobs.work import Outcome, Run
from socialflow.pipelines.job_config import JobConfig, read_config


class PullConfig(JobConfig):
    """Configuration of `pull_model`."""

    model: str = Field(description="Name of the model, like vad-silero.")
    sha256: dict[str, str] = Field(default={}, description="Digests of files whose card does not know them, by path.")


class PullModel:
    """Does `pull_model`; one that is here and whole is left as it is."""

    def __init__(self, upstream: UpstreamModels) -> None:
        self._upstream = upstream

    async def __call__(self, run: Run) -> Outcome:
        """Raises what `UpstreamModels.pull` raises."""
        config = read_config(PullConfig, run.job.config)
        seen: dict[str, tuple[int, int]] = {}

        def told(stage: str, done: int, total: int) -> None:
            seen[stage] = (done, max(total, done, 1))
            come, known = map(sum, zip(*seen.values(), strict=True))
            run.progress(come, max(known, size))

        size = self._upstream.card(config.model).size or 0
        installed = await self._upstream.pull(config.model, Given(config.sha256), told)
        return Outcome({"model": config.model, "size": installed.size, "files": sorted(installed.files)})


def pull_job(model: str, sha256: dict[str, str]) -> NewJob:
    """The job; one at a time for the same model."""
    config: dict[str, object] = {"model": model, "sha256": sha256}
    return NewJob(PipelineType.PULL_MODEL, f"pull {model}", config, dedup_key=f"pull model: {model}")
