"""Languages are told apart, and what cannot be told is not guessed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.unit.text.sentences import SENTENCES

from socialflow.kit.answers import Tier
from socialflow.text.language import UNDETERMINED, LanguageIdentifier


@pytest.fixture(scope="module")
def identifier() -> LanguageIdentifier:
    return LanguageIdentifier()


class TestLanguages:
    def test_of_a_hundred_sentences_in_twenty_languages_ninety_five_are_known(
        self, identifier: LanguageIdentifier
    ) -> None:
        wrong = [
            (code, found.code, sentence)
            for code, sentences in SENTENCES.items()
            for sentence, found in zip(sentences, identifier.identify(sentences), strict=True)
            if found.code != code
        ]
        assert len(SENTENCES) == 20
        assert len(wrong) <= 5, wrong

    def test_a_language_has_a_name_and_a_confidence(self, identifier: LanguageIdentifier) -> None:
        (found,) = identifier.identify(["Can you tell me where the station is?"])
        assert (found.code, found.name) == ("en", "English")
        assert 0.9 < found.confidence <= 1.0
        assert identifier.provenance.tier is Tier.BUNDLED

    @pytest.mark.parametrize(
        "text", ["", "   ", "12:30 + 7!", "😂😂😂", "@ann @bob https://example.org/was-ist-das", "\x00\ud800", "lol"]
    )
    def test_what_no_language_claims_is_undetermined(self, identifier: LanguageIdentifier, text: str) -> None:
        assert identifier.identify([text]) == [UNDETERMINED]

    def test_names_and_links_do_not_count(self, identifier: LanguageIdentifier) -> None:
        plain = "je suis très content de ce voyage"
        assert identifier.identify([f"@the_english_channel {plain} https://example.org"]) == identifier.identify(
            [plain]
        )

    @pytest.mark.parametrize(
        "text", ["Aaj ka match bahut accha tha yaar!", "mujhe nahi pata, woh kahan gaya?", "KYA BAAT HAI bhai"]
    )
    def test_hindi_is_known_in_latin_script(self, identifier: LanguageIdentifier, text: str) -> None:
        (found,) = identifier.identify([text])
        assert (found.code, found.name) == ("hi", "Hindi")
        assert 0.5 < found.confidence < 1.0

    def test_one_hindi_word_makes_no_hindi_of_english(self, identifier: LanguageIdentifier) -> None:
        (found,) = identifier.identify(["That was one amazing match, yaar, what a finish to the season"])
        assert found.code == "en"

    def test_one_foreign_word_changes_little(self, identifier: LanguageIdentifier) -> None:
        (found,) = identifier.identify(["heute habe ich ein neues smartphone gekauft und es gefällt mir"])
        assert found.code == "de"

    @pytest.mark.parametrize("piece", ["good morning ", "a", "\u05d0", "漢", "\u0301"])
    def test_long_texts_are_answered_by_their_beginning(self, identifier: LanguageIdentifier, piece: str) -> None:
        assert len(identifier.identify([piece * (100_000 // len(piece))])) == 1

    def test_threads_do_not_disturb_each_other(self) -> None:
        fresh = LanguageIdentifier()
        texts = [sentences[0] for sentences in SENTENCES.values()]
        with ThreadPoolExecutor(4) as threads:
            for found in threads.map(lambda _: fresh.identify(texts), range(4)):
                assert [language.code for language in found] == list(SENTENCES)

    def test_texts_together_are_told_as_each_alone(self) -> None:
        texts = [sentence for sentences in SENTENCES.values() for sentence in sentences]
        alone = [LanguageIdentifier().identify([text])[0].code for text in texts[::5]]
        assert [found.code for found in LanguageIdentifier().identify(texts)][::5] == alone

    def test_no_more_words_are_remembered_than_there_is_room_for(
        self, identifier: LanguageIdentifier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("socialflow.text.language._CACHED", 40)
        fresh = LanguageIdentifier()
        texts = [sentence for sentences in SENTENCES.values() for sentence in sentences]
        told = [(found.code, round(found.confidence, 9)) for text in texts for found in fresh.identify([text])]
        assert told == [(found.code, round(found.confidence, 9)) for found in identifier.identify(texts)]
        assert len(fresh._known) <= 40
