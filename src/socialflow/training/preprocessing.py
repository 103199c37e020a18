"""The platform's tables as matrices, for models of one's own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import numpy as np
from scipy import sparse

from socialflow.content.ports import ContentStore, ContentUnit
from socialflow.ids import ChannelKey
from socialflow.kit.defaults import resident
from socialflow.recommendation.protocol import Matrix

_PAGE = 5_000


class Home(Protocol):
    """A platform, as `socialflow.wiring` assembles it."""

    @property
    def store(self) -> ContentStore:
        """Where its tables are."""
        ...


class DataPreprocessor:
    """Blocking, for scripts and notebooks."""

    def get_user_subscription_matrix(self, db: Home | None = None) -> tuple[Matrix, list[str], list[str]]:
        """Who subscribes to which channel: (users, channels) float32, 1 where they do, and the ids of rows and columns.

        Users and channels without a subscription are left out, as are people who bar training on what they do.

        Args:
            db: a platform that no event loop is using; without it, the one which the environment's settings describe.

        Raises StoreUnavailable.
        """
        return resident().call(_subscriptions) if db is None else asyncio.run(_subscriptions(db))


async def _subscriptions(home: Home) -> tuple[Matrix, list[str], list[str]]:
    async with home.store.read() as unit:
        subscribed = {user: channels async for user, channels in _subscribers(unit)}
        keys = sorted({key for channels in subscribed.values() for key in channels})
        found = await unit.channels.by_keys(keys)
    columns = [key for key in keys if key in found]
    place = {key: number for number, key in enumerate(columns)}
    rows = [[place[key] for key in sorted(channels) if key in place] for channels in subscribed.values()]
    indptr = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int32)
    indices = np.array([column for row in rows for column in row], np.int32)
    cells = (np.ones(len(indices), np.float32), indices, indptr)
    matrix: Matrix = sparse.csr_array(cells, shape=(len(rows), len(columns)))
    return matrix, list(subscribed), [found[key].id for key in columns]


async def _subscribers(unit: ContentUnit) -> AsyncIterator[tuple[str, frozenset[ChannelKey]]]:
    """Users by id who may be learnt from, and the channels they subscribe to."""
    after: str | None = None
    while page := await unit.users.page(after, _PAGE):
        after = page[-1].id
        edges = await unit.graph.relations_many([person.key for person in page])
        for person in page:
            if person.privacy.train and edges[person.key].subscriptions:
                yield person.id, edges[person.key].subscriptions
