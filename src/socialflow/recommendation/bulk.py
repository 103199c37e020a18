"""Many users at once: what a ranking was made from, so that a kept one is known to be good still."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from socialflow.kit.digests import short_digest
from socialflow.recommendation.context import FeedSettings, Viewer
from socialflow.recommendation.records import Impression
from socialflow.recommendation.shelf import InUse

CHUNK = 8
"""Users ranked in one turn of the lane, so that a request beside them waits for a tenth of a second at most."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An answer that nobody was given yet. `watermark` stands for everything about the viewer it was made from."""

    impression: Impression
    has_more: bool
    watermark: str


def watermark(
    viewer: Viewer,
    models: Mapping[str, InUse],
    value_model: int,
    settings: FeedSettings,
    rules: Sequence[object],
) -> str:
    """A digest of the viewer's history, edges and profile, of what scores them and of the rules (`Rulebook.stamp`).

    Another one means another answer.

    It is the same in every process: the order in which a process read the interactions does not matter.
    """
    rows, relations, user = viewer.rows, viewer.relations, viewer.user
    sums = (rows.at.sum(), rows.items.sum(dtype=np.int64), rows.types.sum(dtype=np.int64))
    history = (len(rows), *map(int, sums), float(rows.values.sum(dtype=np.float64)))
    edges = (
        relations.follows,
        relations.open_follows,
        relations.subscriptions,
        relations.blocked_users,
        relations.muted_users,
        relations.muted_channels,
    )
    person: tuple[object, ...] = ()
    if user is not None:
        person = (
            user.key,
            user.privacy,
            user.locale,
            user.region,
            user.birth_year,
            user.interests,
            sorted(user.profile.items()),
        )
    versions = sorted((name, loaded.provenance.version) for name, loaded in models.items())
    parts = (history, *map(sorted, edges), person, versions, value_model, settings, rules)
    return short_digest(*map(repr, parts)).hex()
