"""Why this item, and why not that one: from the stored trace of an answer, or worked out anew."""

from collections.abc import Sequence

import numpy as np

from socialflow.content.records import ItemKind, Mood
from socialflow.ids import ItemKey
from socialflow.recommendation import answers
from socialflow.recommendation.context import Context
from socialflow.recommendation.pipeline import Drawn, Feed, pool, run, sieve
from socialflow.recommendation.records import Explanation, FeedQuery, Impression


def from_trace(pages: Sequence[Impression], key: ItemKey, item_id: str) -> Explanation | None:
    """What the stored pages say of the item; None if they do not name it."""
    for page in pages:
        for entry in page.entries:
            if entry.item == key:
                return Explanation(
                    request_id=page.request_id,
                    item_id=item_id,
                    shown=True,
                    position=entry.position,
                    source=entry.source,
                    reason=entry.reason,
                    anchor=entry.anchor,
                    score=entry.score,
                    terms=entry.terms,
                    moves=entry.moves,
                    removed_by=None,
                    removed_because=None,
                    recomputed=False,
                )
    for page in pages:
        for removal in page.removed:
            if removal.item == key:
                return _not_shown(page.request_id, item_id, removal.stage, removal.reason, recomputed=False)
    return None


def question(page: Impression, item_id: str) -> FeedQuery:
    """The question that a stored page answered; where it gave candidates, the item asked about is the one given."""
    kept = page.filters
    return FeedQuery(
        candidates=(item_id,) if "candidates" in kept else None,
        algorithm=page.arm or page.algorithm,
        kind=ItemKind(kept["kind"]) if "kind" in kept else None,
        mood=Mood(kept["mood"]) if "mood" in kept else None,
        category=kept.get("category"),
        project_code=kept.get("project_code"),
        page_size=page.page_size,
        surface=page.surface,
    )


def recompute(feed: Feed, ctx: Context, key: ItemKey, pages: Sequence[Impression]) -> Explanation:
    """Ask the same question again, as of now: the filter that takes the item out, else where it would rank."""
    request_id, item_id = pages[0].request_id, ctx.world.corpus.ids[key] or ""
    one = pool(ctx, [Drawn.of(np.array([key]))])
    kept, removals = sieve(feed.filters, ctx, one)
    if not len(kept):
        gone = removals[0]
        return _not_shown(request_id, item_id, gone.stage, gone.reasons[int(gone.codes[0])], recomputed=True)
    outcome = run(feed, ctx)
    ranking = outcome.ranking
    places = np.flatnonzero(ranking.candidates.keys[ranking.order] == key)
    if not len(places):
        return _not_shown(request_id, item_id, "sources", "no source offered it among its best", recomputed=True)
    place = int(places[0])
    entry = answers.entry(ctx, outcome, int(ranking.order[place]), place + 1)
    shown = sum(len(page.entries) for page in pages)
    return Explanation(
        request_id=request_id,
        item_id=item_id,
        shown=False,
        position=None,
        source=entry.source,
        reason=entry.reason,
        anchor=entry.anchor,
        score=entry.score,
        terms=entry.terms,
        moves=entry.moves,
        removed_by=None,
        removed_because=None,
        recomputed=True,
        notes=(f"it would rank {place + 1} now; {shown} places were shown",),
    )


def _not_shown(request_id: str, item_id: str, stage: str, reason: str, *, recomputed: bool) -> Explanation:
    return Explanation(
        request_id=request_id,
        item_id=item_id,
        shown=False,
        position=None,
        source=None,
        reason=None,
        anchor=None,
        score=None,
        terms=(),
        moves=(),
        removed_by=stage,
        removed_because=reason,
        recomputed=recomputed,
    )
