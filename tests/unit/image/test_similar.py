"""Pictures like a picture: vectors by a classifier's last layer or by colours and edges, and the index of them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shared_data import media, shared_models
from tests.unit.image.generated_pictures import picture

from socialflow.catalogue.upstream.handed import NoModels, handed
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import ArtefactError, InvalidInput
from socialflow.image.features import DRAWN, LEARNT, drawn, learnt
from socialflow.image.given import seen_in
from socialflow.image.pdq import Pdq, parse
from socialflow.image.reader import ImageReader
from socialflow.image.similar import ALIKE, DUPLICATE, ImageVector, SimilarImages
from socialflow.image.vectors import VectorAnalysis
from socialflow.kit.answers import Status, Tier

pytest.importorskip("cv2", reason="needs the media extra")

vectors = st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3).filter(lambda row: np.linalg.norm(row) > 0.1)


def of(*values: float, bits: str = "0", quality: int = 100, space: str = "test") -> ImageVector:
    return ImageVector(space, np.array(values, np.float32), parse(bits * 64, quality))


def vector_of(colours: np.ndarray, models: Models | None = None, reader: ImageReader | None = None) -> ImageVector:
    analysis = VectorAnalysis(models or NoModels())
    return ImageVector.of(analysis.conclude(seen_in(colours, [analysis], reader)).answer)


class TestDrawn:
    def test_length_one_and_the_same_for_the_same(self) -> None:
        one = drawn(picture(1))
        assert one.shape == (252,)
        assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
        assert (drawn(picture(1)) == one).all()

    def test_nearer_to_what_looks_alike(self) -> None:
        whole = picture(1)
        smaller, other = whole[::2, ::2], picture(2)
        assert drawn(whole) @ drawn(smaller) > 0.95 > drawn(whole) @ drawn(other)

    @pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2)])
    def test_tiny_ones(self, shape: tuple[int, int]) -> None:
        assert np.isfinite(drawn(np.zeros((*shape, 3), np.uint8))).all()


class TestAnalysis:
    def test_without_the_model_colours_and_edges_say_so(self) -> None:
        analysis = VectorAnalysis(NoModels())
        told = analysis.conclude(seen_in(picture(3), [analysis]))
        assert (told.status, told.missing) == (Status.PARTIAL, ("model:imagenet-mobilenet-v2-onnx",))
        assert told.provenance[0].tier is Tier.HEURISTIC
        assert told.answer["space"] == DRAWN
        assert ImageVector.of(told.answer).vector == pytest.approx(drawn(picture(3)), abs=1e-5)

    @pytest.mark.parametrize("answer", [{}, {"vector": [], "space": "x", "pdq": {"hash": "0" * 64, "quality": 1}}])
    def test_what_is_no_answer(self, answer: dict[str, object]) -> None:
        with pytest.raises(InvalidInput):
            ImageVector.of(answer)


class TestIndex:
    def test_duplicates_first_then_by_likeness(self) -> None:
        index = SimilarImages("test", 2)
        index.add("far", of(0, 1, bits="f"))
        index.add("near", of(1, 0.1, bits="f"))
        index.add("copy", of(0, 1, bits="0"))
        found = index.query(of(1, 0))
        assert [(one.id, one.kind) for one in found] == [("copy", DUPLICATE), ("near", ALIKE), ("far", ALIKE)]
        assert [one.id for one in index.query(of(1, 0), most=1)] == ["copy"]
        assert [one.id for one in index.query(of(1, 0), least=0.5)] == ["copy", "near"]

    def test_hashes_of_nothing_to_see_are_no_duplicates(self) -> None:
        index = SimilarImages("test", 2)
        index.add("plain", of(0, 1, quality=10))
        assert index.query(of(1, 0))[0].kind == ALIKE
        index.add("plain", of(0, 1))
        assert index.query(of(1, 0, quality=10))[0].kind == ALIKE

    def test_another_space_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="holds vectors of test with 2 numbers, not other with 2"):
            SimilarImages("test", 2).add("a", of(1, 0, space="other"))
        with pytest.raises(InvalidInput):
            SimilarImages("test", 2).query(of(1, 0, 0))

    def test_added_replaced_and_taken_out(self) -> None:
        index = SimilarImages("test", 2)
        for number in range(40):
            index.add(str(number), of(np.cos(number), np.sin(number), bits="f"))
        index.add("3", of(1, 0, bits="f"))
        assert len(index) == 40
        assert index.remove("0")
        assert not index.remove("0")
        assert "0" not in index
        assert index.query(of(1, 0))[0].id == "3"
        assert {one.id for one in index.query(of(1, 0), most=99, least=-1)} == {str(number) for number in range(1, 40)}

    @settings(max_examples=30)
    @given(st.lists(vectors, min_size=1, max_size=8), vectors)
    def test_it_finds_what_all_comparisons_find(self, rows: list[list[float]], asked: list[float]) -> None:
        index = SimilarImages("test", 3)
        for number, row in enumerate(rows):
            index.add(str(number), of(*row, bits="f"))
        found = index.query(of(*asked), least=-1)
        exact = [np.dot(row, asked) / np.linalg.norm(row) / np.linalg.norm(asked) for row in rows]
        assert [one.similarity for one in found] == pytest.approx(sorted(exact, reverse=True), abs=1e-3)

    def test_saved_and_loaded_it_answers_alike(self, tmp_path: Path) -> None:
        index = SimilarImages("test", 2)
        for number in range(20):
            index.add(f"picture {number}", of(np.cos(number), np.sin(number), bits="0f"[number % 2], quality=60))
        index.save(tmp_path / "index")
        again = SimilarImages.load(tmp_path / "index")
        assert again.query(of(1, 0), most=20) == index.query(of(1, 0), most=20)
        again.add("more", of(1, 0))
        assert len(again) == 21
        with pytest.raises(FileExistsError):
            index.save(tmp_path / "index")
        SimilarImages("test", 2).save(tmp_path / "empty")
        assert SimilarImages.load(tmp_path / "empty").query(of(1, 0)) == []

    def test_what_is_damaged_is_refused(self, tmp_path: Path) -> None:
        index = SimilarImages("test", 2)
        index.add("a", of(1, 0))
        index.save(tmp_path / "index")
        note = tmp_path / "index" / "index.json"
        note.write_text(note.read_text().replace('"a"', '"a", "b"'))
        for folder in ("index", "none"):
            with pytest.raises(ArtefactError):
                SimilarImages.load(tmp_path / folder)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return UpstreamModels(tmp_path_factory.mktemp("models"), shared_models())


@pytest.fixture(scope="module")
def reader() -> Iterator[ImageReader]:
    reader = ImageReader()
    yield reader
    reader.close()


@pytest.mark.shared
class TestPhotos:
    def test_the_layer_before_the_logits_is_read(self, models: UpstreamModels) -> None:
        model = handed(models.open("imagenet-mobilenet-v2-onnx"))
        rows = learnt(model, [picture(1), picture(2)])
        assert rows.shape == (2, 1280)
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
        assert rows[0] == pytest.approx(
            learnt(handed(models.open("imagenet-mobilenet-v2-onnx")), [picture(1)])[0], abs=1e-5
        )

    def test_the_like_is_found_by_what_it_shows(self, models: UpstreamModels, reader: ImageReader) -> None:
        kinds = {
            "openimages-cat_720p.jpg": "cat", "openimages-cat_train_0.png": "cat", "pexels-cat.jpg": "cat",
            "openimages-hot_dog.jpg": "food", "openimages-hotdog_train_0.png": "food",
            "openimages-hotdog_train_1.png": "food", "pexels-coffee.jpg": "cup", "skimage-coffee.png": "cup",
            "fountain-197334.jpg": "other", "city-647400.jpg": "city", "pexels-city.jpg": "city",
        }  # fmt: skip
        found = {name: vector_of(media("photos") / name, models, reader) for name in kinds}  # type: ignore[arg-type]
        assert {one.space for one in found.values()} == {LEARNT}
        index = SimilarImages(LEARNT, 1280)
        for name, vector in found.items():
            index.add(name, vector)
        for name, vector in found.items():
            if kinds[name] != "other":
                nearest = [one.id for one in index.query(vector, most=2) if one.id != name]
                assert kinds[nearest[0]] == kinds[name], name

    def test_a_copy_is_a_duplicate(self, models: UpstreamModels) -> None:
        whole = picture(5)
        index = SimilarImages(LEARNT, 1280)
        index.add("whole", vector_of(whole, models))
        index.add("other", vector_of(picture(6), models))
        found = index.query(vector_of(np.ascontiguousarray(whole[::2, ::2]), models))
        assert (found[0].id, found[0].kind) == ("whole", DUPLICATE)
        assert isinstance(found[0].distance, int)
        assert found[0].distance <= 31


def test_hashes_are_told_as_they_are() -> None:
    answer = {"space": "s", "vector": [1.0], "pdq": {"hash": "ab" * 32, "quality": 70}}
    assert ImageVector.of(answer).pdq == Pdq(bytes.fromhex("ab" * 32), 70)
