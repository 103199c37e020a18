"""What answers questions about texts, whatever model or language is behind it."""

from collections.abc import Collection, Sequence
from typing import Protocol

from socialflow.kit.answers import Provenance
from socialflow.text.reading import Target
from socialflow.text.records import Analysis, Language


class Answering(Protocol):
    """As `analyser.Analyser` does; `digest` stands for every byte of what answers."""

    @property
    def digest(self) -> str: ...

    @property
    def questions(self) -> tuple[str, ...]: ...

    def analyse(
        self, texts: Sequence[str], questions: Collection[str], targets: Sequence[Sequence[Target]] | None = None
    ) -> list[Analysis]: ...


class Model(Answering, Protocol):
    """What answers in whatever language; `digest` and `provenance` are those of its encoder, `makers` stands for all
    that answers."""

    @property
    def languages(self) -> tuple[str, ...]: ...

    @property
    def makers(self) -> str: ...

    @property
    def provenance(self) -> Provenance: ...

    def spoken(self, texts: Sequence[str]) -> list[str]: ...

    def analyse_in(self, language: str, texts: Sequence[str], questions: Collection[str]) -> list[Analysis]: ...


class Identifying(Protocol):
    """Tells the likeliest language of each text, as `language.LanguageIdentifier` does."""

    def identify(self, texts: Sequence[str]) -> list[Language]: ...
