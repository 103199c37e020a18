"""What the store knows of who wrote something: the newest posts of each, and no more of them than are looked at."""

from datetime import timedelta

from socialflow.content.records import Item, ItemKind, ModerationStatus
from socialflow.moderation.behaviour import MOST_TEXTS
from socialflow.moderation.gather.author import StoredAuthors, author_signals, trust_of
from socialflow.moderation.gather.records import Content
from socialflow.moderation.records import ContentKind, Trust
from socialflow.storage.repositories.authors import BEGINNING
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, item, later, user


def post(number: int, author: str, text: str = "A lovely day", **fields: object) -> Item:
    return Item(f"{author}-{number}", ItemKind.POST, later(number), author=author, text=text, **fields)  # type: ignore[arg-type]


class TestFacts:
    async def test_the_newest_posts_of_each(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([user("ann", profile={"trusted": True}), user("bob"), user("eve")])
            await unit.items.upsert([post(number, "ann") for number in range(MOST_TEXTS + 10)])
            approved = ModerationStatus.APPROVED
            await unit.items.upsert(
                [post(1, "bob", "x" * 5000, title="T", tags=("a", "b"), moderation_status=approved)]
            )
            await unit.items.upsert([item("nobody")])
        async with store.read() as unit:
            found = await unit.authors.facts(["ann", "bob", "eve", "gone"])
            assert await unit.authors.facts([]) == {}
        assert set(found) == {"ann", "bob", "eve"}
        assert [one.id for one in found["ann"].posts] == [f"ann-{n}" for n in reversed(range(10, MOST_TEXTS + 10))]
        (only,) = found["bob"].posts
        assert (only.words, only.approved, only.created_at) == (f"T\n{'x' * BEGINNING}\na b", True, later(1))
        assert [found[name].vouched for name in ("ann", "bob", "eve")] == [True, False, False]
        assert (found["eve"].posts, found["eve"].created_at) == ((), NOW)

    async def test_through_the_port(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([user("ann")])
            await unit.items.upsert([post(number, "ann", "Buy my course today") for number in range(3)])
        facts = (await StoredAuthors(store).facts(["ann"]))["ann"]
        content = Content(ContentKind.POST, text="buy my course TODAY!", author="ann", id="ann-2")
        found, _ = author_signals(content, facts, 0.0, later(30))
        assert {name: one.value for name, one in found.readings.items()} == {
            "author.strikes": 0.0,
            "author.posts_last_hour": 2.0,
            "author.account_age_days": round(30 / 1440, 6),
            "author.duplicates": 2.0,
        }
        assert trust_of(facts, 0.0, NOW + timedelta(days=30)) is Trust.NEW
