"""Versions of the rules on both engines."""

import pytest

from socialflow.content.log import ChangeKind, LogCursor
from socialflow.errors import NotFound
from socialflow.recommendation.rules import Boost, Bury, Exclude, Match, Pin, Rule, RuleSet, When
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, user

RULES = (
    Rule("a", Match(tag=("x", "y"), is_promoted=False), Pin(1), When(starts_at=NOW)),
    Rule("b", Match(max_age_hours=2.5), Boost(factor=1.5)),
)


class TestVersions:
    async def test_a_new_store_holds_none(self, store: Store) -> None:
        async with store.read() as unit:
            assert (await unit.rules.active()).version == 1
            assert (await unit.rules.active()).rules == ()

    async def test_the_next_version_becomes_active_and_readers_hear_of_it(self, store: Store) -> None:
        async with store.write() as unit:
            cursor = (await unit.interactions.poll(LogCursor())).cursor
            added = await unit.rules.add(RuleSet(0, RULES, NOW, "spring"))
        assert added == RuleSet(2, RULES, NOW, "spring")
        async with store.write() as unit:
            assert await unit.rules.active() == added
            assert (await unit.rules.activate(1)).rules == ()
            assert (await unit.rules.active()).version == 1
            assert await unit.rules.version(2) == added
            listed = await unit.rules.versions()
        assert [(made.version, made.note, active) for made, active in listed] == [
            (2, "spring", False),
            (1, "no rules", True),
        ]
        async with store.read() as unit:
            changes = (await unit.interactions.poll(cursor)).changes
        assert {(change.kind, change.key) for change in changes} == {(ChangeKind.RULES, 1), (ChangeKind.RULES, 2)}

    async def test_an_unknown_version(self, store: Store) -> None:
        async with store.write() as unit:
            with pytest.raises(NotFound):
                await unit.rules.version(9)
            with pytest.raises(NotFound):
                await unit.rules.activate(9)


async def test_an_erased_person_is_in_no_version(store: Store) -> None:
    alone = Rule("alone", Match(author=("u1",)), Exclude())
    shared = Rule("shared", Match(author=("u1", "u2")), Bury())
    async with store.write() as unit:
        await unit.users.upsert([user("u1"), user("u2")])
        await unit.rules.add(RuleSet(0, (alone, shared), NOW))
        await unit.rules.add(RuleSet(0, (shared,), NOW))
        await unit.rules.add(RuleSet(0, RULES, NOW))
    async with store.write() as unit:
        receipt = await unit.erasures.erase_user("u1", NOW)
        kept = Rule("shared", Match(author=("u2",)), Bury())
        assert (await unit.rules.version(2)).rules == (kept,)
        assert (await unit.rules.version(3)).rules == (kept,)
        assert (await unit.rules.active()).rules == RULES
    assert receipt.rows["feed_rules"] == 2
