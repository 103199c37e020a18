"""What analysis needs to know of what people do."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from socialflow.analysis.interests import Acts
from socialflow.ids import ChannelKey, ItemKey


class Evidence(Protocol):
    """What people take, as of every commit before the call. All raise Overloaded, StoreUnavailable."""

    async def acts(self, user_id: str) -> Acts:
        """Everything a person did; nothing of who is unknown."""
        ...

    async def items_of(self, channel: ChannelKey, limit: int) -> Sequence[ItemKey]:
        """The newest public items of a channel, newest first."""
        ...

    async def taken_with(self, items: Sequence[ItemKey], limit: int) -> Mapping[ItemKey, float] | None:
        """Public items that the people who took `items` take as well, the most common at 1.

        None where no model tells.
        """
        ...
