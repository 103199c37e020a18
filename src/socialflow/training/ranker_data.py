"""A snapshot of what was shown and what came of it: arrays and JSON under one digest. It names nobody."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from socialflow.errors import ArtefactError
from socialflow.recommendation import artefacts
from socialflow.recommendation.exposures import Exposures
from socialflow.recommendation.ranker import HEADS

_COLUMNS = ("users", "places", "at", "signals", "outcomes", "reacted")


@dataclass(frozen=True, slots=True)
class ExposureSnapshot:
    """What it holds. `digest` is the identity of its data: equal data has an equal digest."""

    digest: str
    created_at: datetime
    exposures: int
    users: int
    left_out_users: int
    """Users whose privacy bars training on them."""


def write_exposures(
    directory: Path, exposures: Exposures, *, created_at: datetime, left_out_users: int
) -> ExposureSnapshot:
    """Write into an existing empty directory; users are numbered afresh."""
    _, users = np.unique(exposures.users, return_inverse=True)
    kept = replace(exposures, users=users.astype(np.int64))
    arrays = {name: getattr(kept, name) for name in _COLUMNS}
    snapshot = ExposureSnapshot(_digest(arrays), created_at, len(kept), int(users.max(initial=-1)) + 1, left_out_users)
    header = {
        "snapshot": asdict(snapshot) | {"created_at": created_at.isoformat()},
        "names": list(kept.names),
        "heads": [head.value for head in HEADS],
    }
    artefacts.write(directory, header, arrays)
    return snapshot


def read_exposures(directory: Path) -> tuple[ExposureSnapshot, Exposures]:
    """Read what `write_exposures` wrote. Raises ArtefactError where it is damaged or of another form."""
    header, arrays = artefacts.read(directory)
    try:
        told = header["snapshot"]
        snapshot = ExposureSnapshot(**told | {"created_at": datetime.fromisoformat(told["created_at"])})
        exposures = Exposures(tuple(header["names"]), *(arrays[name] for name in _COLUMNS))
    except (KeyError, TypeError, ValueError) as problem:
        raise ArtefactError(f"{directory} is not a usable snapshot: {problem}") from problem
    if _digest(arrays) != snapshot.digest or header["heads"] != [head.value for head in HEADS]:
        raise ArtefactError(f"{directory} is damaged")
    return snapshot, exposures


def _digest(arrays: Mapping[str, np.ndarray]) -> str:
    whole = hashlib.sha256()
    for name in _COLUMNS:
        whole.update(np.ascontiguousarray(arrays[name]).tobytes())
    return whole.hexdigest()
