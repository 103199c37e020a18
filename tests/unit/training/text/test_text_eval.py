"""Heads measured on files of anybody's, by a model whose answers can be worked out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.text_bundle import clear_bundle

from socialflow.errors import InvalidInput
from socialflow.text.analyser import Analyser
from socialflow.training.text.heads import HEADS
from socialflow.training.text.labelled_file import Columns, read_labelled
from socialflow.training.text.text_eval import evaluate_text

KEYS = {"task", "head", "data", "metrics", "majority", "slices", "texts_per_second", "version"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Analyser:
    """Good is positive, awful negative, all else neutral; an idiot is an insult; Paris is a place."""
    return Analyser(clear_bundle(tmp_path_factory.mktemp("models")))


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, newline="")
    return path


class TestOneLabel:
    def test_figures_by_hand(self, tmp_path: Path, model: Analyser) -> None:
        rows = "id,text,label,by\n1,good,positive,a\n2,awful,negative,a\n3,the city,positive,b\n4,good,positive,b\n"
        report = evaluate_text("sentiment", file(tmp_path, "x.csv", rows), Columns(slice="by"), model=model)
        assert set(report) == KEYS
        assert report["data"] == {
            "rows": 4,
            "labels": {"negative": 1, "neutral": 0, "positive": 3},
            "unanswered": 0,
        }
        metrics = report["metrics"]
        assert metrics["accuracy"] == 0.75
        assert metrics["f1"] == pytest.approx({"negative": 1.0, "neutral": 0.0, "positive": 0.8})
        assert metrics["macro_f1"] == pytest.approx(0.6)
        assert metrics["macro_recall"] == pytest.approx((1 + 2 / 3) / 2)
        assert metrics["auc"] == {"negative": 1.0, "positive": 1.0}
        assert report["majority"]["accuracy"] == 0.75
        assert report["majority"]["f1"]["positive"] == pytest.approx(6 / 7)
        assert {value: one["accuracy"] for value, one in report["slices"].items()} == {"a": 1.0, "b": 0.5}
        json.dumps(report, allow_nan=False)

    def test_labels_are_mapped_and_rows_left_out(self, tmp_path: Path, model: Analyser) -> None:
        rows = 'good "one\t2\nawful\t0\nwho knows\t9\n'
        columns = Columns("0", "1", {"2": "positive", "0": "negative", "9": None})
        report = evaluate_text("sentiment", file(tmp_path, "x.tsv", rows), columns, model=model)
        assert report["data"]["rows"] == 2
        assert report["metrics"]["accuracy"] == 1.0

    def test_two_labels_of_which_one_is_detected(self, tmp_path: Path, model: Analyser) -> None:
        rows = '{"text": "free city", "label": 1}\n{"text": "the city", "label": 0}\n'
        columns = Columns(names={"1": "spam", "0": "ham"})
        report = evaluate_text("spam", file(tmp_path, "x.jsonl", rows), columns, model=model)
        assert report["metrics"]["macro_f1"] == 1.0
        assert report["majority"]["macro_f1"] == pytest.approx(1 / 3)

    def test_a_text_without_an_answer_is_wrong(self, tmp_path: Path, model: Analyser) -> None:
        rows = "text,label\ngood,positive\n,positive\n"
        report = evaluate_text("sentiment", file(tmp_path, "x.csv", rows), Columns(), model=model)
        assert report["data"]["unanswered"] == 1
        assert report["metrics"]["accuracy"] == 0.5

    def test_aspects_are_asked_about_their_words(self, tmp_path: Path, model: Analyser) -> None:
        rows = "text,label,of\nthe good city,positive,good city\n"
        report = evaluate_text("aspect", file(tmp_path, "x.csv", rows), Columns(target="of"), model=model)
        assert report["metrics"]["accuracy"] == 1.0


class TestSeveralLabels:
    def test_a_column_for_each(self, tmp_path: Path, model: Analyser) -> None:
        rows = "text,insult,threat\nidiot,1,0\nthe city,0,0\nnew city,1,-1\n"
        path = file(tmp_path, "x.csv", rows)
        report = evaluate_text("toxicity", path, Columns(label="insult,threat"), model=model)
        metrics = report["metrics"]
        assert metrics["f1"]["insult"] == pytest.approx(2 / 3)
        assert metrics["auc"]["insult"] == 0.75
        assert "threat" not in metrics["auc"]
        assert report["data"]["labels"]["insult"] == 2

    def test_a_cell_of_several(self, tmp_path: Path, model: Analyser) -> None:
        rows = 'text,label\ngood surprise,"joy,surprise"\nawful,"[""sadness""]"\n'
        report = evaluate_text("emotion", file(tmp_path, "x.csv", rows), Columns(multi=True), model=model)
        assert report["metrics"]["accuracy"] == 1.0

    def test_only_what_the_map_names_is_judged(self, tmp_path: Path, model: Analyser) -> None:
        rows = "text,label,group\nidiot,bad,x\nthe city,fine,x\nidiot city,bad,y\ngood,fine,y\n"
        columns = Columns(names={"bad": ["insult"], "fine": []}, slice="group")
        report = evaluate_text("toxicity", file(tmp_path, "x.csv", rows), columns, model=model)
        assert report["metrics"]["accuracy"] == 1.0
        assert set(report["metrics"]["auc"]) == {"insult"}
        assert report["slices"]["x"]["bpsn_auc"] == {"insult": 1.0}


class TestStretches:
    def test_entities_of_conll(self, tmp_path: Path, model: Analyser) -> None:
        rows = "i\tO\nsee\tO\nparis\tB-LOC\n\nthe\tO\ncity\tB-LOC\n"
        report = evaluate_text("entities", file(tmp_path, "x.conll", rows), Columns(), model=model)
        assert report["metrics"]["micro_f1"] == pytest.approx(2 / 3)
        assert report["metrics"]["f1"] == pytest.approx({"LOC": 2 / 3})
        assert report["majority"]["micro_f1"] == 0.0

    def test_characters_of_toxic_words(self, tmp_path: Path, model: Analyser) -> None:
        rows = 'spans,text\n"[4, 5, 6, 7, 8]",you idiot\n[],the city\n"[0, 1]",good\n'
        path = file(tmp_path, "x.csv", rows)
        report = evaluate_text("toxic_spans", path, Columns(label="spans"), model=model)
        assert report["metrics"]["offset_f1"] == pytest.approx(2 / 3)
        assert report["majority"]["offset_f1"] == pytest.approx(1 / 3)


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("name", "text", "columns", "message"),
        [
            ("x.csv", "text,label\na,2\n", Columns(), "--map"),
            ("x.csv", "text,label\na,2\n", Columns("body"), "no column 'body'"),
            ("x.csv", "text,label\n", Columns(), "no row"),
            ("x.txt", "text,label\n", Columns(), "--format"),
            ("x.jsonl", "[1]\n", Columns(), "JSON object"),
            ("x.jsonl", "{\n", Columns(), "row 1"),
            ("x.conll", "a\tO\n", Columns(), "CoNLL"),
            ("x.csv", "text\na\n", Columns(), "no column 'label'"),
        ],
    )
    def test_it_is_told(self, tmp_path: Path, name: str, text: str, columns: Columns, message: str) -> None:
        with pytest.raises(InvalidInput, match=message):
            read_labelled(file(tmp_path, name, text), HEADS["sentiment"], columns)

    def test_aspects_need_a_target_that_is_there(self, tmp_path: Path) -> None:
        path = file(tmp_path, "x.csv", "text,label,of\nthe city,positive,sea\n")
        for columns, message in ((Columns(), "--target"), (Columns(target="of"), "does not stand")):
            with pytest.raises(InvalidInput, match=message):
                read_labelled(path, HEADS["aspect"], columns)

    def test_an_unknown_head(self, tmp_path: Path, model: Any) -> None:
        with pytest.raises(InvalidInput, match="sentiment"):
            evaluate_text("mood", tmp_path, Columns(), model=model)
