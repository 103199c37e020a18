"""What was shown, with the signals that were known then, joined with what people did next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from socialflow.content.records import INTERACTION_TYPES, InteractionType
from socialflow.ids import UserKey
from socialflow.recommendation.interactions import FloatArray, IntArray
from socialflow.recommendation.ranker import HEADS, aligned
from socialflow.recommendation.rewards import Reaction
from socialflow.recommendation.value_model import FULL_WATCH_SECONDS


@dataclass(frozen=True, slots=True)
class Shown:
    """One page as somebody got it: `items` keys, their `places` from 0, and `signals` (items, names)."""

    request_id: str
    user: UserKey
    at: datetime
    items: Sequence[int]
    places: Sequence[int]
    names: tuple[str, ...]
    signals: FloatArray


@dataclass(frozen=True, slots=True)
class Exposures:
    """n shown items as columns.

    `users` (n,) people, `places` (n,) from 0, `at` (n,) seconds since the epoch, `signals` (n, names), `outcomes`
    (n, HEADS) what was done, 0 to 1, `reacted` (n,) whether anything was.
    """

    names: tuple[str, ...]
    users: IntArray
    places: IntArray
    at: npt.NDArray[np.float64]
    signals: FloatArray
    outcomes: FloatArray
    reacted: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.users)

    def where(self, mask: npt.NDArray[np.bool_]) -> "Exposures":
        """The rows for which `mask` is true."""
        return Exposures(
            self.names,
            self.users[mask],
            self.places[mask],
            self.at[mask],
            self.signals[mask],
            self.outcomes[mask],
            self.reacted[mask],
        )


def as_kept(signals: FloatArray) -> list[tuple[float | None, ...]]:
    """Signals (n, s) as entries keep them.

    >>> as_kept(np.array([[0.5, np.nan]], np.float32))
    [(0.5, None)]
    """
    rows = signals.astype(object)
    rows[np.isnan(signals)] = None
    return [tuple(row) for row in rows.tolist()]


def joined(shown: Sequence[Shown], reactions: Mapping[str, Sequence[Reaction]], names: tuple[str, ...]) -> Exposures:
    """Pages with what was done under their request ids, the signals brought to the order of `names`."""
    outcomes = [outcomes_of(page.items, reactions.get(page.request_id, ())) for page in shown]
    lengths = [len(page.items) for page in shown]
    return Exposures(
        names,
        np.repeat(np.array([page.user for page in shown], np.int64), lengths),
        np.concatenate([np.empty(0, np.int64), *(np.array(page.places, np.int64) for page in shown)]),
        np.repeat(np.array([page.at.timestamp() for page in shown], np.float64), lengths),
        np.concatenate(
            [np.empty((0, len(names)), np.float32), *(aligned(page.names, page.signals, names) for page in shown)]
        ),
        np.concatenate([np.empty((0, len(HEADS)), np.float32), *(done for done, _ in outcomes)]),
        np.concatenate([np.empty(0, np.bool_), *(reacted for _, reacted in outcomes)]),
    )


def outcomes_of(items: Sequence[int], reactions: Sequence[Reaction]) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """What was done with each item (items, HEADS), 0 or 1, and whether anything was (items,).

    Of each type the last one counts, as it does for the reward of a choice. Watched is a fraction: of a view, or of 30
    seconds of watch time, whichever is more.
    """
    places = {item: place for place, item in enumerate(items)}
    done, reacted = np.zeros((len(items), len(HEADS)), np.float32), np.zeros(len(items), np.bool_)
    last = {(places[one.item], one.kind): one.value for one in reactions if one.item in places}
    for (place, code), value in last.items():
        reacted[place] = True
        kind = INTERACTION_TYPES[code]
        if kind in (InteractionType.VIEW, InteractionType.WATCH_TIME):
            watched = value if kind is InteractionType.VIEW else value / FULL_WATCH_SECONDS
            done[place, 0] = max(done[place, 0], min(watched, 1.0))
        elif kind in HEADS:
            done[place, HEADS.index(kind)] = value > 0
    return done, reacted
