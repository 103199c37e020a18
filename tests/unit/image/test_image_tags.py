"""What pictures are of: classes, groups of them, words of one's own, objects; and what is said without a model."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.shared_data import media, shared_models
from tests.stocked import colour_classes, stocked, words_and_colours

from socialflow.catalogue.upstream.handed import NoModels, handed
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import ArtefactError, InvalidInput, ModelUnavailable
from socialflow.image import ImageTagger
from socialflow.image.clip import ClipPictures, ClipTexts
from socialflow.image.reader import ImageReader, Seen
from socialflow.image.records import ImageInfo
from socialflow.image.tagging import GROUPS, class_tags
from socialflow.image.tags import TagAnalysis
from socialflow.kit.answers import Status
from socialflow.kit.findings import Finding

pytest.importorskip("cv2", reason="needs the media extra")

DOG, ALP = 207, 970
RED, GREEN, GREY = (250, 10, 10), (10, 250, 10), (120, 120, 120)
CLASSES = {"imagenet-mobilenet-v2-onnx": colour_classes(DOG, ALP)}
WORDS = {"clip-vit-b32": words_and_colours("food", "nature")}


def of(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((48, 64, 3), colour, np.uint8)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return stocked(tmp_path_factory.mktemp("classes"), CLASSES)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return stocked(tmp_path_factory.mktemp("both"), {**CLASSES, **WORDS})


@pytest.fixture(scope="module")
def reader() -> Iterator[ImageReader]:
    reader = ImageReader()
    yield reader
    reader.close()


class TestClasses:
    def test_a_class_and_the_groups_it_is_of(self, classes: Models) -> None:
        told = ImageTagger(classes).predict(of(RED))
        assert {one["tag"] for one in told} == {f"class {DOG}", "animal", "dog"}
        assert all(one["confidence"] > 0.8 for one in told)
        assert {one["tag"] for one in ImageTagger(classes).predict(of(GREEN))} == {
            f"class {ALP}",
            "landscape",
            "mountain",
        }

    def test_the_surest_first_and_no_more_than_asked(self, classes: Models) -> None:
        told = ImageTagger(classes).predict(of(RED), top_k=2)
        assert len(told) == 2
        assert told[0]["confidence"] >= told[1]["confidence"]

    def test_what_is_not_likely_is_no_tag(self) -> None:
        assert class_tags(np.full(1000, 0.001, np.float32), [str(n) for n in range(1000)], "m")[0]["tag"] == "animal"
        assert class_tags(np.full(1000, 1e-4, np.float32), ["x"] * 1000, "m") == []

    @pytest.mark.parametrize("top_k", [0, 21])
    def test_a_number_out_of_reason(self, classes: Models, top_k: int) -> None:
        with pytest.raises(InvalidInput) as refused:
            ImageTagger(classes).predict(of(RED), top_k=top_k)
        assert refused.value.field == "top_k"

    async def test_what_is_missing_is_named(self, classes: Models) -> None:
        told = await ImageTagger(classes).analyze(of(RED))
        assert (told["status"], told["missing"]) == (Status.PARTIAL, ["model:clip-vit-b32"])
        assert [one.model for one in told["provenance"]] == ["imagenet-mobilenet-v2-onnx"]


class TestWords:
    def test_near_the_picture(self, both: Models) -> None:
        told = ImageTagger(both).predict(of(RED))
        assert ("food", "clip-vit-b32") in {(one["tag"], one["source"]) for one in told}
        assert "nature" in {one["tag"] for one in ImageTagger(both).predict(of(GREEN))}

    async def test_with_both_nothing_is_missing(self, both: Models) -> None:
        told = await ImageTagger(both).analyze(of(RED))
        assert (told["status"], told["missing"]) == (Status.COMPLETE, [])
        assert {one["source"] for one in told["tags"]} == {"clip-vit-b32", "imagenet-mobilenet-v2-onnx"}

    def test_vectors_have_length_one_and_long_texts_are_cut(self, both: Models) -> None:
        model = handed(both.open("clip-vit-b32"))
        vectors = ClipTexts(model).vectors(["food", "nature " * 300, ""])
        assert vectors.shape == (3, 512)
        assert np.linalg.norm(vectors[:2], axis=1) == pytest.approx(1)
        assert ClipPictures(model).vectors([of(RED), of(GREEN)]) @ vectors[:2].T == pytest.approx(np.eye(2), abs=0.6)

    def test_what_is_no_tokenizer(self, tmp_path: Path) -> None:
        models = stocked(tmp_path, {"clip-vit-b32": {**WORDS["clip-vit-b32"], "tokenizer.json": b"{}"}})
        with pytest.raises(ArtefactError, match="no tokenizer"):
            ClipTexts(handed(models.open("clip-vit-b32")))


class TestTogether:
    def test_objects_that_were_asked_too_are_tags(self, classes: Models) -> None:
        box = {"left": 0.0, "top": 0.0, "right": 1.0, "bottom": 1.0}
        found = {
            "tags": Finding({"tags": [{"tag": "hotdog", "confidence": 0.4, "source": "m"}]}),
            "objects": Finding({"objects": [{"label": "person", "score": 0.9, "box": box}]}),
        }
        told = TagAnalysis(classes).conclude(Seen(ImageInfo("PNG", 1, 1, 1, False, False), found))
        assert [one["tag"] for one in told.answer["tags"]] == ["person", "hotdog"]


class TestWithoutAModel:
    async def test_it_abstains(self) -> None:
        told = await ImageTagger(NoModels()).analyze(of(RED))
        assert (told["status"], told["tags"]) == (Status.ABSTAINED, [])
        assert told["missing"] == ["model:imagenet-mobilenet-v2", "model:clip-vit-b32"]

    def test_a_bare_list_cannot_say_so(self) -> None:
        with pytest.raises(ModelUnavailable, match="socialflow models pull imagenet-mobilenet-v2"):
            ImageTagger(NoModels()).predict(of(RED))


@pytest.mark.shared
class TestRealModels:
    def test_groups_begin_and_end_where_they_should(self, tmp_path: Path) -> None:
        labels = UpstreamModels(tmp_path, shared_models()).open("imagenet-mobilenet-v2").labels()[1:]
        edges = {name: [(labels[first], labels[last]) for first, last in parts] for name, parts in GROUPS.items()}
        assert edges["dog"] == [("Chihuahua", "Mexican hairless")]
        birds = [("cock", "great grey owl"), ("black grouse", "black swan"), ("white stork", "albatross")]
        assert edges["bird"] == birds
        assert edges["cat"] == [("tabby", "Egyptian cat")]
        assert edges["food"] == [("guacamole", "espresso"), ("eggnog", "eggnog")]
        assert edges["beach"] == [("sandbar", "seashore")]
        assert edges["fish"] == [("tench", "stingray"), ("barracouta", "puffer")]
        assert edges["flower"][0][0] == "daisy"

    @pytest.mark.parametrize(
        ("photo", "tag"),
        [
            ("openimages-cat_720p.jpg", "cat"),
            ("openimages-dog_test_0.png", "dog"),
            ("openimages-owl.jpg", "bird"),
            ("pexels-pizza.jpg", "pizza"),
            ("beach-1236581.jpg", "landscape"),
            ("openimages-hot_dog.jpg", "food"),
        ],
    )
    def test_photos(self, reader: ImageReader, tmp_path: Path, photo: str, tag: str) -> None:
        tagger = ImageTagger(UpstreamModels(tmp_path, shared_models()), reader)
        assert tag in {one["tag"] for one in tagger.predict(media("photos") / photo)}
