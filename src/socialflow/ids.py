"""Ids and scores.

Outside, ids are opaque text (1 to 128 characters, no control characters); inside, rows are joined and arrays are
indexed by integer surrogates called *keys*. A key never leaves the process.
"""

from typing import Annotated, NewType, TypeAlias

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

UserKey = NewType("UserKey", int)
ItemKey = NewType("ItemKey", int)
ChannelKey = NewType("ChannelKey", int)

Score: TypeAlias = float
"""A ranking score: only its order within one answer means something."""

MAX_ID_LENGTH = 128
MAX_INT = 2**63 - 1


class _IdSchema:
    """Validates in compiled code: batches hold tens of thousands of ids."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        text = core_schema.str_schema(
            min_length=1, max_length=MAX_ID_LENGTH, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$", strict=True
        )
        number = core_schema.no_info_after_validator_function(
            str, core_schema.int_schema(ge=-MAX_INT - 1, le=MAX_INT, strict=True)
        )
        return core_schema.union_schema(
            [text, number],
            mode="left_to_right",
            custom_error_type="external_id",
            custom_error_message="must be 1 to 128 characters without control characters, or an integer",
        )


ExternalId = Annotated[str, _IdSchema]
"""Pydantic type of an id at a door: text, or an integer that is kept as text."""
