"""Policies from draft to force and back, on both engines."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import text

from socialflow.content.records import ModerationStatus
from socialflow.errors import Conflict, InvalidInput, PolicyGuarded, PolicyNotFound, PolicyUnfit
from socialflow.kit.answers import Tier
from socialflow.kit.clock import FixedClock, to_micros
from socialflow.moderation.policy.columns import Past
from socialflow.moderation.policy.default import default_text
from socialflow.moderation.policy.packed import pack
from socialflow.moderation.policy.ports import PolicyStore, Window
from socialflow.moderation.policy.records import PolicyState
from socialflow.moderation.policy.service import PolicyService
from socialflow.moderation.records import ContentKind, Facts, Reading, Signals
from socialflow.storage.address import Address
from socialflow.storage.engine import open_sync_engine
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW

STRICT = default_text().replace("toxicity: 0.7", "toxicity: 0.2")
WRONG = default_text().replace("text.threat:", "text.thret:")
WINDOW = Window("default", NOW - timedelta(days=1), NOW)
RUDE = Signals({"text.toxicity": Reading(0.5, "m", "1", Tier.TRAINED)})
POST = Facts(ContentKind.POST, "chess")


class Decided:
    """A hundred decisions, a tenth of them about something rude."""

    def __init__(self) -> None:
        self.asked: list[Window] = []

    async def batches(self, window: Window) -> AsyncIterator[Sequence[Past]]:
        self.asked.append(window)
        calm = Signals({"text.toxicity": Reading(0.1, "m", "1", Tier.TRAINED)})
        for start in (0, 50):
            yield [
                Past(str(n), POST, pack(calm if n % 10 else RUDE), ModerationStatus.APPROVED, to_micros(NOW))
                for n in range(start, start + 50)
            ]


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
        found = await service.in_force("chess")
        assert found.policy.policy.thresholds["nsfw"] == 0.6
        assert found.version.digest == installed.digest == found.policy.digest

    async def test_what_is_in_force_stays(self, store: Store, clock: FixedClock, service: PolicyService) -> None:
        await service.install()
        other = PolicyService(store, clock, thresholds={"nsfw": 0.1})
        assert (await other.in_force()).policy.policy.thresholds["nsfw"] == 0.6


class TestVersions:
    async def test_from_draft_to_force_and_back(self, service: PolicyService, clock: FixedClock) -> None:
        await service.install()
        drafted = await service.draft(STRICT, author="r-7", note="be kind")
        assert (drafted.policy.version, drafted.policy.state, drafted.findings) == (2, PolicyState.DRAFT, ())
        told = await service.replay(2, WINDOW)
        assert (told.decisions, told.flipped, told.digest) == (100, 10, drafted.policy.digest)
        with pytest.raises(PolicyGuarded):
            await service.activate("default", 2, replayed=told)
        clock.at += timedelta(hours=1)
        active = await service.activate("default", 2, replayed=told, confirmed="be kind")
        assert (active.state, active.activated_at) == (PolicyState.ACTIVE, clock.at)
        states = [(one.version, one.state.value, one.author) for one in await service.history()]
        assert states == [(2, "active", "r-7"), (1, "retired", "")]
        assert (await service.in_force()).judge("x", RUDE, POST).status is ModerationStatus.FLAGGED
        assert (await service.roll_back()).version == 1
        assert (await service.in_force()).judge("x", RUDE, POST).status is ModerationStatus.APPROVED
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
        assert (await service.in_force("chess")).version.scope == "community:chess"
        assert (await service.in_force("go")).version.scope == "default"
        await service.retire("community:chess", 1)
        assert (await service.in_force("chess")).version.scope == "default"

    async def test_a_shadow_has_no_effect(self, service: PolicyService) -> None:
        await service.install()
        await service.draft(STRICT)
        assert (await service.shadow("default", 2)).state is PolicyState.SHADOW
        found = await service.in_force()
        assert found.judge("x", RUDE, POST).status is ModerationStatus.APPROVED
        again = (await service.in_force()).shadow
        assert again is not None
        assert [(flip.before, flip.after, flip.examples) for flip in again.flips] == [("approved", "flagged", ("x",))]
        assert (again.seen, again.version.version) == (1, 2)
        with pytest.raises(Conflict):
            await service.shadow("default", 1)
        await service.draft(STRICT)
        await service.shadow("default", 3)
        assert [one.state.value for one in await service.history()] == ["shadow", "retired", "active"]
        await service.activate("default", 3, replayed=None, confirmed="fine")
        assert (await service.in_force()).shadow is None


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
