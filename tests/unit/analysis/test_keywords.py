"""Key phrases of a text."""

from hypothesis import given
from hypothesis import strategies as st

from socialflow.analysis.keywords import extract
from socialflow.text.stems import stem
from socialflow.text.stopwords import LANGUAGES, guess_language, stop_words


def found(text: str, limit: int = 10, **settings: object) -> list[str]:
    return [phrase.text for phrase in extract(text, limit, **settings)]  # type: ignore[arg-type]


class TestWhatIsChosen:
    def test_a_word_that_comes_back_leads(self) -> None:
        text = "The kiln was cold. She lit the kiln, and when the kiln was warm the clay went in."
        assert found(text, 1) == ["kiln"]

    def test_inflected_forms_count_together_under_the_form_that_is_written_most(self) -> None:
        (best, *_) = extract("Three guitars. Two guitars. My guitar!")
        assert (best.text, best.count) == ("guitars", 3)

    def test_words_that_always_go_together_are_one_phrase_and_not_also_its_parts(self) -> None:
        text = "Solar Orchard played on Friday. Nobody expected Solar Orchard. Solar Orchard sold out."
        phrases = found(text)
        assert phrases[0] == "Solar Orchard"
        assert not {"Solar", "Orchard"} & set(phrases)

    def test_phrases_stop_at_punctuation_and_function_words(self) -> None:
        assert not {"bread butter", "bread and butter"} & set(found("bread, butter. Bread and butter."))

    def test_a_phrase_has_no_more_words_than_asked_for(self) -> None:
        text = "slow cooker beef stew recipe"
        assert max(len(phrase.split()) for phrase in found(text, longest=2)) == 2
        assert max(len(phrase.split()) for phrase in found(text, longest=1)) == 1

    def test_links_names_and_numbers_are_left_out_and_hashtags_are_words(self) -> None:
        assert found("@ada_l 2024 https://example.org/pottery #ceramics") == ["ceramics"]

    def test_scores_fall_from_one(self) -> None:
        scores = [
            phrase.score for phrase in extract("A drone over the glacier; the drone fell on the ice of the glacier.")
        ]
        assert scores[0] == 1.0
        assert scores == sorted(scores, reverse=True)


class TestLanguages:
    def test_function_words_of_the_language_of_the_text_are_left_out(self) -> None:
        assert set(found("La guitarra de mi hermana es una guitarra muy vieja")) == {"guitarra", "vieja", "hermana"}

    def test_french_articles_come_off(self) -> None:
        assert "océan" in found("Nous avons vu l'océan depuis la montagne")

    def test_marks_above_and_below_letters_do_not_cut_words(self) -> None:
        assert "क्रिकेट" in found("यह क्रिकेट का खेल है")

    def test_a_given_language_is_believed(self) -> None:
        assert "die" in found("die hard fans", language="en", longest=1)
        assert "die" not in found("die hard fans", language="de", longest=1)

    def test_the_guess_says_none_where_it_knows_no_word(self) -> None:
        assert guess_language(["xyzzy"]) is None

    def test_every_list_holds_its_own_commonest_words(self) -> None:
        assert all(len(stop_words(language)) > 60 for language in LANGUAGES)
        assert stop_words("tlh") == frozenset()


class TestNothingInNothingOut:
    def test_texts_without_content_have_no_phrases(self) -> None:
        assert [found(text) for text in ("", "   ", "and the of", "🎉🎉🎉", "12 345")] == [[]] * 5

    @given(st.text(max_size=300), st.integers(1, 12), st.integers(1, 4))
    def test_any_text_gives_distinct_phrases_in_order(self, text: str, limit: int, longest: int) -> None:
        phrases = extract(text, limit, longest)
        assert len(phrases) <= limit
        assert len({phrase.text for phrase in phrases}) == len(phrases)
        assert all(0.0 < phrase.score <= 1.0 and phrase.count >= 1 for phrase in phrases)
        assert [phrase.score for phrase in phrases] == sorted((phrase.score for phrase in phrases), reverse=True)


class TestStems:
    def test_examples_of_the_paper(self) -> None:
        words = "caresses ponies cats agreed plastered motoring conflated hopping falling filing happy sky operator"
        stems = "caress poni cat agre plaster motor conflat hop fall file happi sky oper"
        assert [stem(word) for word in words.split()] == stems.split()

    def test_short_and_foreign_words_stay_as_they_are(self) -> None:
        assert [stem("is"), stem("été"), stem("кошки")] == ["is", "été", "кошки"]
