"""Search of videos by what frames show: a tiny CLIP looks at a film of colours."""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clips import film, noise
from tests.stocked import stocked
from tests.tiny_clip import tiny_clip
from tests.upstream_hub import HUB, serving, sha256

from socialflow.catalogue.upstream.cards import Cards
from socialflow.catalogue.upstream.handed import NoModels, commands, handed
from socialflow.catalogue.upstream.pulling import Given
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import ArtefactError
from socialflow.image.clip import MODEL, ClipPictures, ClipTexts, space_of
from socialflow.kit.answers import Status
from socialflow.video import VideoSearchIndexer
from socialflow.video.observers.frames import A_MINUTE, AT_ONCE, EVERY, FrameObserver
from socialflow.video.reader import VideoReader
from socialflow.video.search.blending import blended
from socialflow.video.search.chance import ALARMS, Levels, far, limit, surely
from socialflow.video.search.frames import stretches
from socialflow.video.search.index import MomentIndex, Query
from socialflow.video.search.indexer import STALE
from socialflow.video.search.moments import clip_of
from socialflow.video.search.pictures import clip_space
from socialflow.video.search.records import Frames, Hit
from socialflow.video.search.space import text_space
from socialflow.video.timeline import Event, EventKind

pytest.importorskip("cv2", reason="needs the media extra")

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 40), (20, 40, 210)
RATE = 5
NONSENSE = ("sdlkfj wer", "nmb vcx zsd", "qpwoei ruty", "the deadline for tax returns", "a theorem", "???", "photo")


