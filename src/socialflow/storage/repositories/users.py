"""Users."""

from collections.abc import Collection, Mapping, Sequence

import orjson
from sqlalchemy import false, or_, select

from socialflow.content.log import ChangeKind
from socialflow.content.records import Privacy, RowOutcome, User
from socialflow.errors import Erased, UserNotFound
from socialflow.ids import UserKey
from socialflow.kit.clock import from_micros, to_micros
from socialflow.kit.roles import Role
from socialflow.storage.repositories.analyses import Analyses
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.closed_names import closed
from socialflow.storage.repositories.moments import Moments
from socialflow.storage.repositories.rows import Outcomes, checked_row, findable, json_text, texts
from socialflow.storage.repositories.upserts import store_rows
from socialflow.storage.tables import users
from socialflow.storage.transaction import Record, Transaction, Values


class Users:
    """Users by id, username or key."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def get(self, user_id: str) -> User:
        """Return the user. Raises UserNotFound, Erased."""
        return await self._one("id", user_id)

    async def by_username(self, username: str) -> User:
        """Return the user with this username. Raises UserNotFound, Erased."""
        return await self._one("username", username)

    async def _one(self, column: str, name: str) -> User:
        listed = findable([name])
        row = await self._tx.row(select(users).where(users.c[column] == name)) if listed else None
        if row is not None:
            return _user(row)
        if await closed(self._tx, listed):
            raise Erased("this person asked to be forgotten; the id is closed", field=column)
        raise UserNotFound(f"no user has this {column}", field=column)

    async def keys(self, ids: Collection[str]) -> Mapping[str, UserKey]:
        """Keys of those ids that exist."""
        rows = await self._tx.rows(select(users.c.id, users.c.key).where(self._tx.among(users.c.id, findable(ids))))
        return {row.id: UserKey(row.key) for row in rows}

    async def by_keys(self, keys: Collection[UserKey]) -> Mapping[UserKey, User]:
        """Users by key, for those that exist."""
        rows = await self._tx.rows(select(users).where(self._tx.among(users.c.key, keys)))
        return {UserKey(row.key): _user(row) for row in rows}

    async def page(self, after: str | None, limit: int) -> Sequence[User]:
        """Users in id order (by code point) after `after`."""
        query = select(users).order_by(users.c.id).limit(limit)
        if after is not None:
            query = query.where(users.c.id > after)
        return [_user(row) for row in await self._tx.rows(query)]

    async def untrainable(self) -> Collection[UserKey]:
        """Keys of users whose privacy bars training on their interactions."""
        rows = await self._tx.rows(select(users.c.key).where(users.c.may_train == false()))
        return frozenset(UserKey(row.key) for row in rows)

    async def upsert(self, batch: Sequence[User]) -> Sequence[RowOutcome]:
        """Create or replace. One outcome a user, in order; of several rows with one id the last wins.

        Rejected: `conflict` (username held by another user, in the store or earlier in the batch), `erased`,
        `invalid_input`.
        """
        outcomes = Outcomes([user.id for user in batch])
        keys, owners = await self._stored(batch)
        new_names = {user.id for user in batch if user.id not in keys}
        new_names |= {user.username for user in batch if user.username not in owners}
        gone = await closed(self._tx, new_names)
        accepted: dict[str, Values] = {}
        for index, user in enumerate(batch):
            if user.id in gone or user.username in gone:
                field = "id" if user.id in gone else "username"
                outcomes.reject(index, Erased.code, "an erased person had this name; it is closed", field)
            elif owners.get(user.username, user.id) != user.id:
                outcomes.reject(index, "conflict", "another user has this username", "username")
            elif (row := checked_row(_row, user, index, outcomes)) is not None:
                owners[user.username] = user.id
                accepted[user.id] = row
        lost = await self._store(accepted, keys)
        for index, user in enumerate(batch):
            if user.id in lost and outcomes.stored(index):
                outcomes.reject(index, "conflict", "another user has this username", "username")
        return outcomes.answers()

    async def _stored(self, batch: Sequence[User]) -> tuple[dict[str, int], dict[str, str]]:
        """Keys by id, and owners by username, of the stored users that this batch touches."""
        by_id = self._tx.among(users.c.id, findable(user.id for user in batch))
        by_username = self._tx.among(users.c.username, findable(user.username for user in batch))
        query = select(users.c.key, users.c.id, users.c.username).where(or_(by_id, by_username))
        rows = await self._tx.rows(query)
        return {row.id: row.key for row in rows}, {row.username: row.id for row in rows}

    async def _store(self, rows: Mapping[str, Values], keys: Mapping[str, int]) -> set[str]:
        """Returns ids that lost a race for their username."""
        stored = await store_rows(self._tx, users, rows, keys)
        withheld = [keys[one] for one, row in rows.items() if one in keys and not row["may_analyse"]]
        if withheld:
            await Analyses(self._tx).withdraw(withheld)
            await Moments(self._tx).withdraw(withheld)
        await announce(self._tx, ChangeKind.USER, sorted(stored.values()))
        return set(rows) - set(stored)


def _row(user: User) -> Values:
    return {
        "id": user.id,
        "username": user.username,
        "created_at": to_micros(user.created_at),
        "locale": user.locale,
        "region": user.region,
        "birth_year": user.birth_year,
        "role": user.role.value,
        "profile": json_text(dict(user.profile), "profile"),
        "interests": json_text(user.interests, "interests"),
        "may_personalise": user.privacy.personalise,
        "may_analyse": user.privacy.analyse,
        "may_train": user.privacy.train,
    }


def _user(row: Record) -> User:
    return User(
        id=row.id,
        username=row.username,
        created_at=from_micros(row.created_at),
        locale=row.locale,
        region=row.region,
        birth_year=row.birth_year,
        role=Role(row.role),
        profile=orjson.loads(row.profile),
        interests=texts(row.interests),
        privacy=Privacy(row.may_personalise, row.may_analyse, row.may_train),
        key=UserKey(row.key),
    )
