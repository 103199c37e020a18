"""Versions of the value model."""

from collections.abc import Sequence

import orjson
from sqlalchemy import insert, select, true

from socialflow.content.log import ChangeKind
from socialflow.content.records import InteractionType
from socialflow.errors import NotFound
from socialflow.kit.clock import from_micros, to_micros
from socialflow.recommendation.records import ValueModel
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.rows import json_text
from socialflow.storage.repositories.versions import next_version, switch
from socialflow.storage.tables import value_models
from socialflow.storage.transaction import Record, Transaction


class ValueModels:
    """Versions of the value model; exactly one is active."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def active(self) -> ValueModel:
        """The active version."""
        return _model(await self._tx.one(select(value_models).where(value_models.c.active == true())))

    async def versions(self) -> Sequence[ValueModel]:
        """All versions, oldest first."""
        return [_model(row) for row in await self._tx.rows(select(value_models).order_by(value_models.c.version))]

    async def add(self, model: ValueModel) -> ValueModel:
        """Store as the next version and make it active; returns it with its number."""
        version = await next_version(self._tx, value_models)
        stored = {
            "version": version,
            "weights": json_text({kind.value: weight for kind, weight in model.weights.items()}, "weights"),
            "created_at": to_micros(model.created_at),
            "note": model.note,
            "active": False,
        }
        await self._tx.run(insert(value_models), [stored])
        return await self.activate(version)

    async def activate(self, version: int) -> ValueModel:
        """Make an older version active again. Raises NotFound."""
        row = await self._tx.row(select(value_models).where(value_models.c.version == version))
        if row is None:
            raise NotFound(f"there is no version {version} of the value model", field="version")
        await switch(self._tx, value_models, version)
        await announce(self._tx, ChangeKind.VALUE_MODEL, [version])
        return _model(row)


def _model(row: Record) -> ValueModel:
    weights = {InteractionType(name): weight for name, weight in orjson.loads(row.weights).items()}
    return ValueModel(row.version, weights, from_micros(row.created_at), row.note)
