"""Appeals of authors."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, insert, select, update

from socialflow.errors import Conflict, NotFound
from socialflow.kit.clock import from_micros, to_micros
from socialflow.moderation.review.appeal_records import Appeal, AppealCount, AppealOutcome
from socialflow.storage.repositories.rows import findable, instant, json_text, texts
from socialflow.storage.repositories.users import Users
from socialflow.storage.tables import appeals, users
from socialflow.storage.transaction import Record, Transaction


class Appeals:
    """Appeals, one a decision."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def add(self, appeal: Appeal) -> None:
        """Keep one. Raises Conflict where the decision was appealed already, UserNotFound, Erased."""
        author_key = None if appeal.author is None else int((await Users(self._tx).get(appeal.author)).key)
        row = {
            "id": appeal.id,
            "decision_id": appeal.decision_id,
            "content_id": appeal.content_id,
            "author_key": author_key,
            "scope": appeal.scope,
            "version": appeal.version,
            "rules": json_text(appeal.rules, "rules"),
            "text": appeal.text,
            "at": to_micros(appeal.at),
            "deadline": to_micros(appeal.deadline),
        }
        await self._tx.run(insert(appeals), [row])

    async def get(self, appeal_id: str) -> Appeal:
        """Return it. Raises NotFound."""
        row = await self._tx.row(_with_author().where(self._tx.among(appeals.c.id, findable([appeal_id]))))
        if row is None:
            raise NotFound(f"no appeal has the id {appeal_id!r}", field="appeal_id")
        return _appeal(row)

    async def of_decision(self, decision_id: str) -> Appeal | None:
        """The appeal against a decision, if there is one."""
        row = await self._tx.row(_with_author().where(self._tx.among(appeals.c.decision_id, findable([decision_id]))))
        return None if row is None else _appeal(row)

    async def of_author(self, user_id: str) -> Sequence[Appeal]:
        """A person's appeals, newest first."""
        theirs = _with_author().where(self._tx.among(users.c.id, findable([user_id])))
        return [_appeal(row) for row in await self._tx.rows(theirs.order_by(appeals.c.at.desc(), appeals.c.id))]

    async def judge(self, appeal_id: str, outcome: AppealOutcome, at: datetime, decision_id: str | None) -> Appeal:
        """Close it. Raises Conflict where it was closed already."""
        waiting = update(appeals).where(appeals.c.id == appeal_id, appeals.c.outcome.is_(None))
        values = {"outcome": outcome.value, "judged_at": to_micros(at), "decision_after": decision_id}
        if not await self._tx.run(waiting.values(values)):
            raise Conflict(f"the appeal {appeal_id} was judged already", field="appeal_id")
        return await self.get(appeal_id)

    async def moot(self, content_id: str, at: datetime) -> int:
        """Close those that wait about some content, which was decided anew; returns how many."""
        return await self.moot_all([content_id], at)

    async def moot_all(self, content_ids: Collection[str], at: datetime) -> int:
        """The same of several."""
        waiting = update(appeals).where(self._tx.among(appeals.c.content_id, findable(content_ids)))
        values = {"outcome": AppealOutcome.MOOT.value, "judged_at": to_micros(at)}
        return await self._tx.run(waiting.where(appeals.c.outcome.is_(None)).values(values))

    async def counts(self, scope: str, version: int | None = None) -> Sequence[AppealCount]:
        """What became of appeals against decisions of a policy (of one version), by rule."""
        query = select(appeals.c.rules, appeals.c.outcome).where(self._tx.among(appeals.c.scope, findable([scope])))
        if version is not None:
            query = query.where(appeals.c.version == version)
        ends: Counter[tuple[str, str | None]] = Counter()
        for row in await self._tx.rows(query):
            ends.update((rule, row.outcome) for rule in texts(row.rules))
        return [
            AppealCount(
                rule,
                upheld=ends[rule, AppealOutcome.UPHELD.value],
                overturned=ends[rule, AppealOutcome.OVERTURNED.value],
                partly=ends[rule, AppealOutcome.PARTLY.value],
                waiting=ends[rule, None],
            )
            for rule in sorted({rule for rule, _ in ends})
        ]


def _with_author() -> Select[tuple[object, ...]]:
    joined = appeals.outerjoin(users, users.c.key == appeals.c.author_key)
    return select(*appeals.c, users.c.id.label("author")).select_from(joined)


def _appeal(row: Record) -> Appeal:
    return Appeal(
        id=row.id,
        decision_id=row.decision_id,
        content_id=row.content_id,
        scope=row.scope,
        version=row.version,
        rules=texts(row.rules),
        text=row.text,
        at=from_micros(row.at),
        deadline=from_micros(row.deadline),
        author=row.author,
        outcome=None if row.outcome is None else AppealOutcome(row.outcome),
        judged_at=instant(row.judged_at),
        decision_after=row.decision_after,
    )
