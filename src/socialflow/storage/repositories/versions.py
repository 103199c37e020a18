"""Tables of numbered versions, of which exactly one is active."""

from sqlalchemy import Table, func, select, true, update

from socialflow.storage.transaction import Transaction


async def next_version(tx: Transaction, table: Table) -> int:
    """The number after the newest, from 1."""
    newest = await tx.row(select(func.max(table.c.version)))
    return 1 + ((newest[0] if newest else None) or 0)


async def switch(tx: Transaction, table: Table, version: int) -> None:
    """Make another version the active one; it must exist."""
    # Two statements: a unique index allows no instant with two active versions.
    await tx.run(update(table).where(table.c.active == true()).values(active=False))
    await tx.run(update(table).where(table.c.version == version).values(active=True))
