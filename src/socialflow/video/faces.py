"""Faces in frames, for those who must not cut them: where a detector is handed to an observer, and where none is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from socialflow.errors import InvalidInput
from socialflow.image.appeal import Face
from socialflow.image.records import Colours

Faces = Callable[[Colours], Sequence[Face]]
"""Finds the faces of a picture (h, w, 3) of red, green and blue."""
MISSING = "faces"
"""What an answer lacks for which nobody looked for faces."""
Make = Callable[[Mapping[str, Any]], Faces]
"""Makes a detector of a model that was handed to this process."""

FINDERS: Mapping[str, Make] = {}
"""By kind of detector."""


def finder(told: Mapping[str, Any]) -> Faces:
    """The detector that `{"kind", "model"}` names. Raises InvalidInput where there is none of the kind."""
    kind = str(told.get("kind"))
    if kind not in FINDERS:
        raise InvalidInput(f"no detector of faces is called {kind!r}; there are: {', '.join(FINDERS) or 'none'}")
    return FINDERS[kind](told["model"])
