"""Suggested scores as they are kept, counted, judged, pruned and forgotten, on both engines."""

import asyncio
from datetime import timedelta

import pytest
import structlog

from socialflow.errors import Conflict, InvalidInput, NotFound, PermissionDenied, RateLimited, StoreUnavailable
from socialflow.kit.clock import FixedClock
from socialflow.moderation.suggestions.ports import SuggestionStore
from socialflow.moderation.suggestions.records import (
    NewSuggestion,
    SuggestedScores,
    SuggestedSpan,
    Suggestion,
    SuggestionState,
)
from socialflow.moderation.suggestions.service import SuggestionService
from socialflow.pipelines.forgetting import Forgetting
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import user

SAID = NewSuggestion(
    text="naïve 😀",
    scores={"TOXICITY": SuggestedScores(0.1, (SuggestedSpan(0, 7, 0.25),)), "INSULT": SuggestedScores(1.0)},
    detected=("en",),
    languages=("en", "pt-BR"),
    context={"entries": [{"text": "a\0b"}]},
    community="/films",
    client_token="c-1",
)


@pytest.fixture
def service(store: Store, clock: FixedClock) -> SuggestionService:
    return SuggestionService(store, clock, per_day=3, kept=timedelta(days=10))


async def every(service: SuggestionService) -> list[Suggestion]:
    return list((await service.page(limit=200)).suggestions)


class TestKeeping:
    async def test_it_comes_back_as_it_was(self, service: SuggestionService, store: Store, clock: FixedClock) -> None:
        port: SuggestionStore = store
        kept = await service.suggest("u1", SAID)
        assert (kept.said, kept.at, kept.state) == (SAID, clock.at, SuggestionState.NEW)
        async with port.read() as unit:
            assert await unit.suggestions.get(kept.id) == kept
            with pytest.raises(NotFound):
                await unit.suggestions.get("none\0")

    async def test_no_two_take_the_last_place_of_a_day(self, service: SuggestionService, clock: FixedClock) -> None:
        sent = await asyncio.gather(*(service.suggest("u1", SAID) for _ in range(6)), return_exceptions=True)
        refused = [one for one in sent if isinstance(one, RateLimited)]
        assert (len(sent) - len(refused), len(refused)) == (3, 3)
        midnight = (clock.at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        assert refused[0].retry_after == int((midnight - clock.at).total_seconds()) + 1
        await service.suggest("u2", SAID)
        clock.at = midnight
        await service.suggest("u1", SAID)

    async def test_what_is_old_goes(self, service: SuggestionService, clock: FixedClock) -> None:
        old = await service.suggest("u1", SAID)
        await service.judge("u2", old.id, accepted=True)
        clock.at += timedelta(days=9)
        new = await service.suggest("u1", SAID)
        assert await Forgetting(service).once() == 0
        clock.at += timedelta(days=2)
        assert await Forgetting(service).once() == 1
        assert await every(service) == [new]

    async def test_a_bad_page_is_refused(self, service: SuggestionService) -> None:
        with pytest.raises(InvalidInput, match="limit"):
            await service.page(limit=201)


class TestJudging:
    async def test_the_first_who_judges_decides(self, service: SuggestionService, clock: FixedClock) -> None:
        one = await service.suggest("u1", SAID)
        clock.at += timedelta(hours=1)
        judged = await service.judge("u2", one.id, accepted=False, note=" no ")
        assert (judged.state, judged.judged_at, judged.note) == (SuggestionState.DECLINED, clock.at, "no")
        with pytest.raises(Conflict, match="declined before"):
            await service.judge("u3", one.id, accepted=True)
        assert await every(service) == [judged]

    async def test_a_sender_does_not(self, service: SuggestionService) -> None:
        one = await service.suggest("u1", SAID)
        with pytest.raises(PermissionDenied):
            await service.judge("u1", one.id, accepted=True)

    async def test_what_was_accepted_is_told_the_newest_first(
        self, service: SuggestionService, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("socialflow.moderation.suggestions.service._EXPORTED", 2)
        sent = []
        for number in range(4):
            clock.at += timedelta(seconds=1)
            sent.append(await service.suggest(f"u{number}", SAID))
        for number in (0, 1, 3):
            await service.judge("mia", sent[number].id, accepted=True)
        told = [one.id async for some in service.accepted() for one in some]
        assert told == [sent[number].id for number in (3, 1, 0)]


class TestErasing:
    async def test_senders_go_with_what_they_sent_and_reviewers_from_what_they_judged(
        self, service: SuggestionService, store: Store, clock: FixedClock
    ) -> None:
        async with store.write() as unit:
            await unit.users.upsert([user("ada"), user("bea")])
        hers = await service.suggest("ada", SAID)
        other = await service.suggest("cid", SAID)
        await service.judge("bea", hers.id, accepted=True)
        await service.judge("bea", other.id, accepted=True, note="bea was here")
        async with store.write() as unit:
            receipt = await unit.erasures.erase_user("ada", clock.at)
        assert receipt.rows["score_suggestions"] == 1
        async with store.write() as unit:
            receipt = await unit.erasures.erase_user("bea", clock.at)
        assert receipt.rows["score_suggestions"] == 1
        (left,) = await every(service)
        assert (left.id, left.state, left.reviewer, left.note) == (other.id, SuggestionState.ACCEPTED, None, "")


async def test_forgetting_waits_for_a_store_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def __init__(self) -> None:
            self.asked, self.again = 0, asyncio.Event()

        async def forget_old(self) -> int:
            self.asked += 1
            if self.asked == 2:
                self.again.set()
            raise StoreUnavailable("away")

    monkeypatch.setattr("socialflow.pipelines.forgetting.PAUSE_SECONDS", 0)
    away = Away()
    with structlog.testing.capture_logs() as logs:
        duty = asyncio.create_task(Forgetting(away).run())
        await away.again.wait()
        duty.cancel()
        await asyncio.gather(duty, return_exceptions=True)
    assert (logs[0]["event"], logs[0]["duty"]) == ("duty_waits", "forgetting")
