"""From a ranking to the answer that is stored and shown."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from socialflow.errors import Conflict, FeedRequestNotFound, InvalidInput, TooLarge
from socialflow.ids import ItemKey, UserKey
from socialflow.kit.answers import Status
from socialflow.kit.digests import short_digest
from socialflow.recommendation import ranker_signals
from socialflow.recommendation.context import Context, FeedSettings
from socialflow.recommendation.exposures import as_kept
from socialflow.recommendation.pipeline import Outcome
from socialflow.recommendation.records import FeedEntry, FeedQuery, Impression

MAX_SKIP = 1000
"""Entries that one answer may rank through without showing them."""

REASONS = {
    "item_item": "people who took what you took went on to this",
    "als": "people who took what you took went on to this",
    "user_user": "people who took what you took also took this",
    "sparse_linear": "goes with what you took",
    "svd": "goes with what you took",
    "svdpp": "goes with what you took",
    "nmf": "goes with what you took",
    "graph": "close to what you took, among what people take",
    "social": "close to what you and the people you follow took",
    "transformer": "what usually comes next",
    "neural_cf": "goes with what you took",
    "deep": "goes with what you took, when and how much",
    "item_item_neighbours": "often taken together with {anchor}",
    "content_based_neighbours": "like {anchor}",
    "profile": "like what you say of yourself",
    "late_arrivals": "new, and like what you took",
    "following": "from somebody you follow",
    "trending": "trending now",
    "favourite_category": "in {category}, which you like",
    "fresh": "new today",
    "popular": "popular",
    "given": "ranked on request",
    "rules": "placed by the platform",
    "catalogue": "from the whole catalogue",
}


class Session:
    """The pages of one request: what was shown, where the next page starts."""

    def __init__(self, query: FeedQuery, pages: list[Impression]) -> None:
        self._query = query
        self.pages = pages

    @property
    def shown(self) -> list[ItemKey]:
        """Items on any page of this request."""
        return [entry.item for page in self.pages for entry in page.entries]

    @property
    def stored(self) -> Impression | None:
        """The page asked for, if it was answered before."""
        return next((page for page in self.pages if page.page == self._query.page), None)

    @property
    def skip(self) -> int:
        """Best entries to leave to pages that were jumped over."""
        earlier = sum(page.page < self._query.page for page in self.pages)
        return (self._query.page - 1 - earlier) * self._query.page_size

    @property
    def offset(self) -> int:
        """Entries before this page."""
        return sum(len(page.entries) for page in self.pages if page.page < self._query.page) + self.skip

    def stored_has_more(self, page: Impression) -> bool:
        """Whether a stored page was, as far as its entries tell, not the last."""
        later = any(other.page > page.page and other.entries for other in self.pages)
        return later or len(page.entries) >= page.page_size

    def check(self, user: UserKey | None) -> None:
        """Refuse a request_id of another person or of another question.

        Raises:
            FeedRequestNotFound: nothing is stored under it for this user.
            Conflict: it belongs to another question of this user.
            TooLarge: the page jumps further ahead than one answer ranks.
        """
        query = self._query
        if query.request_id is not None:
            if not self.pages or self.pages[0].user != user:
                raise FeedRequestNotFound(
                    f"no answer is stored under request_id {query.request_id}", field="request_id"
                )
            if self.pages[0].query_digest != digest(query):
                raise Conflict(
                    "this request_id belongs to another question; leave it out to begin anew", field="request_id"
                )
        if self.stored is None and self.skip > MAX_SKIP:
            raise TooLarge(
                f"page {query.page} jumps over {self.skip} entries, at most {MAX_SKIP} can be; go page by page with "
                "request_id",
                field="page",
            )


def check(query: FeedQuery, settings: FeedSettings) -> None:
    """Refuse a question that cannot be answered. Raises InvalidInput, naming the field."""
    if not 1 <= query.page_size <= settings.max_recommendations:
        raise InvalidInput(
            f"page_size must be 1 to {settings.max_recommendations}, not {query.page_size}", field="page_size"
        )
    if query.page < 1:
        raise InvalidInput(f"page must be at least 1, not {query.page}", field="page")


def digest(query: FeedQuery) -> str:
    """Identity of a question, its paging and exclusions left aside."""
    parts = (query.algorithm, query.surface, query.kind, query.mood, query.category, query.project_code)
    candidates = ("all",) if query.candidates is None else ("given", *query.candidates)
    return short_digest(*("" if part is None else f"={part}" for part in parts), *candidates).hex()


def entries(ctx: Context, outcome: Outcome, *, skip: int, size: int, offset: int) -> tuple[FeedEntry, ...]:
    """The page: `size` entries after the first `skip`, positions counted from `offset` + 1.

    An item erased while this was ranked is left out.
    """
    ranking, ids = outcome.ranking, ctx.world.corpus.ids
    order = ranking.order.tolist()
    alive = [row for row in order[skip : skip + size] if ids[int(ranking.candidates.keys[row])] is not None]
    seen: Sequence[tuple[float | None, ...]] = [()] * len(alive)
    if ctx.viewer.user is not None:
        seen = as_kept(ranker_signals.signals(ctx, ranking.candidates.keys[alive]))
    return tuple(
        structs.replace(one, signals=signals)
        for one, signals in zip(told(ctx, outcome, alive, offset + 1), seen, strict=True)
    )


def told(ctx: Context, outcome: Outcome, candidates: Sequence[int], first: int) -> list[FeedEntry]:
    """Candidates as entries, positions counted from `first`, without the signals of the ranker."""
    ranking, ids = outcome.ranking, ctx.world.corpus.ids
    drawn = ranking.candidates
    keys = drawn.keys[candidates].tolist()
    sources = [outcome.source_names[number] for number in drawn.sources[candidates].tolist()]
    return [
        FeedEntry(
            item=ItemKey(key),
            item_id=ids[key] or "",
            score=round(score, 6),
            position=position,
            source=source,
            reason=_reason(ctx, source, key),
            anchor=ItemKey(anchor) if anchor >= 0 else None,
            terms=terms,
            moves=moves,
        )
        for position, (key, source, score, anchor, terms, moves) in enumerate(
            zip(
                keys,
                sources,
                ranking.scores[candidates].tolist(),
                drawn.anchors[candidates].tolist(),
                ranking.terms_of(candidates),
                ranking.moves_of(candidates),
                strict=True,
            ),
            start=first,
        )
    ]


def impression(
    ctx: Context, outcome: Outcome, shown: tuple[FeedEntry, ...], *, request_id: str, at: datetime
) -> Impression:
    """The answer with what made it, what it lacks and what was taken out."""
    query, user = ctx.query, ctx.viewer.user
    missing = list(outcome.ranking.missing)
    if user is not None and not ctx.viewer.personalise and "history:not_permitted" not in missing:
        missing.append("history:not_permitted")
    return Impression(
        request_id=request_id,
        page=query.page,
        page_size=query.page_size,
        user=None if user is None else user.key,
        surface=query.surface,
        algorithm=query.algorithm,
        query_digest=digest(query),
        at=at,
        entries=shown,
        status=Status.PARTIAL if missing else Status.COMPLETE,
        missing=tuple(missing),
        provenance=outcome.ranking.provenance,
        removed=outcome.nearest(),
        removed_counts=outcome.counts(),
        filters=_narrowed(ctx),
        signals=() if user is None else ranker_signals.NAMES,
    )


def _narrowed(ctx: Context) -> dict[str, str]:
    query = ctx.query
    asked = {
        "kind": query.kind,
        "mood": query.mood,
        "category": query.category,
        "project_code": query.project_code,
        "item": ctx.anchor,
        "candidates": None if query.candidates is None else "given",
    }
    return {name: str(value) for name, value in asked.items() if value is not None}


def in_words(reason: str, title: str | None) -> str:
    """A reason as people read it; `title` is that of its anchor, None where it has none or may not be shown.

    >>> in_words("like {anchor}", "Rain at night"), in_words("like {anchor}", None)
    ('like "Rain at night"', 'like something you took')
    """
    return reason.replace("{anchor}", f'"{title}"' if title else "something you took")


def _reason(ctx: Context, source: str, key: int) -> str:
    reason = REASONS[source]
    if "{category}" not in reason:
        return reason
    corpus = ctx.world.corpus
    code = int(corpus.category[key])
    return reason.replace("{category}", corpus.categories.words[code] if code >= 0 else "its category")
