"""One random key a person, under which they are named in what is never changed."""

import secrets
from collections.abc import Collection, Mapping

from sqlalchemy import delete, select, update

from socialflow.ids import UserKey
from socialflow.storage.tables import decisions, person_keys
from socialflow.storage.transaction import Transaction

_BYTES = 32


class PersonKeys:
    """Keys of people; erasing a person takes theirs along."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def known(self, user: UserKey | None) -> bytes | None:
        """The key of a person, or None where none was ever needed; the installation's own for nobody."""
        if user is None:
            return await self._tx.secret()
        row = await self._tx.row(select(person_keys.c.secret).where(person_keys.c.user_key == int(user)))
        return None if row is None else bytes(row.secret)

    async def of(self, user: UserKey | None) -> bytes:
        """The key of a person, made where there is none yet; the installation's own for nobody.

        Raises Conflict where there is no such person.
        """
        key = await self.known(user)
        if key is not None or user is None:
            return key or b""
        made = {"user_key": int(user), "secret": secrets.token_bytes(_BYTES)}
        await self._tx.insert_new(person_keys, [made])
        return await self.known(user) or b""  # another may have made it first

    async def of_many(self, people: Collection[UserKey]) -> Mapping[UserKey, bytes]:
        """The keys of some people, made where there are none yet. Raises Conflict where there is no such person."""
        found = await self._stored(people)
        if lacking := [user for user in people if user not in found]:
            made = [{"user_key": int(user), "secret": secrets.token_bytes(_BYTES)} for user in lacking]
            await self._tx.insert_new(person_keys, made)
            found |= await self._stored(lacking)  # another may have made some first
        return found

    async def _stored(self, people: Collection[UserKey]) -> dict[UserKey, bytes]:
        if not people:
            return {}
        wanted = self._tx.among(person_keys.c.user_key, [int(user) for user in people])
        rows = await self._tx.rows(select(person_keys.c.user_key, person_keys.c.secret).where(wanted))
        return {UserKey(row.user_key): bytes(row.secret) for row in rows}

    async def forget(self, user: int) -> tuple[int, int]:
        """Delete a person's key and take the person off decisions; how many decisions, and how many keys."""
        unlinked = await self._tx.run(update(decisions).where(decisions.c.author_key == user).values(author_key=None))
        return unlinked, await self._tx.run(delete(person_keys).where(person_keys.c.user_key == user))
