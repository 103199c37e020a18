"""Topics of the platform's texts, as batch work."""

from pydantic import Field

from socialflow.analysis.fitting import fit_topics
from socialflow.catalogue.registry import Catalogue
from socialflow.content.ports import ContentStore
from socialflow.errors import InvalidInput
from socialflow.jobs.records import NewJob, PipelineType
from socialflow.jobs.work import Outcome, Run
from socialflow.pipelines.job_config import JobConfig, read_config


class TopicsConfig(JobConfig):
    """Configuration of `train_topics`."""

    topics: int | None = Field(default=None, ge=2, le=100, description="How many; by the number of texts if not given.")


class TrainTopics:
    """Does `train_topics`: fits LDA and NMF on public texts. Where no text is new, the versions stay as they are."""

    def __init__(self, store: ContentStore, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue

    async def __call__(self, run: Run) -> Outcome:
        """Partial where there are too few texts. Raises InvalidInput, StoreUnavailable, ArtefactError."""
        config = read_config(TopicsConfig, run.job.config)
        try:
            models = await fit_topics(self._store, self._catalogue, config.topics)
        except InvalidInput as problem:  # a new platform is no failure
            return Outcome({"missing": ["texts"], "reason": problem.message}, partial=True)
        told = {
            method.value: [
                {"name": one.name, "words": [word for word, _ in one.words], "coherence": round(one.coherence, 4)}
                for one in model.topics
            ]
            for method, model in models.items()
        }
        return Outcome(told)


def topics_job(topics: int | None) -> NewJob:
    """The job; one at a time for the same number of topics."""
    config = {} if topics is None else {"topics": topics}
    return NewJob(PipelineType.TRAIN_TOPICS, "train topics", config, dedup_key=f"train topics: {topics}")
