"""Appeals of authors."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_APPEAL = 4_000
"""Characters of what an author writes."""


class AppealOutcome(StrEnum):
    """What became of an appeal."""

    UPHELD = "upheld"
    """The decision stays."""
    OVERTURNED = "overturned"
    PARTLY = "partly"
    """Something milder stands in its place."""
    MOOT = "moot"
    """The content was changed and decided anew before anybody judged."""


@dataclass(frozen=True, slots=True)
class Appeal:
    """An author's word against one decision. `deadline` is the last instant at which it could be brought.

    `author` is the user id, None once that person was erased (then `text` is empty) or where it is not known. `rules`
    are the names of the policy's rules that brought the decision about. `decision_after` came of it.
    """

    id: str
    decision_id: str
    content_id: str
    scope: str
    version: int
    rules: tuple[str, ...]
    text: str
    at: datetime
    deadline: datetime
    author: str | None = None
    outcome: AppealOutcome | None = None
    judged_at: datetime | None = None
    decision_after: str | None = None


@dataclass(frozen=True, slots=True)
class AppealCount:
    """Appeals against decisions that one rule took part in."""

    rule: str
    upheld: int = 0
    overturned: int = 0
    partly: int = 0
    waiting: int = 0

    @property
    def overturned_share(self) -> float | None:
        """Overturned, wholly or in part, of those judged; None where none is."""
        judged = self.upheld + self.overturned + self.partly
        return (self.overturned + self.partly) / judged if judged else None
