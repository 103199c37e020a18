"""Who wrote something: what is known, what is not, and when somebody is trusted."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import NOW, ago

from socialflow.kit.answers import Tier
from socialflow.moderation.gather.author import author_signals, trust_of
from socialflow.moderation.gather.records import AuthorFacts, Content, Post
from socialflow.moderation.records import ContentKind, Signals, Trust

TEXT = "Get free followers now, link in my profile"
CONTENT = Content(ContentKind.POST, text=TEXT, author="ann", id="p0")


def post(number: int, words: str = "A lovely day", *, approved: bool = True, **before: float) -> Post:
    return Post(f"p{number}", ago(**(before or {"days": number})), words, approved)


def facts(*posts: Post, days: float = 200, vouched: bool = False) -> AuthorFacts:
    return AuthorFacts(ago(days=days), posts, vouched)


def many(count: int) -> tuple[Post, ...]:
    return tuple(post(number) for number in range(1, count + 1))


class TestSignals:
    def test_what_is_known(self) -> None:
        known = facts(post(1, minutes=5), post(2, TEXT.upper(), minutes=59), post(3, minutes=61), days=2.5)
        found, author = author_signals(CONTENT, known, 1.5, NOW)
        assert {name: one.value for name, one in found.readings.items()} == {
            "author.strikes": 1.5,
            "author.posts_last_hour": 2.0,
            "author.account_age_days": 2.5,
            "author.duplicates": 1.0,
        }
        assert found.readings["author.duplicates"].tier is Tier.HEURISTIC
        assert author is not None
        assert (author.posts_last_hour, author.recent_texts) == (2, (TEXT.upper(),))

    def test_a_stored_item_is_no_copy_of_itself(self) -> None:
        found, _ = author_signals(CONTENT, facts(post(0, TEXT, minutes=1)), 0.0, NOW)
        assert found.readings["author.duplicates"].value == found.readings["author.posts_last_hour"].value == 0.0

    def test_what_is_not_known_is_named(self) -> None:
        found, author = author_signals(CONTENT, None, None, NOW)
        assert found.missing == {
            "author.strikes": "author:strikes",
            "author.posts_last_hour": "author:unknown",
            "author.account_age_days": "author:unknown",
            "author.duplicates": "author:unknown",
        }
        assert author is None

    def test_where_nobody_is_named_nothing_belongs_to_it(self) -> None:
        assert author_signals(Content(ContentKind.TEXT, text=TEXT), None, None, NOW) == (Signals({}, {}), None)


class TestTrust:
    @pytest.mark.parametrize(
        ("known", "strikes", "trust"),
        [
            (None, 0.0, Trust.UNKNOWN),
            (facts(*many(50), days=6.9), 0.0, Trust.NEW),
            (facts(*many(2)), 0.0, Trust.NEW),
            (facts(*many(3)), 0.0, Trust.USUAL),
            (facts(*many(30)), 0.0, Trust.TRUSTED),
            (facts(*many(29)), 0.0, Trust.USUAL),
            (facts(*many(30), days=89), 0.0, Trust.USUAL),
            (facts(*many(30)), 0.5, Trust.USUAL),
            (facts(*many(30)), None, Trust.USUAL),
            (facts(days=1, vouched=True), None, Trust.TRUSTED),
            (facts(*many(30), vouched=True), 1.0, Trust.USUAL),
            (facts(*(post(one, approved=False) for one in range(40))), 0.0, Trust.NEW),
        ],
    )
    def test_by_age_approved_posts_and_strikes(
        self, known: AuthorFacts | None, strikes: float | None, trust: Trust
    ) -> None:
        assert trust_of(known, strikes, NOW) is trust

    @given(st.floats(0, 400), st.integers(0, 50), st.floats(0.01, 5))
    def test_a_strike_never_makes_anybody_trusted(self, days: float, approved: int, strikes: float) -> None:
        known = AuthorFacts(NOW - timedelta(days=days), many(approved))
        assert trust_of(known, strikes, NOW) is not Trust.TRUSTED
