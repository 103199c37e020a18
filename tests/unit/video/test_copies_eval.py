"""Copies measured from outside: folders of films and photos."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.clips import film
from tests.moving_pictures import melody, walk
from tests.unit.image.generated_pictures import picture

from socialflow.errors import InvalidInput
from socialflow.video.copies_eval import evaluate_copies


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("copies")
    for name in ("films", "queries"):
        (made / name).mkdir()
    film(made / "films/one.mp4", walk(1, 7), rate=10, sound=melody(1, 7))
    film(made / "films/two.mp4", walk(2, 3), rate=10)
    Image.fromarray(picture(1)).save(made / "films/photo.png")
    film(made / "queries/one.avi", (frame[:, ::-1] for frame in walk(1, 4, start=1)), rate=10)
    film(made / "queries/new.avi", walk(3, 3), rate=10)
    Image.fromarray(picture(1)[20:-20, 20:-20]).save(made / "queries/cut.jpg")
    (made / "queries/notes.txt").write_text("no film")
    return made


class TestFolders:
    def test_names_tell_what_are_copies(self, folder: Path) -> None:
        told = evaluate_copies(folder / "films", folder / "queries")
        assert told["data"] == {"references": 3, "queries": 3, "unreadable": ["notes.txt"]}
        assert (told["recall"], told["false_pairs"]) == (1.0, [["cut.jpg", "photo.png"]])

    def test_a_table_tells_it_otherwise(self, folder: Path) -> None:
        (folder / "truth.csv").write_text("one.avi,one.mp4\ncut.jpg,photo.png\nnew.avi,two.mp4\n")
        told = evaluate_copies(folder / "films", folder / "queries", folder / "truth.csv")
        assert told["per_transform"]["as it is"] == {"recall": 0.6667, "found": 2, "there": 3, "false_matches": 0}

    @pytest.mark.parametrize("text", ["one.avi\n", "a,b,c\n", ",one.mp4\n", "\xff"])
    def test_a_table_that_is_none_is_named(self, folder: Path, text: str) -> None:
        (folder / "bad.csv").write_bytes(text.encode("latin-1"))
        with pytest.raises(InvalidInput) as problem:
            evaluate_copies(folder / "films", folder / "queries", folder / "bad.csv")
        assert problem.value.field == "truth"

    def test_nothing_to_look_up(self, folder: Path) -> None:
        with pytest.raises(InvalidInput, match="--query"):
            evaluate_copies(folder / "films", None)


class TestTransforms:
    def test_edits_of_every_reference(self, folder: Path) -> None:
        told = evaluate_copies(folder / "films", None, transforms=True)
        figures: dict[str, dict[str, Any]] = told["per_transform"]
        assert told["false_matches"] == 0
        assert {
            name: figures[name]["recall"] for name in ("flip", "pad 20 %", "excerpt", "sound alone", "jpeg 30")
        } == {
            "flip": 1.0,
            "pad 20 %": 1.0,
            "excerpt": 1.0,
            "sound alone": 1.0,
            "jpeg 30": 1.0,
        }
        assert figures["excerpt"]["there"] == 1
        assert figures["excerpt"]["offset_error_s"] <= 0.3
        assert figures["crop 5 %"]["there"] == 3
