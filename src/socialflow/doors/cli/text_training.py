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
    from socialflow.text.bundle import Bundle


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
    head: Annotated[
        list[str] | None,
        typer.Option(help="text: only this head learns, on the encoder of the active model; repeat for several."),
    ] = None


def fit_text(
    config: Path | None, changes: Sequence[str], sources: TextSources, catalogue: Catalogue, progress: Progress
) -> Version:
    """Train the encoder and its heads, or some heads alone, by a plan, that of the package by default.

    Raises InvalidInput, ArtefactError.
    """
    from socialflow.training.text.fitting.alone import train_heads
    from socialflow.training.text.fitting.run import train_text
    from socialflow.training.text.plan import SHIPPED, read_plan

    changed = [*changes, *([f"licence={sources.licence}"] if sources.licence else [])]
    plan, data = read_plan(config or SHIPPED, changed), _needed(sources.data, "data")
    if sources.head:
        return train_heads(plan, sources.head, _active(catalogue), data, catalogue=catalogue, progress=progress)
    work = session.settings().work_dir / "text"
    return train_text(plan, _needed(sources.base, "base"), data, work, catalogue=catalogue, progress=progress)


def _active(catalogue: Catalogue) -> Bundle:
    """The text model that answers now. Raises ModelUnavailable, DigestMismatch, ArtefactError."""
    from socialflow.kit.answers import Tier
    from socialflow.text.bundle import NAME, PACKAGED, read_bundle

    active = catalogue.active(NAME)
    return (
        read_bundle(PACKAGED, Tier.BUNDLED)
        if active is None
        else read_bundle(catalogue.open(NAME, active.version), Tier.TRAINED)
    )


def fit_text_languages(sources: TextSources, catalogue: Catalogue, progress: Progress) -> Version:
    """Fit the model for languages other than English. Raises InvalidInput."""
    from socialflow.training.text.ngram_making import train_languages

    return train_languages(_needed(sources.data, "data"), catalogue, progress)


def _needed(folder: Path | None, option: str) -> Path:
    if folder is None:
        raise InvalidInput(f"text models need --{option}", field=option)
    return folder
