"""Lookers by name with their options, and what they find in a decoded picture."""

from collections.abc import Mapping
from typing import Any

from socialflow.errors import InvalidInput
from socialflow.image.builders import LOOKERS
from socialflow.image.looker import Looker
from socialflow.image.records import Picture
from socialflow.kit.findings import Finding

Asked = Mapping[str, Mapping[str, Any]]
"""Options by name."""


def made(asked: Asked) -> Mapping[str, Looker]:
    """Lookers with their options. Raises InvalidInput for one that there is not, or an option that it does not take."""
    return {name: _made(name, options) for name, options in asked.items()}


def looked(picture: Picture, lookers: Mapping[str, Looker]) -> Mapping[str, Finding]:
    """What each finds."""
    return {name: looker.look(picture) for name, looker in lookers.items()}


def _made(name: str, options: Mapping[str, Any]) -> Looker:
    if name not in LOOKERS:
        raise InvalidInput(f"{name!r} does not look at pictures; ask one of {', '.join(LOOKERS)}", field="analyses")
    try:
        return LOOKERS[name](**options)
    except TypeError as problem:
        raise InvalidInput(f"{name} does not take these options: {problem}", field=name) from problem
