"""Features of a text: every stretch of characters and every word, known by a number of its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.text.ngrams import MOST_PIECES, PIECE, Shape, features, pieces

SMALL = Shape(2, 3, 1)


def known(text: str, language: str = "es", shape: Shape = SMALL) -> dict[int, float]:
    found = features(text, language, shape)
    return dict(zip(found.hashes.tolist(), found.values.tolist(), strict=True))


class TestFeatures:
    def test_each_distinct_stretch_is_there_for_all_languages_and_for_its_own(self) -> None:
        # " ab " has the pairs " a", "ab", "b ", the triples " ab", "ab ", and the word " ab "
        assert len(known("ab")) == 2 * 6
        assert len(set(known("ab", "es")) & set(known("ab", "de"))) == 6

    def test_values_are_a_vector_of_length_one_that_grows_with_the_logarithm_of_counts(self) -> None:
        found = features("aaa", "es", Shape(1, 1, 0))  # the space twice, a three times
        assert np.linalg.norm(found.values) == pytest.approx(1.0)
        least, most = sorted(set(found.values.tolist()))
        assert most / least == pytest.approx((1 + np.log(3)) / (1 + np.log(2)), abs=1e-4)

    def test_case_says_nothing(self) -> None:
        assert known("Muy BUENO") == known("muy bueno")

    def test_a_word_is_known_wherever_it_stands(self) -> None:
        words = Shape(9, 9, 1)
        assert set(known("x bueno", shape=words)) & set(known("bueno y", shape=words)) == set(
            known("bueno", shape=words)
        )

    def test_pairs_of_words_have_an_order(self) -> None:
        pairs = Shape(30, 30, 2)
        assert set(known("no bueno", shape=pairs)) != set(known("bueno no", shape=pairs))

    def test_buckets_are_rows_of_the_table(self) -> None:
        found = features("una frase cualquiera", "es", Shape())
        assert found.buckets(8).min() >= 0
        assert found.buckets(8).max() < 256

    @given(st.text(max_size=PIECE))
    def test_any_text_has_features_of_length_one(self, text: str) -> None:
        for piece in pieces(text)[0]:
            found = features(piece, "ar", Shape())
            assert np.isclose(np.linalg.norm(found.values), 1.0, atol=1e-5)
            assert len(set(found.hashes.tolist())) == len(found.hashes)


class TestPieces:
    def test_a_long_text_is_cut_at_spaces(self) -> None:
        text = "palabra " * 200
        found, coverage, cut = pieces(text)
        assert " ".join(found) == text.strip()
        assert max(map(len, found)) <= PIECE
        assert (coverage, cut) == (1.0, False)

    def test_without_spaces_it_is_cut_anyway(self) -> None:
        found, _, _ = pieces("あ" * (PIECE + 1))
        assert [len(piece) for piece in found] == [PIECE, 1]

    def test_what_is_beyond_the_last_piece_is_told(self) -> None:
        found, coverage, cut = pieces("x" * (2 * PIECE * MOST_PIECES))
        assert (len(found), coverage, cut) == (MOST_PIECES, 0.5, True)

    def test_nothing_has_no_pieces(self) -> None:
        assert pieces(" \u200b ") == ([], 1.0, False)
