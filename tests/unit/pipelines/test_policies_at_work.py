"""Policies over an assembled platform: judged items, replayed drafts, shadows, and a second process."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from socialflow import wiring
from socialflow.content.records import Item, ItemKind, ModerationStatus, User
from socialflow.errors import PolicyGuarded
from socialflow.ids import ItemKey
from socialflow.moderation.policy.default import default_text
from socialflow.moderation.policy.ports import Window
from socialflow.moderation.policy.service import PolicyService
from socialflow.settings import Settings, load_settings
from socialflow.storage.maintenance import upgrade
from socialflow.wiring import Platform

KIND, HATE = "What a lovely loaf of rye bread, thank you!", "I will find you and kill you, you filthy subhuman"
STERN = """
policy: 1
reasons:
  all: {text: Nothing is shown here., severity: 0.5, ground: terms, clause: "Rules, 1", category: other_violation_tc}
rules:
  - {name: nothing-is-shown, reason: all, acts: [reject]}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    chosen = load_settings({"socialflow_home": tmp_path, "database_url": "", "redis_url": None})
    upgrade(chosen.store_url)
    return chosen


@pytest.fixture
async def platform(settings: Settings) -> AsyncIterator[Platform]:
    """Twenty kind posts and one of hate, decided about; half of them in the community of chess."""
    platform = wiring.assemble(settings)
    await fill(platform, 21)
    yield platform
    await platform.close()


async def fill(platform: Platform, count: int, first: int = 0) -> list[ItemKey]:
    now = platform.clock.now()
    async with platform.store.write() as unit:
        await unit.users.upsert([User(f"u{n}", f"ann{n}", now) for n in range(first, first + count)])
        posts = [
            Item(
                f"p{n}",
                ItemKind.POST,
                now,
                text=f"{KIND} It is loaf {n}." if n else HATE,
                author=f"u{n}",
                community="chess" if n % 2 else None,
            )
            for n in range(first, first + count)
        ]
        await unit.items.upsert(posts)
        keys = list((await unit.items.keys([post.id for post in posts])).values())
    await platform.moderation.moderator.decide(keys)
    return keys


def window(platform: Platform, scope: str = "default") -> Window:
    now = platform.clock.now()
    return Window(scope, now - timedelta(days=1), now + timedelta(seconds=1))


async def drafted(policies: PolicyService, text: str, scope: str = "default") -> int:
    return (await policies.draft(text, scope=scope, by="ann")).policy.version


class TestReplayOverStoredDecisions:
    async def test_explains_what_would_flip(self, platform: Platform) -> None:
        policies = platform.moderation.policies
        told = await policies.replay(await drafted(policies, STERN), window(platform))
        (flip,) = told.flips
        assert (told.decisions, told.unreadable) == (21, 0)
        assert (flip.before, flip.after, flip.count) == (ModerationStatus.APPROVED, ModerationStatus.REJECTED, 20)
        rule = next(one for one in told.rules if one.rule == "nothing-is-shown")
        assert (rule.applied, rule.flips) == (21, 20)
        decision = await platform.moderation.decisions.get(flip.examples[0])
        assert decision.verdict.status is ModerationStatus.APPROVED

    async def test_of_the_default_policy_itself_changes_nothing(self, platform: Platform) -> None:
        policies = platform.moderation.policies
        assert (await policies.replay(1, window(platform))).flips == ()

    async def test_takes_what_the_scope_stands_for(self, platform: Platform) -> None:
        policies = platform.moderation.policies
        chess = await drafted(policies, STERN, "community:chess")
        assert (await policies.replay(chess, window(platform, "community:chess"))).decisions == 10
        await policies.activate("community:chess", chess, replayed=None, confirmed="ours")
        assert (await policies.replay(1, window(platform))).decisions == 11

    async def test_no_further_than_asked(self, platform: Platform) -> None:
        policies, whole = platform.moderation.policies, window(platform)
        assert (await policies.spans(whole, 100), await policies.spans(whole, 5)) == (21, 5)
        past = policies._past()
        assert await past.newest(whole, 100) == whole
        later = await past.newest(whole, 3)
        assert later.since > whole.since
        assert 3 <= (await policies.replay(1, later)).decisions <= 21


class TestActivation:
    async def test_of_what_rejects_everything_is_refused_with_what_was_found(self, platform: Platform) -> None:
        policies = platform.moderation.policies
        version = await drafted(policies, STERN)
        with pytest.raises(PolicyGuarded, match=r"95\.2 % of decisions would change .* newly rejected"):
            await policies.try_and_activate("default", version)
        assert (await policies.active()).version == 1
        done = await policies.try_and_activate("default", version, confirmed="we close", by="ann")
        assert (done.replayed.decisions, [one.name for one in done.beyond]) == (21, ["flips", "new_rejections"])

    async def test_holds_for_the_next_decision_of_a_second_process(
        self, platform: Platform, settings: Settings
    ) -> None:
        second = wiring.assemble(settings)
        (key,) = await fill(second, 1, first=100)
        assert await status(second, "p100") is ModerationStatus.APPROVED
        policies = platform.moderation.policies
        await policies.try_and_activate("default", await drafted(policies, STERN), confirmed="we close")
        (decision,) = await second.moderation.moderator.decide([key], again=True)
        assert await status(second, "p100") is ModerationStatus.REJECTED
        assert (decision.policy.version, decision.verdict.flags) == (2, ("all",))
        await policies.roll_back()
        (decision,) = await second.moderation.moderator.decide([key], again=True)
        assert (decision.policy.version, decision.verdict.status) == (1, ModerationStatus.APPROVED)
        await second.close()

    async def test_the_chain_over_it_all_is_whole(self, platform: Platform) -> None:
        policies = platform.moderation.policies
        await policies.try_and_activate("default", await drafted(policies, default_text()))
        await platform.audit.seal()
        assert (await platform.moderation.decisions.verify_all()).ok


class TestShadow:
    async def test_is_asked_about_what_is_decided_and_changes_nothing(self, platform: Platform) -> None:
        policies = platform.moderation.policies
        await policies.shadow("default", await drafted(policies, STERN))
        await asyncio.gather(*(fill(platform, 5, first) for first in (200, 300)))
        assert await status(platform, "p201") is ModerationStatus.APPROVED
        _, (told,) = await policies.shadowed("default")
        assert (told.noted.before, told.noted.after, told.noted.count) == ("approved", "rejected", 10)
        assert set(told.noted.examples) <= {f"p{n}" for n in (*range(200, 205), *range(300, 305))}


async def status(platform: Platform, name: str) -> ModerationStatus:
    async with platform.store.read() as unit:
        return (await unit.items.get(name)).moderation_status
