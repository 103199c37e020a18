"""How people go on: counted by person, private things left out, best by the letters that it saves."""

from hypothesis import given
from hypothesis import strategies as st

from socialflow.generation.continuations import PEOPLE, Continuation, common, open_sentence, open_words, sentences

SAID = {
    1: ["See you at the market on Sunday", "my code is zebra"],
    2: ["see you at the market!", "my code is zebra", "my code is zebra"],
    3: ["Will I see you at the beach? See you at the market."],
}


class TestCommon:
    def test_what_three_people_said_is_kept_and_nothing_else(self) -> None:
        found = [phrase for phrase, _ in common(SAID).beginning("see")]
        assert found == ["see you", "see you at", "see you at the", "see you at the market"]
        assert list(common(SAID).beginning("my")) == []

    def test_names_links_and_long_numbers_end_a_phrase(self) -> None:
        text = "call me at 555123 or ask @ann, mail a@b.org see https://example.org now"
        assert list(sentences(text)) == [("call", "me", "at"), ("or", "ask"), ("mail",), ("see",), ("now",)]

    @given(st.lists(st.lists(st.text("ab .", max_size=12), max_size=3), max_size=6))
    def test_every_phrase_was_said_by_as_many_people_as_it_counts(self, said: list[list[str]]) -> None:
        by_person = dict(enumerate(said))
        for phrase, count in common(by_person).beginning(""):
            whole = f" {phrase} "
            people = sum(any(whole in f" {' '.join(one)} " for text in own for one in sentences(text)) for own in said)
            assert people == count >= PEOPLE


class TestAfter:
    def test_goes_on_from_the_last_words_and_from_half_a_word(self) -> None:
        assert common(SAID).after("Hello! See you at the ")[0] == Continuation("market", 1.0)
        assert common(SAID).after("see you at the ma") == [Continuation("rket", 1.0)]

    def test_fewer_words_count_less(self) -> None:
        (found,) = common(SAID).after("he will see you at")[:1]
        assert found == Continuation(" the market", 1.0)
        (found,) = common(SAID).after("bring it to the ")
        assert found == Continuation("market", 0.4**2)

    def test_nothing_where_nobody_went_on(self) -> None:
        assert common(SAID).after("market ") == []
        assert common(SAID).after("") == []

    @given(st.text(max_size=40))
    def test_any_draft_is_taken(self, draft: str) -> None:
        for one in common(SAID).after(draft):
            assert one.added
            assert 0.0 < one.share <= 1.0
        assert open_words(draft) == [] or open_sentence(draft)
