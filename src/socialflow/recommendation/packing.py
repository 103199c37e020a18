"""Rankings as bytes for a cache: `[watermark, has_more, head, entries, removals]`, JSON without names.

Nothing here outlives a cache entry, so the form may change with every version.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import starmap
from typing import Any

import numpy as np
import orjson

from socialflow.ids import ItemKey, UserKey
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.recommendation.bulk import Ranked
from socialflow.recommendation.interactions import IntArray
from socialflow.recommendation.records import FeedEntry, Impression, Removal, Term

FORM = 3
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def pack(ranked: Ranked) -> bytes:
    """A ranking as bytes."""
    made = ranked.impression
    head = (
        (
            made.page_size,
            made.user,
            made.surface,
            made.algorithm,
            made.query_digest,
            made.status.value,
            made.missing,
            made.signals,
        ),
        [(by.model, by.version, by.tier.value, by.updated_at) for by in made.provenance],
        made.removed_counts,
        made.filters,
    )
    entries = [
        (
            entry.item,
            entry.item_id,
            entry.score,
            entry.position,
            entry.source,
            entry.reason,
            entry.anchor,
            entry.propensity,
            [(term.name, term.weight, term.value) for term in entry.terms],
            entry.moves,
            entry.signals,
        )
        for entry in made.entries
    ]
    removed = [(removal.item, removal.stage, removal.reason) for removal in made.removed]
    return orjson.dumps((FORM, ranked.watermark, ranked.has_more, head, entries, removed))


@dataclass(frozen=True, slots=True)
class Packed:
    """A ranking that can be read, of which nothing but the items was looked at."""

    watermark: str
    items: IntArray
    _rest: tuple[Any, ...]

    def ranked(self) -> Ranked | None:
        """The ranking; None where it cannot be read after all.

        Its request id is empty and its time long ago: who gives it to somebody sets both.
        """
        try:
            return _ranked(self.watermark, *self._rest)
        except (ValueError, TypeError):
            return None


def unpack(value: bytes, watermark: str) -> Packed | None:
    """The ranking in `value`; None where it was made from another watermark, or cannot be read."""
    try:
        form, made_from, *rest = orjson.loads(value)
        if form != FORM or made_from != watermark:
            return None
        _, _, entries, _ = rest
        return Packed(watermark, np.array([entry[0] for entry in entries], np.int64), tuple(rest))
    except (ValueError, TypeError, IndexError):
        return None


def _ranked(watermark: str, has_more: bool, head: Any, entries: Any, removed: Any) -> Ranked:
    asked, provenance, counts, filters = head
    page_size, user, surface, algorithm, digest, status, missing, names = asked
    impression = Impression(
        request_id="",
        page=1,
        page_size=page_size,
        user=None if user is None else UserKey(user),
        surface=surface,
        algorithm=algorithm,
        query_digest=digest,
        at=_NEVER,
        entries=tuple(
            FeedEntry(
                item=ItemKey(item),
                item_id=item_id,
                score=score,
                position=position,
                source=source,
                reason=reason,
                anchor=None if anchor is None else ItemKey(anchor),
                propensity=propensity,
                terms=tuple(starmap(Term, terms)),
                moves=tuple(moves),
                signals=tuple(signals),
            )
            for item, item_id, score, position, source, reason, anchor, propensity, terms, moves, signals in entries
        ),
        status=Status(status),
        missing=tuple(missing),
        provenance=tuple(
            Provenance(model, version, Tier(tier), updated_at=None if at is None else datetime.fromisoformat(at))
            for model, version, tier, at in provenance
        ),
        removed=tuple(starmap(Removal, removed)),
        removed_counts=counts,
        filters=filters,
        signals=tuple(names),
    )
    return Ranked(impression, has_more, watermark)
