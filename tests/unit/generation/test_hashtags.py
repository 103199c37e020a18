"""Tags for a draft, by items that share its words."""

from socialflow.generation.hashtags import Hashtags, Tagged

ITEMS = [
    *(Tagged(person, "rye bread in my oven", ("Baking", "#bread")) for person in (1, 2, 3)),
    *(Tagged(person, "gravel ride by bike", ("cycling",)) for person in (1, 2, 3)),
    *(Tagged(4, "bread with my secret", ("mine",)) for _ in range(5)),
]


def tags(draft: str, limit: int = 5) -> list[str]:
    return [one.tag for one in Hashtags(ITEMS).fitting(draft, limit)]


def test_are_those_of_items_with_the_same_words() -> None:
    assert tags("my first rye") == ["baking", "bread"]
    assert tags("a long ride") == ["cycling"]
    assert tags("astronomy") == []


def test_what_fewer_than_three_people_use_is_never_shown() -> None:
    assert "mine" not in tags("bread with my secret")


def test_a_begun_tag_is_completed() -> None:
    assert tags("my first rye #b") == ["baking", "bread"]
    assert tags("#cyc") == ["cycling"]
    assert tags("ride #") == ["cycling", "baking", "bread"]


def test_a_tag_that_the_draft_has_is_not_suggested_again() -> None:
    assert tags("rye #Baking and more") == ["bread"]


def test_scores_are_shares() -> None:
    for one in Hashtags(ITEMS).fitting("rye bread oven gravel", 5):
        assert 0.0 < one.score < 1.0
