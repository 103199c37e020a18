"""Sets of labelled texts: how they are read, divided and cleaned of what is measured on."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.shared_data import shared

from socialflow.errors import InvalidInput, NotFound
from socialflow.training.text.heads import HEADS
from socialflow.training.text.overlap import key, keys
from socialflow.training.text.readers.rows import lines_of
from socialflow.training.text.records import Example, Head, Parts, Spans, in_columns, joined
from socialflow.training.text.sources import load
from socialflow.training.text.tasks import without_overlap


def write(folder: Path, **files: str) -> None:
    """Files of a set; `__` stands for the dot of an ending."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, newline="")


def tweets(folder: Path, **parts: list[tuple[str, int]]) -> None:
    """Parts as TweetEval writes them."""
    for part, rows in parts.items():
        texts = "".join(f"{text}\n" for text, _ in rows)
        labels = "".join(f"{label}\n" for _, label in rows)
        write(folder, **{f"{part}_text__txt": texts, f"{part}_labels__txt": labels})


def irony(root: Path, *texts: str) -> Parts:
    """A set of which the texts are trained on."""
    tweets(root / "tweeteval/irony", train=[(text, 0) for text in texts], val=[("b", 0)], test=[("c", 1)])
    return load("tweeteval/irony", root)


class TestColumns:
    def test_stretches_follow_their_texts(self) -> None:
        head = Head("entities", "tokens", ("PER", "LOC"))
        one = in_columns(head, [Example("Ann in Rome", ((0, 3, 0), (7, 11, 1))), Example("nobody", ())], "one")
        other = in_columns(head, [Example("to Bonn", ((3, 7, 1),))], "other", asked=("LOC",))
        taken = joined([one, other]).take(np.array([2, 1, 0]))
        assert isinstance(taken.targets, Spans)
        found = [
            taken.texts[row][start:end]
            for row, start, end in zip(taken.targets.rows, taken.targets.starts, taken.targets.ends, strict=True)
        ]
        assert found == ["Bonn", "Ann", "Rome"]
        assert taken.targets.rows.tolist() == [0, 2, 2]
        assert taken.targets.asked.tolist() == [[False, True], [True, True], [True, True]]
        assert taken.sources == ["other", "one", "one"]

    def test_a_part_may_be_empty(self) -> None:
        assert all(len(in_columns(head, [], "none").take(np.array([], np.int64))) == 0 for head in HEADS.values())


class TestTweets:
    def test_parts_labels_and_odd_line_breaks(self, tmp_path: Path) -> None:
        folder = tmp_path / "tweeteval/irony"
        tweets(folder, train=[("one\u2028line", 1), ("", 0)], val=[("b", 0)], test=[("c", 1)])
        parts = load("tweeteval/irony", tmp_path)
        assert parts.train.texts == ["one\u2028line", ""]
        assert parts.train.targets.tolist() == [1, 0]
        assert parts.validation.texts == ["b"]
        assert parts.test.texts == ["c"]

    def test_a_label_out_of_range_is_refused(self, tmp_path: Path) -> None:
        tweets(tmp_path / "tweeteval/irony", train=[("a", 2)])
        with pytest.raises(InvalidInput, match="from 0 to 1"):
            load("tweeteval/irony", tmp_path)

    def test_characters_written_as_escapes_become_characters(self, tmp_path: Path) -> None:
        folder = tmp_path / "tweeteval/sentiment"
        pool = "id\tlabel\tsource\ttext\n1\t2\t2013train\tit\\u2019s fine\\u002c really\n"
        write(folder, **{"semeval2013-2016_pool__tsv": pool})
        tweets(folder, val=[("b", 0)], test=[("c", 1)])
        assert load("tweeteval/sentiment", tmp_path).train.texts == ["it\u2019s fine, really"]


