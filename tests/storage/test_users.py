"""Users: found by id, username and key; names are unique; what cannot be stored is refused row by row."""

from dataclasses import replace

import pytest

from socialflow.content.records import Privacy
from socialflow.errors import UserNotFound
from socialflow.kit.roles import Role
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, statuses, user


class TestReading:
    async def test_every_field_comes_back(self, store: Store) -> None:
        stored = user(
            "u1",
            "ada",
            locale="en-GB",
            region="GB",
            birth_year=1815,
            role=Role.CREATOR,
            profile={"bio": "numbers", "links": ["a", {"b": None}], "nul": "\0"},
            interests=("maths", "поэзия"),
            privacy=Privacy(personalise=False, analyse=True, train=False),
        )
        async with store.write() as unit:
            await unit.users.upsert([stored])
        async with store.read() as unit:
            found = await unit.users.by_username("ada")
            assert replace(found, key=stored.key) == stored
            assert await unit.users.get("u1") == found
            assert await unit.users.by_keys([found.key]) == {found.key: found}
            assert await unit.users.keys(["u1", "nobody", "x\0"]) == {"u1": found.key}

    async def test_unknown_names_the_field(self, store: Store) -> None:
        async with store.read() as unit:
            for name in ("nobody", "nul\0", "\ud800"):
                with pytest.raises(UserNotFound) as raised:
                    await unit.users.by_username(name)
                assert raised.value.field == "username"

    async def test_pages_in_code_point_order(self, store: Store) -> None:
        ids = ["b", "a", "B", "é", "Z", "10", "9"]
        async with store.write() as unit:
            await unit.users.upsert([user(user_id) for user_id in ids])
        async with store.read() as unit:
            first = [found.id for found in await unit.users.page(None, 3)]
            rest = [found.id for found in await unit.users.page(first[-1], 10)]
        assert first + rest == sorted(ids)

    async def test_lists_who_bars_training(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([user("u1"), user("u2", privacy=Privacy(train=False))])
            keys = await unit.users.keys(["u2"])
            assert set(await unit.users.untrainable()) == {keys["u2"]}


class TestUpsert:
    async def test_replaces_and_keeps_the_key(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([user("u1", "old")])
            key = (await unit.users.get("u1")).key
            await unit.users.upsert([user("u1", "new", region="FR")])
            found = await unit.users.by_username("new")
            assert (found.key, found.region) == (key, "FR")
            with pytest.raises(UserNotFound):
                await unit.users.by_username("old")

    async def test_a_taken_username_is_one_rejected_row(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([user("u1", "ada")])
            outcomes = await unit.users.upsert([user("u2", "ada"), user("u3", "bob"), user("u4", "bob")])
        assert statuses(outcomes) == ["conflict", "stored", "conflict"]
        assert outcomes[0].field == "username"
        async with store.read() as unit:
            assert set(await unit.users.keys(["u1", "u2", "u3", "u4"])) == {"u1", "u3"}

    async def test_the_last_of_several_rows_wins(self, store: Store) -> None:
        async with store.write() as unit:
            outcomes = await unit.users.upsert([user("u1", region="FR"), user("u1", region="DE")])
            assert statuses(outcomes) == ["stored", "stored"]
            assert (await unit.users.get("u1")).region == "DE"

    async def test_refuses_what_no_database_holds(self, store: Store) -> None:
        async with store.write() as unit:
            outcomes = await unit.users.upsert(
                [
                    user("u1", region="a\0b"),
                    user("u2", profile={"big": 1 << 80}),
                    user("u3", locale="\ud800"),
                    user("u4"),
                ]
            )
        assert statuses(outcomes) == ["invalid_input", "invalid_input", "invalid_input", "stored"]
        assert [outcome.field for outcome in outcomes] == ["region", "profile", "locale", None]

    async def test_no_numbers_are_burnt(self, store: Store) -> None:
        async with store.write() as unit:
            for _ in range(5):
                await unit.users.upsert([user("u1")])
            await unit.users.upsert([user("u2")])
            keys = await unit.users.keys(["u1", "u2"])
        assert keys["u2"] == keys["u1"] + 1

    async def test_nothing_of_a_failed_unit_stays(self, store: Store) -> None:
        with pytest.raises(RuntimeError):  # noqa: PT012
            async with store.write() as unit:
                await unit.users.upsert([user("u1")])
                raise RuntimeError
        async with store.read() as unit:
            assert await unit.users.keys(["u1"]) == {}

    async def test_created_at_keeps_microseconds(self, store: Store) -> None:
        at = NOW.replace(microsecond=123_457)
        async with store.write() as unit:
            await unit.users.upsert([replace(user("u1"), created_at=at)])
            assert (await unit.users.get("u1")).created_at == at
