"""What the bandit believes, and the choices whose rewards it has not learnt from."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import bindparam, delete, select, update

from socialflow.errors import Conflict
from socialflow.ids import UserKey
from socialflow.jobs.records import JsonObject
from socialflow.kit.clock import from_micros, to_micros
from socialflow.recommendation.person_rewards import Person
from socialflow.recommendation.rewards import Due, Reaction
from socialflow.storage.repositories.rows import json_text
from socialflow.storage.tables import bandit, bandit_people, impressions, interactions
from socialflow.storage.transaction import Transaction


class Bandit:
    """Beliefs about everybody and about each person."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def revision(self) -> int:
        """Another number after every change."""
        return int((await self._tx.one(select(bandit.c.revision)))[0])

    async def population(self) -> tuple[int, JsonObject]:
        """The revision, and what is believed of everybody; empty at first."""
        row = await self._tx.one(select(bandit.c.revision, bandit.c.state))
        return int(row.revision), orjson.loads(row.state)

    async def people(self, keys: Collection[UserKey]) -> Mapping[UserKey, Person]:
        """What is known of these people; those of whom nothing is are left out."""
        if not keys:
            return {}
        rows = await self._tx.rows(select(bandit_people).where(self._tx.among(bandit_people.c.user_key, keys)))
        return {UserKey(row.user_key): Person.from_json(orjson.loads(row.state)) for row in rows}

    async def due(self, now: datetime, limit: int) -> Sequence[Due]:
        """Choices whose reward is closed and not learnt, the oldest first, at most `limit`."""
        query = select(impressions).where(impressions.c.rewarded_until <= to_micros(now))
        query = query.order_by(impressions.c.rewarded_until, impressions.c.request_id).limit(limit)
        chosen = await self._tx.rows(query)
        shown: defaultdict[str, set[int]] = defaultdict(set)
        pages = select(impressions.c.request_id, impressions.c.body)
        for row in await self._tx.rows(
            pages.where(self._tx.among(impressions.c.request_id, [one.request_id for one in chosen]))
        ):
            shown[row.request_id].update(entry[0] for entry in orjson.loads(row.body)["e"])
        return [
            Due(
                request_id=row.request_id,
                page=row.page,
                user=UserKey(row.user_key),
                arm=row.arm,
                context=tuple(orjson.loads(row.body)["c"][0]),
                at=from_micros(row.at),
                until=from_micros(row.rewarded_until),
                items=frozenset(shown[row.request_id]),
            )
            for row in chosen
        ]

    async def reactions(self, due: Sequence[Due]) -> Mapping[str, Sequence[Reaction]]:
        """By request: what the person it was given to did under its id before the reward closed, in storage order."""
        asked = {one.request_id: one for one in due}
        found: dict[str, list[Reaction]] = {}
        if not asked:
            return found
        log = interactions.c
        query = select(log.request_id, log.user_key, log.item_key, log.type, log.value, log.at).where(
            self._tx.among(log.user_key, sorted({one.user for one in due})),
            self._tx.among(log.request_id, list(asked)),
            log.at >= to_micros(min(one.at for one in due)),
        )
        for row in await self._tx.rows(query.order_by(log.id)):
            one = asked[row.request_id]
            if row.user_key == one.user and row.at <= to_micros(one.until):
                found.setdefault(row.request_id, []).append(Reaction(row.item_key, row.type, row.value))
        return found

    async def save(
        self,
        revision: int,
        state: JsonObject,
        people: Mapping[UserKey, Person],
        rewards: Mapping[tuple[str, int], float],
    ) -> None:
        """Store what was learnt from a state read under `revision`, and note the rewards (by request id and page).

        Raises Conflict where anything was stored since; then nothing may be kept of it.
        """
        place = (bandit.c.id == 1) & (bandit.c.revision == revision)
        values = {"revision": revision + 1, "state": json_text(state, "state")}
        if await self._tx.run(update(bandit).where(place).values(values)) != 1:
            raise Conflict("the bandit learnt something else meanwhile; read it again")
        if people:
            rows = [{"user_key": key, "state": json_text(one.as_json(), "state")} for key, one in people.items()]
            await self._tx.replace(bandit_people, rows)
        if rewards:
            known = update(impressions).where(
                impressions.c.request_id == bindparam("_request"), impressions.c.page == bindparam("_page")
            )
            known = known.values(reward=bindparam("_reward"), rewarded_until=None)
            await self._tx.run(
                known,
                [
                    {"_request": request_id, "_page": page, "_reward": reward}
                    for (request_id, page), reward in rewards.items()
                ],
            )

    async def forget(self, key: int) -> int:
        """Forget a person; what was being learnt meanwhile is learnt anew without them."""
        await self._tx.run(update(bandit).values(revision=bandit.c.revision + 1))  # first, as `save` does
        return await self._tx.run(delete(bandit_people).where(bandit_people.c.user_key == key))
