"""What every stage of one request may look at: the question, the viewer, and the state of the platform."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from socialflow.content.records import INTERACTION_CODES, InteractionType, Relations, User
from socialflow.ids import ItemKey, UserKey
from socialflow.recommendation.activity import Activity
from socialflow.recommendation.charts import Chart, Charts, Narrow
from socialflow.recommendation.corpus import KINDS, Corpus
from socialflow.recommendation.interactions import FloatArray, Histories, ItemTable
from socialflow.recommendation.kinds import DEFAULT_KINDS
from socialflow.recommendation.log import MICROS, NO_ROWS, UserRows, as_histories
from socialflow.recommendation.profiles import stated, user_vector
from socialflow.recommendation.query import Query
from socialflow.recommendation.ranker import LoadedRanker
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.rulebook import NO_RULES, Rulebook
from socialflow.recommendation.rules import Rule
from socialflow.recommendation.shelf import Loaded
from socialflow.recommendation.together import Together
from socialflow.recommendation.value_model import Weigher

Keys = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]

OF_AGE = 18
"""Years from which age-restricted items are shown to somebody."""
HISTORY_LIMIT = 200
"""Newest interactions that models score from."""
HEARD_AT_MOST = 100
"""Followed people whose newest interactions count for a request."""
FULL_VIEW = 0.8
"""Watched fraction from which a view counts as having seen the item."""
FULL_WATCH_SECONDS = 30.0


def among(values: npt.NDArray[np.integer[Any]], chosen: Collection[int]) -> Mask:
    """Which of `values` (n,) are in `chosen`, by a table of truths; -1 never is.

    Several times quicker than `np.isin` for the thousands of values of one request, which are -1 at least.
    """
    if not chosen or not len(values):
        return np.zeros(len(values), np.bool_)
    return within(values, truths(chosen))


def truths(chosen: Collection[int]) -> Mask:
    """A table with True at the numbers `chosen`, none negative; the last place is False."""
    return Context.member(list(chosen), max(chosen, default=-1) + 2)


def within(values: npt.NDArray[np.integer[Any]], table: Mask) -> Mask:
    """Which of `values` (n,), -1 at least, a table of `truths` holds."""
    member: Mask = table[np.minimum(values, len(table) - 1)]
    return member


def _kinds(*kinds: InteractionType) -> Mask:
    """A table of truths over interaction codes."""
    return np.isin(np.arange(256), [INTERACTION_CODES[kind] for kind in kinds])


_REACTIONS = _kinds(
    InteractionType.LIKE,
    InteractionType.DISLIKE,
    InteractionType.COMMENT,
    InteractionType.SHARE,
    InteractionType.SAVE,
    InteractionType.INSPIRE,
    InteractionType.RATING,
)
_REFUSALS = _kinds(InteractionType.HIDE, InteractionType.NOT_INTERESTED, InteractionType.REPORT)
_VIEW, _WATCH = INTERACTION_CODES[InteractionType.VIEW], INTERACTION_CODES[InteractionType.WATCH_TIME]


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """Limits of the recommender, from the settings of the service."""

    cold_start_threshold: int = 5
    """Interactions from which a user is no longer new."""
    similarity_threshold: float = 0.3
    """Least content similarity (cosine) of a candidate."""
    max_recommendations: int = 50
    """Most entries in one answer; paging goes on beyond."""
    bandit_seed: int | None = None
    """Of the draws of `smart`; None draws differently in every process."""
    restricted_for_unknown_age: bool = True
    """Whether age-restricted items are shown to viewers whose year of birth is not known."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: everything about the person that a stage may use, as of this request."""

    user: User | None = None
    relations: Relations = Relations()
    rows: UserRows = NO_ROWS
    """All interactions, oldest first."""
    followed: Mapping[UserKey, UserRows] = field(default_factory=dict)
    """The newest interactions of each followed person who permits analysis, where a model asks for them."""

    @property
    def personalise(self) -> bool:
        """Whether the person lets us use the history for choosing."""
        return self.user is not None and self.user.privacy.personalise

    @property
    def language(self) -> str | None:
        """Language of the locale: `pt` of `pt-BR`."""
        if self.user is None or self.user.locale is None:
            return None
        return self.user.locale.replace("_", "-").split("-")[0].lower()


@dataclass(frozen=True, slots=True)
class World:
    """The platform at request time; shared by all requests."""

    corpus: Corpus
    activity: Activity
    models: Mapping[str, Loaded]
    weigh: Weigher
    settings: FeedSettings
    charts: Charts
    now: float
    """Seconds since the epoch."""
    rules: Rulebook = NO_RULES
    ranker: LoadedRanker | None = None


