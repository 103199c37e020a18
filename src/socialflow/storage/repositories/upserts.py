"""Create or replace, without drawing a surrogate for a row that exists."""

from collections.abc import Collection, Mapping

from sqlalchemy import Table, bindparam, select, update

from socialflow.storage.transaction import Transaction, Values


async def store_rows(
    tx: Transaction,
    table: Table,
    rows: Mapping[str, Values],
    keys: Mapping[str, int],
    frozen: Collection[str] = (),
) -> dict[str, int]:
    """Write `rows` (by external id) and return their keys; an id that is missing from them lost a race.

    `keys` are those of the rows that exist already: they are updated, all columns but `frozen`. The rest is inserted.
    (ON CONFLICT DO UPDATE would do both in one statement, and burn a number of the sequence for every known row.)
    """
    known = sorted((keys[row_id], row_id) for row_id in rows if row_id in keys)
    if known:  # in key order, so that two such batches cannot wait for each other in a circle
        statement = update(table).where(table.c.key == bindparam("_key"))
        kept = {"id", *frozen}
        parameters = [
            {"_key": key, **{name: value for name, value in rows[row_id].items() if name not in kept}}
            for key, row_id in known
        ]
        await tx.run(statement, parameters)
    new = [row for row_id, row in rows.items() if row_id not in keys]
    if new:
        await tx.insert_new(table, new)
    stored = await tx.rows(select(table.c.id, table.c.key).where(tx.among(table.c.id, list(rows))))
    return {row.id: row.key for row in stored}
