"""What reviewers said and wrote, what is known beforehand, and how they like to be shown it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, exists, insert, or_, select, true, update

from socialflow.content.records import ModerationStatus
from socialflow.errors import NotFound
from socialflow.kit.clock import from_micros, to_micros
from socialflow.moderation.records import ContentKind
from socialflow.moderation.review.records import GivenVerdict, Golden, Note, NoteKind, ReviewState, Shield
from socialflow.storage.repositories.review_rows import verdict_of, verdict_row
from socialflow.storage.repositories.rows import findable
from socialflow.storage.tables import (
    golden_items,
    items,
    review_items,
    review_notes,
    review_verdicts,
    reviewer_settings,
    users,
)
from socialflow.storage.transaction import Record, Transaction


class ReviewVerdicts:
    """Rulings as they were given; append-only."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def add(self, verdict: GivenVerdict) -> None:
        """Keep one."""
        await self._tx.run(insert(review_verdicts), [verdict_row(verdict)])

    async def of_root(self, root: str) -> Sequence[GivenVerdict]:
        """All about one question, in the order in which they were given."""
        query = select(review_verdicts).where(review_verdicts.c.root == root).order_by(review_verdicts.c.key)
        return [verdict_of(row) for row in await self._tx.rows(query)]

    async def given(self, scope: str, since: datetime | None, limit: int) -> Sequence[GivenVerdict]:
        """Those of a policy scope, newest first."""
        query = select(review_verdicts).where(self._tx.among(review_verdicts.c.scope, findable([scope])))
        if since is not None:
            query = query.where(review_verdicts.c.at >= to_micros(since))
        newest = query.order_by(review_verdicts.c.at.desc(), review_verdicts.c.key.desc()).limit(limit)
        return [verdict_of(row) for row in await self._tx.rows(newest)]


class ReviewNotes:
    """Words of reviewers beside items."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def add(self, note: Note) -> None:
        """Keep one."""
        row = {
            "item_id": note.item_id,
            "reviewer": note.reviewer,
            "kind": note.kind.value,
            "text": note.text,
            "at": to_micros(note.at),
        }
        await self._tx.run(insert(review_notes), [row])

    async def of_item(self, item_id: str) -> Sequence[Note]:
        """All of one item, oldest first."""
        these = self._tx.among(review_notes.c.item_id, findable([item_id]))
        rows = await self._tx.rows(select(review_notes).where(these).order_by(review_notes.c.key))
        return [Note(row.item_id, row.reviewer, NoteKind(row.kind), row.text, from_micros(row.at)) for row in rows]


class GoldenItems:
    """Content whose right answer is known."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def add(self, golden: Golden, now: datetime) -> None:
        """Keep one. Raises Conflict where its id is taken."""
        row = {
            "id": golden.id,
            "decision_id": golden.decision_id,
            "content_id": golden.content_id,
            "kind": golden.kind.value,
            "scope": golden.scope,
            "language": golden.language,
            "expected": golden.expected.value,
            "added_at": to_micros(now),
            "retired": False,
        }
        await self._tx.run(insert(golden_items), [row])

    async def retire(self, golden_id: str) -> None:
        """Mix it in no more; copies that are under way stay. Raises NotFound."""
        this = self._tx.among(golden_items.c.id, findable([golden_id]))
        if not await self._tx.run(update(golden_items).where(this).values(retired=True)):
            raise _no_golden(golden_id)

    async def expected(self, golden_id: str) -> ModerationStatus:
        """The right answer. Raises NotFound."""
        row = await self._tx.row(select(golden_items.c.expected).where(golden_items.c.id == golden_id))
        if row is None:
            raise _no_golden(golden_id)
        return ModerationStatus(row.expected)

    async def unseen(
        self, scope: str, language: str | None, reviewer: str, limit: int, *, account: str
    ) -> Sequence[Golden]:
        """Those fit for a queue whose content the reviewer has neither judged nor in hand, nor wrote (`account`)."""
        c = golden_items.c
        root = "golden:" + c.id
        judged = exists().where(review_verdicts.c.root == root, review_verdicts.c.reviewer == reviewer)
        unfinished = review_items.c.state != ReviewState.DONE.value
        in_hand = and_(review_items.c.golden == c.id, review_items.c.lease_reviewer == reviewer, unfinished)
        fit = and_(c.scope == scope, or_(c.language.is_(None), c.language == language), c.retired != true())
        same = review_items.c.content_id == c.content_id
        known = select(review_verdicts.c.key).join(review_items, review_items.c.id == review_verdicts.c.item_id)
        met = known.where(same, review_verdicts.c.reviewer == reviewer).exists()
        item = select(items.c.key).where(items.c.id == c.content_id)
        own = item.join(users, users.c.key == items.c.author_key).where(users.c.id == account).exists()
        changed = item.where(items.c.moderation_status == ModerationStatus.PENDING.value).exists()
        unfit = or_(judged, exists().where(in_hand), met, own, changed)
        query = select(golden_items).where(fit, ~unfit).order_by(c.id).limit(limit)
        return [_golden(row) for row in await self._tx.rows(query)]


class ReviewerChoices:
    """How reviewers like to be shown content."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def shield(self, reviewer: str) -> Shield:
        """What they chose; everything on where they chose nothing."""
        row = await self._tx.row(select(reviewer_settings).where(reviewer_settings.c.reviewer == reviewer))
        return Shield() if row is None else Shield(bool(row.blur), bool(row.grey), bool(row.mute))

    async def set_shield(self, reviewer: str, shield: Shield, now: datetime) -> None:
        """Keep a choice."""
        row = {
            "reviewer": reviewer,
            "blur": shield.blur,
            "grey": shield.grey,
            "mute": shield.mute,
            "updated_at": to_micros(now),
        }
        await self._tx.replace(reviewer_settings, [row])


def _golden(row: Record) -> Golden:
    expected = ModerationStatus(row.expected)
    return Golden(row.id, row.decision_id, row.content_id, ContentKind(row.kind), row.scope, expected, row.language)


def _no_golden(golden_id: str) -> NotFound:
    return NotFound(f"no golden item has the id {golden_id!r}", field="golden_id")
