"""Impressions, value models and service keys."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from socialflow.access.records import ApiKey, Scope
from socialflow.content.log import ChangeKind, LogCursor
from socialflow.content.records import InteractionType
from socialflow.errors import Conflict, NotFound
from socialflow.ids import ItemKey, UserKey
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.recommendation.records import FeedEntry, Impression, Removal, Term, ValueModel
from socialflow.recommendation.value_model import default_value_model
from socialflow.storage.repositories.impressions import _body
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, later, populate


def impression(request_id: str, page: int = 1, user: UserKey | None = None, **fields: object) -> Impression:
    entries = tuple(
        FeedEntry(
            item=ItemKey(10_000 + n),
            item_id="",  # nothing is stored under these keys: the items were erased meanwhile
            score=0.9371625 - n * 0.01,
            position=n + 1,
            source="collaborative",
            reason="like {anchor}",
            anchor=ItemKey(7 + n) if n % 2 else None,
            propensity=0.5,
            terms=(Term("collaborative", 0.4, 0.8123), Term("content", 0.4, 0.25), Term("trending", 0.2, 0.125)),
            moves=("freshness +0.12",) if n % 5 == 0 else (),
        )
        for n in range(20)
    )
    plain = Impression(
        request_id=request_id,
        page=page,
        page_size=20,
        user=user,
        surface="feed",
        algorithm="hybrid",
        query_digest="abc",
        at=NOW,
        entries=entries,
        status=Status.PARTIAL,
        missing=("als",),
        provenance=(Provenance("item_item", "3", Tier.TRAINED),),
        removed=(Removal(ItemKey(5), "seen", "watched before"),),
        removed_counts={"seen": 40},
        filters={"mood": "calm"},
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


class TestImpressions:
    async def test_items_are_named_by_the_ids_they_have_now(self, store: Store) -> None:
        await populate(store)
        async with store.write() as unit:
            item_id, key = next(iter((await unit.items.keys(["i0"])).items()))
            entry = structs.replace(impression("r", 1, None).entries[0], item=key)
            await unit.impressions.add(impression("r", 1, None, entries=(entry,)))
        async with store.read() as unit:
            assert [entry.item_id for entry in (await unit.impressions.pages("r"))[0].entries] == [item_id]

    async def test_signals_are_kept_in_half_precision_and_unknown_ones_stay_unknown(self, store: Store) -> None:
        await populate(store)
        async with store.write() as unit:
            key = (await unit.users.get("u0")).key
            seen = [(0.5, None), (1.25, -3.0)]
            entries = [
                structs.replace(one, signals=row) for one, row in zip(impression("r").entries, seen, strict=False)
            ]
            known = {"entries": tuple(entries), "signals": ("als", "age")}
            await unit.impressions.add_many(
                [impression("r", 1, key, **known), impression("s", 1, key), impression("t", 1, None, **known)]
            )
        async with store.read() as unit:
            page = (await unit.impressions.pages("r"))[0]
            assert (page.signals, [entry.signals for entry in page.entries]) == (("als", "age"), seen)
            found = [one async for block in unit.impressions.exposures(NOW) for one in block]
            assert not [one async for block in unit.impressions.exposures(later(-1)) for one in block]
        assert [(one.request_id, one.user, one.names) for one in found] == [("r", key, ("als", "age"))]
        assert found[0].places == [0, 1]
        assert np.array_equal(found[0].signals, [[0.5, np.nan], [1.25, -3.0]], equal_nan=True)

    async def test_comes_back_as_it_was(self, store: Store) -> None:
        await populate(store)
        async with store.write() as unit:
            key = (await unit.users.get("u0")).key
            given = [impression("r", 2, key), impression("r", 1, None, entries=(), missing=(), removed_counts={})]
            for one in given:
                await unit.impressions.add(one)
        async with store.read() as unit:
            assert await unit.impressions.pages("r") == given[::-1]
            assert await unit.impressions.pages("unknown") == []

    async def test_a_page_is_answered_once(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.impressions.add(impression("r"))
            with pytest.raises(Conflict):
                await unit.impressions.add(impression("r"))
            await unit.impressions.add(impression("r", 2))

    async def test_takes_numbers_of_arrays(self, store: Store) -> None:
        numbers: dict[str, Any] = {"item": np.int64(7), "score": np.float64(0.5), "propensity": np.float32(0.25)}
        entry = structs.replace(impression("r").entries[0], **numbers)
        async with store.write() as unit:
            await unit.impressions.add(impression("r", entries=(entry,)))
            assert (await unit.impressions.pages("r"))[0].entries[0].score == 0.5

    def test_twenty_entries_are_small(self) -> None:
        assert len(_body(impression("r"))) < 2_600


class TestValueModels:
    async def test_a_new_store_holds_version_one(self, store: Store) -> None:
        async with store.read() as unit:
            assert await unit.value_models.active() == default_value_model()
            assert await unit.value_models.versions() == [default_value_model()]

    async def test_the_next_version_becomes_active_and_the_first_can_again(self, store: Store) -> None:
        async with store.write() as unit:
            cursor = (await unit.interactions.poll(LogCursor())).cursor
            added = await unit.value_models.add(ValueModel(0, {InteractionType.LIKE: 5.0}, NOW, "likes only"))
            assert added == ValueModel(2, {InteractionType.LIKE: 5.0}, NOW, "likes only")
            assert await unit.value_models.active() == added
        async with store.write() as unit:
            assert (await unit.value_models.activate(1)).version == 1
            assert (await unit.value_models.active()).version == 1
            with pytest.raises(NotFound):
                await unit.value_models.activate(9)
            assert [model.version for model in await unit.value_models.versions()] == [1, 2]
        async with store.read() as unit:
            changes = (await unit.interactions.poll(cursor)).changes
        assert {(change.kind, change.key) for change in changes} == {
            (ChangeKind.VALUE_MODEL, 1),
            (ChangeKind.VALUE_MODEL, 2),
        }


class TestApiKeys:
    async def test_stored_listed_and_revoked(self, store: Store) -> None:
        first = ApiKey("k1", "importer", b"\x00" * 32, frozenset({Scope.READ, Scope.WRITE}), later(1), rate_limit=60)
        second = ApiKey("k2", "old", b"\x01" * 32, frozenset({Scope.ADMIN}), NOW)
        async with store.write() as unit:
            await unit.api_keys.add(first)
            await unit.api_keys.add(second)
            with pytest.raises(Conflict):
                await unit.api_keys.add(first)
        async with store.write() as unit:
            await unit.api_keys.revoke("k1", later(5))
            await unit.api_keys.revoke("k1", later(9))
            with pytest.raises(NotFound):
                await unit.api_keys.revoke("k9", NOW)
            assert await unit.api_keys.all() == [second, replace(first, revoked_at=later(5))]
            kinds = [change.kind for change in (await unit.interactions.poll(LogCursor())).changes]
        assert set(kinds) == {ChangeKind.API_KEY}
