"""Keeping what callers suggest, and having people judge it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from socialflow.errors import Conflict, InvalidInput, PermissionDenied, RateLimited
from socialflow.kit.clock import Clock
from socialflow.kit.identifiers import time_ordered_id
from socialflow.moderation.audit import AuditKind, event
from socialflow.moderation.review.checks import checked_words
from socialflow.moderation.review.pseudonyms import pseudonym, sender_name
from socialflow.moderation.review.records import MAX_NOTE
from socialflow.moderation.suggestions.checks import check_suggestion
from socialflow.moderation.suggestions.ports import SuggestionStore
from socialflow.moderation.suggestions.records import MAX_PAGE, NewSuggestion, Page, Suggestion, SuggestionState

PER_DAY = 1_000
"""Suggestions of one account in one day (UTC), where nothing else is set."""
KEPT = timedelta(days=365)
"""For how long a suggestion is kept, whatever became of it, where nothing else is set."""
_EXPORTED = 500
"""Suggestions that an export holds at a time."""


class SuggestionService:
    """Suggested scores: taken in, read, judged.

    Args:
        per_day: suggestions of one account in one day (UTC), at most.
        kept: for how long one is kept.
    """

    def __init__(self, store: SuggestionStore, clock: Clock, *, per_day: int = PER_DAY, kept: timedelta = KEPT) -> None:
        self._store = store
        self._clock = clock
        self._per_day = per_day
        self._kept = kept

    async def suggest(self, account: str, said: NewSuggestion) -> Suggestion:
        """Keep what an account suggests, for people to judge.

        Raises InvalidInput, RateLimited (enough for today), StoreUnavailable.
        """
        checked, now = check_suggestion(said), self._clock.now()
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        async with self._store.write() as unit:
            sender = sender_name(await unit.reviews.key(), account)
            if await unit.suggestions.sent_since(sender, today) >= self._per_day:
                raise RateLimited(
                    f"{self._per_day} suggestions were kept for this caller today, which is the most: try again after "
                    "midnight UTC",
                    retry_after=int((today + timedelta(days=1) - now).total_seconds()) + 1,
                )
            suggestion = Suggestion(time_ordered_id(now), now, sender, checked)
            await unit.suggestions.add(suggestion)
        return suggestion

    async def page(self, state: SuggestionState | None = None, after: str | None = None, limit: int = 50) -> Page:
        """Suggestions, the newest first, `limit` (1 to 200) at most; `after` is the id of the last one that was seen.

        Raises InvalidInput, StoreUnavailable.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidInput(f"limit must be 1 to {MAX_PAGE}", field="limit")
        async with self._store.read() as unit:
            found = await unit.suggestions.page(state, after, limit)
        return Page(found, found[-1].id if len(found) == limit else None)

    async def judge(self, account: str, suggestion_id: str, *, accepted: bool, note: str = "") -> Suggestion:
        """Accept a new suggestion or decline it; the audit chain holds that it was done, and under which pseudonym.

        Raises:
            NotFound: there is no such suggestion.
            PermissionDenied: the reviewer sent it.
            Conflict: somebody judged it before.
            InvalidInput: the note is too long or holds what cannot be stored.
        """
        words, now = checked_words(note, "note", MAX_NOTE), self._clock.now()
        state = SuggestionState.ACCEPTED if accepted else SuggestionState.DECLINED
        async with self._store.write() as unit:
            key = await unit.reviews.key()
            before = await unit.suggestions.get(suggestion_id)
            if before.sender == sender_name(key, account):
                raise PermissionDenied("you suggested this: somebody else must judge it")
            reviewer = pseudonym(key, account)
            if not await unit.suggestions.judge(before.id, state, reviewer=reviewer, at=now, note=words):
                raise Conflict(f"this suggestion was {before.state.value} before", field="suggestion_id")
            body = {"act": "suggestion_judged", "suggestion": before.id, "state": state.value}
            await unit.audit.append(event(AuditKind.REVIEW, now, reviewer, body))
            return await unit.suggestions.get(before.id)

    async def accepted(self) -> AsyncIterator[Sequence[Suggestion]]:
        """All that were accepted, the newest first, some hundred at a time. Raises StoreUnavailable."""
        last: str | None = None
        while True:
            async with self._store.read() as unit:
                found = await unit.suggestions.page(SuggestionState.ACCEPTED, last, _EXPORTED)
            if found:
                yield found
            if len(found) < _EXPORTED:
                return
            last = found[-1].id

    async def forget_old(self, now: datetime | None = None) -> int:
        """Delete what has been kept for long enough; returns how many. Raises StoreUnavailable."""
        async with self._store.write() as unit:
            return await unit.suggestions.forget_before((now or self._clock.now()) - self._kept)
