"""`socialflow train text-languages`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from socialflow.errors import InvalidInput
from socialflow.kit.progress import Progress

if TYPE_CHECKING:
    from socialflow.catalogue.records import Version
    from socialflow.catalogue.registry import Catalogue


def fit_text_languages(data: Path | None, catalogue: Catalogue, progress: Progress) -> Version:
    """Fit the text model for languages other than English on the public sets in a folder."""
    from socialflow.training.text.ngram_making import train_languages

    if data is None:
        raise InvalidInput("the text model for languages needs --data", field="data")
    return train_languages(data, catalogue, progress)
