"""Small nouns for storage tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from socialflow.content.records import (
    Interaction,
    InteractionContext,
    InteractionType,
    Item,
    ItemKind,
    RowOutcome,
    RowStatus,
    User,
)
from socialflow.storage.unit_of_work import Store

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def user(user_id: str, username: str | None = None, **fields: Any) -> User:
    return User(user_id, username or f"name-of-{user_id}", NOW, **fields)


def item(item_id: str, kind: ItemKind = ItemKind.VIDEO, **fields: Any) -> Item:
    return Item(item_id, kind, NOW, **fields)


def act(act_id: str, who: str, what: str, kind: InteractionType = InteractionType.LIKE, **fields: Any) -> Interaction:
    values: dict[str, Any] = {"value": 1.0, "at": NOW, "received_at": NOW, "context": InteractionContext(), **fields}
    return Interaction(act_id, who, what, kind, **values)


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def statuses(outcomes: Sequence[RowOutcome]) -> list[str]:
    """ "stored", "duplicate", or the code of a rejection."""
    return [
        outcome.code or "?" if outcome.status is RowStatus.REJECTED else outcome.status.value for outcome in outcomes
    ]


async def populate(store: Store, users: int = 3, items: int = 3) -> None:
    """Users u0, u1, ... (named name-of-u0, ...) and videos i0, i1, ..."""
    async with store.write() as unit:
        await unit.users.upsert([user(f"u{n}") for n in range(users)])
        await unit.items.upsert([item(f"i{n}") for n in range(items)])
