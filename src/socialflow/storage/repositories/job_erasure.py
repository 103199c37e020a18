"""Taking a person out of jobs."""

from collections.abc import Collection

import orjson
from sqlalchemy import delete, or_, select, update

from socialflow.jobs.states import UNFINISHED
from socialflow.storage.repositories.rows import json_text
from socialflow.storage.tables import jobs
from socialflow.storage.transaction import Transaction

_SPOKEN = (jobs.c.config, jobs.c.result, jobs.c.error_detail, jobs.c.name)


async def forget_in_jobs(tx: Transaction, user_key: int, names: Collection[str]) -> int:
    """Delete jobs about a person, and take the names out of the lists of jobs about many; returns how many changed.

    Jobs that have ended and only mention a name are deleted: they are a record of work, not the work.
    """
    said = [*(orjson.dumps(name).decode() for name in names), *map(repr, names)]
    mentions = or_(*(column.contains(text, autoescape=True) for column in _SPOKEN for text in said))
    doomed, changed = [], 0
    rows = await tx.rows(select(jobs.c.key, jobs.c.state, jobs.c.config, jobs.c.user_key).where(mentions))
    for row in rows:
        config = orjson.loads(row.config)
        kept = _without(config, names)
        if row.state not in UNFINISHED or row.user_key == user_key or kept is None or kept == config:
            doomed.append(row.key)
        else:
            changed += await tx.run(update(jobs).where(jobs.c.key == row.key).values(config=json_text(kept, "config")))
    return changed + await tx.run(delete(jobs).where(or_(jobs.c.user_key == user_key, tx.among(jobs.c.key, doomed))))


def _without(config: object, names: Collection[str]) -> object | None:
    """The config with the names taken out of its lists; None where it is about nobody else."""
    if not isinstance(config, dict):
        return None
    kept = {}
    for key, value in config.items():
        if isinstance(value, str) and value in names:
            return None
        kept[key] = value
        if isinstance(value, list):
            kept[key] = [part for part in value if not (isinstance(part, str) and part in names)]
            if value and not kept[key]:
                return None
    return kept
