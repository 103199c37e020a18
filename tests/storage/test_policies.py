"""Policies from draft to force and back, on both engines."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import text

from socialflow.content.records import ModerationStatus
from socialflow.errors import Conflict, InvalidInput, PolicyGuarded, PolicyNotFound, PolicyUnfit
from socialflow.kit.answers import Tier
from socialflow.kit.clock import FixedClock, to_micros
from socialflow.moderation.policy.columns import Past
from socialflow.moderation.policy.default import default_text
from socialflow.moderation.policy.evaluate import evaluate
from socialflow.moderation.policy.packed import pack
from socialflow.moderation.policy.ports import PolicyStore, Window
from socialflow.moderation.policy.records import FollowUp, PolicyState
from socialflow.moderation.policy.service import Overview, PolicyService
from socialflow.moderation.policy.shadow import Notes, Standing
from socialflow.moderation.policy.standing import ActivePolicies
from socialflow.moderation.records import ContentKind, Facts, PolicyVersion, Reading, Signals
from socialflow.storage.address import Address
from socialflow.storage.engine import open_sync_engine
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW

STRICT = default_text().replace("toxicity: 0.7", "toxicity: 0.2")
WRONG = default_text().replace("text.threat:", "text.thret:")
WINDOW = Window("default", NOW - timedelta(days=1), NOW)
CALM = Signals({"text.toxicity": Reading(0.1, "m", "1", Tier.TRAINED)})
RUDE = Signals({"text.toxicity": Reading(0.5, "m", "1", Tier.TRAINED)})
POST = Facts(ContentKind.POST, "chess")


class Decided:
    """A hundred decisions, a tenth of them about something rude."""

    def __init__(self) -> None:
        self.asked: list[Window] = []

    async def batches(self, window: Window) -> AsyncIterator[Sequence[Past]]:
        self.asked.append(window)
        for start in (0, 50):
            yield [
                Past(str(n), POST, pack(CALM if n % 10 else RUDE), ModerationStatus.APPROVED, to_micros(NOW))
                for n in range(start, start + 50)
            ]

    async def count(self, window: Window, most: int) -> int:
        return min(100, most)

    async def newest(self, window: Window, most: int) -> Window:
        return window


@pytest.fixture
def service(store: Store, clock: FixedClock) -> PolicyService:
    return PolicyService(store, clock, decisions=Decided(), thresholds={"nsfw": 0.6})


class TestInstalling:
    async def test_a_new_store_has_the_default_with_its_own_thresholds(self, service: PolicyService) -> None:
        with pytest.raises(PolicyNotFound):
            await service.active()
        installed = await service.install()
        assert (installed.scope, installed.version, installed.state) == ("default", 1, PolicyState.ACTIVE)
        assert await service.install() == installed == await service.active()
        found = await standing(service, "chess")
        assert found.policy.policy.thresholds["nsfw"] == 0.6
        assert found.version.digest == installed.digest == found.policy.digest

    async def test_what_is_in_force_stays(self, store: Store, clock: FixedClock, service: PolicyService) -> None:
        await service.install()
        other = PolicyService(store, clock, thresholds={"nsfw": 0.1})
        assert (await standing(other)).policy.policy.thresholds["nsfw"] == 0.6


class TestVersions:
    async def test_from_draft_to_force_and_back(self, service: PolicyService, clock: FixedClock) -> None:
        await service.install()
        drafted = await service.draft(STRICT, by="ann", note="be kind")
        assert (drafted.policy.version, drafted.policy.state, drafted.findings) == (2, PolicyState.DRAFT, ())
        told = await service.replay(2, WINDOW)
        assert (told.decisions, told.flipped, told.digest) == (100, 10, drafted.policy.digest)
        with pytest.raises(PolicyGuarded):
            await service.activate("default", 2, replayed=told)
        clock.at += timedelta(hours=1)
        active = await service.activate("default", 2, replayed=told, confirmed="be kind")
        assert (active.state, active.activated_at) == (PolicyState.ACTIVE, clock.at)
        newest, first = await service.history()
        assert [(one.version, one.state.value, one.body) for one in (newest, first)] == [
            (2, "active", ""),
            (1, "retired", ""),
        ]
        assert (first.author, len(newest.author)) == ("", 32)
        assert "ann" not in newest.author
        assert (await said(service)) is ModerationStatus.FLAGGED
        assert (await service.roll_back()).version == 1
        assert (await said(service)) is ModerationStatus.APPROVED
        assert (await service.roll_back()).version == 2

    async def test_what_is_refused(self, service: PolicyService) -> None:
        await service.install()
        with pytest.raises(Conflict):
            await service.roll_back()
        drafted = await service.draft(WRONG)
        assert drafted.findings == await service.check(WRONG)
        assert {finding.code for finding in drafted.findings} == {"unknown_signal"}
        with pytest.raises(PolicyUnfit, match=r"text\.threat"):
            await service.activate("default", 2, replayed=None, confirmed="now")
        with pytest.raises(PolicyUnfit):
            await service.replay(2, WINDOW)
        await service.draft(STRICT)
        with pytest.raises(InvalidInput):
            await service.activate("default", 3, replayed=None)
        with pytest.raises(Conflict, match="another policy"):
            await service.activate("default", 1, replayed=await service.replay(3, WINDOW), confirmed="now")
        for refused in (service.activate("default", 9, replayed=None, confirmed="now"), service.shadow("default", 9)):
            with pytest.raises(PolicyNotFound):
                await refused
        with pytest.raises(Conflict):
            await service.retire("default", 1)
        for scope in ("", "all", "community:", "community:\0"):
            with pytest.raises(InvalidInput):
                await service.draft(STRICT, scope=scope)

    async def test_a_community_stands_before_the_default(self, service: PolicyService) -> None:
        await service.draft(STRICT, scope="community:chess")
        await service.activate("community:chess", 1, replayed=None, confirmed="ours")
        assert (await standing(service, "chess")).version.scope == "community:chess"
        assert (await standing(service, "go")).version.scope == "default"
        await service.retire("community:chess", 1)
        assert (await standing(service, "chess")).version.scope == "default"

    async def test_a_draft_is_thrown_away_and_its_number_with_it(self, service: PolicyService) -> None:
        await service.draft(STRICT)
        await service.delete("default", 1)
        with pytest.raises(PolicyNotFound):
            await service.get("default", 1)
        assert (await service.install()).version == 2
        with pytest.raises(Conflict, match="only drafts"):
            await service.delete("default", 2)

    async def test_what_was_done_is_in_the_audit_chain(self, store: Store, service: PolicyService) -> None:
        await service.install()
        await service.draft(STRICT, by="ann")
        await service.activate("default", 2, replayed=None, confirmed="agreed", by="ann")
        await service.roll_back(by="ann")
        async with store.read() as unit:
            events = [row async for rows in unit.audit.recorded() for row in rows]
        told = [(row.kind, orjson.loads(row.body)) for row in events]
        assert [(kind, one["act"], one["version"]) for kind, one in told] == [
            ("policy", "install", 1),
            ("policy", "draft", 2),
            ("policy", "activate", 2),
            ("policy", "roll_back", 1),
        ]
        assert told[2][1]["reason"] == "agreed"
        assert events[0].actor == "socialflow"
        assert len({row.actor for row in events[1:]}) == 1
        assert "ann" not in str(events)

    async def test_each_scope_is_told_of(self, service: PolicyService) -> None:
        await service.install()
        await service.draft(STRICT)
        await service.shadow("default", 2)
        await service.draft(STRICT, scope="community:chess")
        assert await service.overview() == [Overview("community:chess", None, None, 1), Overview("default", 1, 2, 2)]
        assert [one.version for one in await service.history(limit=1)] == [2]
        assert [one.version for one in await service.history(before=2)] == [1]


class TestStanding:
    async def test_another_process_hears_at_once(
        self, store: Store, url: str, clock: FixedClock, service: PolicyService
    ) -> None:
        elsewhere = Store(url)
        other = PolicyService(elsewhere, clock)
        assert await said(service) is ModerationStatus.APPROVED
        await other.draft(STRICT)
        await other.activate("default", 2, replayed=None, confirmed="now")
        assert await said(service) is ModerationStatus.FLAGGED
        await elsewhere.close()

    async def test_reasons_are_those_of_the_version_that_judged(self, service: PolicyService) -> None:
        before = (await standing(service)).version
        await service.draft(STRICT.replace("hate_speech", "hatred"))
        reason = await service.policies.of(before, "hate_speech")
        assert reason is not None
        fresh = ActivePolicies(service._store, FixedClock(NOW))
        assert await fresh.of(replace(before, version=9), "hate_speech") is None
        assert await fresh.of(before, "hate_speech") == reason
        assert await fresh.of(before, "hatred") is None
        assert await fresh.of(replace(before, digest="0" * 64), "hate_speech") is None

    async def test_of_two_that_begin_at_once_one_installs(
        self, store: Store, url: str, clock: FixedClock, service: PolicyService
    ) -> None:
        stores = [Store(url) for _ in range(4)]
        services = [PolicyService(one, clock, thresholds={"nsfw": 0.1 * n}) for n, one in enumerate(stores)]
        found = await asyncio.gather(*(standing(one) for one in services))
        assert len({one.version for one in found}) == 1
        assert len(await service.history()) == 1
        for one in stores:
            await one.close()

    async def test_of_two_activated_at_once_one_is_in_force(
        self, store: Store, url: str, clock: FixedClock, service: PolicyService
    ) -> None:
        stores = [Store(url) for _ in range(4)]
        await service.install()
        for _ in stores:
            await service.draft(STRICT)
        moves = [
            PolicyService(one, clock).activate("default", 2 + n, replayed=None, confirmed="now")
            for n, one in enumerate(stores)
        ]
        await asyncio.gather(*moves)
        states = [one.state for one in await service.history()]
        assert states.count(PolicyState.ACTIVE) == 1
        assert states.count(PolicyState.RETIRED) == 4
        for one in stores:
            await one.close()

    async def test_a_shadow_has_no_effect_and_stands_where_it_would_be_in_force(self, service: PolicyService) -> None:
        await service.install()
        await service.draft(STRICT)
        assert (await service.shadow("default", 2)).state is PolicyState.SHADOW
        assert await said(service) is ModerationStatus.APPROVED
        for community in (None, "chess"):
            found = (await standing(service, community)).shadow
            assert found is not None
            assert (found.version.scope, found.version.version) == ("default", 2)
        await service.draft(STRICT, scope="community:chess")
        await service.activate("community:chess", 1, replayed=None, confirmed="ours")
        assert (await standing(service, "chess")).shadow is None
        with pytest.raises(Conflict):
            await service.shadow("default", 1)
        await service.draft(STRICT)
        await service.shadow("default", 3)
        assert [one.state.value for one in await service.history()] == ["shadow", "retired", "active"]
        await service.activate("default", 3, replayed=None, confirmed="fine")
        assert (await standing(service)).shadow is None

    async def test_what_a_shadow_says_is_counted_beside_what_was_decided(
        self, store: Store, service: PolicyService, clock: FixedClock
    ) -> None:
        await service.install()
        await service.draft(STRICT)
        with pytest.raises(PolicyNotFound):
            await service.shadowed("default")
        await service.shadow("default", 2)
        assert (await service.shadowed("default"))[1] == []
        found = await standing(service)
        for batch in range(3):
            notes = Notes()
            for number in range(8):
                notes.take(found, f"c{batch}-{number}", RUDE, POST, evaluate(found.policy, RUDE, POST))
            notes.take(found, "calm", CALM, POST, evaluate(found.policy, CALM, POST))
            clock.at += timedelta(hours=1)
            async with store.write() as unit:
                await unit.policies.note(notes.rows(), clock.at)
        version, told = await service.shadowed("default")
        assert version.version == 2
        flipped, same = told
        assert (flipped.noted.before, flipped.noted.after, flipped.noted.count) == ("approved", "flagged", 24)
        assert flipped.noted.examples == (*(f"c0-{n}" for n in range(8)), "c1-0", "c1-1")
        assert (same.noted.before, same.noted.after, same.noted.count, same.noted.examples) == (
            "approved",
            "approved",
            3,
            (),
        )
        assert flipped.last_at - flipped.first_at == timedelta(hours=2)
        await service.shadow("default", 2)
        assert (await service.shadowed("default"))[1] == told
        await service.retire("default", 2)
        await service.shadow("default", 2)
        assert (await service.shadowed("default"))[1] == []

    async def test_every_process_counts_on_where_others_stopped(self, url: str, clock: FixedClock) -> None:
        first = Store(url)
        service = PolicyService(first, clock)
        await service.install()
        await service.draft(STRICT)
        await service.shadow("default", 2)
        await judged(first, service, clock, "a", "b")
        await first.close()
        stores = [Store(url) for _ in range(2)]
        services = [PolicyService(one, clock) for one in stores]
        await asyncio.gather(
            *(judged(store, one, clock, f"c{n}") for store, one in zip(stores, services, strict=True) for n in range(5))
        )
        for one in services:
            (told,) = (await one.shadowed("default"))[1]
            assert told.noted.count == 2 + 10
            assert told.noted.examples[:2] == ("a", "b")
            assert set(told.noted.examples) == {"a", "b", *(f"c{n}" for n in range(5))}
        for store in stores:
            await store.close()


async def judged(store: Store, service: PolicyService, clock: FixedClock, *contents: str) -> None:
    """Have the shadow say of rude contents what it would, as a process does with each batch."""
    found, notes = await standing(service), Notes()
    for content in contents:
        notes.take(found, content, RUDE, POST, evaluate(found.policy, RUDE, POST))
    async with store.write() as unit:
        await unit.policies.note(notes.rows(), clock.at)


async def standing(service: PolicyService, community: str | None = None) -> Standing:
    return (await service.policies.standing([community]))[community]


async def said(service: PolicyService) -> ModerationStatus:
    return evaluate((await standing(service)).policy, RUDE, POST).status


class TestFollowUp:
    BRIEF = default_text().replace("appeal_days: 14", "appeal_days: 1")

    async def versions(self, service: PolicyService) -> list[PolicyVersion]:
        """The default, and one after it whose appeals are open for a day."""
        before = (await standing(service)).version
        await service.draft(self.BRIEF)
        await service.activate("default", 2, replayed=await service.replay(2, WINDOW))
        return [before, (await standing(service)).version]

    async def test_is_that_of_the_version_that_judged(self, store: Store, service: PolicyService) -> None:
        versions = await self.versions(service)
        unknown = [replace(versions[1], version=9), replace(versions[1], digest="0" * 64)]
        async with store.write() as unit:
            fresh = ActivePolicies(store, FixedClock(NOW))
            told = [await fresh.follow_up_in(unit, one) for one in (*versions, *unknown[:1])]
            kept = [await fresh.follow_up_in(unit, one) for one in versions]
            other = await ActivePolicies(store, FixedClock(NOW)).follow_up_in(unit, unknown[1])
        assert [one.review.appeal_within.days for one in told] == [14, 1, 1]
        assert [one.review.appeal_within.days for one in kept] == [14, 1]
        assert other == FollowUp()

    async def test_what_changes_nothing_else_flips_no_decision(self, service: PolicyService) -> None:
        """So it is put in force without a reason."""
        await self.versions(service)
        told = await service.replay(2, WINDOW)
        assert (told.decisions, told.flipped) == (100, 0)

    async def test_is_read_by_as_many_writers_as_there_are_connections(self, url: str, service: PolicyService) -> None:
        """Were it read by units of its own, they would wait for one another's connection until they gave up."""
        (_, brief) = await self.versions(service)
        narrow = Store(url, pool_size=1)
        inside = asyncio.Barrier(1 if url.startswith("sqlite") else 2)

        async def within() -> int:
            async with narrow.write() as unit:
                await inside.wait()
                fresh = ActivePolicies(narrow, FixedClock(NOW))
                return (await fresh.follow_up_in(unit, brief)).review.appeal_within.days

        assert await asyncio.gather(within(), within()) == [1, 1]
        await narrow.close()


class TestStorage:
    async def test_the_store_satisfies_the_port(self, store: Store) -> None:
        policies: PolicyStore = store
        async with policies.read() as unit:
            assert await unit.policies.history("default") == []
            with pytest.raises(PolicyNotFound):
                await unit.policies.get("\0", 1)

    @pytest.mark.parametrize("state", ["active", "shadow"])
    async def test_the_database_itself_allows_one_at_most(self, url: str, store: Store, state: str) -> None:
        service = PolicyService(store, FixedClock(NOW))
        for _ in range(2):
            await service.draft(STRICT)
        with open_sync_engine(Address.parse(url)).begin() as connection:
            connection.execute(text("UPDATE policies SET state = :state WHERE version = 1"), {"state": state})
        with pytest.raises(Exception, match=r"(?i)unique"), open_sync_engine(Address.parse(url)).begin() as connection:
            connection.execute(text("UPDATE policies SET state = :state WHERE version = 2"), {"state": state})
