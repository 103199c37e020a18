"""Recommendations from the cache: another answer as soon as anything of it is another."""

from dataclasses import replace

import pytest
from msgspec import structs
from tests.fakes import FakeStore, ago
from tests.unit.recommendation.cached_process import FIVE, Process
from tests.unit.recommendation.test_recommendation_service import TITLES, ids, item_item

from socialflow.content.records import InteractionType, ItemKind, ModerationStatus, Privacy
from socialflow.errors import UserNotFound
from socialflow.ids import ChannelKey, UserKey
from socialflow.recommendation.bulk import Ranked
from socialflow.recommendation.packing import pack, unpack


def moved(store: FakeStore, key: int, **facts: object) -> None:
    row = store.data.items[key]
    store.item(key, TITLES[key], **{"category": row.category, "author_key": row.author_key, **facts})


def profile(store: FakeStore, **facts: object) -> None:
    store.data.users[5] = replace(store.data.users[5], **facts)


def handed_over(store: FakeStore) -> None:
    """Item 2 turns out to be of a channel that user 4, whom 5 has blocked, came to own."""
    store.channel(9, owner="u4")
    moved(store, 2, author_key=None, channel_key=ChannelKey(9))


LATER = {
    "a like": lambda store: store.act(5, 2),
    "a refusal": lambda store: store.act(5, 2, InteractionType.NOT_INTERESTED),
    "an old interaction that arrived late": lambda store: store.act(5, 2, at=ago(days=300)),
    "a block of its author": lambda store: store.relate(5, blocked_users=frozenset({UserKey(102), UserKey(4)})),
    "a mute of its author": lambda store: store.relate(5, muted_users=frozenset({UserKey(102)})),
    "hiding it": lambda store: moved(store, 2, hidden=True),
    "rejecting it": lambda store: moved(store, 2, status=ModerationStatus.REJECTED),
    "doubting it": lambda store: moved(store, 2, status=ModerationStatus.PENDING),
    "erasing it": lambda store: store.erase_item(2),
    "giving it to the viewer": lambda store: moved(store, 2, author_key=UserKey(5)),
    "giving it to somebody blocked": lambda store: moved(store, 2, author_key=UserKey(4)),
    "its channel going to somebody blocked": handed_over,
    "making it a comment": lambda store: moved(store, 2, kind=ItemKind.COMMENT),
}
"""What takes item 2 out of the list of user 5, who liked item 1 and has blocked user 4."""


class TestNothingIsStale:
    @pytest.fixture
    def store(self, store):
        store.relate(5, blocked_users=frozenset({UserKey(4)}))
        return store

    @pytest.mark.parametrize("change", LATER.values(), ids=LATER.keys())
    async def test_takes_an_item_out_in_every_process(self, start, store, change):
        here, there = await start(), await start()
        for process in (here, there):
            assert "i2" in ids(await process.ask())
        change(store)
        for process in (there, here):
            answer = await process.ask()
            assert "i2" not in ids(answer)
            feed = await process.service.feed(FIVE)
            assert ids(answer) == ids(feed)
        assert (await here.ask()).cached

    @pytest.mark.parametrize(
        "change",
        [
            lambda store: store.relate(5, follows=frozenset({UserKey(1)})),
            lambda store: store.relate(5, subscriptions=frozenset({ChannelKey(1)})),
            lambda store: store.relate(5, muted_channels=frozenset({ChannelKey(1)})),
            lambda store: profile(store, interests=("music",)),
            lambda store: profile(store, locale="pt-BR"),
            lambda store: profile(store, profile={"mood": "calm"}),
            lambda store: profile(store, privacy=Privacy(personalise=False)),
        ],
        ids=["follow", "subscription", "mute", "interests", "locale", "profile", "privacy"],
    )
    async def test_what_is_known_of_the_viewer_counts(self, process, store, change):
        await process.ask()
        change(store)
        assert not (await process.ask()).cached
        assert (await process.ask()).cached

    async def test_what_another_viewer_does_does_not(self, process, store):
        await process.ask()
        store.act(4, 7)
        store.relate(4, follows=frozenset({UserKey(1)}))
        assert (await process.ask()).cached

    async def test_another_value_model_is_another_answer(self, process, store):
        await process.ask()
        store.data.value_model = replace(store.data.value_model, version=2)
        store.announce_value_model()
        assert not (await process.ask()).cached

    async def test_another_model_is_another_answer(self, process, models, store):
        await process.ask()
        models.activate(item_item(store), version="2")
        await process.service.present()
        await process.service.models_settled()
        answer = await process.ask()
        assert not answer.cached
        assert "2" in {made.version for made in answer.impression.provenance}

    async def test_other_limits_are_another_answer(self, process, service_of, store, cache, clock):
        await process.ask()
        other = Process(await service_of(store, similarity_threshold=0.9), store, cache, clock, 300)
        assert not (await other.ask()).cached

    async def test_one_who_bars_personalising_gets_no_history_in_it(self, process, store):
        profile(store, privacy=Privacy(personalise=False))
        for _ in range(2):
            answer = (await process.ask()).impression
            assert "history:not_permitted" in answer.missing
            assert {entry.anchor for entry in answer.entries} == {None}

    async def test_an_item_of_which_this_process_has_not_heard_is_not_shown(self, process, store, cache):
        made = await process.ask()
        key = next(iter(cache._entries))
        entries = (structs.replace(made.impression.entries[0], item=10_000, item_id="later"),)
        viewer = (await process.service.viewers(["u5"]))["u5"]
        later = Ranked(replace(made.impression, entries=entries), False, process.service.watermark(viewer))
        await cache.set_many({key: pack(later)}, 60)
        answer = await process.ask()
        assert not answer.cached
        assert ids(answer) == ids(made)

    async def test_an_erased_user_gets_nothing_that_was_left_over(self, process, store):
        await process.ask()
        store.erase_user(5)
        with pytest.raises(UserNotFound):
            await process.ask()

    async def test_forgetting_takes_every_list_of_a_user_alone(self, process, store, cache):
        for user in ("u5", "u4"):
            await process.ask(replace(FIVE, user_id=user))
            await process.ask(replace(FIVE, user_id=user, algorithm="trending"))
        await process.recommendations.forget("u5")
        assert sorted({key.split(":")[1] for key in cache._entries}) == ["u4"]

    @pytest.mark.parametrize("rubbish", [b"", b"\xff", b"{}", b"[]", b"[1,2,3]", b"null", b"[0,0,0,0,0,0]"])
    async def test_what_cannot_be_read_is_worked_out_anew(self, process, cache, rubbish):
        first = await process.ask()
        await cache.set_many(dict.fromkeys(list(cache._entries), rubbish), 60)
        second = await process.ask()
        assert not second.cached
        assert ids(second) == ids(first)

    async def test_a_list_in_another_form_is_worked_out_anew(self, process):
        made = (await process.ask()).impression
        packed = pack(Ranked(made, True, "mark"))
        assert unpack(packed, "mark") == Ranked(made, True, "mark")
        assert unpack(packed, "another") is None
        assert unpack(packed.replace(b"[5,", b"[0,", 1), "mark") is None
        assert unpack(packed[:-1], "mark") is None
        assert unpack(packed.replace(b"mark", b"\xff\xfe"), "mark") is None
