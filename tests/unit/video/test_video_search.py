"""Search of videos by words: moments, vectors, the index, and what it finds and does not."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.errors import ArtefactError, InvalidInput
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.video import VideoSearchIndexer
from socialflow.video.reader import VideoReader
from socialflow.video.search.file import heard, told
from socialflow.video.search.index import EACH, MomentIndex, Query
from socialflow.video.search.moments import LEAST, WINDOW, clip_of, retitled, windows
from socialflow.video.search.records import Clip, Floats
from socialflow.video.search.space import text_space
from socialflow.video.search.wording import phrases, spellings, stems
from socialflow.video.timeline import Event, EventKind

OBJECT, SIGHT, SOUND = EventKind.OBJECT, EventKind.SIGHT, EventKind.SOUND
SPEECH, TEXT, SCENE = EventKind.SPEECH, EventKind.TEXT, EventKind.SCENE


def event(kind: EventKind, start: float, end: float, label: str, score: float = 0.9) -> Event:
    return Event(kind, start, end, label, score)


LIBRARY = {
    "zoo": [event(SIGHT, 0, 9, "African elephant, Loxodonta africana", 0.8), event(OBJECT, 0, 9, "elephant")],
    "kitchen": [
        event(OBJECT, 0, 12, "oven"),
        event(SPEECH, 0, 4, "first we chop the onions", 0.7),
        event(SPEECH, 8, 12, "and then the soup has to simmer for an hour", 0.7),
    ],
    "concert": [event(SOUND, 2, 20, "Violin, fiddle", 0.8), event(SOUND, 18, 20, "Applause", 0.95)],
    "street": [event(OBJECT, 0, 30, "bus"), event(TEXT, 10, 14, "NO PARKING ANY TIME", 0.9)],
}


@pytest.fixture(scope="module")
def library() -> VideoSearchIndexer:
    indexer = VideoSearchIndexer()
    for name, events in LIBRARY.items():
        indexer.add(events, name, title={"concert": "Evening at the Philharmonic"}.get(name, ""))
    return indexer


class Letters:
    """A space of letters: quick, and easy to check."""

    name = "letters"
    provenance = Provenance("letters", "1", Tier.HEURISTIC)

    def vectors(self, words: list[str] | tuple[str, ...]) -> Floats:
        rows = np.zeros((len(words), 26), np.float32)
        for row, text in zip(rows, words, strict=True):
            for letter in text.lower():
                if "a" <= letter <= "z":
                    row[ord(letter) - ord("a")] += 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-9))

    def noise(self, vectors: Floats) -> Floats:
        return np.zeros(len(vectors), np.float32)


class TestMoments:
    def test_windows_of_a_few_seconds_end_where_something_changes(self) -> None:
        found = list(windows([event(OBJECT, 0, 12, "dog"), event(OBJECT, 8, 12, "cat", 0.5)]))
        assert [(start, end, sorted(label for _, label in content)) for start, end, content in found] == [
            (0.0, 8.0, ["dog"]),
            (8.0, 12.0, ["cat", "dog"]),
        ]

    def test_a_shot_begins_a_moment_though_the_same_is_in_it(self) -> None:
        found = list(windows([event(OBJECT, 0, 6, "dog")], shots=[2.5]))
        assert [(start, end) for start, end, _ in found] == [(0.0, 2.5), (2.5, 6.0)]

    def test_a_scene_begins_one_too_and_is_nothing_to_be_found(self) -> None:
        clip = clip_of("v", [event(OBJECT, 0, 6, "dog"), event(SCENE, 0, 2.5, "action"), event(SCENE, 2.5, 6, "talk")])
        assert [moment.start for moment in clip.moments] == [0.0, 2.5]
        assert {phrase.kind for phrase in clip.phrases} == {"object"}

    def test_the_surest_sighting_counts_and_what_is_hardly_there_does_not(self) -> None:
        seen = [event(SIGHT, 0, 1, "fox", 0.4), event(SIGHT, 1, 3, "fox", 0.7), event(SIGHT, 0, 3, "owl", LEAST / 2)]
        (moment,) = clip_of("v", seen).moments
        assert moment.parts == ((0, 0.7),)

    def test_a_picture_is_a_moment_without_length(self) -> None:
        (moment,) = clip_of("v", [event(OBJECT, 0, 0, "dog")]).moments
        assert (moment.start, moment.end) == (0.0, 0.0)

    def test_what_is_written_about_a_video_is_a_moment_of_all_of_it(self) -> None:
        clip = clip_of("v", [event(OBJECT, 3, 5, "dog")], title=" Rex ", description="A walk")
        assert [(phrase.kind, phrase.words) for phrase in clip.phrases[-2:]] == [
            ("title", "Rex"),
            ("description", "A walk"),
        ]
        assert (clip.moments[-1].start, clip.moments[-1].end) == (0.0, 5.0)
        assert clip_of("v", []).moments == ()

    def test_something_else_written_leaves_the_rest(self) -> None:
        clip = clip_of("v", LIBRARY["kitchen"], title="Soup", description="of onions")
        assert retitled(clip, "Stew", "") == clip_of("v", LIBRARY["kitchen"], title="Stew")
        assert retitled(clip, " ", "") == clip_of("v", LIBRARY["kitchen"])

    @given(
        st.lists(
            st.tuples(st.floats(0, 50), st.floats(0, 20), st.sampled_from("abc"), st.floats(0.1, 1)),
            min_size=1,
            max_size=8,
        ),
        st.lists(st.floats(0, 60), max_size=4),
    )
    def test_moments_never_overlap_and_hold_everything_where_it_is(
        self, drawn: list[tuple[float, float, str, float]], shots: list[float]
    ) -> None:
        events = [Event(OBJECT, start, start + length, label, score) for start, length, label, score in drawn]
        found = list(windows(events, shots))
        assert all(one[1] <= other[0] for one, other in pairwise(found))
        for one in events:
            holding = [(start, end) for start, end, content in found if (OBJECT, one.label) in content]
            assert any(start <= one.start <= end for start, end in holding)
        for start, end, content in found:
            for _, label in content:
                assert any(one.label == label and one.start <= end + 1e-9 and one.end >= start - 1e-9 for one in events)

    def test_a_long_video_has_windows_of_bounded_length(self) -> None:
        events = [event(OBJECT, at, at + 1, f"thing {at}") for at in range(200)]
        assert all(end - start <= WINDOW for start, end, _ in windows(events))


class TestWords:
    def test_names_of_classes_are_said_in_several_ways(self) -> None:
        assert spellings("tabby, tabby cat") == ("tabby", "tabby cat")
        assert spellings("Traffic_light") == ("traffic light",)
        assert spellings(",") == (",",)

    def test_words_are_compared_by_their_stems(self) -> None:
        assert stems("Juggling two balls") == stems("juggled ball's two")

    def test_phrases_stand_between_words_that_build_sentences(self) -> None:
        assert phrases("Pouring coffee from a kettle into the blue cup") == ("Pouring coffee", "kettle", "blue cup")
        assert phrases("traffic light") == ()
        assert phrases("who is it") == ()

    @given(st.text(max_size=40))
    def test_any_text_is_taken(self, text: str) -> None:
        assert all(stems(text))
        assert len(phrases(text)) != 1
        assert spellings(text)


class TestSpace:
    def test_what_is_unrelated_is_about_nothing_alike(self) -> None:
        one, other, near = text_space().vectors(["waterfall", "accordion", "water falls down a cliff"])
        assert abs(float(one @ other)) < 0.3 < float(one @ near)

    def test_lengths_are_one_and_emptiness_is_nothing(self) -> None:
        assert np.linalg.norm(text_space().vectors(["lorry", ""]), axis=1) == pytest.approx([1, 0])

    def test_letters_that_say_nothing_are_known(self) -> None:
        space = text_space()
        noise = space.noise(space.vectors(["hgjfk", "grandfather clock"]))
        assert noise[0] > 0.4 > noise[1]


class TestSearch:
    @pytest.mark.parametrize(
        ("query", "video"),
        [
            ("elephant", "zoo"),
            ("a big animal with a trunk and tusks, an elephant", "zoo"),
            ("somebody plays the fiddle", "concert"),
            ("an audience is clapping", "concert"),
            ("public transport, a coach", "street"),
            ("parking is not allowed", "street"),
            ("how long should the soup simmer", "kitchen"),
            ("stove", "kitchen"),
        ],
    )
    def test_what_is_seen_read_heard_and_said_is_found(
        self, library: VideoSearchIndexer, query: str, video: str
    ) -> None:
        assert library.predict(query).hits[0].id == video

    @pytest.mark.parametrize(
        "query",
        ["ytrewq hgfds", "wjxv", "the central bank raised its key rate", "a lawsuit about trademarks", "stalactite"],
    )
    def test_nonsense_and_what_is_in_no_video_abstains(self, library: VideoSearchIndexer, query: str) -> None:
        found = library.predict(query)
        assert (found.hits, found.status) == ((), Status.ABSTAINED)

    @pytest.mark.parametrize(
        ("query", "video"),
        [
            ("an old lady waits at the corner until a red bus comes along", "street"),
            ("at the end of the evening an orchestra with a violin and loud applause", "concert"),
        ],
    )
    def test_a_sentence_is_found_by_what_of_it_is_there(
        self, library: VideoSearchIndexer, query: str, video: str
    ) -> None:
        assert library.predict(query).hits[0].id == video

    @pytest.mark.parametrize(
        "query",
        [
            "the tenant has to pay the rent by the third working day of each month",
            "an integral over the real line converges if the function decays fast enough",
            "a contract is void if one of the parties was deceived about its contents",
        ],
    )
    def test_a_sentence_on_something_else_abstains(self, library: VideoSearchIndexer, query: str) -> None:
        assert library.predict(query).status is Status.ABSTAINED

    def test_the_moment_is_told_and_why(self, library: VideoSearchIndexer) -> None:
        hit = library.predict("simmering soup").hits[0]
        assert (hit.start, hit.end) == (8.0, 12.0)
        assert (hit.why[0].kind, hit.why[0].label) == ("speech", "and then the soup has to simmer for an hour")
        assert 0 < hit.why[0].score <= 1

    def test_inside_one_video_every_moment_is_told_and_no_other_video(self, library: VideoSearchIndexer) -> None:
        found = library.predict("onions", ids=["kitchen"])
        assert {hit.id for hit in found.hits} == {"kitchen"}
        assert library.predict("elephant", ids=["kitchen"]).status is Status.ABSTAINED

    def test_kinds_that_count(self, library: VideoSearchIndexer) -> None:
        assert library.predict("elephant", kinds=["object"]).hits[0].why[0].kind == "object"
        assert library.predict("elephant", kinds=["speech"]).hits == ()
        with pytest.raises(InvalidInput, match="kinds are scene"):
            library.predict("elephant", kinds=["smell"])

    def test_the_title_is_the_whole_video(self, library: VideoSearchIndexer) -> None:
        hit = library.predict("philharmonic").hits[0]
        assert (hit.id, hit.start, hit.end, hit.why[0].kind) == ("concert", 0.0, 20.0, "title")

    def test_events_need_a_name(self) -> None:
        with pytest.raises(InvalidInput, match="which video"):
            VideoSearchIndexer().add([])

    def test_says_what_made_it(self, library: VideoSearchIndexer) -> None:
        made = library.predict("elephant").provenance
        assert {one.tier for one in made} == {Tier.HEURISTIC, Tier.BUNDLED}

    @pytest.mark.parametrize(("query", "k"), [("  ", 1), ("dog", 0), ("dog", 10_000), ("x" * 5_000, 1)])
    def test_what_cannot_be_asked_is_refused(self, library: VideoSearchIndexer, query: str, k: int) -> None:
        with pytest.raises(InvalidInput):
            library.predict(query, k)

    def test_awaited_it_tells_the_same(self, library: VideoSearchIndexer) -> None:
        assert asyncio.run(library.search("elephant")) == library.predict("elephant")


class TestIndex:
    def indexed(self, count: int, size: int = 12) -> tuple[MomentIndex, list[Clip]]:
        rng, index, clips = np.random.default_rng(5), MomentIndex(), []
        names = ["".join(rng.choice(list("abcdefghij"), size=4)) for _ in range(40)]
        for number in range(count):
            events = [
                event(OBJECT, float(at), float(at + 2), names[int(rng.integers(40))], float(rng.uniform(0.3, 1)))
                for at in rng.uniform(0, 30, size=size)
            ]
            clips.append(clip_of(f"v{number}", events))
            index.add(clips[-1], Letters().vectors(clips[-1].words()))
        return index, clips

    def ask(self, index: MomentIndex, words: str) -> list[tuple[str, float, float]]:
        found = index.search(Query(words, Letters().vectors([words])[0]))
        return [(hit.id, hit.start, hit.score) for hit in found]

    def test_meaning_is_exact(self) -> None:
        index, clips = self.indexed(6)
        vector = Letters().vectors(["zzab"])[0]  # no such word: meaning alone
        best = {
            clip.id: max(
                float(Letters().vectors([clip.phrases[place].words])[0] @ vector) * sure**0.5
                for moment in clip.moments
                for place, sure in moment.parts
            )
            for clip in clips
        }
        found = {hit.id: hit.score for hit in reversed(list(index.search(Query("zzab", vector))))}
        assert found
        for name, score in found.items():
            assert score == pytest.approx(best[name], abs=1e-3)

    def test_the_best_video_comes_first_and_its_moments_together(self) -> None:
        index, _ = self.indexed(8)
        hits = self.ask(index, "abcd")
        firsts = list(dict.fromkeys(name for name, _, _ in hits))
        assert [name for name, _, _ in hits] == [name for first in firsts for name, _, _ in hits if name == first]
        best = [max(score for name, _, score in hits if name == first) for first in firsts]
        assert best == sorted(best, reverse=True)
        assert max(sum(name == first for name, _, _ in hits) for first in firsts) <= EACH

    def test_taken_out_and_in_again_it_answers_the_same(self) -> None:
        index, clips = self.indexed(8)
        before = sorted(self.ask(index, "abcd"))
        for clip in clips[::2]:
            assert index.remove(clip.id)
        assert not {name for name, _, _ in self.ask(index, "abcd")} & {clip.id for clip in clips[::2]}
        for clip in clips[::2]:
            index.add(clip, Letters().vectors(clip.words()))
        assert sorted(self.ask(index, "abcd")) == before
        assert index.moments == sum(len(clip.moments) for clip in clips)
        assert not index.remove("nobody")

    def test_a_second_time_replaces(self) -> None:
        indexer = VideoSearchIndexer(Letters())
        indexer.add([event(OBJECT, 0, 1, "dog")], "v")
        indexer.add([event(OBJECT, 0, 1, "cat")], "v")
        assert len(indexer) == 1
        assert (indexer.predict("dog").hits, indexer.predict("cat").hits[0].id) == ((), "v")
        assert indexer.remove("v")
        assert indexer.predict("cat").status is Status.ABSTAINED

    def test_classes_together_are_surer_than_each(self) -> None:
        breeds = ["Labrador retriever", "toy poodle", "Maltese dog", "Border collie"]
        indexer = VideoSearchIndexer()
        indexer.add([event(SIGHT, 0, 2, breed, 0.22) for breed in breeds], "together")
        indexer.add([event(SIGHT, 0, 2, breeds[0], 0.22)], "alone")
        assert [hit.id for hit in indexer.predict("puppies").hits] == ["together"]

    def test_a_video_without_anything_is_no_hindrance(self) -> None:
        indexer = VideoSearchIndexer(Letters())
        indexer.add([], "empty")
        assert indexer.predict("dog").status is Status.ABSTAINED
        indexer.add([event(OBJECT, 0, 1, "dog")], "v")
        assert indexer.predict("dog").hits[0].id == "v"


class TestFile:
    def test_saved_and_loaded_it_answers_the_same(self, library: VideoSearchIndexer, tmp_path: Path) -> None:
        library.save(tmp_path / "index")
        loaded = VideoSearchIndexer.load(tmp_path / "index")
        for query in ("elephant", "soup", "violin"):
            hits, again = library.predict(query).hits, loaded.predict(query).hits
            assert [(hit.id, hit.start) for hit in hits] == [(hit.id, hit.start) for hit in again]
            assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in again], abs=2e-3)

    def test_vectors_of_another_model_are_made_anew(self, library: VideoSearchIndexer, tmp_path: Path) -> None:
        library.save(tmp_path / "index")
        assert VideoSearchIndexer.load(tmp_path / "index", Letters()).predict("elephant").hits[0].id == "zoo"

    def test_an_empty_one_too(self, tmp_path: Path) -> None:
        VideoSearchIndexer().save(tmp_path / "index")
        assert len(VideoSearchIndexer.load(tmp_path / "index")) == 0

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello"])
    def test_what_is_none_is_refused(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "index").write_bytes(content)
        with pytest.raises(ArtefactError):
            VideoSearchIndexer.load(tmp_path / "index")

    def test_clips_are_json(self) -> None:
        clip = clip_of("v", LIBRARY["kitchen"], title="Soup")
        assert heard("v", json.loads(json.dumps(told(clip)))) == clip

    @pytest.mark.parametrize("body", [{}, {"phrases": [], "moments": [[0, 1, [[3, 0.5]]]], "missing": []}])
    def test_what_is_no_clip_is_refused(self, body: dict[str, object]) -> None:
        with pytest.raises(ArtefactError):
            heard("v", body)


class TestWatching:
    def test_a_file_is_watched_once_and_what_is_written_in_it_is_found(self, tmp_path: Path) -> None:
        for module in ("av", "rapidocr", "PIL"):
            pytest.importorskip(module, reason="needs the media extra")
        from tests.clips import film, noise
        from tests.written import written

        clip = film(tmp_path / "gnomes.mp4", [*[noise(1, 320, 180)] * 20, *[written("Museum of clocks")] * 40], rate=5)
        reader = VideoReader()
        indexer = VideoSearchIndexer(reader=reader, models=NoModels())
        made = asyncio.run(indexer.index(clip, title="A visit"))
        reader.close()
        assert (made.id, made.length) == ("gnomes.mp4", pytest.approx(12, abs=0.5))
        found = indexer.predict("a museum that shows clocks")
        assert (found.hits[0].id, found.hits[0].why[0].kind) == ("gnomes.mp4", "text")
        assert found.hits[0].start >= 3.5
        assert found.status is Status.PARTIAL
        assert "objects:model:yolox-nano-coco" in found.missing
