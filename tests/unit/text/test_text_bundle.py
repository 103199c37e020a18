"""A bundle is what its manifest says and fits together, or is refused with the reason."""

from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import numpy as np
import pytest
from tests.text_bundle import WIDTH, Arrays, Documents, clear, clear_table, write

from socialflow.catalogue.registry import Catalogue
from socialflow.errors import ArtefactError, DigestMismatch, ModelUnavailable
from socialflow.kit.answers import Tier
from socialflow.text.analyser import Analyser
from socialflow.text.bundle import read_bundle
from socialflow.training.text.heads_export import heads_graph


def spoilt(directory: Path, change: Callable[[Documents, Arrays], None]) -> Path:
    return write(directory, table=clear_table(), arrays=clear, heads=("sentiment", "toxicity"), change=change)


class TestReading:
    def test_a_sound_bundle_tells_its_heads(self, tmp_path: Path) -> None:
        bundle = read_bundle(spoilt(tmp_path, lambda _documents, _arrays: None), Tier.TRAINED)
        assert bundle.width == WIDTH
        assert bundle.heads["sentiment"].labels == ("negative", "neutral", "positive")
        assert bundle.provenance.tier is Tier.TRAINED
        with pytest.raises(ValueError, match="read-only"):
            bundle.heads["sentiment"].arrays["w1"][0] = 0.0

    @pytest.mark.parametrize(
        ("plan", "languages"),
        [({"languages": ["en", "de"]}, ("en", "de")), ({}, ()), (None, ()), ({"languages": "en"}, ())],
    )
    def test_languages_are_those_of_the_plan_it_was_trained_by(
        self, tmp_path: Path, plan: object, languages: tuple[str, ...]
    ) -> None:
        made = write(tmp_path, table=clear_table(), arrays=clear, about={"plan": plan})
        assert read_bundle(made, Tier.TRAINED).languages == languages

    def test_where_none_is_the_command_that_makes_one_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match="socialflow train text"):
            read_bundle(tmp_path / "nothing", Tier.BUNDLED)

    @pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json", "heads.json", "heads.npz", "heads.onnx"])
    def test_a_changed_file_is_never_loaded(self, tmp_path: Path, name: str) -> None:
        directory = spoilt(tmp_path, lambda _documents, _arrays: None)
        (directory / name).chmod(0o644)
        with (directory / name).open("ab") as file:
            file.write(b" ")
        with pytest.raises(DigestMismatch, match=name):
            read_bundle(directory, Tier.BUNDLED)

    def test_a_file_too_few_or_too_many_is_told(self, tmp_path: Path) -> None:
        directory = spoilt(tmp_path, lambda _documents, _arrays: None)
        (directory / "extra.json").write_text("{}")
        with pytest.raises(ArtefactError, match=r"extra\.json, which its manifest does not name"):
            read_bundle(directory, Tier.BUNDLED)
        (directory / "extra.json").unlink()
        (directory / "encoder.onnx").unlink()
        with pytest.raises(ArtefactError, match=r"lacks encoder\.onnx"):
            read_bundle(directory, Tier.BUNDLED)

    @pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json", "heads.json", "heads.npz", "heads.onnx"])
    def test_a_version_that_never_had_a_file_is_no_text_model(self, tmp_path: Path, name: str) -> None:
        whole = spoilt(tmp_path, lambda _documents, _arrays: None)

        def files(where: Path) -> None:
            for file in whole.iterdir():
                if file.name not in (name, "manifest.json"):
                    copyfile(file, where / file.name)

        catalogue = Catalogue(tmp_path / "lacking")
        version = catalogue.add("text", "text", files, {}).version
        with pytest.raises(ArtefactError, match=f"is no text model: it lacks {name}"):
            read_bundle(catalogue.open("text", version), Tier.BUNDLED)


def without_an_array(_documents: Documents, arrays: Arrays) -> None:
    del arrays["sentiment/w2"]


def with_too_few_columns(_documents: Documents, arrays: Arrays) -> None:
    arrays["sentiment/w2"] = arrays["sentiment/w2"][:, :2]


def with_one_axis(_documents: Documents, arrays: Arrays) -> None:
    arrays["sentiment/w1"] = arrays["sentiment/w1"][0]


def with_another_width(_documents: Documents, arrays: Arrays) -> None:
    arrays["toxicity/pool"] = np.zeros(WIDTH + 1, np.float32)


def with_what_is_no_number(_documents: Documents, arrays: Arrays) -> None:
    arrays["toxicity/b1"] = np.full(WIDTH, np.nan, np.float32)


def with_an_unknown_kind(documents: Documents, _arrays: Arrays) -> None:
    documents["sentiment"]["kind"] = "oracle"


