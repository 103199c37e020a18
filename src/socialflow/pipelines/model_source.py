"""The catalogue as the services see it."""

from datetime import datetime
from pathlib import Path

from socialflow.catalogue.registry import Catalogue
from socialflow.errors import ArtefactError
from socialflow.kit.answers import Provenance, Tier
from socialflow.recommendation.builders import ALGORITHMS
from socialflow.recommendation.influence import NAME, SocialGraph
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.ranker import RANKER, Ranker
from socialflow.text.analyser import Analyser, bundled
from socialflow.text.bundle import NAME as TEXT
from socialflow.text.bundle import read_bundle
from socialflow.text.language import identifier
from socialflow.text.multilingual import MultilingualAnalyser, multilingual, others
from socialflow.text.ngram_bundle import NAME as LANGUAGES

_SERVED = frozenset({*ALGORITHMS, RANKER})


class CatalogueGraph:
    """The active social graph of a catalogue, read anew when its version changes."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._held: tuple[str, SocialGraph] | None = None

    def __call__(self) -> SocialGraph | None:
        """None where none was made yet. Raises ArtefactError, DigestMismatch."""
        version = self._catalogue.active_versions().get(NAME)
        if version is None:
            return None
        if self._held is None or self._held[0] != version:
            self._held = version, SocialGraph.load(self._catalogue.open(NAME, version))
        return self._held[1]


class CatalogueText:
    """The text models in use, of English and of other languages: active versions of a catalogue, or the package's."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._held: tuple[tuple[str | None, str | None], MultilingualAnalyser] | None = None

    def __call__(self) -> MultilingualAnalyser:
        """Read anew when a version changes. Raises ModelUnavailable, ArtefactError, DigestMismatch."""
        active = self._catalogue.active_versions()
        versions = active.get(TEXT), active.get(LANGUAGES)
        if versions == (None, None):
            return multilingual()
        if self._held is None or self._held[0] != versions:
            self._held = versions, self._read(*versions)
        return self._held[1]

    def _read(self, text: str | None, languages: str | None) -> MultilingualAnalyser:
        home = bundled() if text is None else Analyser(read_bundle(self._catalogue.open(TEXT, text), Tier.TRAINED))
        folder = None if languages is None else self._catalogue.open(LANGUAGES, languages)
        return MultilingualAnalyser(home, others(folder), identifier())


class CatalogueModels:
    """Active recommenders of a catalogue (satisfies `recommendation.ports.ModelSource`)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def versions(self) -> dict[str, str]:
        """Name -> active version of every recommender and ranker; one `stat` while nothing changed."""
        return {name: version for name, version in self._catalogue.active_versions().items() if name in _SERVED}

    def load(self, name: str) -> tuple[Recommender, Provenance]:
        """Load the active version, its digests checked. Raises ModelNotFound, ArtefactError, DigestMismatch."""
        directory, kind = self._opened(name)
        if kind not in ALGORITHMS:
            raise ArtefactError(f"{name} {directory.name} is a {kind!r}; recommenders are {', '.join(ALGORITHMS)}")
        return ALGORITHMS[kind].load(directory), Provenance(name, directory.name, Tier.TRAINED)

    def load_ranker(self, name: str) -> tuple[Ranker, Provenance]:
        """Load the active version, its digests checked. Raises as `load`."""
        directory, _ = self._opened(name)
        return Ranker.load(directory), Provenance(name, directory.name, Tier.TRAINED)

    def _opened(self, name: str) -> tuple[Path, str]:
        directory = self._catalogue.open(name)
        return directory, self._catalogue.manifest(name, directory.name).about.kind

    def fitted_at(self, name: str, version: str) -> datetime:
        """When a version was stored. Raises ModelNotFound, ArtefactError."""
        return self._catalogue.manifest(name, version).about.created_at
