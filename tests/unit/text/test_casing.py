"""Pieces of a word share how it is written, in training as in serving."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests import text_bundle

from socialflow.text.casing import CASES, case_of
from socialflow.text.encoder import Encoder
from socialflow.training.text.prepare import tokenised, tokeniser


class TestCaseOf:
    @given(st.text(max_size=12))
    def test_lower_case_text_is_lower_or_has_no_case(self, word: str) -> None:
        lowered = word.lower()
        if lowered == lowered.lower():
            assert CASES[case_of(lowered)] in ("none", "lower")


class TestCasesOfTokens:
    def test_training_and_serving_see_the_same(self, tmp_path: Path) -> None:
        text = "Paris and NEW citys, york 42"
        bundle = text_bundle.clear_bundle(tmp_path)
        (reading,) = Encoder(bundle).read([text], [()])
        trained = tokenised([text], tokeniser(bundle.directory / "tokenizer.json"))
        assert trained.cases.tolist() == list(reading.windows[0].cases[1:-1])  # marks at both ends
        # paris and new city ##s , york [UNK]
        told = [CASES[one] for one in trained.cases]
        assert told == ["title", "lower", "upper", "lower", "lower", "none", "lower", "none"]
