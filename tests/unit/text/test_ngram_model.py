"""The small model for several languages: read with care, answered in the records of the encoder's heads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.language_bundle import small_bundle, small_languages

from socialflow.errors import ArtefactError, DigestMismatch, InvalidInput, ModelUnavailable
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.text.ngram_analyser import NgramAnalyser
from socialflow.text.ngram_bundle import NgramBundle, read_ngrams
from socialflow.text.ngrams import PIECE
from socialflow.text.records import Combination, Detection, Labels, Sentiment


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> NgramBundle:
    return small_bundle(tmp_path_factory.mktemp("languages"))


class TestReading:
    def test_languages_are_those_of_any_question(self, bundle: NgramBundle) -> None:
        assert bundle.languages == ("de", "es")
        assert set(bundle.heads["spam"].parts) == {"de"}
        assert bundle.provenance == Provenance("text-languages", "small", Tier.BUNDLED)

    def test_nothing_there_names_the_command_that_makes_it(self, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match="socialflow train text-languages"):
            read_ngrams(tmp_path, Tier.BUNDLED)

    def test_a_changed_file_is_refused(self, tmp_path: Path) -> None:
        folder = small_languages(tmp_path)
        with (folder / "heads.json").open("a") as stream:
            stream.write(" ")
        with pytest.raises(DigestMismatch):
            read_ngrams(folder, Tier.BUNDLED)

    @pytest.mark.parametrize(
        "change",
        [
            lambda _, arrays: arrays.pop("spam/levels"),
            lambda _, arrays: arrays.update({"spam/levels": np.zeros((4, 1), np.int8)}),
            lambda _, arrays: arrays.update({"spam/bias": np.array([[np.nan]])}),
            lambda document, _: document["heads"]["spam"].update(kind="tokens"),
            lambda document, _: document["heads"]["spam"].update(bits=60),
            lambda document, _: document["heads"]["spam"].update(languages={}),
            lambda document, _: document["heads"]["spam"].update(labels="spam"),
            lambda document, _: document["heads"]["spam"]["languages"]["de"].update(temperature=0),
            lambda document, _: document["heads"]["toxicity"]["languages"]["es"].update(thresholds=[0.5]),
            lambda document, _: document["shape"].update(shortest=0),
            lambda document, _: document["shape"].update(sizes=3),
            lambda document, _: document.pop("heads"),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, tmp_path: Path, change: Callable[[dict[str, Any], dict[str, np.ndarray]], None]
    ) -> None:
        with pytest.raises(ArtefactError):
            read_ngrams(small_languages(tmp_path, change), Tier.BUNDLED)

    def test_a_head_that_is_no_question_is_refused(self, tmp_path: Path) -> None:
        def rename(document: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
            document["heads"]["mood"] = document["heads"].pop("spam")
            for name in ("levels", "scale", "bias"):
                arrays[f"mood/{name}"] = arrays.pop(f"spam/{name}")

        with pytest.raises(ArtefactError, match="mood"):
            NgramAnalyser(read_ngrams(small_languages(tmp_path, rename), Tier.BUNDLED), "de")


class TestAnswers:
    def test_words_decide(self, bundle: NgramBundle) -> None:
        spanish = NgramAnalyser(bundle, "es")
        told = spanish.analyse(["muy bueno", "muy malo", "una mesa"], ["sentiment"])
        labels = [analysis.record("sentiment", Sentiment) for analysis in told]
        assert [one.label for one in labels if one] == ["positive", "negative", "neutral"]
        assert all(analysis.status is Status.COMPLETE for analysis in told)
        assert told[0].answers["sentiment"].provenance == bundle.provenance

    def test_another_language_has_its_own_bias_and_questions(self, bundle: NgramBundle) -> None:
        german = NgramAnalyser(bundle, "de")
        assert german.questions == ("spam", "sentiment")
        (told,) = german.analyse(["ganz gratis"], ["spam", "toxicity"])
        spam = told.record("spam", Detection)
        assert spam is not None
        assert spam.found
        assert (told.status, told.missing) == (Status.PARTIAL, ("toxicity",))

    def test_labels_that_nobody_taught_are_missing(self, bundle: NgramBundle) -> None:
        (told,) = NgramAnalyser(bundle, "es").analyse(["eres tonto"], ["toxicity"])
        labels = told.record("toxicity", Labels)
        assert labels is not None
        assert labels.found == ("insult",)
        assert set(labels.scores) == {"toxicity", "insult"}
        assert told.missing == (
            "toxicity:severe_toxicity",
            "toxicity:obscene",
            "toxicity:threat",
            "toxicity:identity_hate",
        )

    def test_of_a_long_text_the_worst_piece_decides_harm_and_the_mean_tone(self, bundle: NgramBundle) -> None:
        calm = "una mesa " * (PIECE // 9)
        (told,) = NgramAnalyser(bundle, "es").analyse([f"{calm} {calm} tonto"], ["toxicity", "sentiment"])
        assert told.windows == 2
        assert told.answers["toxicity"].combination is Combination.MAX
        assert told.answers["sentiment"].combination is Combination.MEAN
        labels = told.record("toxicity", Labels)
        assert labels is not None
        assert labels.found == ("insult",)

    def test_an_empty_text_is_not_answered(self, bundle: NgramBundle) -> None:
        (told,) = NgramAnalyser(bundle, "es").analyse([" "], ["sentiment"])
        assert (told.status, told.missing) == (Status.ABSTAINED, ("sentiment", "text:empty"))

    def test_an_unknown_question_is_refused(self, bundle: NgramBundle) -> None:
        with pytest.raises(InvalidInput):
            NgramAnalyser(bundle, "es").analyse(["hola"], ["mood"])
