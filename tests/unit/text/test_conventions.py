"""What writing means by convention, and what must not be taken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.text.conventions import conventions

LAUGHTER = {
    "hahaha that was it": "many languages",
    "omg lol": "English",
    "mdrrr trop fort": "French",
    "jajaja qué bueno": "Spanish",
    "kkkkk que lindo": "Portuguese (Brazil)",
    "rsrs boa": "Portuguese (Brazil)",
    "wkwkwk lucu": "Indonesian",
    "хахаха точно": "Russian",
    "χαχαχα": "Greek",
    "חחחח": "Hebrew",
    "هههههه": "Arabic",
    "हाहाहा": "Hindi",
    "ㅋㅋㅋㅋ 진짜": "Korean",
    "哈哈哈": "Chinese",
    "这个太好笑了2333": "Chinese",
    "ตลกมาก 55555": "Thai",
    "それはやばいｗｗｗ": "Japanese",
    "すごい（笑）": "Japanese",
}


class TestTold:
    @pytest.mark.parametrize("text", LAUGHTER)
    def test_laughter_is_known_in_many_languages(self, text: str) -> None:
        (found,) = conventions(text)
        assert (found.meaning, found.whom, found.emotion) == ("laughter", LAUGHTER[text], "joy")

    @pytest.mark.parametrize("text", ["ㅠㅠㅠ", "ну вот ((", "呜呜呜", "why T_T"])
    def test_tears_are_sad(self, text: str) -> None:
        assert [one.emotion for one in conventions(text)] == ["sadness"]

    def test_a_smile_of_brackets_needs_the_script_that_it_is_used_in(self) -> None:
        assert [one.meaning for one in conventions("привет)))")] == ["a smile"]
        assert conventions("f(g(h(x)))") == []

    @pytest.mark.parametrize("sign", ["🙏", "👍", "💀"])
    def test_signs_that_readers_differ_about_show_no_emotion(self, sign: str) -> None:
        (found,) = conventions(f"ok {sign}")
        assert found.emotion is None


class TestNotTold:
    @pytest.mark.parametrize(
        "text",
        [
            "call 555 now",
            "see www.example.com and www2",
            "the KKK is a hate group",
            "page 233 of the book",
            "ja ja, das stimmt",
            "Hahn und Henne",
            "shahid lives in Lahaina",
            "(see (this) one)",
            "",
        ],
    )
    def test_ordinary_writing_is_none(self, text: str) -> None:
        assert conventions(text) == []

    @given(st.text(max_size=200))
    def test_stretches_are_in_order_and_of_the_text(self, text: str) -> None:
        end = 0
        for found in conventions(text):
            assert end <= found.start < found.end
            assert text[found.start : found.end] == found.text
            end = found.end

    def test_a_long_text_is_answered_with_the_first_of_them(self) -> None:
        assert len(conventions("haha " * 5000)) == 20
