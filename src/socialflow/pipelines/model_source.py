"""The catalogue as the recommender service sees it."""

from socialflow.catalogue.registry import Catalogue
from socialflow.errors import ArtefactError
from socialflow.recommendation.builders import ALGORITHMS
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.records import Provenance, Tier


class CatalogueModels:
    """Active recommenders of a catalogue (satisfies `recommendation.ports.ModelSource`)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def versions(self) -> dict[str, str]:
        """Name -> active version of every recommender; one `stat` while nothing changed."""
        return {name: version for name, version in self._catalogue.active_versions().items() if name in ALGORITHMS}

    def load(self, name: str) -> tuple[Recommender, Provenance]:
        """Load the active version, its digests checked. Raises ModelNotFound, ArtefactError, DigestMismatch."""
        directory = self._catalogue.open(name)
        version = directory.name
        kind = self._catalogue.manifest(name, version).about.kind
        if kind not in ALGORITHMS:
            raise ArtefactError(f"{name} {version} is a {kind!r}; recommenders are {', '.join(ALGORITHMS)}")
        return ALGORITHMS[kind].load(directory), Provenance(name, version, Tier.TRAINED)
