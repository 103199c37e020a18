"""Items of the review queue and verdicts as rows."""

from socialflow.content.records import ModerationStatus
from socialflow.kit.clock import from_micros, to_micros
from socialflow.moderation.records import Act, ContentKind
from socialflow.moderation.review.priority import due
from socialflow.moderation.review.records import GivenVerdict, Lease, ReviewItem, ReviewState, Ruling
from socialflow.storage.repositories.rows import json_text, texts
from socialflow.storage.transaction import Record, Values

FREE: Values = {"lease_token": None, "lease_reviewer": None, "lease_until": 0}


def held_by(lease: Lease) -> dict[str, object]:
    """The columns of a lease."""
    return {"lease_token": lease.token, "lease_reviewer": lease.reviewer, "lease_until": to_micros(lease.until)}


def item_row(item: ReviewItem) -> dict[str, object]:
    """An item."""
    return {
        "id": item.id,
        "root": item.root,
        "decision_id": item.decision_id,
        "content_id": item.content_id,
        "kind": item.kind.value,
        "language": item.language,
        "scope": item.scope,
        "queue": item.queue,
        "severity": item.severity,
        "reach": item.reach,
        "created_at": to_micros(item.created_at),
        "due": to_micros(due(item.severity, item.reach, item.created_at)),
        "state": item.state.value,
        "level": item.level,
        **(FREE if item.lease is None else held_by(item.lease)),
        "second_of": item.second_of,
        "golden": item.golden,
        "appeal": item.appeal,
        "done_at": None,
    }


def item_of(row: Record) -> ReviewItem:
    """The item in a row."""
    held = row.lease_token is not None
    return ReviewItem(
        id=row.id,
        root=row.root,
        decision_id=row.decision_id,
        content_id=row.content_id,
        kind=ContentKind(row.kind),
        language=row.language,
        scope=row.scope,
        severity=row.severity,
        reach=row.reach,
        created_at=from_micros(row.created_at),
        state=ReviewState(row.state),
        level=row.level,
        lease=Lease(row.lease_token, row.lease_reviewer, from_micros(row.lease_until)) if held else None,
        second_of=row.second_of,
        golden=row.golden,
        appeal=row.appeal,
    )


def verdict_row(verdict: GivenVerdict) -> dict[str, object]:
    """A verdict; the note of its ruling is kept among the notes."""
    ruling = verdict.ruling
    return {
        "item_id": verdict.item_id,
        "root": verdict.root,
        "scope": verdict.scope,
        "reviewer": verdict.reviewer,
        "level": verdict.level,
        "status": ruling.status.value,
        "reason": ruling.reason,
        "labels": json_text(ruling.labels, "labels"),
        "acts": json_text([act.value for act in ruling.acts], "acts"),
        "at": to_micros(verdict.at),
        "second": verdict.second,
        "expected": None if verdict.expected is None else verdict.expected.value,
        "decision_id": verdict.decision_id,
        "appeal": verdict.appeal,
    }


def verdict_of(row: Record) -> GivenVerdict:
    """The verdict in a row, without its note."""
    acts = tuple(Act(name) for name in texts(row.acts))
    return GivenVerdict(
        item_id=row.item_id,
        root=row.root,
        scope=row.scope,
        reviewer=row.reviewer,
        level=row.level,
        ruling=Ruling(ModerationStatus(row.status), row.reason, texts(row.labels), acts),
        at=from_micros(row.at),
        second=bool(row.second),
        expected=None if row.expected is None else ModerationStatus(row.expected),
        decision_id=row.decision_id,
        appeal=row.appeal,
    )
