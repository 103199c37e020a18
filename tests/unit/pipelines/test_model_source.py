"""A text model that is promoted answers from the next question on."""

from pathlib import Path

from tests import text_bundle

from socialflow.catalogue.registry import Catalogue
from socialflow.kit.answers import Tier
from socialflow.pipelines.model_source import CatalogueText


class TestCatalogueText:
    def test_the_active_version_is_read_and_again_when_another_is_promoted(self, tmp_path: Path) -> None:
        for version in ("first", "second"):
            text_bundle.write(tmp_path, table=text_bundle.clear_table(), arrays=text_bundle.clear, version=version)
        catalogue = Catalogue(tmp_path)
        catalogue.activate("text", "first")
        model = CatalogueText(catalogue)
        first = model()
        assert model() is first
        catalogue.activate("text", "second")
        (told,) = model().analyse(["good"], ["sentiment"])
        provenance = told.answers["sentiment"].provenance
        assert (provenance.version, provenance.tier) == ("second", Tier.TRAINED)
