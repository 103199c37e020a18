"""Why this item, and why not that one: from the stored trace of an answer, or worked out anew."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from socialflow.content.records import ItemKind, Mood
from socialflow.ids import ItemKey
from socialflow.recommendation import answers
from socialflow.recommendation.context import Context
from socialflow.recommendation.feeds import governed
from socialflow.recommendation.pipeline import Drawn, Feed, Ranking, pool, run, sieve
from socialflow.recommendation.records import Explanation, FeedQuery, Gap, Impression, Margin


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
    feed = governed(feed, ctx)
    one = pool(ctx, [Drawn.of(np.array([key]))])
    kept, removals = sieve(feed.filters, ctx, one)
    if not len(kept):
        gone = removals[0]
        return _not_shown(request_id, item_id, gone.stage, gone.reasons[int(gone.codes[0])], recomputed=True)
    outcome = run(feed, ctx)
    ranking = outcome.ranking
    places = np.flatnonzero(ranking.candidates.keys[ranking.order] == key)
    if not len(places):
        told = _not_shown(request_id, item_id, "sources", "no source offered it among its best", recomputed=True)
        return replace(told, notes=(f"no filter takes it out; asked were {', '.join(outcome.source_names)}",))
    place = int(places[0])
    candidate = int(ranking.order[place])
    (entry,) = answers.told(ctx, outcome, [candidate], place + 1)
    shown = sum(len(page.entries) for page in pages)
    last = min(shown, len(ranking)) - 1
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
        margin=None if last < 0 else _margin(ctx, ranking, candidate, last),
        notes=_standing(ranking, candidate, place, shown),
    )


def _margin(ctx: Context, ranking: Ranking, candidate: int, place: int) -> Margin:
    """The candidate against the one at `place` (from 0)."""
    other = int(ranking.order[place])
    gaps = [
        Gap(name, round(weight * float(values[candidate]), 6), round(weight * float(values[other]), 6))
        for name, weight, values in ranking.terms
        if values[candidate] != values[other]
    ]
    here, there = float(ranking.scores[candidate]), float(ranking.scores[other])
    return Margin(
        item_id=ctx.world.corpus.ids[int(ranking.candidates.keys[other])] or "",
        position=place + 1,
        score=round(there, 6),
        by=round(here - there, 6),
        gaps=tuple(sorted(gaps, key=lambda gap: gap.here - gap.there)),
    )


def _standing(ranking: Ranking, candidate: int, place: int, shown: int) -> tuple[str, ...]:
    """Where it would rank, and whether that is its score or what re-ranking made of it."""
    rank = f"it would rank {place + 1} now; {shown} places were shown"
    by_score = int(np.count_nonzero(ranking.scores > ranking.scores[candidate])) + 1
    if by_score <= shown <= place:
        return rank, f"by score alone it would rank {by_score}: re-ranking moved it down"
    return (rank,)


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