@dataclass
class Context:
    """One request. Derived facts are worked out once, when a stage first asks for them."""

    query: FeedQuery
    viewer: Viewer
    world: World
    need: int
    """Entries to rank: everything up to the end of the page, and one more to know whether there is a next."""
    shown: Keys = field(default_factory=lambda: np.empty(0, np.int64))
    """Items that earlier pages of this request showed."""
    anchor: ItemKey | None = None
    """The item whose likes are asked for (`similar`)."""
    beside: tuple[Together, int] | None = None
    """The requests that are answered with this one, and its row among them."""

    @property
    def size(self) -> int:
        """Item keys known when the request began."""
        return self.world.charts.size

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force for this answer."""
        now = datetime.fromtimestamp(self.world.now, UTC)
        return self.world.rules.in_force(self.query, self.viewer.user, now)

    @property
    def of_age(self) -> bool:
        """Whether the viewer may be shown what is age-restricted.

        A year of birth alone is sure only from the year after that of the birthday on; until then the answer is no.
        """
        user = self.viewer.user
        if user is None or user.birth_year is None:
            return self.world.settings.restricted_for_unknown_age
        return datetime.fromtimestamp(self.world.now, UTC).year - user.birth_year > OF_AGE

    @cached_property
    def rows(self) -> UserRows:
        """The history that may be used for choosing: empty where the person does not permit it."""
        return self.viewer.rows if self.viewer.personalise else NO_ROWS

    @cached_property
    def weights(self) -> npt.NDArray[np.float32]:
        """Value-model weight of every row of `rows`."""
        return self.world.weigh(self.rows.types, self.rows.values)

    @cached_property
    def histories(self) -> Histories:
        """The newest part of the history, as models take it (one row); each model fades it by its own half-life."""
        if self.beside is not None:
            together, row = self.beside
            return together.histories.rows(row, row + 1)
        return newest([self])

    @cached_property
    def _queries(self) -> dict[str, Query]:
        return {}

    def put_to(self, loaded: Loaded) -> Query:
        """The history put to a model, once in this request."""
        name = loaded.provenance.model
        if name not in self._queries:
            self._queries[name] = self._put_to(loaded)
        return self._queries[name]

    def _put_to(self, loaded: Loaded) -> Query:
        if loaded.model.reads_follows:
            return loaded.model.query(self.surrounded)
        if self.beside is None:
            return loaded.model.query(self.histories)
        together, row = self.beside
        return together.put_to(loaded, row)

    @cached_property
    def surrounded(self) -> Histories:
        """`histories`, with what the followed took beside them where the person permits choosing by it."""
        if not self.viewer.personalise:
            return self.histories
        near = as_histories(list(self.viewer.followed.values()), self.world.weigh, self.world.now)
        liked = near.weights > 0
        rows = (near.items[liked], near.weights[liked], near.at[liked])
        return replace(self.histories, followed=Histories(np.array([0, np.count_nonzero(liked)]), *rows))

    @property
    def follows_somebody(self) -> bool:
        """Whether anything is known of what followed people took."""
        return self.viewer.personalise and any(map(len, self.viewer.followed.values()))

    @cached_property
    def liked(self) -> Keys:
        """Items of positive weight among the newest rows, newest first, each once."""
        recent = self.rows.items[-HISTORY_LIMIT:][self.weights[-HISTORY_LIMIT:] > 0][::-1]
        _, first = np.unique(recent, return_index=True)
        return recent[np.sort(first)].astype(np.int64)

    @cached_property
    def followed(self) -> Mask:
        """A table of truths over users: whom the viewer follows."""
        return truths(self.viewer.relations.follows)

    @cached_property
    def subscribed(self) -> Mask:
        """A table of truths over channels: what the viewer subscribed to."""
        return truths(self.viewer.relations.subscriptions)

    @cached_property
    def warmth(self) -> float:
        """0 for a new user, rising with every interaction to 1 at the cold-start threshold."""
        threshold = self.world.settings.cold_start_threshold
        return min(1.0, len(self.rows) / threshold) if threshold else 1.0

    @cached_property
    def profile(self) -> ItemTable:
        """What the viewer's profile says, see `profiles.stated`."""
        return stated(self.viewer)

    @cached_property
    def taste(self) -> FloatArray | None:
        """Content vector of the viewer, (width,): the profile's, which the history's takes over from with `warmth`.

        Zeros where neither says anything, or may be used; None without a content model.
        """
        loaded = self.world.models.get("content_based")
        if loaded is None or loaded.content is None:
            return None
        return user_vector(loaded.content, self.profile, self.histories, self.warmth)

    @cached_property
    def favourite_categories(self) -> list[int]:
        """Codes of categories: the stated interests, then those of liked items by summed weight."""
        corpus, user = self.world.corpus, self.viewer.user
        stated = [] if user is None else [corpus.categories.code(word) for word in user.interests]
        recent = self.rows.last(HISTORY_LIMIT)
        known = recent.items < self.size
        codes = corpus.category[recent.items[known]]
        given = codes >= 0
        weights = self.weights[-HISTORY_LIMIT:][known][given]
        sums = np.bincount(codes[given], weights, minlength=len(corpus.categories.words))
        liked = np.argsort(-sums, kind="stable")[: np.count_nonzero(sums > 0)].tolist() if len(sums) else []
        return list(dict.fromkeys(code for code in [*stated, *liked] if code >= 0))

    @cached_property
    def seen(self) -> Keys:
        """Items reacted to (like, dislike, comment, share, save, inspire, rating) or watched: a view of at least
        four fifths, or 30 seconds of watch time."""
        rows = self.rows
        watched = (rows.types == _VIEW) & (rows.values >= FULL_VIEW)
        watched |= (rows.types == _WATCH) & (rows.values >= FULL_WATCH_SECONDS)
        reacted = _REACTIONS[rows.types] & (rows.values > 0)
        return np.unique(rows.items[watched | reacted]).astype(np.int64)

    @cached_property
    def refused(self) -> Keys:
        """Items hidden, reported or marked "not interested". An order, not a taste: honoured without permission to
        personalise too."""
        rows = self.viewer.rows
        return np.unique(rows.items[_REFUSALS[rows.types] & (rows.values > 0)]).astype(np.int64)

    @cached_property
    def kinds(self) -> npt.NDArray[np.int64]:
        """Codes of the kinds asked for."""
        wanted = DEFAULT_KINDS if self.query.kind is None else (self.query.kind,)
        return np.array([KINDS.index(kind) for kind in wanted])

    @cached_property
    def excluded(self) -> Keys:
        """Keys of the ids that the caller does not want."""
        return self.world.corpus.keys(self.query.exclude)

    @cached_property
    def chart(self) -> Chart:
        """The orders of what the question is about.

        Sources draw inside its scope so that a narrow question is not starved; the filters stay the authority.
        """
        corpus, query, charts = self.world.corpus, self.query, self.world.charts
        return charts.narrowed(
            Narrow(
                tuple(self.kinds.tolist()),
                None if query.category is None else corpus.categories.code(query.category),
                None if query.project_code is None else corpus.projects.code(query.project_code),
                None if query.mood is None else corpus.moods.code(query.mood),
            )
        )

    @property
    def scope(self) -> Mask:
        """Which keys the question is about at all: visible, of the kind, category, project and mood asked for."""
        return self.chart.scope

    @property
    def trending(self) -> Keys:
        """Keys in scope with engagement over the last day, most first."""
        return self.chart.trending

    @property
    def popular(self) -> Keys:
        """Keys in scope with positive weight of all time, most first."""
        return self.chart.popular

    @property
    def newest(self) -> Keys:
        """Keys in scope, newest first."""
        return self.chart.newest

    def younger(self, seconds: float) -> Keys:
        """Keys in scope younger than this, newest first."""
        born = self.chart.born
        oldest = int((self.world.now - seconds) * MICROS)
        return self.newest[: len(born) - int(np.searchsorted(born[::-1], oldest, side="right"))]

    def age(self, keys: Keys) -> Values:
        """Age of items in seconds; below 0 never."""
        return np.maximum(self.world.now - self.world.corpus.created_at[keys] / MICROS, 0.0)

    def among(self, keys: Keys, chosen: Keys) -> Mask:
        """Which of the item `keys` are in `chosen`."""
        return self.member(chosen, self.size)[keys]

    @staticmethod
    def member(chosen: npt.ArrayLike, size: int) -> Mask:
        """A table of `size` truths: True at the places in `chosen`; places outside are ignored."""
        table = np.zeros(size, np.bool_)
        places = np.asarray(chosen, np.int64)
        table[places[(places >= 0) & (places < size)]] = True
        return table


def newest(asked: Sequence[Context]) -> Histories:
    """The newest part of the histories of requests of one moment, a row each."""
    world = asked[0].world
    return as_histories([one.rows.last(HISTORY_LIMIT) for one in asked], world.weigh, world.now)


def put_together(asked: Sequence[Context]) -> None:
    """Let models make of the histories of these requests, of one moment, what they make of them, at once."""
    together = Together(newest(asked))
    for row, one in enumerate(asked):
        one.beside = together, row
