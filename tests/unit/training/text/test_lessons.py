"""Batches of texts from many lessons, and lessons made of labelled texts."""

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from socialflow.training.text.calibrate import calibrated
from socialflow.training.text.lessons import UNTOLD, Lesson, Tokens, batches, shares
from socialflow.training.text.prepare import lesson
from socialflow.training.text.records import Example, Head, in_columns

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ann", "went", "to", "oslo", "with", "bo", "http", "@", "user"]


@pytest.fixture(scope="module")
def words() -> Tokenizer:
    made = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.enable_truncation(8)
    return made


def of_lengths(head: str, *lengths: int) -> Lesson:
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    tokens = Tokens(np.repeat(np.arange(1, len(lengths) + 1), lengths).astype(np.int32), indptr)
    return Lesson(head, "multi_class", ("no", "yes"), tokens, np.arange(len(lengths)) % 2)


class TestBatches:
    def test_a_round_gives_every_text_of_a_small_lesson_once_and_a_share_of_a_large_one(self) -> None:
        lessons = {"small": of_lengths("small", 3, 1, 2), "large": of_lengths("large", *[4] * 20)}
        given = list(batches(lessons, {"small": 3, "large": 8}, 4, np.random.default_rng(0)))
        parts = [part for batch in given for part in batch.parts]
        small, large = (
            np.concatenate([part.texts for part in parts if part.head == name]).tolist() for name in ("small", "large")
        )
        assert sorted(small) == [0, 1, 2]
        assert len(set(large)) == len(large) == 8

    def test_texts_of_like_length_stand_together_padded_to_the_longest(self) -> None:
        lessons = {"one": of_lengths("one", 9, 1, 9, 1)}
        given = list(batches(lessons, {"one": 4}, 2, np.random.default_rng(1)))
        assert sorted(batch.ids.shape for batch in given) == [(2, 8), (2, 16)]
        for batch in given:
            (part,) = batch.parts
            assert batch.ids[part.places, 0].tolist() == (part.texts + 1).tolist()
            assert (batch.mask == (batch.ids > 0)).all()

    def test_a_lesson_is_repeated_whole_where_its_weight_asks_for_more(self) -> None:
        lessons = {"rare": of_lengths("rare", 1, 1)}
        assert shares(lessons, 100, {"rare": 2.5}) == {"rare": 5}
        (batch,) = batches(lessons, {"rare": 5}, 8, np.random.default_rng(0))
        assert sorted(np.bincount(batch.parts[0].texts).tolist()) == [2, 3]


class TestLesson:
    def test_stretches_become_tags_of_the_tokens_they_touch(self, words: Tokenizer) -> None:
        head = Head("entities", "tokens", ("PER", "LOC"))
        text = "Ann  Bo went to Oslo".lower()
        part = in_columns(head, [Example(text, ((0, 7, 0), (16, 20, 1)))], "set")
        made = lesson(head, part, words)
        assert made.labels == ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
        assert made.tokens.row(0).tolist() == [2, 4, 9, 5, 6, 7, 3]
        assert made.targets.tolist() == [UNTOLD, 1, 2, 0, 0, 3, UNTOLD]

    def test_labels_that_a_set_does_not_know_are_not_asked(self, words: Tokenizer) -> None:
        head = Head("entities", "tokens", ("PER", "LOC"))
        made = lesson(head, in_columns(head, [Example("ann", ())], "set", asked=("LOC",)), words)
        assert made.asked is not None
        assert made.asked.tolist() == [[True, False, False, True, True]]

    def test_a_stretch_beyond_the_window_is_left_out(self, words: Tokenizer) -> None:
        head = Head("aspect", "span", ("negative", "positive"))
        text = "ann went to oslo with bo to oslo with ann"
        part = in_columns(head, [Example(text, ((0, 3, 1),)), Example(text, ((38, 41, 0),))], "set")
        made = lesson(head, part, words)
        assert len(made) == 1
        assert made.spans is not None
        assert made.spans.tolist() == [[1, 2]]
        assert made.targets.tolist() == [1]

    def test_names_and_links_are_read_as_serving_reads_them(self, words: Tokenizer) -> None:
        head = Head("irony", "multi_class", ("no", "yes"))
        made = lesson(head, in_columns(head, [Example("@somebody http://x.y/z", 1)], "set"), words)
        assert [WORDS[token] for token in made.tokens.row(0)] == ["[CLS]", "@", "user", "http", "[SEP]"]


class TestCalibrated:
    def test_makes_logits_as_sure_as_they_are_right(self) -> None:
        truth = np.array([0, 0, 0, 1] * 50)
        sure = np.tile([6.0, 0.0], (200, 1))  # always the first, right three times of four
        made = calibrated(
            Lesson("x", "multi_class", ("a", "b"), Tokens(np.zeros(200, np.int32), np.arange(201)), truth), sure
        )
        assert 1.0 / (1.0 + np.exp(-6.0 / made.temperature)) == pytest.approx(0.82, abs=0.03)

    def test_tells_a_label_from_where_its_f1_is_greatest_and_minds_only_what_is_known(self) -> None:
        targets = np.array([[1.0], [1.0], [0.0], [np.nan]], np.float32)
        logits = np.array([[1.0], [0.5], [-1.0], [-5.0]])
        made = calibrated(
            Lesson("x", "multi_label", ("a",), Tokens(np.zeros(4, np.int32), np.arange(5)), targets), logits
        )
        (threshold,) = made.thresholds
        chances = 1.0 / (1.0 + np.exp(-logits[:, 0] / made.temperature))
        assert chances[2] < threshold <= chances[1]
