"""Parts of live moderation: what is read together, and how authors behave."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from socialflow.moderation.live.conduct import AUTHORS, Conduct
from socialflow.moderation.live.records import AuthorChanged, Stance
from socialflow.moderation.live.together import CHARACTERS, SHORT, Together

NOW = datetime(2026, 1, 1, tzinfo=UTC)
texts = st.text("kil you?", max_size=SHORT + 5)


class TestTogether:
    def test_a_first_message_stands_by_itself(self) -> None:
        assert Together().with_before("ann", "hello", 0.0) == ()

    def test_pieces_make_words(self) -> None:
        heard = Together()
        assert [heard.with_before("ann", letter, 0.0) for letter in "kill"][-1] == ("k i l l", "kill")

    def test_words_stay_apart(self) -> None:
        heard = Together()
        heard.with_before("ann", "you should", 0.0)
        assert heard.with_before("ann", "kill him", 1.0) == ("you should kill him",)

    def test_what_is_long_ago_or_of_somebody_else_does_not_count(self) -> None:
        heard = Together()
        heard.with_before("ann", "k", 0.0)
        assert heard.with_before("bob", "i", 1.0) == ()
        assert heard.with_before("ann", "l", 31.0) == ()

    def test_a_long_message_ends_it(self) -> None:
        heard = Together()
        heard.with_before("ann", "k", 0.0)
        assert heard.with_before("ann", "x" * (SHORT + 1), 1.0) == ()
        assert heard.with_before("ann", "i", 2.0) == ()

    @given(st.lists(st.tuples(st.sampled_from("ab"), texts)))
    def test_it_never_grows(self, said: list[tuple[str, str]]) -> None:
        heard = Together()
        for at, (author, text) in enumerate(said):
            for joined in heard.with_before(author, text, float(at)):
                assert len(joined) <= CHARACTERS
                assert joined.replace(" ", "").endswith(text.replace(" ", ""))


class TestConduct:
    @staticmethod
    def heard(conduct: Conduct, *said: tuple[float, str, float | None]) -> list[AuthorChanged]:
        changes = [conduct.heard("ann", text, harm, NOW + timedelta(seconds=at)) for at, text, harm in said]
        return [change for change in changes if change is not None]

    def test_whoever_talks_is_normal(self) -> None:
        assert not self.heard(Conduct(), *((5.0 * n, f"message number {n} of mine", 0.05) for n in range(50)))

    def test_many_at_once_are_a_flood(self) -> None:
        changes = self.heard(Conduct(), *((0.1 * n, f"{n} {n * 7}" * 3, 0.0) for n in range(20)))
        assert [(one.state, one.because) for one in changes] == [
            (Stance.SLOW_DOWN, ("flood",)),
            (Stance.MUTED, ("flood",)),
        ]
        assert changes[1].until == NOW + timedelta(seconds=1.5 + 300)

    def test_one_bad_message_silences_nobody(self) -> None:
        [change] = self.heard(Conduct(), (0.0, "bad", 1.0))
        assert change.state is Stance.SLOW_DOWN

    def test_who_gets_worse_is_silenced(self) -> None:
        changes = self.heard(
            Conduct(), (0.0, "first", 0.1), (9.0, "second", 0.9), (18.0, "third", 1.0), (27.0, "x", 1.0)
        )
        assert [(one.state, one.because) for one in changes] == [
            (Stance.SLOW_DOWN, ("toxicity",)),
            (Stance.MUTED, ("toxicity",)),
        ]

    def test_it_is_over_when_its_time_is(self) -> None:
        changes = self.heard(Conduct(), (0.0, "bad", 1.0), (29.0, "fine words", 0.0), (31.0, "good words", 0.0))
        assert [(one.state, one.until is None) for one in changes] == [(Stance.SLOW_DOWN, False), (Stance.NORMAL, True)]

    def test_what_is_not_known_is_not_held_against_anybody(self) -> None:
        assert not self.heard(Conduct(), *((10.0 * n, str(n) * 9, None) for n in range(10)))

    def test_only_so_many_authors_are_remembered(self) -> None:
        conduct = Conduct()
        for n in range(AUTHORS + 10):
            conduct.heard(f"a{n}", "hello", 0.0, NOW)
        assert len(conduct._authors) == AUTHORS

    @given(st.lists(st.tuples(st.floats(0, 100), texts, st.none() | st.floats(0, 1)), max_size=60))
    def test_states_change_and_end(self, said: list[tuple[float, str, float | None]]) -> None:
        before = Stance.NORMAL
        for change in self.heard(Conduct(), *said):
            assert (change.state is Stance.NORMAL) == (change.until is None) == (not change.because)
            assert change.state is not Stance.NORMAL or before is not Stance.NORMAL
            before = change.state
