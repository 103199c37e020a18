"""Scores that callers say a comment should have."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, func, insert, select, text, update

from socialflow.errors import NotFound
from socialflow.kit.clock import from_micros, to_micros
from socialflow.moderation.review.pseudonyms import pseudonym, sender_name
from socialflow.moderation.suggestions.records import (
    NewSuggestion,
    SuggestedScores,
    SuggestedSpan,
    Suggestion,
    SuggestionState,
)
from socialflow.storage.repositories.reviews import review_key
from socialflow.storage.repositories.rows import findable, instant, json_text, texts
from socialflow.storage.tables import score_suggestions
from socialflow.storage.transaction import Record, Transaction, Values

_NEW = SuggestionState.NEW.value


class Suggestions:
    """Suggestions by id; ids are ordered by time."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def sent_since(self, sender: str, since: datetime) -> int:
        """How many a sender sent since; on PostgreSQL another unit that asks this waits for the end of this one."""
        if self._tx.dialect == "postgresql":
            lock = int.from_bytes(bytes.fromhex(sender)[:8], "big", signed=True)
            await self._tx.run(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
        theirs = (score_suggestions.c.sender == sender) & (score_suggestions.c.at >= to_micros(since))
        return int((await self._tx.one(select(func.count()).select_from(score_suggestions).where(theirs)))[0])

    async def add(self, suggestion: Suggestion) -> None:
        """Keep one. Raises InvalidInput, Conflict (the id is taken)."""
        await self._tx.run(insert(score_suggestions), [_row(suggestion)])

    async def get(self, suggestion_id: str) -> Suggestion:
        """Return it. Raises NotFound."""
        wanted = self._tx.among(score_suggestions.c.id, findable([suggestion_id]))
        row = await self._tx.row(select(score_suggestions).where(wanted))
        if row is None:
            raise NotFound("no suggestion has this id", field="suggestion_id")
        return _suggestion(row)

    async def page(self, state: SuggestionState | None, before: str | None, limit: int) -> Sequence[Suggestion]:
        """The newest first, from those that are older than the id `before`."""
        query = select(score_suggestions).order_by(score_suggestions.c.id.desc()).limit(limit)
        if state is not None:
            query = query.where(score_suggestions.c.state == state.value)
        if before is not None:
            query = query.where(score_suggestions.c.id < before)
        return [_suggestion(row) for row in await self._tx.rows(query)]

    async def judge(
        self, suggestion_id: str, state: SuggestionState, *, reviewer: str, at: datetime, note: str
    ) -> bool:
        """Accept or decline one that is new; False where it is not."""
        waiting = (score_suggestions.c.id == suggestion_id) & (score_suggestions.c.state == _NEW)
        said = {"state": state.value, "reviewer": reviewer, "judged_at": to_micros(at), "note": note}
        return await self._tx.run(update(score_suggestions).where(waiting).values(said)) > 0

    async def forget_before(self, at: datetime) -> int:
        """Delete what was sent before; returns how many."""
        return await self._tx.run(delete(score_suggestions).where(score_suggestions.c.at < to_micros(at)))


async def forget_in_suggestions(tx: Transaction, user_id: str) -> Counter[str]:
    """Delete what a person suggested, and take the person off what they judged, note and all; rows by table."""
    key = await review_key(tx)
    sent = delete(score_suggestions).where(score_suggestions.c.sender == sender_name(key, user_id))
    judged = update(score_suggestions).where(score_suggestions.c.reviewer == pseudonym(key, user_id))
    gone = await tx.run(sent)
    return Counter({"score_suggestions": gone + await tx.run(judged.values(reviewer=None, note=""))})


def _row(suggestion: Suggestion) -> Values:
    said = suggestion.said
    return {
        "id": suggestion.id,
        "at": to_micros(suggestion.at),
        "sender": suggestion.sender,
        "text": said.text,
        "context": None if said.context is None else json_text(dict(said.context), "context"),
        "languages": json_text(said.languages, "languages"),
        "detected": json_text(said.detected, "detected"),
        "community": said.community,
        "client_token": said.client_token,
        "scores": json_text({name: _plain(one) for name, one in said.scores.items()}, "scores"),
        "state": suggestion.state.value,
        "note": suggestion.note,
    }


def _plain(scores: SuggestedScores) -> Mapping[str, object]:
    spans = [[span.begin, span.end, span.value] for span in scores.spans]
    return {"summary": scores.summary, "spans": spans}


def _scores(stored: Mapping[str, Any]) -> SuggestedScores:
    return SuggestedScores(stored["summary"], tuple(SuggestedSpan(*span) for span in stored["spans"]))


def _suggestion(row: Record) -> Suggestion:
    said = NewSuggestion(
        text=row.text,
        scores={name: _scores(one) for name, one in orjson.loads(row.scores).items()},
        detected=texts(row.detected),
        languages=texts(row.languages),
        context=None if row.context is None else orjson.loads(row.context),
        community=row.community,
        client_token=row.client_token,
    )
    return Suggestion(
        id=row.id,
        at=from_micros(row.at),
        sender=row.sender,
        said=said,
        state=SuggestionState(row.state),
        reviewer=row.reviewer,
        judged_at=instant(row.judged_at),
        note=row.note,
    )
