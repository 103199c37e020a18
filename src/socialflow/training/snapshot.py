"""A snapshot of the platform's data for training: arrays and JSON under one digest.

It names nobody: users are numbered afresh, items keep their keys (the fitted model is served by them). Layout::

    snapshot.json    counts, times, the digest of every file
    users.npy items.npy weights.npy at.npy          n interactions, see `recommendation.interactions`
    item_ids.npy item_channels.npy item_created.npy  m items, ids ascending
    follows.npy      e edges (e, 2) between those users, who follows and who is followed
    words.json       titles, descriptions, tags and categories of the m items
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from socialflow.errors import ArtefactError
from socialflow.kit.digests import file_digest
from socialflow.recommendation.interactions import NO_FOLLOWS, Follows, Interactions, ItemTable

SNAPSHOT_FILE = "snapshot.json"
FORMAT = 2
_ARRAYS = ("users", "items", "weights", "at", "item_ids", "item_channels", "item_created", "follows")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a snapshot holds. `digest` is the identity of its data: equal data has an equal digest."""

    digest: str
    created_at: datetime
    interactions: int
    users: int
    items: int
    left_out_users: int
    """Users whose privacy bars training on them."""
    value_model: int
    """Version of the value model that weighed the interactions."""


def write_snapshot(
    directory: Path,
    interactions: Interactions,
    items: ItemTable,
    *,
    created_at: datetime,
    value_model: int,
    left_out_users: int = 0,
    follows: Follows = NO_FOLLOWS,
) -> Snapshot:
    """Write a snapshot into an existing directory; follows of people without interactions are left out."""
    user_ids, users = np.unique(interactions.users, return_inverse=True)
    edges = follows.between(user_ids)
    arrays: dict[str, np.ndarray] = {
        "users": users.astype(np.int64),
        "items": interactions.items,
        "weights": interactions.weights,
        "at": interactions.at,
        "item_ids": items.ids,
        "item_channels": items.channels,
        "item_created": items.created_at,
        "follows": np.stack((edges.sources, edges.targets), axis=1),
    }
    for name, array in arrays.items():
        np.save(directory / f"{name}.npy", array, allow_pickle=False)
    words = {
        "titles": list(items.titles),
        "descriptions": list(items.descriptions),
        "tags": [list(tags) for tags in items.tags],
        "categories": list(items.categories),
    }
    (directory / "words.json").write_text(json.dumps(words), encoding="utf-8")
    digests = {path.name: file_digest(path) for path in sorted(directory.iterdir())}
    snapshot = Snapshot(
        digest=_identity(digests),
        created_at=created_at,
        interactions=len(interactions),
        users=int(users.max(initial=-1)) + 1,
        items=len(items),
        left_out_users=left_out_users,
        value_model=value_model,
    )
    document = {"format": FORMAT, **asdict(snapshot), "created_at": created_at.isoformat(), "files": digests}
    (directory / SNAPSHOT_FILE).write_text(json.dumps(document, indent=1), encoding="utf-8")
    return snapshot


def read_snapshot(directory: Path) -> tuple[Snapshot, Interactions, ItemTable, Follows]:
    """Read what `write_snapshot` wrote. Raises ArtefactError where a part is missing, damaged or of another format."""
    path = directory / SNAPSHOT_FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise ArtefactError(f"{path} has format {document['format']!r}; this program reads format {FORMAT}")
        digests = {str(name): str(digest) for name, digest in document["files"].items()}
        _check(directory, digests, document["digest"])
        arrays = {name: np.load(directory / f"{name}.npy", allow_pickle=False) for name in _ARRAYS}
        words = json.loads((directory / "words.json").read_text(encoding="utf-8"))
        snapshot = Snapshot(
            **{name: document[name] for name in Snapshot.__slots__ if name != "created_at"},
            created_at=datetime.fromisoformat(document["created_at"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{directory} is not a usable snapshot: {error}") from error
    follows = Follows(arrays["follows"][:, 0], arrays["follows"][:, 1])
    return snapshot, _interactions(arrays), _items(arrays, words), follows


def _interactions(arrays: Mapping[str, np.ndarray]) -> Interactions:
    return Interactions(arrays["users"], arrays["items"], arrays["weights"], arrays["at"])


def _items(arrays: Mapping[str, np.ndarray], words: Mapping[str, list[object]]) -> ItemTable:
    return ItemTable(
        ids=arrays["item_ids"],
        titles=[str(title) for title in words["titles"]],
        descriptions=[str(text) for text in words["descriptions"]],
        tags=[tuple(map(str, tags)) if isinstance(tags, list) else () for tags in words["tags"]],
        categories=[None if category is None else str(category) for category in words["categories"]],
        channels=arrays["item_channels"],
        created_at=arrays["item_created"],
    )


def _identity(digests: Mapping[str, str]) -> str:
    return hashlib.sha256(
        "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items())).encode()
    ).hexdigest()


def _check(directory: Path, digests: Mapping[str, str], identity: object) -> None:
    if set(digests) != {f"{name}.npy" for name in _ARRAYS} | {"words.json"} or _identity(digests) != identity:
        raise ArtefactError(f"{directory / SNAPSHOT_FILE} was changed after it was written")
    for name, digest in digests.items():
        if file_digest(directory / name) != digest:
            raise ArtefactError(f"{directory / name} is damaged")
