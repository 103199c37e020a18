"""What the bandit believes: of everybody in one row, of each person in one of theirs."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from socialflow.storage.tables.base import metadata

bandit = Table(
    "bandit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    # Grows with every change of this table and the next: what was read under one is saved only under the same.
    Column("revision", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
)

bandit_people = Table(
    "bandit_people",
    metadata,
    Column("user_key", BigInteger, ForeignKey("users.key"), primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
)
