"""What `socialflow train` does for text models, which are fitted on public sets and not on the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from socialflow.doors.cli import session
from socialflow.errors import InvalidInput
from socialflow.kit.progress import Progress

if TYPE_CHECKING:
    from socialflow.catalogue.records import Version
    from socialflow.catalogue.registry import Catalogue


@dataclass(frozen=True, slots=True)
class TextSources:
    """What text models are made of; each field is an option."""

    data: Annotated[
        Path | None, typer.Option(file_okay=False, help="text, text-languages: folder of the public sets.")
    ] = None
    base: Annotated[
        Path | None, typer.Option(file_okay=False, help="text: folder with model.safetensors and tokenizer.json.")
    ] = None
    licence: Annotated[
        Literal["all", "open"] | None, typer.Option(help="text: leave out sets without a stated open licence.")
    ] = None


def fit_text(
    config: Path | None, changes: Sequence[str], sources: TextSources, catalogue: Catalogue, progress: Progress
) -> Version:
    """Train the encoder and its heads by a plan, that of the package by default. Raises InvalidInput."""
    from socialflow.training.text.fitting.run import train_text
    from socialflow.training.text.plan import SHIPPED, read_plan

    data, base = _needed(sources.data, "data"), _needed(sources.base, "base")
    changed = [*changes, *([f"licence={sources.licence}"] if sources.licence else [])]
    work = session.settings().work_dir / "text"
    return train_text(read_plan(config or SHIPPED, changed), base, data, work, catalogue=catalogue, progress=progress)


def fit_text_languages(sources: TextSources, catalogue: Catalogue, progress: Progress) -> Version:
    """Fit the model for languages other than English. Raises InvalidInput."""
    from socialflow.training.text.ngram_making import train_languages

    return train_languages(_needed(sources.data, "data"), catalogue, progress)


def _needed(folder: Path | None, option: str) -> Path:
    if folder is None:
        raise InvalidInput(f"text models need --{option}", field=option)
    return folder
