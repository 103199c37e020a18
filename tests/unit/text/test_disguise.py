"""Words that hide behind figures are read as they are meant; what is written with figures anyway stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.text.disguise import undisguised

WORDS = frozenset(["hate", "the", "kill", "all", "scum", "ass", "are", "lol", "2nd", "mp3", "iphone"])


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("k1ll 4ll", "kill all"),
        ("5CUM", "sCUM"),
        ("what an @ss", "what an ass"),
        ("4ll 4r3 b4dw0rd5", "all are badwords"),
        ("4ll b4dw0rd5", "all b4dw0rd5"),
    ],
)
def test_what_is_meant_is_read(given: str, read: str) -> None:
    assert undisguised(given, WORDS.__contains__) == read


@pytest.mark.parametrize(
    "text", ["2nd mp3", "10k 100m 80s", "b2b a4 covid19", "$5 @user 1984", "1 2 3", "h4te_4ll", "h264 iphone12"]
)
def test_what_is_written_with_figures_anyway_stays(text: str) -> None:
    assert undisguised(text, WORDS.__contains__) == text


@given(st.text(st.sampled_from("ab401357@$ .é_"), max_size=40))
def test_every_character_keeps_its_place(text: str) -> None:
    read = undisguised(text, lambda word: len(word) % 2 == 0)
    assert len(read) == len(text)
    assert [one == " " for one in read] == [one == " " for one in text]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["4", "a4", "@", "$a", "4ll ", "a@", "_4", "é4"])
def test_a_hundred_thousand_characters_are_read(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert len(undisguised(text, WORDS.__contains__)) == len(text)
