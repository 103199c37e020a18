"""The policy of a new installation, with the thresholds of its settings."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files

from socialflow.errors import InvalidInput
from socialflow.moderation.policy.reading import read
from socialflow.moderation.policy.records import Policy


@cache
def default_text() -> str:
    """The default policy as it is written, with its comments."""
    return files(__package__).joinpath("default.yaml").read_text(encoding="utf-8")


def default_policy(thresholds: Mapping[str, float] | None = None) -> Policy:
    """The default policy; `thresholds` take the place of its own by name. Raises InvalidInput for an unknown name.

    >>> default_policy({"nsfw": 0.5}).thresholds["nsfw"]
    0.5
    """
    policy, given = read(default_text()), dict(thresholds or {})
    if unknown := sorted(given.keys() - policy.thresholds.keys()):
        raise InvalidInput(f"the default policy has no threshold {unknown[0]!r}", field="thresholds")
    return replace(policy, thresholds={name: given.get(name, value) for name, value in policy.thresholds.items()})