def without_temperature(documents: Documents, _arrays: Arrays) -> None:
    documents["sentiment"]["temperature"] = 0.0


def with_a_label_twice(documents: Documents, _arrays: Arrays) -> None:
    documents["sentiment"]["labels"] = ["negative", "positive", "positive"]


def without_thresholds(documents: Documents, _arrays: Arrays) -> None:
    documents["toxicity"]["thresholds"] = [0.5]


def without_labels(documents: Documents, _arrays: Arrays) -> None:
    del documents["sentiment"]["labels"]


def without_heads(documents: Documents, arrays: Arrays) -> None:
    documents.clear()


class TestWhatDoesNotFit:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (without_an_array, "head sentiment lacks the array w2"),
            (with_too_few_columns, r"head sentiment: w2 has the shape \(8, 2\), not \(8, 3\)"),
            (with_one_axis, r"head sentiment: w1 has the shape \(8,\)"),
            (with_another_width, r"head toxicity: pool has the shape \(9,\), not \(8,\)"),
            (with_what_is_no_number, "toxicity/b1 holds what is no number"),
            (with_an_unknown_kind, "of the kind 'oracle', not one of multi_class"),
            (without_temperature, "temperature 0.0, which must be above 0"),
            (with_a_label_twice, "head sentiment has a label twice"),
            (without_thresholds, "head toxicity needs one threshold"),
            (without_labels, "does not describe heads: KeyError"),
            (without_heads, "names no heads"),
        ],
    )
    def test_is_refused_with_the_reason(
        self, tmp_path: Path, change: Callable[[Documents, Arrays], None], message: str
    ) -> None:
        with pytest.raises(ArtefactError, match=message):
            read_bundle(spoilt(tmp_path, change), Tier.BUNDLED)

    def test_labels_that_this_version_does_not_know_are_refused(self, tmp_path: Path) -> None:
        def renamed(documents: Documents, _arrays: Arrays) -> None:
            documents["sentiment"]["labels"] = ["bad", "middling", "good"]

        bundle = read_bundle(spoilt(tmp_path, renamed), Tier.BUNDLED)
        with pytest.raises(ArtefactError, match="head sentiment is multi_class of bad, middling, good"):
            Analyser(bundle)

    @pytest.mark.parametrize(
        ("head", "message"),
        [("aspect", "does not give 8 per token"), ("sentiment", r"encoder\.onnx with heads\.onnx cannot be loaded")],
    )
    def test_an_encoder_of_another_width_is_refused_when_it_is_loaded(
        self, tmp_path: Path, head: str, message: str
    ) -> None:
        table = np.ones((30, WIDTH + 1))
        bundle = read_bundle(write(tmp_path, table=table, arrays=clear, heads=(head,)), Tier.BUNDLED)
        with pytest.raises(ArtefactError, match=message):
            Analyser(bundle).analyse(["good"], [head], [[(0, 4)]])

    def test_an_encoder_that_gives_no_numbers_is_refused_when_it_runs(self, tmp_path: Path) -> None:
        table = np.full((30, WIDTH), np.nan)
        bundle = read_bundle(write(tmp_path, table=table, arrays=clear, heads=("sentiment",)), Tier.BUNDLED)
        with pytest.raises(ArtefactError, match="gives what is no number"):
            Analyser(bundle).analyse(["good"], ["sentiment"])

    @pytest.mark.parametrize(
        ("writer", "wrong", "message"),
        [
            ("encoder", b"no graph", r"encoder\.onnx with heads\.onnx cannot be loaded"),
            ("tokenizer", "no tokeniser", r"tokenizer\.json cannot be read"),
            ("heads_graph", b"no graph", r"encoder\.onnx with heads\.onnx cannot be loaded"),
            ("heads_graph", b"", r"encoder\.onnx with heads\.onnx takes \['attention_mask', 'input_ids'\]"),
        ],
    )
    def test_a_file_that_is_not_what_its_name_says_is_refused(
        self, tmp_path: Path, writer: str, wrong: str | bytes, message: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"tests.text_bundle.{writer}", lambda *_: wrong)
        bundle = read_bundle(spoilt(tmp_path, lambda _documents, _arrays: None), Tier.BUNDLED)
        with pytest.raises(ArtefactError, match=message):
            Analyser(bundle).analyse(["good"], ["sentiment"])

    def test_the_nodes_of_fewer_heads_are_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tests.text_bundle.heads_graph", lambda heads: heads_graph({"toxicity": heads["toxicity"]}))
        bundle = read_bundle(spoilt(tmp_path, lambda _documents, _arrays: None), Tier.BUNDLED)
        with pytest.raises(ArtefactError, match=r"heads\.onnx gives chances as \(1, 'b', 6\); the heads need \(2, 6\)"):
            Analyser(bundle).analyse(["good"], ["sentiment"])
