"""Topic models of the platform's own texts, as versions of the catalogue."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from socialflow.analysis.topics import Method, Topic, TopicModel
from socialflow.catalogue.records import Card
from socialflow.catalogue.registry import Catalogue
from socialflow.content.ports import ContentStore
from socialflow.content.records import ModerationStatus
from socialflow.ids import ItemKey
from socialflow.kit.defaults import resident

KIND = "topics"
MOST_TEXTS = 50_000
"""The newest items that topics are fitted on."""
_SHOWN = frozenset({ModerationStatus.APPROVED, ModerationStatus.FLAGGED})
_CARD = Card(
    summary="Topics of the platform's texts",
    intended_use="Words for what items, channels and people are about",
    limitations=("as of its creation: later texts do not count", "coherence is that of the texts it was fitted on"),
)


class Home(Protocol):
    """A platform, as `socialflow.wiring` assembles it."""

    @property
    def store(self) -> ContentStore:
        """Where its tables are."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """Where its models are."""
        ...


def name_of(method: Method) -> str:
    """The catalogue's name of a model.

    >>> name_of(Method.NMF)
    'topics_nmf'
    """
    return f"{KIND}_{method}"


MODELS = tuple(name_of(method) for method in Method)


class TopicModeler:
    """Finds what a platform's texts are about. Blocking, for scripts and notebooks."""

    def fit_topic_models(self, db: Home | None = None, topics: int | None = None) -> Mapping[Method, Sequence[Topic]]:
        """Fit LDA and NMF on the words of public items, store both as active versions, and return their topics.

        Texts by people who bar training are left out. Without new texts nothing is fitted again.

        Args:
            db: a platform that no event loop is using; without it, the one which the environment's settings describe.
            topics: how many; without it, the square root of half the number of texts, 2 to 50.

        Raises InvalidInput where there are too few texts, StoreUnavailable.
        """

        async def fit(home: Home) -> Mapping[Method, TopicModel]:
            return await fit_topics(home.store, home.catalogue, topics)

        models = resident().call(fit) if db is None else asyncio.run(fit(db))
        return {method: model.topics for method, model in models.items()}


async def fit_topics(
    store: ContentStore, catalogue: Catalogue, topics: int | None = None
) -> Mapping[Method, TopicModel]:
    """As `TopicModeler.fit_topic_models`; versions that an older run made are deleted, with the words they hold."""
    texts = await _texts(store)
    wanted = topics or min(50, max(2, round((len(texts) / 2) ** 0.5)))
    digest = hashlib.sha256("\0".join((str(wanted), *texts)).encode("utf-8", "surrogatepass")).hexdigest()
    make = partial(_fit, catalogue, texts, wanted, digest)
    return {method: await asyncio.to_thread(make, method) for method in Method}


def _fit(catalogue: Catalogue, texts: Sequence[str], topics: int, digest: str, method: Method) -> TopicModel:
    name = name_of(method)
    active = catalogue.active_versions().get(name)
    if active is not None and catalogue.manifest(name, active).about.metadata["digest"] == digest:
        return TopicModel.load(catalogue.open(name, active))
    model = TopicModel.fit(texts, method, topics)
    coherence = sum(model.coherence) / len(model.coherence)
    about = {"digest": digest, "texts": len(texts), "topics": len(model.coherence), "coherence": round(coherence, 4)}
    version = catalogue.add(name, KIND, model.save, about, card=_CARD)
    catalogue.activate(name, version.version)
    catalogue.clean_up(name, keep=0)
    return model


async def _texts(store: ContentStore) -> list[str]:
    """Words of the newest public items whose authors permit training, in key order."""
    async with store.read() as unit:
        barred = frozenset(await unit.users.untrainable())
        public: list[ItemKey] = []
        async for batch in unit.items.facts():
            public += [
                one.key
                for one in batch
                if one.status in _SHOWN and not one.hidden and (one.author_key is None or one.author_key not in barred)
            ]
        rows = [row async for batch in unit.items.texts(public[-MOST_TEXTS:]) for row in batch]
    return [". ".join((row.title, row.description, row.text, " ".join(row.tags))) for row in rows]
