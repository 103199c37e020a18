"""Counting what is asked of a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from socialflow.storage.unit_of_work import Store


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """The statements of units that read within the block, in order."""
    told: list[str] = []
    engine = store._engines.reader.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        told.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(engine, "before_cursor_execute", note)
