"""What a platform's people write: public, permitted, by several of them, and read again after a while."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from socialflow.content.records import Item, ItemKind, ModerationStatus, Privacy, User
from socialflow.generation.words import KEPT_SECONDS, PlatformWords
from socialflow.inference.lane import Lane
from socialflow.kit.clock import FixedClock
from socialflow.storage import maintenance
from socialflow.storage.unit_of_work import Store

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
SHOWN = ModerationStatus.APPROVED


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite:///{tmp_path}/socialflow.db"
    maintenance.upgrade(url)
    store = Store(url)
    async with store.write() as unit:
        users = [User(f"u-{number}", f"user{number}", WHEN) for number in range(3)]
        await unit.users.upsert([*users, User("u-shy", "shy", WHEN, privacy=Privacy(train=False))])
    yield store
    await store.close()


@pytest.fixture
async def lane() -> AsyncIterator[Lane]:
    lane = Lane("test", capacity=4)
    yield lane
    await lane.close()


async def say(store: Store, text: str, *authors: str, status: ModerationStatus = SHOWN, hidden: bool = False) -> None:
    async with store.write() as unit:
        await unit.items.upsert(
            [
                Item(
                    f"{text} {author}",
                    ItemKind.COMMENT,
                    WHEN,
                    author=author,
                    text=text,
                    tags=(text.split(maxsplit=1)[0],),
                    moderation_status=status,
                    hidden=hidden,
                )
                for author in authors
            ]
        )


async def test_only_what_three_people_wrote_in_public_and_permit(store: Store, lane: Lane) -> None:
    await say(store, "fresh bread today", "u-0", "u-1", "u-2")
    await say(store, "stale bread today", "u-0", "u-1", "u-shy")
    await say(store, "burnt bread today", "u-0", "u-1")
    await say(store, "burnt bread today", "u-2", status=ModerationStatus.PENDING)
    await say(store, "frozen bread today", "u-0", "u-1")
    await say(store, "frozen bread today", "u-2", hidden=True)
    words = await PlatformWords(store, FixedClock(WHEN), lane).get()
    begun = {start: bool(words.phrases.after(start)) for start in ("fresh ", "stale ", "burnt ", "frozen ")}
    assert begun == {"fresh ": True, "stale ": False, "burnt ": False, "frozen ": False}
    assert [one.tag for one in words.hashtags.fitting("#", 5)] == ["fresh"]


async def test_an_empty_platform_has_none(store: Store, lane: Lane) -> None:
    words = await PlatformWords(store, FixedClock(WHEN), lane).get()
    assert words.phrases.after("fresh ") == []
    assert words.hashtags.fitting("bread #", 5) == []


async def test_are_read_again_when_they_are_ten_minutes_old(store: Store, lane: Lane) -> None:
    clock = FixedClock(WHEN)
    words = PlatformWords(store, clock, lane)
    await words.get()
    await say(store, "fresh bread today", "u-0", "u-1", "u-2")
    clock.at += timedelta(seconds=KEPT_SECONDS - 1)
    assert (await words.get()).phrases.after("fresh ") == []
    clock.at += timedelta(seconds=1)
    assert [one.added for one in (await words.get()).phrases.after("fresh ")] == ["bread today"]
