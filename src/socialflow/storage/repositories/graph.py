"""Follows, subscriptions, blocks and mutes."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Select, Table, and_, delete, literal, select, union_all

from socialflow.content.records import Edge, EdgeKind, Relations, RowOutcome
from socialflow.errors import ChannelNotFound, InvalidInput, UserNotFound
from socialflow.ids import ChannelKey, UserKey
from socialflow.kit.clock import from_micros, to_micros
from socialflow.storage.repositories.channels import Channels
from socialflow.storage.repositories.rows import Outcomes, findable
from socialflow.storage.repositories.users import Users
from socialflow.storage.tables import (
    blocks,
    channel_mutes,
    channels,
    follows,
    subscriptions,
    user_mutes,
    users,
)
from socialflow.storage.transaction import Transaction, Values

EDGES: Mapping[EdgeKind, tuple[Table, Table]] = {
    EdgeKind.FOLLOW: (follows, users),
    EdgeKind.SUBSCRIPTION: (subscriptions, channels),
    EdgeKind.BLOCK: (blocks, users),
    EdgeKind.MUTE_USER: (user_mutes, users),
    EdgeKind.MUTE_CHANNEL: (channel_mutes, channels),
}
"""Where edges of a kind are kept, and what they point at."""

_BLOCKED_BY = "blocked_by"
_OPEN = "open_follow"


class Graph:
    """Edges from users to users and channels."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def relations(self, user: UserKey) -> Relations:
        """The user's edges, one round trip."""
        return (await self.relations_many([user]))[user]

    async def relations_many(self, users: Collection[UserKey]) -> Mapping[UserKey, Relations]:
        """The edges of each of these users, one round trip."""
        parts = [
            select(
                literal(kind.value).label("kind"), edges.c.source_key.label("user"), edges.c.target_key.label("key")
            ).where(self._tx.among(edges.c.source_key, users))
            for kind, (edges, _) in EDGES.items()
        ]
        parts.append(
            select(
                literal(_BLOCKED_BY).label("kind"), blocks.c.target_key.label("user"), blocks.c.source_key.label("key")
            ).where(self._tx.among(blocks.c.target_key, users))
        )
        parts.append(_open_follows(self._tx.among(follows.c.source_key, users)))
        found: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for row in await self._tx.rows(union_all(*parts)):
            found[row.user][row.kind].add(row.key)
        return {user: _relations(found[user]) for user in users}

    async def edges(self, kind: EdgeKind, *, open_only: bool = False) -> npt.NDArray[np.int64]:
        """All edges of a kind as keys (n, 2), source and target, in key order.

        With `open_only`, those whose source, and target where it is a user, permit analysis.
        """
        edges, ends = EDGES[kind]
        query = select(edges.c.source_key, edges.c.target_key).order_by(edges.c.source_key, edges.c.target_key)
        if open_only:
            source = users.alias()
            query = query.join(source, source.c.key == edges.c.source_key).where(source.c.may_analyse)
            if ends is users:
                target = users.alias()
                query = query.join(target, target.c.key == edges.c.target_key).where(target.c.may_analyse)
        rows = await self._tx.rows(query)
        return np.array([(row.source_key, row.target_key) for row in rows], np.int64).reshape(-1, 2)

    async def add(self, edges: Sequence[Edge]) -> Sequence[RowOutcome]:
        """Store edges, idempotent; the outcome's id is "source->target".

        Rejected: a self-edge (`invalid_input`), an unknown end (`user_not_found`, `channel_not_found`). An edge that
        exists keeps its time.
        """
        outcomes = Outcomes([f"{edge.source}->{edge.target}" for edge in edges])
        user_ids = {edge.source for edge in edges} | {edge.target for edge in edges if EDGES[edge.kind][1] is users}
        user_keys = await Users(self._tx).keys(user_ids)
        channel_keys = await Channels(self._tx).keys({edge.target for edge in edges if EDGES[edge.kind][1] is channels})
        rows: dict[EdgeKind, list[Values]] = {kind: [] for kind in EDGES}
        for index, edge in enumerate(edges):
            to_users = EDGES[edge.kind][1] is users
            source = user_keys.get(edge.source)
            target: int | None = (user_keys if to_users else channel_keys).get(edge.target)
            if source is None:
                outcomes.reject(index, UserNotFound.code, "no user has this id", "source")
            elif target is None:
                code, noun = (UserNotFound.code, "user") if to_users else (ChannelNotFound.code, "channel")
                outcomes.reject(index, code, f"no {noun} has this id", "target")
            elif to_users and source == target:
                outcomes.reject(index, InvalidInput.code, "source and target are the same user", "target")
            else:
                created_at = to_micros(edge.created_at)
                rows[edge.kind].append({"source_key": source, "target_key": target, "created_at": created_at})
        for kind, new in rows.items():
            if new:
                await self._tx.insert_new(EDGES[kind][0], new)
        return outcomes.answers()

    async def remove(self, kind: EdgeKind, source: str, target: str) -> bool:
        """Remove an edge; False if there was none."""
        edges, ends = EDGES[kind]
        sources = select(users.c.key).where(self._tx.among(users.c.id, findable([source])))
        targets = select(ends.c.key).where(self._tx.among(ends.c.id, findable([target])))
        removed = await self._tx.run(
            delete(edges).where(and_(edges.c.source_key.in_(sources), edges.c.target_key.in_(targets)))
        )
        return removed > 0

    async def targets(self, kind: EdgeKind, source: str, after: str | None, limit: int) -> Sequence[Edge]:
        """Edges of one kind from `source`, in target order (by code point)."""
        edges, ends = EDGES[kind]
        sources = select(users.c.key).where(self._tx.among(users.c.id, findable([source])))
        query = (
            select(ends.c.id, edges.c.created_at)
            .join(ends, ends.c.key == edges.c.target_key)
            .where(edges.c.source_key.in_(sources))
            .order_by(ends.c.id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(ends.c.id > after)
        return [Edge(kind, source, row.id, from_micros(row.created_at)) for row in await self._tx.rows(query)]


def _open_follows(asked: ColumnElement[bool]) -> Select[tuple[str, int, int]]:
    """Follows of the users asked about whose targets permit analysis."""
    return (
        select(literal(_OPEN).label("kind"), follows.c.source_key.label("user"), follows.c.target_key.label("key"))
        .join(users, users.c.key == follows.c.target_key)
        .where(asked, users.c.may_analyse)
    )


def _relations(found: Mapping[str, set[int]]) -> Relations:
    return Relations(
        follows=_users(found[EdgeKind.FOLLOW]),
        open_follows=_users(found[_OPEN]),
        subscriptions=_channels(found[EdgeKind.SUBSCRIPTION]),
        blocked_users=_users(found[EdgeKind.BLOCK] | found[_BLOCKED_BY]),
        muted_users=_users(found[EdgeKind.MUTE_USER]),
        muted_channels=_channels(found[EdgeKind.MUTE_CHANNEL]),
    )


def _users(keys: set[int]) -> frozenset[UserKey]:
    return frozenset(UserKey(key) for key in keys)


def _channels(keys: set[int]) -> frozenset[ChannelKey]:
    return frozenset(ChannelKey(key) for key in keys)