class TestOtherForms:
    def test_emotions_are_matched_by_name(self, tmp_path: Path) -> None:
        rows = "so glad\t1,0\tx1\n"
        write(tmp_path / "goemotions/ekman", labels__txt="neutral\njoy\n", train__tsv=rows, dev__tsv="", test__tsv="")
        assert load("goemotions/ekman", tmp_path).train.targets.tolist() == [[1, 0, 0, 0, 0, 0, 1]]

    def test_hatexplain(self, tmp_path: Path) -> None:
        rows = json.dumps([["kind words", "normal"], ["other words", "hatespeech"]])
        write(tmp_path / "hatexplain", train__json=rows, val__json=rows, test__json=rows)
        assert load("hatexplain", tmp_path).train.targets.tolist() == [0, 2]

    def test_a_set_without_parts_is_divided_the_same_way_again_and_copies_stay_together(self, tmp_path: Path) -> None:
        header = "id,toxic,severe_toxic,obscene,threat,insult,identity_hate,comment_text\n"
        rows = "".join(f'{row},1,0,0,0,1,0,"words, number {row % 200}!"\n' for row in range(400))
        write(tmp_path / "jigsaw_partial", jigsaw_subset_lowercased__csv=header + rows)
        parts, again, other = (load("jigsaw_partial/subset", tmp_path, seed=seed) for seed in (0, 0, 1))
        texts = [set(part.texts) for part in (parts.train, parts.validation, parts.test)]
        assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [2 * len(one) for one in texts]
        assert sum(map(len, texts)) == 200
        assert 25 <= len(texts[2]) <= 60
        assert again.validation.texts == parts.validation.texts != other.validation.texts
        assert other.test.texts == parts.test.texts

    def test_an_unknown_set(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match="hatexplain"):
            load("hatexplian", tmp_path)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match=r"train\.json"):
            load("hatexplain", tmp_path)


class TestOverlap:
    def test_names_links_case_and_punctuation_do_not_part_copies(self) -> None:
        assert key("RT @Bob: See https://t.co/x, NOW!!") == key("rt @user see now http URL")

    @pytest.mark.shared
    def test_the_copies_that_the_sets_are_known_to_hold_are_found(self) -> None:
        root = shared("text")
        english = keys(load("xlmt_sentiment/english", root).train.texts)
        validation = keys(load("tweeteval/sentiment", root).validation.texts)
        assert (len(validation & english), len(validation)) == (1425, 1992)
        olid = keys(line.split("\t")[1] for line in lines_of(root / "olid", "olid-training-v1.0.tsv"))
        offensive = keys(load("tweeteval/offensive", root).validation.texts)
        assert len(offensive & olid) == len(offensive) == 1130

    def test_a_copy_of_a_measured_text_is_not_trained_on_whatever_the_head(self, tmp_path: Path) -> None:
        told = "the very same words stand in two sets"
        rows = json.dumps([[told, "normal"]])
        write(tmp_path / "hatexplain", train__json=rows, val__json=rows, test__json=rows)
        sets = {
            "hatexplain": load("hatexplain", tmp_path),
            "tweeteval/irony": irony(tmp_path, f"@you {told.upper()}!", "a shorter text"),
        }
        found = without_overlap(sets)
        assert found["irony"].train.texts == ["a shorter text"]
        assert found["irony"].dropped == {"tweeteval/irony": 1}
        assert len(found["hate_speech"].train) == 0

    def test_only_open_licences_where_that_is_asked(self, tmp_path: Path) -> None:
        rows = json.dumps([["kind words", "normal"]])
        write(tmp_path / "hatexplain", train__json=rows, val__json=rows, test__json=rows)
        sets = {"hatexplain": load("hatexplain", tmp_path), "tweeteval/irony": irony(tmp_path, "a text")}
        assert set(without_overlap(sets, "open")) == {"hate_speech"}

    @pytest.mark.shared
    def test_copies_leave_the_training_part_and_the_rest_stays(self) -> None:
        root = shared("text")
        names = ("tweeteval/sentiment", "xlmt_sentiment/english")
        task = without_overlap({name: load(name, root) for name in names})["sentiment"]
        assert task.dropped["xlmt_sentiment/english"] >= 1425
        assert len(task.train) + sum(task.dropped.values()) == 47_434 + 1_839
        assert keys(task.train.texts).isdisjoint(keys(task.validation.texts))
