"""Parquet files as rows. A module of its own: its library takes long to load, and only these files need it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from socialflow.errors import InvalidInput
from socialflow.intake.records import RejectedRow, Row
from socialflow.intake.streams import COMPRESSIONS


class ParquetSource:
    """Rows of a Parquet file; `line` is the row's number from 1."""

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() in COMPRESSIONS:
            raise InvalidInput(f"unpack {path.name} first: Parquet is read in place", field="path")
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as damage:
            raise InvalidInput(f"{path.name} cannot be read as Parquet: {damage}", field="path") from damage
        self.path = path
        self.columns: Sequence[str] | None = tuple(self._file.schema_arrow.names)
        self.size = path.stat().st_size
        self._done = 0
        self._count = max(1, int(self._file.metadata.num_rows))

    @property
    def position(self) -> int:
        """Share of the rows read so far, as bytes of the file."""
        return self.size * self._done // self._count

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def rows(self) -> Iterator[Row | RejectedRow]:
        """The rows; damage half-way ends in one rejected row that says so."""
        try:
            for batch in self._file.iter_batches(batch_size=8192):
                for cells in _microseconds(batch).to_pylist():
                    self._done += 1
                    yield Row(self._done, cells)
        except (pa.ArrowException, OSError, ValueError) as damage:
            reason = f"the file cannot be read beyond here: {damage}"
            yield RejectedRow(self._done + 1, "file_damaged", reason, None, "")


def _microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Timestamps as Python can hold them: microseconds."""
    for place, column in enumerate(batch.schema):
        if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
            kind = pa.timestamp("us", column.type.tz)
            batch = batch.set_column(place, column.name, batch.column(place).cast(kind, safe=False))
    return batch
