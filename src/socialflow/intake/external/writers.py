"""Storing a page: what is new is made, what is known takes over what the row says and keeps the rest.

A row that says nothing new is a duplicate and writes nothing, so that collecting again costs no change. What a row
cannot say (privacy, interests, moderation) is never touched, and nothing is made for an erased person.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from socialflow.content.records import Channel, Item, ItemKind, ItemStats, RowOutcome, RowStatus, User
from socialflow.errors import Conflict, Erased
from socialflow.intake.external.ports import CollectionUnit
from socialflow.intake.external.rows import Act, Person, Post
from socialflow.intake.records import Moderation
from socialflow.kit.clock import Clock

_TAKEN = "another user has this id as username"


class PageWriter:
    """Writes the records of one page in the unit of the page."""

    def __init__(self, moderation: Moderation, clock: Clock) -> None:
        self._moderation = moderation
        self._clock = clock

    async def people(self, unit: CollectionUnit, rows: Sequence[Person]) -> Sequence[RowOutcome]:
        """Create users or take over what rows say of them.

        Where a username belongs to a user whose id it is (made when a row named that person by username only), the
        row is about that user. Usernames of digits alone are left out: ids are such, and serve as usernames too.
        """
        named = {row.username for row in rows if row.username and not row.username.isdigit()}
        owners = await unit.collections.user_ids(named)
        ids = [name if (name := row.username) and owners.get(name) == name else row.id for row in rows]
        keys = await unit.users.keys(ids)
        known = {user.id: user for user in (await unit.users.by_keys(keys.values())).values()}
        changed: list[int] = []
        for place, (user_id, row) in enumerate(zip(ids, rows, strict=True)):
            user = self._user(known.get(user_id), user_id, row)
            if user != known.get(user_id):
                changed.append(place)
                known[user_id] = user
        stored = await unit.users.upsert([known[ids[place]] for place in changed])
        return _outcomes([row.id for row in rows], changed, stored)

    def _user(self, before: User | None, user_id: str, row: Person) -> User:
        if before is None:
            before = User(user_id, row.username or user_id, self._clock.now())
        profile = {**before.profile, **row.profile}
        return replace(before, username=row.username or before.username, profile=profile, **row.facts)

    async def posts(self, unit: CollectionUnit, rows: Sequence[Post]) -> Sequence[RowOutcome]:
        """Create items or take over what rows say of them; running totals that moved are stored with today's time.

        Creators become channels, under their user id or username. A creator of whom only the username is known becomes
        the author where a user has it, and no user is made: the list of people brings the id.
        """
        closed = await _closed(unit, [row.creator for row in rows if row.creator is not None])
        taken = [row for row in rows if row.creator is None or not _names(row.creator) & closed]
        authors = await self._creators(unit, [row.creator for row in taken if row.creator is not None])
        keys = await unit.items.keys({row.id for row in taken})
        known = {item.id: item for item in (await unit.items.by_keys(list(keys.values()))).values()}
        changed: dict[str, Item] = {}
        for row in taken:
            item = self._item(known.get(row.id), row, authors)
            if item != known.get(row.id):
                known[row.id] = changed[row.id] = item
        said = {one.id: one for one in await unit.items.upsert(list(changed.values()))}
        await unit.items.request_work(self._clock.now())
        refused = {one.id: one for one in said.values() if one.status is RowStatus.REJECTED}
        moved = await self._count(unit, [row for row in taken if row.id not in refused])
        refused |= {row.id: _erased(row.id, "author") for row in rows if row not in taken}
        news = (said.keys() | moved) - refused.keys()
        outcomes = []
        for row in rows:
            status = RowStatus.STORED if row.id in news else RowStatus.DUPLICATE
            outcomes.append(refused.get(row.id) or RowOutcome(row.id, status))
            news.discard(row.id)  # a second row of the same post on one page
        return outcomes

    def _item(self, before: Item | None, row: Post, authors: Mapping[str, str]) -> Item:
        facts: dict[str, Any] = dict(row.facts)
        if row.creator is not None:
            facts["channel"] = row.creator.id
            author = _user_id(row.creator, authors)
            if author is not None:
                facts["author"] = author
        if before is None:
            facts = {"kind": ItemKind.POST, "created_at": self._clock.now(), **facts}
            return Item(row.id, moderation_status=self._moderation.status, **facts)
        if before.hidden and _is_shell(before):
            facts = {"kind": ItemKind.POST, **facts, "hidden": False}
        after = replace(before, **facts)
        return after if after == before else replace(after, moderation_status=self._moderation.status)

    async def _creators(self, unit: CollectionUnit, creators: Sequence[Person]) -> Mapping[str, str]:
        """Make the users whose ids are named, and a channel for every creator; user ids by username."""
        await self._ensure_users(unit, [one for one in creators if one.user_id])
        authors = await unit.collections.user_ids({one.username for one in creators if one.username})
        keys = await unit.channels.keys({one.id for one in creators})
        known = {one.id: one for one in (await unit.channels.by_keys(keys.values())).values()}
        changed: dict[str, Channel] = {}
        for one in creators:
            channel = known.get(one.id) or Channel(one.id, one.name or one.username or one.id, self._clock.now())
            channel = replace(channel, owner=channel.owner or _user_id(one, authors))
            if channel != known.get(one.id):
                known[one.id] = changed[one.id] = channel
        await unit.channels.upsert(list(changed.values()))
        return authors

    async def _count(self, unit: CollectionUnit, rows: Iterable[Post]) -> set[str]:
        """Store running totals that differ from the newest ones; ids of the items whose totals moved."""
        counted = {row.id: row.totals for row in rows if row.totals}
        before = await unit.collections.totals(counted)
        now = self._clock.now()
        moved = []
        for item_id, totals in counted.items():
            last = before.get(item_id) or ItemStats(item_id, now)
            stats = _counted(last, totals)
            if item_id not in before or stats != last:
                moved.append(replace(stats, at=now))
        await unit.items.add_stats(moved)
        return {one.item for one in moved}

    async def acts(self, unit: CollectionUnit, rows: Sequence[Act]) -> Sequence[RowOutcome]:
        """Add interactions, making the users and items that they name and nobody knows.

        Such an item is hidden until its own row comes: nobody is shown a video without title or address.
        """
        closed = await _closed(unit, [row.person for row in rows])
        taken = [row.interaction for row in rows if not _names(row.person) & closed]
        nameless = await self._ensure_users(unit, [row.person for row in rows if not _names(row.person) & closed])
        taken = [one for one in taken if one.user not in nameless]
        wanted = {one.item for one in taken}
        missing = sorted(wanted - (await unit.items.keys(wanted)).keys())
        now, status = self._clock.now(), self._moderation.status
        shells = [Item(one, ItemKind.VIDEO, now, moderation_status=status, hidden=True) for one in missing]
        await unit.items.upsert(shells)
        added = iter(await unit.interactions.add(taken))
        outcomes = []
        for row in rows:
            if _names(row.person) & closed:
                outcomes.append(_erased(row.interaction.id, "user"))
            elif row.interaction.user in nameless:
                outcomes.append(RowOutcome(row.interaction.id, RowStatus.REJECTED, Conflict.code, _TAKEN, "user"))
            else:
                outcomes.append(next(added))
        return outcomes

    async def _ensure_users(self, unit: CollectionUnit, people: Sequence[Person]) -> Collection[str]:
        """Make the users among `people` that are missing, by id, or by username where that is all there is.

        Returns the ids of those that could not be made: even their id is another user's username.
        """
        named = await unit.collections.user_ids({one.username for one in people if one.username and not one.user_id})
        wanted = {one.id: one for one in people if one.user_id or one.username not in named}
        missing = sorted(wanted.keys() - (await unit.users.keys(wanted)).keys())
        now = self._clock.now()
        made = await unit.users.upsert([User(one, wanted[one].username or one, now) for one in missing])
        # A username that another user has: the id serves as one until the list of people settles it.
        taken = [one.id for one in made if one.status is RowStatus.REJECTED]
        made = await unit.users.upsert([User(one, one, now) for one in taken])
        return {one.id for one in made if one.status is RowStatus.REJECTED}


def _counted(last: ItemStats, totals: Mapping[str, Any]) -> ItemStats:
    """The last totals with those that a row says."""
    return replace(last, **totals)


def _user_id(person: Person, by_username: Mapping[str, str]) -> str | None:
    return person.user_id or by_username.get(person.username or "")


def _names(person: Person) -> set[str]:
    return {name for name in (person.user_id, person.username) if name}


async def _closed(unit: CollectionUnit, people: Iterable[Person]) -> set[str]:
    names: set[str] = set()
    for person in people:
        names |= _names(person)
    return set(await unit.collections.closed(names))


def _is_shell(item: Item) -> bool:
    """Whether nothing is known of the item but that somebody did something with it."""
    return not (item.title or item.text or item.media_url)


def _erased(row_id: str, field: str) -> RowOutcome:
    detail = "this person asked to be forgotten; the id is closed"
    return RowOutcome(row_id, RowStatus.REJECTED, Erased.code, detail, field)


def _outcomes(ids: Sequence[str], changed: Sequence[int], stored: Sequence[RowOutcome]) -> Sequence[RowOutcome]:
    """One outcome a row: what the store said of those that changed, duplicate for the others."""
    said = dict(zip(changed, stored, strict=True))
    return [said.get(place, RowOutcome(row_id, RowStatus.DUPLICATE)) for place, row_id in enumerate(ids)]
