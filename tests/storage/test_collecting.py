"""Collections into real stores: every page once, whatever happens between pages."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from socialflow.content.collection import Collection, CollectionState
from socialflow.content.log import LogCursor, LogDelta
from socialflow.content.records import Item, ItemKind, ModerationStatus, Privacy, User
from socialflow.errors import ChannelNotFound, PermissionDenied, SourceUnavailable, StoreUnavailable
from socialflow.intake.external.client import OutsideApi, Patience
from socialflow.intake.external.collector import Collector, Order
from socialflow.intake.external.endpoints import RESOURCES, Endpoint
from socialflow.intake.records import Moderation
from socialflow.kit.clock import FixedClock
from socialflow.storage.unit_of_work import Store, Unit
from tests.outside_api import NOW, TOKEN, Answer, OutsideServer, outside_server, post, user, view

USERS, POSTS, VIEWS = Endpoint.ALL_USERS, Endpoint.ALL_POSTS, Endpoint.VIEWED_POSTS
PATHS = {endpoint: RESOURCES[endpoint].path for endpoint in Endpoint}
QUICK = Patience(tries=2, first_wait=1)


async def no_pause(_seconds: float) -> None:
    """Do not wait."""


class FailingStore:
    """A store that goes away at the n-th write from now, before or after its commit."""

    def __init__(self, store: Store, at: int, *, after_commit: bool) -> None:
        self._store, self._left, self._after = store, at, after_commit

    def read(self) -> Any:
        return self._store.read()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Unit]:
        self._left -= 1
        async with self._store.write() as unit:
            yield unit
            if self._left <= 0 and not self._after:
                raise StoreUnavailable("gone before the commit")
        if self._left <= 0:
            raise StoreUnavailable("gone after the commit")


@dataclass
class Outside:
    """The outside API and our store beside it."""

    server: OutsideServer
    store: Store
    clock: FixedClock

    async def collect(self, endpoint: Endpoint, *, store: Any = None, **order: Any) -> Collection:
        order = {"job": "job-1", "page_size": 10, **order}
        async with OutsideApi(self.server.url, TOKEN, patience=QUICK, sleep=no_pause) as api:
            return await Collector(store or self.store, api, self.clock).collect(Order(endpoint, **order))

    def serve(self, endpoint: Endpoint, rows: Sequence[object]) -> None:
        self.server.serve(PATHS[endpoint], RESOURCES[endpoint].list_name, rows)

    def script(self, endpoint: Endpoint, pages: Mapping[int, object]) -> None:
        """Named pages, 404 for the others."""
        none = Answer({"detail": "none"}, 404)
        self.server.always(PATHS[endpoint], lambda page, _size: pages.get(page, none))

    async def status(self, endpoint: Endpoint) -> Collection:
        async with self.store.read() as unit:
            found = await unit.collections.get(self.server.url.removeprefix("http://"), endpoint)
        assert found is not None
        return found

    async def item(self, item_id: str) -> Item:
        async with self.store.read() as unit:
            return await unit.items.get(item_id)

    async def user(self, user_id: str) -> User:
        async with self.store.read() as unit:
            return await unit.users.get(user_id)

    async def acts(self) -> int:
        async with self.store.read() as unit:
            return await unit.interactions.count()

    async def news(self, since: LogCursor) -> LogDelta:
        """What readers of the store are told."""
        async with self.store.read() as unit:
            return await unit.interactions.poll(since)


@pytest.fixture
async def outside(store: Store) -> AsyncIterator[Outside]:
    async with outside_server() as server:
        yield Outside(server, store, FixedClock(NOW))


def rows_of(page: int, size: int = 10) -> list[dict[str, Any]]:
    return [view(n) for n in range((page - 1) * size, page * size)]


class TestPages:
    async def test_are_read_until_there_are_no_more(self, outside: Outside) -> None:
        outside.serve(VIEWS, [view(n) for n in range(35)])
        done = await outside.collect(VIEWS)
        assert outside.server.pages("/posts/view") == [1, 2, 3, 4, 5]
        assert (done.state, done.next_page) == (CollectionState.SUCCEEDED, 5)
        assert (done.counts.pages, done.counts.rows, done.counts.stored) == (4, 35, 35)
        assert (done.counts.list_names, done.counts.missing_pages) == (("posts",), ())
        assert done == await outside.status(VIEWS)
        assert await outside.acts() == 35

    async def test_begin_where_the_order_says(self, outside: Outside) -> None:
        outside.serve(VIEWS, [view(n) for n in range(35)])
        assert (await outside.collect(VIEWS, page=3)).counts.rows == 15

    async def test_none_at_all_is_a_collection_too(self, outside: Outside) -> None:
        outside.serve(VIEWS, [])
        done = await outside.collect(VIEWS)
        assert (done.state, done.counts.pages) == (CollectionState.SUCCEEDED, 0)

    async def test_of_a_server_that_gives_fewer_rows_than_asked_for_are_all_read(self, outside: Outside) -> None:
        rows = [view(n) for n in range(17)]
        outside.server.always("/posts/view", lambda page, _size: {"posts": rows[(page - 1) * 5 : page * 5]})
        assert (await outside.collect(VIEWS, page_size=1000)).counts.rows == 17
        assert outside.server.pages("/posts/view") == [1, 2, 3, 4, 5]

    @pytest.mark.parametrize("gap", [Answer({}, 404), {"posts": []}])
    async def test_a_gap_is_stepped_over_and_told(self, outside: Outside, gap: object) -> None:
        outside.script(VIEWS, {1: {"posts": rows_of(1)}, 2: gap, 3: {"posts": rows_of(3)}})
        done = await outside.collect(VIEWS)
        assert done.counts.missing_pages == (2,)
        assert await outside.acts() == 20
        assert outside.server.pages("/posts/view") == [1, 2, 3, 4, 5]

    async def test_a_last_page_that_is_repeated_for_ever_is_the_last(self, outside: Outside) -> None:
        outside.server.always("/posts/view", lambda page, _size: {"posts": rows_of(min(page, 2))})
        done = await outside.collect(VIEWS)
        assert (done.counts.pages, done.counts.repeated_pages) == (2, (3, 4))
        assert (done.counts.stored, done.counts.duplicates) == (20, 0)

    async def test_a_server_that_ignores_the_page_comes_to_an_end(self, outside: Outside) -> None:
        outside.server.always("/posts/view", lambda _page, _size: {"posts": rows_of(1)[:7]})
        done = await outside.collect(VIEWS)
        assert (done.counts.stored, done.counts.repeated_pages) == (7, (2,))

    async def test_a_page_that_is_repeated_in_the_middle_hides_nothing_behind_it(self, outside: Outside) -> None:
        outside.script(VIEWS, {1: {"posts": rows_of(1)}, 2: {"posts": rows_of(1)}, 3: {"posts": rows_of(3)}})
        done = await outside.collect(VIEWS)
        assert (done.counts.stored, done.counts.repeated_pages) == (20, (2,))

    async def test_a_row_that_cannot_be_used_stops_nothing(self, outside: Outside) -> None:
        outside.serve(VIEWS, [view(1), view(2, post_id=None), "row", view(4, viewed_at="later"), view(5)])
        done = await outside.collect(VIEWS)
        assert done.counts.stored == 2
        assert done.counts.rejected == {"invalid_input:item": 1, "invalid_input:row": 1, "invalid_input:at": 1}
        assert done.counts.drift.unusable == {"at": 1}


class TestAgain:
    async def test_stores_nothing_twice(self, outside: Outside) -> None:
        outside.serve(USERS, [user(n) for n in range(12)])
        outside.serve(POSTS, [post(n) for n in range(12)])
        outside.serve(VIEWS, [view(n) for n in range(35)])
        for endpoint in (USERS, POSTS, VIEWS):
            assert (await outside.collect(endpoint)).counts.duplicates == 0
        before = await outside.news(LogCursor())
        outside.clock.at += timedelta(hours=1)
        for endpoint, rows in ((USERS, 12), (POSTS, 12), (VIEWS, 35)):
            again = await outside.collect(endpoint, job="job-2")
            assert (again.counts.stored, again.counts.duplicates, again.counts.rejected) == (0, rows, {})
        assert await outside.acts() == 35
        after = await outside.news(before.cursor)
        assert (len(after.block), after.changes) == (0, ())
        async with outside.store.read() as unit:
            assert len(await unit.items.stats("3")) == 1

    async def test_takes_what_is_new_and_what_has_changed(self, outside: Outside) -> None:
        outside.serve(POSTS, [post(1), post(2)])
        await outside.collect(POSTS)
        outside.clock.at += timedelta(hours=1)
        outside.serve(POSTS, [post(1, title="Better"), post(2, view_count=99), post(3)])
        again = await outside.collect(POSTS, job="job-2")
        assert (again.counts.stored, again.counts.duplicates) == (3, 0)
        assert (await outside.item("1")).title == "Better"
        async with outside.store.read() as unit:
            assert [one.views for one in await unit.items.stats("2")] == [20, 99]

    async def test_within_one_page_counts_once(self, outside: Outside) -> None:
        outside.serve(POSTS, [post(1), post(1)])
        done = await outside.collect(POSTS)
        assert (done.counts.stored, done.counts.duplicates) == (1, 1)


class TestBrokenOff:
    @pytest.mark.parametrize("after_commit", [False, True], ids=["before the commit", "after the commit"])
    @pytest.mark.parametrize("write", range(1, 7))
    async def test_anywhere_nothing_is_lost_and_nothing_twice(
        self, outside: Outside, write: int, after_commit: bool
    ) -> None:
        outside.serve(VIEWS, [view(n) for n in range(35)])
        failing = FailingStore(outside.store, write, after_commit=after_commit)
        with pytest.raises(StoreUnavailable):
            await outside.collect(VIEWS, store=failing)
        stored = await outside.acts()
        asked = len(outside.server.asked)
        done = await outside.collect(VIEWS)
        assert await outside.acts() == 35
        assert (done.state, done.counts.rows) == (CollectionState.SUCCEEDED, 35)
        assert (done.counts.stored, done.counts.duplicates) == (35, 0)
        complete = write == 6 and after_commit
        pages_stored = -(-stored // 10)
        assert outside.server.pages("/posts/view")[asked:][:1] == ([] if complete else [pages_stored + 1])

    async def test_by_the_source_the_reason_is_kept_until_it_works(self, outside: Outside) -> None:
        outside.script(VIEWS, {1: {"posts": rows_of(1)}, 2: Answer(b"", 502)})
        with pytest.raises(SourceUnavailable):
            await outside.collect(VIEWS)
        failed = await outside.status(VIEWS)
        assert (failed.state, failed.next_page) == (CollectionState.FAILED, 2)
        assert failed.error is not None
        assert failed.error[0] == "source_unavailable"
        outside.serve(VIEWS, [view(n) for n in range(15)])
        done = await outside.collect(VIEWS)
        assert (done.state, done.error, done.counts.rows) == (CollectionState.SUCCEEDED, None, 15)

    async def test_a_refused_token_is_told(self, outside: Outside) -> None:
        outside.script(VIEWS, {1: Answer({}, 401)})
        with pytest.raises(PermissionDenied):
            await outside.collect(VIEWS)
        assert "FLIC_TOKEN" in str((await outside.status(VIEWS)).error)

    async def test_by_one_job_another_goes_on_unless_told_a_page(self, outside: Outside) -> None:
        outside.script(VIEWS, {1: {"posts": rows_of(1)}, 2: Answer(b"", 502)})
        with pytest.raises(SourceUnavailable):
            await outside.collect(VIEWS)
        outside.serve(VIEWS, [view(n) for n in range(15)])
        before = len(outside.server.asked)
        done = await outside.collect(VIEWS, job="job-2")
        assert outside.server.pages("/posts/view")[before:] == [2, 3]
        assert (done.job, done.counts.rows) == ("job-2", 15)

        outside.script(VIEWS, {1: {"posts": rows_of(1)}, 2: Answer(b"", 502)})
        with pytest.raises(SourceUnavailable):
            await outside.collect(VIEWS, job="job-3")
        outside.serve(VIEWS, [view(n) for n in range(15)])
        for changes in ({"page": 1}, {"page_size": 5}):
            before = len(outside.server.asked)
            await outside.collect(VIEWS, job=f"job-4-{changes}", **changes)
            assert outside.server.pages("/posts/view")[before] == 1

    async def test_after_its_end_a_job_that_runs_again_reads_nothing(self, outside: Outside) -> None:
        outside.serve(VIEWS, [view(1)])
        done = await outside.collect(VIEWS)
        before = len(outside.server.asked)
        assert await outside.collect(VIEWS) == done
        assert len(outside.server.asked) == before


class TestPeople:
    async def test_keep_what_a_row_cannot_say(self, outside: Outside) -> None:
        known = User(
            "3",
            "old",
            NOW,
            region="DE",
            interests=("tea",),
            privacy=Privacy(train=False),
            profile={"bio": "Old", "colour": "red"},
        )
        async with outside.store.write() as unit:
            await unit.users.upsert([known])
        outside.serve(USERS, [user(3, bio="New")])
        await outside.collect(USERS)
        found = await outside.user("3")
        assert replace(found, key=known.key, username="old", profile={}) == replace(known, profile={})
        assert found.username == "name3"
        assert (found.profile["bio"], found.profile["colour"]) == ("New", "red")
        assert "3@example.org" not in str(found.profile)

    async def test_that_acts_name_are_made_and_named_later(self, outside: Outside) -> None:
        outside.serve(VIEWS, [view(3), view(4, username="dee")])
        await outside.collect(VIEWS)
        assert (await outside.user("3")).username == "3"
        assert (await outside.user("4")).username == "dee"
        outside.serve(USERS, [user(3), user(4)])
        await outside.collect(USERS)
        assert (await outside.user("3")).username == "name3"

    async def test_named_by_username_only_are_the_same_people_in_the_list(self, outside: Outside) -> None:
        outside.serve(VIEWS, [view(3, user_id=None, username="ann"), view(4, user_id=None, username="ann")])
        await outside.collect(VIEWS)
        outside.serve(USERS, [user(42, username="ann", bio="Hi")])
        done = await outside.collect(USERS)
        assert (done.counts.stored, done.counts.rejected) == (1, {})
        assert (await outside.user("ann")).profile["bio"] == "Hi"

    async def test_whose_username_is_another_ones_id_stay_apart(self, outside: Outside) -> None:
        outside.serve(VIEWS, [view(7 * 3, user_id=7)])
        await outside.collect(VIEWS)
        outside.serve(USERS, [user(42, username="7"), user(7)])
        first = await outside.collect(USERS)
        assert first.counts.rejected == {"conflict:username": 1}
        await outside.collect(USERS, job="job-2")
        assert (await outside.user("7")).username == "name7"
        assert (await outside.user("42")).username == "7"

    async def test_who_are_known_by_username_keep_their_acts(self, outside: Outside) -> None:
        async with outside.store.write() as unit:
            await unit.users.upsert([User("u-1", "ann", NOW)])
        outside.serve(VIEWS, [view(3, user_id=None, username="ann")])
        assert (await outside.collect(VIEWS)).counts.stored == 1
        async with outside.store.read() as unit:
            assert await unit.users.keys(["ann"]) == {}

    async def test_who_were_erased_do_not_come_back(self, outside: Outside) -> None:
        outside.serve(USERS, [user(1), user(2)])
        await outside.collect(USERS)
        async with outside.store.write() as unit:
            await unit.erasures.erase_user("1", NOW)
        outside.serve(POSTS, [post(1, user_id=1), post(4), post(2, username="name2")])
        outside.serve(VIEWS, [view(1), view(2), view(8, user_id=None, username="name1")])
        people = await outside.collect(USERS, job="job-2")
        posts = await outside.collect(POSTS)
        views = await outside.collect(VIEWS)
        assert people.counts.rejected == {"erased:id": 1}
        assert posts.counts.rejected == {"erased:author": 2}
        assert views.counts.rejected == {"erased:user": 2}
        async with outside.store.read() as unit:
            for channel in ("1", "name1"):
                with pytest.raises(ChannelNotFound):
                    await unit.channels.get(channel)
            assert sorted(await unit.items.keys(["1", "4", "2"])) == ["2"]


class TestPosts:
    async def test_become_items_with_channel_and_totals(self, outside: Outside) -> None:
        outside.serve(POSTS, [post(7, user_id=9), post(8, video_link=None)])
        await outside.collect(POSTS)
        found = await outside.item("7")
        assert (found.title, found.category, found.tags) == ("Title 7", "Motivation", ("calm", "rain"))
        assert (found.channel, found.author, found.kind) == ("9", "9", ItemKind.VIDEO)
        assert found.moderation_status is ModerationStatus.PENDING
        assert (await outside.item("8")).kind is ItemKind.POST
        async with outside.store.read() as unit:
            channel = await unit.channels.get("9")
            (totals,) = await unit.items.stats("7")
        assert (channel.name, channel.owner) == ("First Last", "9")
        assert (totals.views, totals.likes, totals.at) == (70, 7, NOW)

    async def test_of_trusted_sources_are_approved(self, outside: Outside) -> None:
        outside.serve(POSTS, [post(1)])
        await outside.collect(POSTS, moderation=Moderation.TRUSTED)
        assert (await outside.item("1")).moderation_status is ModerationStatus.APPROVED

    async def test_keep_what_a_row_cannot_say(self, outside: Outside) -> None:
        known = Item("1", ItemKind.VIDEO, NOW, description="Ours", hidden=True, title="T", language="de")
        async with outside.store.write() as unit:
            await unit.items.upsert([known])
        outside.serve(POSTS, [post(1)])
        await outside.collect(POSTS)
        found = await outside.item("1")
        assert (found.description, found.hidden, found.language, found.title) == ("Ours", True, "de", "Title 1")

    async def test_get_their_author_once_the_username_is_known(self, outside: Outside) -> None:
        outside.serve(POSTS, [post(4)])
        await outside.collect(POSTS)
        assert ((await outside.item("4")).author, (await outside.item("4")).channel) == (None, "name1")
        outside.serve(USERS, [user(1)])
        await outside.collect(USERS)
        await outside.collect(POSTS, job="job-2")
        assert (await outside.item("4")).author == "1"
        async with outside.store.read() as unit:
            assert (await unit.channels.get("name1")).owner == "1"

    async def test_that_only_acts_name_are_hidden_until_their_own_row_comes(self, outside: Outside) -> None:
        outside.serve(VIEWS, [view(1)])
        await outside.collect(VIEWS, moderation=Moderation.TRUSTED)
        assert (await outside.item("1")).hidden
        outside.serve(POSTS, [post(1)])
        await outside.collect(POSTS, moderation=Moderation.TRUSTED)
        shown = await outside.item("1")
        assert (shown.hidden, shown.title) == (False, "Title 1")
        assert shown.moderation_status is ModerationStatus.APPROVED

    async def test_totals_that_a_row_leaves_out_stay(self, outside: Outside) -> None:
        outside.serve(POSTS, [post(5)])
        await outside.collect(POSTS)
        outside.clock.at += timedelta(minutes=1)
        row = post(5, view_count=60)
        del row["upvote_count"]
        outside.serve(POSTS, [row])
        await outside.collect(POSTS, job="job-2")
        async with outside.store.read() as unit:
            assert [(one.views, one.likes) for one in await unit.items.stats("5")] == [(50, 5), (60, 5)]


class TestActs:
    @pytest.mark.parametrize(
        ("endpoint", "row"),
        [
            (Endpoint.LIKED_POSTS, {"liked_at": 1_770_000_000}),
            (Endpoint.INSPIRED_POSTS, {"inspired_at": 1_770_000_000_000}),
            (Endpoint.RATED_POSTS, {"rated_at": "2026-02-01T00:00:00Z", "rating_percent": 80}),
        ],
    )
    async def test_of_every_kind_are_read_from_their_own_path(
        self, outside: Outside, endpoint: Endpoint, row: dict[str, Any]
    ) -> None:
        outside.serve(endpoint, [{"id": 1, "post_id": 2, "user_id": 3, **row}])
        assert (await outside.collect(endpoint)).counts.stored == 1

    async def test_the_same_act_on_two_pages_is_stored_once(self, outside: Outside) -> None:
        rows = [view(n) for n in range(15)] + [view(0), view(1)]
        outside.serve(VIEWS, rows)
        done = await outside.collect(VIEWS)
        assert (done.counts.stored, done.counts.duplicates) == (15, 2)
        assert Counter(outside.server.pages("/posts/view")) == {1: 1, 2: 1, 3: 1}