def of(colour: tuple[int, int, int], width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def stock(folder: Path, seed: int = 0) -> UpstreamModels:
    return stocked(folder, {MODEL: tiny_clip(seed)})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return stock(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    """Another version."""
    return stock(tmp_path_factory.mktemp("others"), seed=1)


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    made = VideoReader()
    yield made
    made.close()


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds each of red, green, blue and red again."""
    frames = [of(one) for one in (RED, GREEN, BLUE, RED) for _ in range(6 * RATE)]
    return film(tmp_path_factory.mktemp("films") / "colours.mp4", frames, rate=RATE)


@pytest.fixture(scope="module")
def indexer(models: UpstreamModels, reader: VideoReader, colours: Path) -> VideoSearchIndexer:
    made = VideoSearchIndexer(reader=reader, models=models)
    made.add(colours)
    return made


def spans(hits: tuple[Hit, ...]) -> list[tuple[float, float]]:
    return sorted((hit.start, hit.end) for hit in hits)


class TestTowers:
    def test_words_lie_where_pictures_of_them_do(self, models: UpstreamModels) -> None:
        model = handed(models.open(MODEL))
        near = ClipTexts(model).vectors(["red", "green", "blue"]) @ ClipPictures(model).vectors([of(RED), of(BLUE)]).T
        assert near.argmax(axis=0).tolist() == [0, 2]

    def test_words_are_cut_into_pairs_of_bytes(self, models: UpstreamModels) -> None:
        texts = ClipTexts(handed(models.open(MODEL)))
        alike = texts.vectors(["red", "  RED ", "redgreen", "red " * 75, "red " * 200])
        assert alike[0] @ alike[1] == pytest.approx(1, abs=1e-5)
        assert alike[0] @ alike[2] < 0.9
        assert alike[3] @ alike[4] == pytest.approx(1, abs=1e-5)

    def test_filling_up_short_texts_changes_nothing(self, models: UpstreamModels) -> None:
        texts = ClipTexts(handed(models.open(MODEL)))
        assert texts.vectors(["blue", "a photo of the red one that is longer"])[0] == pytest.approx(
            texts.vectors(["blue"])[0], abs=1e-5
        )

    def test_a_space_is_a_model_and_a_version(self, models: UpstreamModels, others: UpstreamModels) -> None:
        names = {space_of(each.open(MODEL)) for each in (models, others, models)}
        assert len(names) == 2
        assert all(name.startswith(f"{MODEL}@") for name in names)

    async def test_as_a_hub_gives_it(self, tmp_path: Path) -> None:
        files = tiny_clip()
        asked = Given({path: sha256(content) for path, content in files.items()})
        card = Cards().card(MODEL)
        given = Given(asked.sha256, {path: f"{HUB}/{path}" for path in files})
        assert {file.path for file in card.files} == set(files)
        async with serving({f"/{path}": content for path, content in files.items()}) as hub:
            store = UpstreamModels(tmp_path / "root", fetch=hub)
            await store.pull(MODEL, given)
        space = clip_space(store)
        assert space is not None
        assert space.vectors(["red"]).shape == (1, 512)


class TestWatching:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("red", [(0.0, 6.0), (18.0, 23.8)]),
            ("green", [(6.0, 12.0)]),
            ("the blue", [(12.0, 18.0)]),
        ],
    )
    def test_what_frames_show_is_found(
        self, indexer: VideoSearchIndexer, query: str, found: list[tuple[float, float]]
    ) -> None:
        told = indexer.predict(query)
        assert spans(told.hits) == [pytest.approx(one, abs=0.3) for one in found]
        assert {hit.spaces for hit in told.hits} == {("pictures",)}
        assert told.hits[0].why[0].kind == "frame"
        assert told.hits[0].why[0].label == MODEL
        assert 0.9 < told.hits[0].score <= 1
        assert MODEL in {one.model for one in told.provenance}
        assert not [one for one in told.missing if one.startswith("frames")]

    @pytest.mark.parametrize("query", NONSENSE)
    def test_nonsense_abstains(self, indexer: VideoSearchIndexer, query: str) -> None:
        assert indexer.predict(query).status is Status.ABSTAINED

    def test_frames_are_a_kind(self, indexer: VideoSearchIndexer) -> None:
        assert indexer.predict("green", kinds=["frame"]).hits
        assert indexer.predict("green", kinds=["object", "speech"]).hits == ()

    def test_one_video_and_no_other(self, indexer: VideoSearchIndexer) -> None:
        assert indexer.predict("green", ids=["colours.mp4"]).hits
        assert indexer.predict("green", ids=["other.mp4"]).hits == ()

    def test_a_video_that_goes_takes_its_frames_along(self, indexer: VideoSearchIndexer, tmp_path: Path) -> None:
        indexer.save(tmp_path / "index")
        again = VideoSearchIndexer.load(tmp_path / "index", models=NoModels())
        assert again.predict("green").missing
        assert again.remove("colours.mp4")
        assert again.predict("green").missing == ()

    def test_without_the_model_it_is_named_with_the_command(self, reader: VideoReader, colours: Path) -> None:
        bare = VideoSearchIndexer(reader=reader, models=NoModels())
        clip = asyncio.run(bare.index(colours, title="Green things"))
        assert clip.frames == Frames()
        told = bare.predict("green things")
        assert (told.status, told.hits[0].spaces) == (Status.PARTIAL, ("text",))
        assert f"frames:model:{MODEL}" in told.missing
        assert commands(told.missing)[MODEL] == f"socialflow models pull {MODEL}"


class TestFile:
    def test_saved_and_loaded_it_answers_the_same(
        self, indexer: VideoSearchIndexer, models: UpstreamModels, tmp_path: Path
    ) -> None:
        indexer.save(tmp_path / "index")
        loaded = VideoSearchIndexer.load(tmp_path / "index", models=models)
        for query in ("red", "blue", *NONSENSE[:2]):
            assert loaded.predict(query) == indexer.predict(query)

    def test_frames_of_another_version_are_stale_and_not_compared(
        self, indexer: VideoSearchIndexer, models: UpstreamModels, others: UpstreamModels, tmp_path: Path
    ) -> None:
        indexer.save(tmp_path / "index")
        told = VideoSearchIndexer.load(tmp_path / "index", models=others).predict("red")
        assert (told.hits, told.status) == ((), Status.ABSTAINED)
        assert told.missing == (STALE + space_of(models.open(MODEL)),)
        assert MODEL not in {one.model for one in told.provenance}

    def test_without_the_model_frames_are_kept(
        self, indexer: VideoSearchIndexer, models: UpstreamModels, tmp_path: Path
    ) -> None:
        indexer.save(tmp_path / "index")
        bare = VideoSearchIndexer.load(tmp_path / "index", models=NoModels())
        assert bare.predict("red").missing == (f"model:{MODEL}",)
        bare.save(tmp_path / "again")
        assert VideoSearchIndexer.load(tmp_path / "again", models=models).predict("red") == indexer.predict("red")

    def test_numbers_that_do_not_fit_are_refused(self, indexer: VideoSearchIndexer, tmp_path: Path) -> None:
        indexer.save(tmp_path / "index")
        with np.load(tmp_path / "index") as kept:
            arrays: Mapping[str, np.ndarray] = dict(kept)
        with (tmp_path / "less").open("wb") as stream:
            np.savez(stream, **{**arrays, "seen": arrays["seen"][:-1]})  # type: ignore[arg-type]
        with pytest.raises(ArtefactError, match="numbers of frames"):
            VideoSearchIndexer.load(tmp_path / "less")


class TestBoth:
    """Words and frames together, over clips whose frames are made."""

    @pytest.fixture
    def index(self, models: UpstreamModels) -> MomentIndex:
        model = handed(models.open(MODEL))
        index = MomentIndex()
        seen = {"both": (GREEN, RED), "shown": (BLUE, RED), "said": (GREEN, BLUE)}
        for name, shown in seen.items():
            frames = Frames(space_of(models.open(MODEL)), stretches([0.0, 4.0], [0.0], 8.0))
            events = [] if name == "shown" else [Event(EventKind.TEXT, 4.0, 8.0, "all in red", 0.9)]
            clip = clip_of(name, events, frames=frames, title="Red letters" if name == "both" else "")
            pictures = ClipPictures(model).vectors([of(one) for one in shown])
            index.add(clip, text_space().vectors(clip.words()), pictures)
        return index

    def ask(self, models: UpstreamModels, index: MomentIndex, words: str) -> list[Hit]:
        space, text = clip_space(models), text_space()
        assert space is not None
        picture = (space, space.vectors([words])[0])
        return list(index.search(Query(words, text.vectors([words])[0], picture=picture)))

    def test_what_both_found_comes_first_and_says_so(self, models: UpstreamModels, index: MomentIndex) -> None:
        hits = self.ask(models, index, "red")
        assert (hits[0].id, hits[0].start, hits[0].end) == ("both", 4.0, 8.0)
        assert hits[0].spaces == ("text", "pictures")
        assert {reason.kind for reason in hits[0].why} == {"text", "frame"}
        told = {(hit.id, hit.start, hit.spaces) for hit in hits}
        assert {("shown", 4.0, ("pictures",)), ("said", 4.0, ("text",))} < told
        assert [hit.score for hit in hits if hit.id == "both"] == sorted(
            (hit.score for hit in hits if hit.id == "both"), reverse=True
        )

    def test_a_title_is_said_of_no_moment(self, models: UpstreamModels, index: MomentIndex) -> None:
        hits = self.ask(models, index, "red letters")
        whole = [hit for hit in hits if hit.why[0].kind == "title"]
        assert all(hit.spaces == ("text",) for hit in whole)

    def test_one_space_alone_keeps_its_own_scores(self, models: UpstreamModels, index: MomentIndex) -> None:
        (hit,) = [hit for hit in self.ask(models, index, "blue") if hit.id == "shown"]
        assert (hit.start, hit.end, hit.spaces) == (0.0, 4.0, ("pictures",))
        assert hit.score > 0.9


class TestBlending:
    @given(st.lists(st.floats(0.5, 1, width=32), max_size=8), st.data())
    def test_scores_are_shares_and_what_both_found_gains(self, scores: list[float], data: st.DataObject) -> None:
        places = st.none() if not scores else st.none() | st.integers(0, len(scores) - 1)
        pictures = data.draw(st.lists(places, max_size=8))
        both = blended(np.array(scores, np.float32), pictures)
        alone = blended(np.array(scores, np.float32), [])
        assert ((both.words > 0) & (both.words <= 1 + 1e-6)).all()
        assert ((both.pictures >= 0) & (both.pictures < 1)).all()
        for place in range(len(scores)):
            assert (both.words[place] > alone.words[place]) == (place in pictures)


class TestChance:
    @given(st.integers(1, 10**7))
    def test_more_frames_raise_the_bar(self, count: int) -> None:
        assert limit(count) < limit(10 * count)
        assert surely(limit(count), count) == pytest.approx(1 - ALARMS, abs=1e-3)

    def test_texts_by_chance_find_nothing(self) -> None:
        rng = np.random.default_rng(2)
        found = 0
        for _ in range(200):
            cosines = rng.normal(0.2, 0.02, 300).astype(np.float32)
            level = np.full(300, 0.2, np.float32)
            found += bool((far(cosines, Levels(level, level / 10, level)) >= limit(300)).any())
        assert found <= 200 * ALARMS * 2

    def test_a_spread_below_what_models_tell_apart_is_none(self) -> None:
        one = np.array([0.2], np.float32)
        assert far(one + 0.02, Levels(one, one * 0, one))[0] == pytest.approx(2, abs=1e-4)

    @given(st.floats(-1, 1), st.floats(-1, 1))
    def test_what_says_nothing_is_never_beaten_by_less(self, cosine: float, nothing: float) -> None:
        one = np.array([0.0], np.float32)
        told = far(np.array([cosine], np.float32), Levels(one, one, np.array([nothing], np.float32)))
        assert told[0] == 0 or cosine > nothing


class TestStretches:
    @given(
        st.lists(st.floats(0, 50), max_size=8, unique=True).map(sorted),
        st.lists(st.floats(0, 60), max_size=5),
    )
    def test_follow_each_other_and_hold_their_frames(self, seconds: list[float], shots: list[float]) -> None:
        told = stretches(seconds, shots, 50.0)
        assert len(told) == len(seconds)
        for at, one in zip(seconds, told, strict=True):
            assert one.start <= at + 1e-3
            assert one.start <= one.end
        for one, other in pairwise(told):
            assert one.end <= other.start + 1e-3


class Shown:
    """A frame as an observer is fed it."""

    def __init__(self, number: int, seconds: float, picture: np.ndarray) -> None:
        self.number, self.seconds, self._picture = number, seconds, picture

    def luma(self) -> np.ndarray:
        return self._picture[:, :, 0]

    def colours(self, largest: int | None = None) -> np.ndarray:
        return self._picture


class TestObserver:
    def watched(self, models: UpstreamModels, seconds: float, changes: float) -> list[float]:
        """When frames were taken of so many seconds in which everything changes every so often."""
        observer = FrameObserver(handed(models.open(MODEL)))
        for number in range(int(seconds * 2)):
            observer.frame(Shown(number, number / 2, noise(int(number / 2 / changes))))
        finding = observer.end()
        assert finding.arrays[1].shape == (len(finding.arrays[0]), 512)
        taken: list[float] = finding.arrays[0].tolist()
        return taken

    def test_one_every_few_seconds(self, models: UpstreamModels) -> None:
        assert self.watched(models, 20, 1000) == [EVERY * place for place in range(5)]

    def test_one_after_each_change(self, models: UpstreamModels) -> None:
        assert self.watched(models, 20, 2.5) == [2.5 * place for place in range(8)]

    def test_no_more_than_a_minute_may_have(self, models: UpstreamModels) -> None:
        taken = self.watched(models, 120, 0.5)
        assert A_MINUTE * 2 <= len(taken) <= A_MINUTE * 2 + AT_ONCE
        assert taken[:AT_ONCE] == [place / 2 for place in range(AT_ONCE)]

    def test_a_long_video_has_frames_that_lie_further_apart(
        self, models: UpstreamModels, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("socialflow.video.observers.frames.MOST", 16)
        taken = self.watched(models, 400, 1000)
        assert len(taken) < 16
        assert min(np.diff(taken)) >= 4 * EVERY
        assert taken[-1] > 350
