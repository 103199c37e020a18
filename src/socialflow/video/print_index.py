"""Find all hashes within 31 bits of some, among millions, exactly.

Norouzi, Punjani and Fleet, "Fast exact search in Hamming space with multi-index hashing", PAMI 2014. A hash is cut into
16 pieces of 16 bits. Of two hashes that differ by 31 bits or fewer, one piece at least differs by one bit or none, so
that it is enough to look at the hashes that have a piece of the asked one, or one of its 16 neighbours, in its place.
What was added since the tables were made is compared one by one.
"""

import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np
import numpy.typing as npt

from socialflow.errors import ArtefactError, InvalidInput
from socialflow.image.hamming import within
from socialflow.image.pdq import HASH_BYTES, MATCH

ByteArray = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]
Rows = npt.NDArray[np.uint32]

_PIECES, _VALUES = HASH_BYTES // 2, 1 << 16
_MAGIC, _VERSION = b"SFPI", 1
_HEAD = struct.Struct("<4sIQ")
"""Magic, version, rows; then hashes, owners, places, orders and starts, and a CRC-32."""
_ROW = HASH_BYTES + 8 + 4 + 4 * _PIECES
_AT_ONCE = 1 << 18
"""Candidates compared at once."""
_QUERIES = 128
_FRESH = 4096
"""Rows that are compared one by one before tables are made anew, or a tenth of all, whichever is more."""
_FLIPS = np.concatenate(([0], 1 << np.arange(16))).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Hits:
    """Pairs (p,) within the radius, by query and then by row: row of the query, owner and place of what was found, and
    the bits by which they differ."""

    queries: Longs
    owners: Longs
    places: Longs
    distances: Longs

    def __len__(self) -> int:
        return len(self.queries)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Rows with their tables: `orders` (16, n) has the rows sorted by each piece, `starts` (16, 65537) where the rows
    of each value begin."""

    hashes: ByteArray
    owners: Longs
    places: npt.NDArray[np.int32]
    orders: Rows
    starts: Rows

    @classmethod
    def made(cls, hashes: ByteArray, owners: Longs, places: npt.NDArray[np.int32]) -> "_Table":
        pieces = np.ascontiguousarray(hashes).view("<u2")
        orders = np.empty((_PIECES, len(hashes)), np.uint32)
        starts = np.zeros((_PIECES, _VALUES + 1), np.uint32)
        for piece in range(_PIECES):
            orders[piece] = np.argsort(pieces[:, piece], kind="stable")
            starts[piece, 1:] = np.cumsum(np.bincount(pieces[:, piece], minlength=_VALUES))
        return cls(hashes, owners, places, orders, starts)


class PrintIndex:
    """Hashes of 256 bits, each with an owner (the number of a video) and a place in it (milliseconds). Not safe to
    change while another thread asks."""

    def __init__(self) -> None:
        self._table = _Table.made(np.zeros((0, HASH_BYTES), np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int32))
        self._gone = np.zeros(0, bool)
        self._fresh: list[tuple[Longs, ByteArray, npt.NDArray[np.int32]]] = []

    def __len__(self) -> int:
        return int(len(self._gone) - self._gone.sum()) + self._waiting

    @property
    def _waiting(self) -> int:
        return sum(len(hashes) for _, hashes, _ in self._fresh)

    def add(self, owner: int, hashes: ByteArray, places: npt.ArrayLike) -> None:
        """Take in hashes (m, 32) of an owner with their places (m,). Raises InvalidInput for others."""
        self.extend(np.full(len(hashes), owner, np.int64), hashes, places)

    def extend(self, owners: Longs, hashes: ByteArray, places: npt.ArrayLike) -> None:
        """Take in hashes (m, 32), each with its owner (m,) and place (m,). Raises InvalidInput for others."""
        where = np.asarray(places, np.int64)
        if owners.shape != (len(hashes),):
            raise InvalidInput(f"each of {len(hashes)} hashes has an owner, not {owners.shape}")
        if hashes.shape != (len(where), HASH_BYTES) or hashes.dtype != np.uint8:
            raise InvalidInput(f"hashes are (m, {HASH_BYTES}) uint8 with a place each, not {hashes.shape}")
        if len(where) and (where.min() < 0 or where.max() >= 1 << 31):
            raise InvalidInput("places of hashes are milliseconds from 0 to 24 days")
        self._fresh.append((owners.copy(), hashes.copy(), where.astype(np.int32)))
        self._merge()
        if self._waiting > max(_FRESH, len(self._gone) // 10):
            self.settle()

    def _merge(self) -> None:
        """Join what came in small pieces, a piece with those before it that are no longer: few are left to compare
        with, and each hash is copied a few times only."""
        while len(self._fresh) > 1 and len(self._fresh[-2][0]) <= len(self._fresh[-1][0]):
            last, before = self._fresh.pop(), self._fresh.pop()
            self._fresh.append(
                (
                    np.concatenate((before[0], last[0])),
                    np.concatenate((before[1], last[1])),
                    np.concatenate((before[2], last[2])),
                )
            )

    def remove(self, owner: int) -> int:
        """Forget an owner; how many hashes that were."""
        before = len(self)
        self._fresh = [
            (owners[kept], hashes[kept], places[kept])
            for owners, hashes, places in self._fresh
            if (kept := owners != owner).any()
        ]
        self._gone |= self._table.owners == owner
        return before - len(self)

    def settle(self) -> None:
        """Make the tables anew, of all that is there."""
        old, kept = self._table, ~self._gone
        self._table = _Table.made(
            np.concatenate([old.hashes[kept], *(hashes for _, hashes, _ in self._fresh)]),
            np.concatenate([old.owners[kept], *(owners for owners, _, _ in self._fresh)]),
            np.concatenate([old.places[kept], *(places for _, _, places in self._fresh)]),
        )
        self._gone, self._fresh = np.zeros(len(self._table.owners), bool), []

    def search(self, hashes: ByteArray, radius: int = MATCH) -> Hits:
        """All hashes that differ from one of `hashes` (q, 32) by `radius` bits or fewer.

        Raises:
            InvalidInput: the radius is not from 0 to 31, or these are no hashes.
        """
        if not 0 <= radius <= 2 * _PIECES - 1:
            raise InvalidInput(f"hashes are found within 0 to {2 * _PIECES - 1} bits, not {radius}")
        if hashes.ndim != 2 or hashes.shape[1] != HASH_BYTES or hashes.dtype != np.uint8:
            raise InvalidInput(f"hashes are (q, {HASH_BYTES}) uint8, not {hashes.shape} of {hashes.dtype}")
        asked = np.ascontiguousarray(hashes)
        found = [np.zeros((0, 5), np.int64), *self._settled(asked, radius), *self._unsettled(asked, radius)]
        rows = np.concatenate(found)
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        return Hits(rows[:, 0], rows[:, 2], rows[:, 3], rows[:, 4])

    def save(self, path: Path) -> None:
        """Write it to a file, whole or not at all."""
        self.settle()
        table = self._table
        other = path.with_name(path.name + ".new")
        with other.open("wb") as file:
            check = 0
            for part in (_HEAD.pack(_MAGIC, _VERSION, len(table.owners)), *_parts(table)):
                check = zlib.crc32(part, check)
                file.write(part)
            file.write(check.to_bytes(4, "little"))
        other.replace(path)

    @classmethod
    def load(cls, path: Path) -> "PrintIndex":
        """Read what `save` wrote; its arrays stay in the file and are mapped.

        Raises:
            ArtefactError: it wrote no such thing: another version, or damaged.
        """
        made = cls()
        made._table = _mapped(path)
        made._gone = np.zeros(len(made._table.owners), bool)
        return made

    def _settled(self, asked: ByteArray, radius: int) -> list[Longs]:
        """Rows (p, 5): query, row, owner, place, distance."""
        found = []
        for first in range(0, len(asked), _QUERIES):
            part = asked[first : first + _QUERIES]
            pairs = self._near(part, radius)
            queries, rows = np.divmod(pairs, max(1, len(self._gone)))
            there = ~self._gone[rows]
            queries, rows = queries[there], rows[there]
            apart = _apart(part[queries], self._table.hashes[rows])
            told = queries + first, rows, self._table.owners[rows], self._table.places[rows].astype(np.int64), apart
            found.append(np.stack(told, axis=1))
        return found

    def _near(self, asked: ByteArray, radius: int) -> Longs:
        """Pairs within the radius, as query times the number of rows plus row, each once."""
        flips = _FLIPS if radius >= _PIECES else _FLIPS[:1]
        pieces = asked.view("<u2").astype(np.int64)
        mine, theirs = asked.view(np.uint64), self._table.hashes.view(np.uint64)
        pairs = [np.zeros(0, np.int64)]
        for piece in range(_PIECES):
            values = (pieces[:, piece, None] ^ flips).ravel()
            starts = self._table.starts[piece]
            firsts = starts[values].astype(np.int64)
            counts = starts[values + 1].astype(np.int64) - firsts
            owners = np.repeat(np.arange(len(asked)), len(flips))
            ends = np.cumsum(counts)
            for begin in range(0, int(ends[-1]) if len(ends) else 0, _AT_ONCE):
                places = np.arange(begin, min(begin + _AT_ONCE, int(ends[-1])))
                which = np.searchsorted(ends, places, "right")
                rows = self._table.orders[piece][firsts[which] + places - (ends[which] - counts[which])]
                queries = owners[which]
                bits = np.bitwise_count(mine.take(queries, axis=0) ^ theirs.take(rows, axis=0))
                near = bits.sum(axis=1, dtype=np.uint16) <= radius
                pairs.append(queries[near] * len(self._gone) + rows[near])
        return np.unique(np.concatenate(pairs))

    def _unsettled(self, asked: ByteArray, radius: int) -> list[Longs]:
        found, row = [], len(self._gone)
        for owners, hashes, places in self._fresh:
            pairs = within(asked, hashes, radius)
            queries, rows = pairs[:, 0], pairs[:, 1]
            apart = _apart(asked[queries], hashes[rows])
            told = queries, rows + row, owners[rows], places[rows].astype(np.int64), apart
            found.append(np.stack(told, axis=1))
            row += len(hashes)
        return found


def _apart(these: ByteArray, those: ByteArray) -> Longs:
    """Bits (p,) by which rows of hashes differ."""
    made: Longs = np.bitwise_count(these.view(np.uint64) ^ those.view(np.uint64)).sum(axis=1, dtype=np.int64)
    return made


def _parts(table: _Table) -> list[bytes]:
    arrays = (
        np.ascontiguousarray(table.hashes),
        table.owners.astype("<i8"),
        table.places.astype("<i4"),
        table.orders.astype("<u4"),
        table.starts.astype("<u4"),
    )
    return [one.tobytes() for one in arrays]


def _mapped(path: Path) -> _Table:
    size = path.stat().st_size
    if size < _HEAD.size + 4:
        raise ArtefactError(f"{path.name} is no index of hashes: it has {size} bytes")
    with path.open("rb") as file:
        mapped = mmap(file.fileno(), 0, access=ACCESS_READ)
    magic, version, count = _HEAD.unpack(mapped[: _HEAD.size])
    if magic != _MAGIC or version != _VERSION:
        raise ArtefactError(f"{path.name} is no index of hashes of version {_VERSION}; make it again")
    starts = 4 * _PIECES * (_VALUES + 1)
    check = int.from_bytes(mapped[-4:], "little")
    if size != _HEAD.size + count * _ROW + starts + 4 or zlib.crc32(memoryview(mapped)[:-4]) != check:
        raise ArtefactError(f"{path.name} is a damaged index of hashes: {size} bytes that do not add up")
    whole = np.frombuffer(mapped, np.uint8)
    ends = np.cumsum([_HEAD.size, count * HASH_BYTES, count * 8, count * 4, count * 4 * _PIECES, starts])
    hashes, owners, places, orders, begins = (whole[a:b] for a, b in pairwise(ends))
    table = _Table(
        hashes.reshape(count, HASH_BYTES),
        owners.view("<i8"),
        places.view("<i4"),
        orders.view("<u4").reshape(_PIECES, count),
        begins.view("<u4").reshape(_PIECES, _VALUES + 1),
    )
    rising = (table.starts[:, :-1] <= table.starts[:, 1:]).all() and (table.starts[:, -1] == count).all()
    if not rising or (count and table.orders.max() >= count):
        raise ArtefactError(f"{path.name} is a damaged index of hashes: its tables lead nowhere")
    return table
