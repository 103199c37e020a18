"""Every text is answered by the model of its language, and by none where there is none."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.language_bundle import small_languages
from tests.text_bundle import clear_bundle

from socialflow.catalogue.registry import Catalogue
from socialflow.errors import ArtefactError, InvalidInput
from socialflow.kit.answers import Status
from socialflow.text.analyser import Analyser
from socialflow.text.multilingual import SURE, MultilingualAnalyser, others
from socialflow.text.records import Language, Sentiment


class Marked:
    """Takes the language from the beginning of a text: `es bueno`."""

    def __init__(self, confidence: float = 1.0) -> None:
        self.confidence = confidence

    def identify(self, texts: Sequence[str]) -> list[Language]:
        return [Language(text[:2], "", self.confidence) for text in texts]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("languages")


@pytest.fixture(scope="module")
def home(folders: Path) -> Analyser:
    return Analyser(clear_bundle(folders / "home"))


@pytest.fixture(scope="module")
def models(folders: Path, home: Analyser) -> MultilingualAnalyser:
    return MultilingualAnalyser(home, others(small_languages(folders / "others")), Marked())


class TestRouting:
    def test_answers_come_in_the_order_of_the_texts_from_the_model_of_each(self, models: MultilingualAnalyser) -> None:
        told = models.analyse(["es bueno", "en awful", "de gut", "es malo"], ["sentiment"])
        labels = [one.record("sentiment", Sentiment) for one in told]
        assert [one.label for one in labels if one] == ["positive", "negative", "positive", "negative"]
        assert [one.answers["sentiment"].provenance.model for one in told] == [
            "text-languages",
            "text",
            "text-languages",
            "text-languages",
        ]
        assert models.languages == ("de", "en", "es")

    def test_a_language_without_a_model_is_not_answered_and_says_why(self, models: MultilingualAnalyser) -> None:
        (told,) = models.analyse(["ja good"], ["sentiment", "spam"])
        assert (told.status, told.answers) == (Status.ABSTAINED, {})
        assert told.missing == ("sentiment", "spam", "language:ja")

    def test_questions_that_a_language_lacks_say_why(self, models: MultilingualAnalyser) -> None:
        (told,) = models.analyse(["es bueno"], ["sentiment", "emotion"])
        assert (told.status, told.missing) == (Status.PARTIAL, ("emotion", "language:es"))

    def test_what_is_not_surely_an_unknown_language_is_the_encoders(self, home: Analyser) -> None:
        (told,) = MultilingualAnalyser(home, {}, Marked(SURE - 0.01)).analyse(["ja good"], ["sentiment"])
        assert told.answers["sentiment"].provenance.model == "text"

    def test_a_language_with_a_model_need_only_be_the_likeliest(self, home: Analyser, folders: Path) -> None:
        models = MultilingualAnalyser(home, others(small_languages(folders / "likely")), Marked(0.51))
        (told,) = models.analyse(["es bueno"], ["sentiment"])
        assert told.answers["sentiment"].provenance.model == "text-languages"

    def test_a_language_that_is_told_is_not_found_out(self, models: MultilingualAnalyser) -> None:
        (told,) = models.analyse_in("es", ["de bueno"], ["sentiment"])
        assert (label := told.record("sentiment", Sentiment)) is not None
        assert label.label == "positive"
        (none,) = models.analyse_in("ja", ["es bueno"], ["sentiment"])
        assert none.missing == ("sentiment", "language:ja")
        with pytest.raises(InvalidInput):
            models.analyse_in("es", ["bueno"], ["mood"])

    def test_one_model_alone_speaks_its_own_language(self, home: Analyser) -> None:
        assert home.spoken(["bueno", "good"]) == ["en", "en"]
        (told,) = home.analyse_in("en", ["good"], ["sentiment"])
        assert told.status is Status.COMPLETE
        (none,) = home.analyse_in("es", ["bueno"], ["sentiment"])
        assert none.missing == ("sentiment", "language:es")

    def test_an_undetermined_language_is_the_encoders(self, home: Analyser) -> None:
        class Undetermined:
            def identify(self, texts: Sequence[str]) -> list[Language]:
                return [Language("und", "undetermined", 0.0) for _ in texts]

        (told,) = MultilingualAnalyser(home, {}, Undetermined()).analyse(["good"], ["sentiment"])
        assert told.status is not Status.ABSTAINED

    def test_targets_go_with_their_texts(self, models: MultilingualAnalyser) -> None:
        told = models.analyse(["es bueno", "en good paris"], ["aspect"], [[(3, 8)], [(8, 13)]])
        assert told[0].missing == ("aspect", "language:es")
        assert "aspect" in told[1].answers

    def test_bad_input_is_named(self, models: MultilingualAnalyser) -> None:
        with pytest.raises(InvalidInput) as raised:
            models.analyse(["en good"], ["mood"])
        assert raised.value.field == "questions"
        with pytest.raises(InvalidInput) as raised:
            models.analyse(["en good"], ["aspect"], [])
        assert raised.value.field == "targets"


class TestAnotherModel:
    def test_an_encoder_may_take_the_place_of_the_small_model(self, folders: Path, home: Analyser) -> None:
        clear = clear_bundle(folders / "encoder").directory
        catalogue = Catalogue(folders / "catalogue")

        def copy(where: Path) -> None:
            for file in clear.iterdir():
                if file.name not in ("manifest.json", "card.json"):
                    (where / file.name).write_bytes(file.read_bytes())

        about = catalogue.add("text-languages", "text", copy, {"plan": {"languages": ["fr", "en"]}})
        found = others(catalogue.open("text-languages", about.version))
        assert set(found) == {"fr"}
        (told,) = MultilingualAnalyser(home, found, Marked()).analyse(["fr good"], ["sentiment"])
        assert told.answers["sentiment"].provenance.model == "text-languages"

    def test_an_encoder_that_names_no_languages_is_refused(self, folders: Path) -> None:
        folder = clear_bundle(folders / "silent").directory
        with pytest.raises(ArtefactError, match="languages"):
            others(folder)
