"""Cards of models from elsewhere: complete, and refused where they are not what a card is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.upstream_hub import HUB, card_text, file_text, graph_text, unknown_text

from socialflow.catalogue.records import check_path
from socialflow.catalogue.upstream.cards import CARDS, Cards, described, read_card
from socialflow.catalogue.upstream.records import SUFFIXES, Copy, Runtime, Task, check_url
from socialflow.errors import ArtefactError, InvalidInput, ModelNotFound

MODEL = b"a model"
GOOD = card_text(file_text("model.onnx", MODEL), graph_text())
NAMES = Cards().names()


def read(text: str, name: str = "doubling") -> object:
    return read_card(text, name, where="the card")


class TestEveryCard:
    def test_there_is_one_for_each_task(self) -> None:
        cards = Cards()
        assert {cards.card(name).task for name in NAMES} == set(Task)

    @pytest.mark.parametrize("name", NAMES)
    def test_says_what_a_card_must_say(self, name: str) -> None:
        card = Cards().card(name)
        assert card.name == name
        assert card.summary.endswith(".")
        assert card.licence in {"MIT", "Apache-2.0", "BSD-3-Clause"}
        assert card.source.startswith("https://")
        assert card.quality
        assert card.limitations
        assert card.graphs
        assert all(graph.partial or (graph.inputs and graph.outputs) for graph in card.graphs)
        assert not (card.labels and card.labels_file)

    @pytest.mark.parametrize("name", NAMES)
    def test_knows_every_digest_or_says_how_to_give_it(self, name: str) -> None:
        card = Cards().card(name)
        for file in card.files:
            assert bool(file.copies) != file.unverified
        if card.unverified:
            assert not card.checked
            assert any("--sha256" in note for note in card.notes)

    @pytest.mark.parametrize("name", NAMES)
    def test_what_no_address_gives_says_so(self, name: str) -> None:
        card = Cards().card(name)
        for file in card.files:
            if not file.url and not any(copy.url for copy in file.copies):
                assert any("mirror" in note for note in card.notes)

    @pytest.mark.parametrize("name", NAMES)
    def test_prepares_its_input(self, name: str) -> None:
        card = Cards().card(name)
        if card.image is not None:
            channels = 1 if card.image.colour == "grey" else 3
            assert len(card.image.mean) in (1, channels)
            assert len(card.image.std) in (1, channels)
            assert (card.image.fit == "centre_crop") == (card.image.short_side is not None)
            assert (card.image.frames is not None) == (len(card.image.layout) == 5)
        if card.audio is not None:
            assert (card.audio.features == "log_mel") == (card.audio.bands is not None)

    def test_names_are_read_without_reading_cards(self, tmp_path: Path) -> None:
        (tmp_path / "broken.toml").write_text("[[[")
        assert Cards(tmp_path).names() == ("broken",)
        with pytest.raises(ArtefactError, match="not TOML"):
            Cards(tmp_path).card("broken")

    def test_the_text_holds_no_more_than_the_card(self) -> None:
        assert described(Cards().card("vad-silero"))["runtime"] == Runtime.ONNX
        assert sorted(path.stem for path in CARDS.iterdir()) == list(NAMES)


class TestStrictness:
    def test_a_whole_card_is_read(self) -> None:
        assert read(GOOD).graph("model").file == "model.onnx"  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('colour = "rgb"\n' + GOOD, "colour"),
            (GOOD.replace("[[files]]", '[[files]]\nkind = "weights"'), "kind"),
            (GOOD.replace('dtype = "float32"', 'dtype = "float32", unit = "m"', 1), "unit"),
            (GOOD.replace("size = 7", 'size = "7"'), "size"),
            (GOOD.replace('"onnx"\n', '"pickle"\n'), "runtime"),
            (GOOD.replace('licence = "MIT"\n', ""), "licence"),
            (GOOD.replace("checked = true", "checked = 1"), "checked"),
            ('name = "another"\n' + GOOD, "calls itself another"),
            (GOOD.replace('file = "model.onnx"', 'file = "other.onnx"'), r"other\.onnx, which is not among"),
            (GOOD.replace("[[graphs]]", file_text("model.onnx", MODEL) + "[[graphs]]"), "each of another path"),
            (card_text(file_text("model.onnx", MODEL).replace("sha256", "md5"), graph_text()), "copies"),
            (GOOD.replace("https://hub.example/doubling", "http://hub.example"), "https address"),
        ],
    )
    def test_what_is_not_a_card_is_refused(self, text: str, said: str) -> None:
        with pytest.raises(ArtefactError, match=said):
            read(text)

    @pytest.mark.parametrize("path", ["../model.onnx", "/etc/model.onnx", "a/../../m.onnx", "a\\m.onnx", ".m.onnx", ""])
    def test_a_path_outside_the_model_is_refused(self, path: str) -> None:
        with pytest.raises(ArtefactError, match="not a path"):
            read(
                card_text(
                    file_text("model.onnx", MODEL).replace("model.onnx", path.replace("\\", "\\\\")), graph_text()
                )
            )

    @pytest.mark.parametrize(
        "path", ["model.pt", "model.pkl", "model.h5", "model.hdf5", "model.bin", "model.ONNX", "m"]
    )
    def test_a_format_that_may_run_code_is_refused(self, path: str) -> None:
        with pytest.raises(ArtefactError, match="never loaded"):
            read(card_text(file_text(path, MODEL), graph_text(path)))

    def test_the_stores_own_note_is_no_file_of_a_model(self) -> None:
        with pytest.raises(ArtefactError, match="own file"):
            read(card_text(file_text("installed.json", MODEL), graph_text("installed.json")))

    def test_neither_a_digest_nor_the_lack_of_one_is_left_open(self) -> None:
        with pytest.raises(ArtefactError, match="unverified = true"):
            read(card_text('[[files]]\npath = "model.onnx"\n', graph_text()))
        both = unknown_text("model.onnx") + file_text("model.onnx", MODEL).partition("\n")[2].partition("\n")[2]
        with pytest.raises(ArtefactError, match="unverified = true"):
            read(card_text(both, graph_text()))

    @pytest.mark.parametrize("digest", ["", "abc", "g" * 64, "A" * 64, "0" * 63])
    def test_a_digest_is_a_digest(self, digest: str) -> None:
        with pytest.raises(ArtefactError, match="64 hexadecimal digits"):
            Copy(digest, 1)

    def test_an_unknown_model_is_told_with_those_there_are(self) -> None:
        with pytest.raises(ModelNotFound, match="vad-silero"):
            Cards().card("nobody")
        with pytest.raises(InvalidInput):
            Cards().card("../vad-silero")

    @given(st.text(max_size=40))
    def test_no_text_is_a_path_outside(self, text: str) -> None:
        try:
            path = check_path(text, SUFFIXES)
        except ArtefactError:
            return
        assert Path("/model").joinpath(path).resolve().is_relative_to("/model")

    @given(st.text(max_size=60) | st.text(max_size=40).map(lambda rest: HUB + rest))
    def test_no_text_is_an_address_of_another_kind(self, text: str) -> None:
        try:
            url = check_url(text)
        except ArtefactError:
            return
        assert url == "" or url.lower().startswith("https://")
