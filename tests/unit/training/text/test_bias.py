"""Unintended bias is told by group, and in the card of a model."""

import numpy as np
import pytest
from tests.shared_data import shared

from socialflow.training.text.bias import NAMES, named, unintended_bias
from socialflow.training.text.sources import load


def test_a_group_whose_harmless_sentences_score_high_is_seen() -> None:
    groups = ["gay", "gay", "old", "old", ""]
    harmful = np.array([False, True, False, True, False])
    told = unintended_bias(groups, harmful, np.array([0.8, 0.9, 0.1, 0.7, 0.0]))
    assert told["rows"] == 5
    assert told["subgroup"] == {"groups": 2, "mean": 1.0, "least": 1.0}
    assert told["bpsn"]["least"] == 0.0
    assert told["bnsp"]["least"] == 0.5


@pytest.mark.shared
def test_the_sets_name_groups_in_harmful_and_harmless_sentences() -> None:
    for name in NAMES:
        part = load(name, shared("text")).test
        harmful = np.array([target[0] for target in part.plain()]) > 0.5
        groups = np.array([named(text) != "" for text in part.texts])
        assert (groups & harmful).any()
        assert (groups & ~harmful).any()
