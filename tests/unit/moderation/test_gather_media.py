"""What looks and passes told becomes signals: the greatest of several, where it is, and what could not be seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import looks
from tests.looks import CALM, told

from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.moderation.gather.combining import greatest, merged
from socialflow.moderation.gather.films import OF_PICTURES, SIGNALS, Words, film_alone
from socialflow.moderation.gather.pictures import SIGNALS as OF_IMAGES
from socialflow.moderation.gather.pictures import picture_alone
from socialflow.moderation.gather.records import Looked
from socialflow.moderation.records import Place, Reading, Signals
from socialflow.moderation.signal_names import SIGNALS as NAMES
from socialflow.text.records import Analysis, Span
from socialflow.video.sphinx import NAME as SPHINX
from socialflow.video.violence import THRESHOLD

SILENT = Analysis({}, Status.ABSTAINED, ("toxicity", "text:empty"), 1.0, 0)
RUDE = told({**CALM, "insult": 0.875}, spans=[Span(4, 9, "toxic", 0.75)])
UNREADABLE = Looked(reason="media:unreadable")


def of(*reports: Looked, words: Analysis | None = None) -> Signals:
    return greatest([picture_alone(one, words) for one in reports], numbered=True)


def values(signals: Signals) -> dict[str, object]:
    return {name: one.value for name, one in signals.readings.items()}


class TestPictures:
    def test_of_several_the_greatest_and_which(self) -> None:
        found = of(*(Looked(picture=looks.picture(unsafe, objects={})) for unsafe in (0.25, 0.75, 0.5)))
        assert found.readings["image.nsfw"] == Reading(
            0.75, "nsfw-mobilenet-v2", "abc", Tier.DOWNLOADED, 1.0, (Place(1, 2, 0.75),)
        )
        assert found.readings["image.suggestive"].places == ()

    def test_one_that_could_not_be_seen_is_told_beside_the_others(self) -> None:
        found = of(Looked(picture=looks.picture(0.5, objects={})), UNREADABLE)
        assert (found.readings["image.nsfw"].value, found.readings["image.nsfw"].coverage) == (0.5, 0.5)
        assert found.missing == dict.fromkeys(OF_IMAGES, "media:unreadable")

    def test_none_that_could_be_seen(self) -> None:
        assert of(UNREADABLE) == Signals({}, dict.fromkeys(OF_IMAGES, "media:unreadable"))

    def test_models_that_are_missing_name_what_hangs_on_them(self) -> None:
        found = of(Looked(picture=looks.picture(None, text=None)))
        assert found.missing == {
            "image.nsfw": looks.NO_DECENCY,
            "image.suggestive": looks.NO_DECENCY,
            "image.weapons": looks.NO_OBJECTS,
            "image.text_toxicity": looks.NO_OCR,
        }

    def test_a_weapon_is_a_weak_sign_and_a_heuristic(self) -> None:
        found = of(Looked(picture=looks.picture(objects={"knife": 1.0, "scissors": 1.0, "baseball bat": 1.0})))
        assert 0 < float(found.readings["image.weapons"].value) < THRESHOLD  # type: ignore[arg-type]
        assert found.readings["image.weapons"].tier is Tier.HEURISTIC

    def test_a_knife_among_plates_is_none(self) -> None:
        found = of(Looked(picture=looks.picture(objects={"knife": 1.0, "pizza": 0.5})))
        assert found.readings["image.weapons"].value == 0.0

    def test_words_in_a_picture_are_judged_as_words(self) -> None:
        reading = of(Looked(picture=looks.picture(objects={}, text="you idiot")), words=RUDE).readings[
            "image.text_toxicity"
        ]
        assert (reading.value, reading.model) == (0.875, "rapidocr_ppocrv6_small>text")

    def test_a_picture_without_words_is_not_toxic(self) -> None:
        assert values(of(Looked(picture=looks.picture(objects={})), words=SILENT))["image.text_toxicity"] == 0.0

    def test_words_in_a_language_nobody_reads(self) -> None:
        thai = told(None, None, missing=("toxicity", "language:th"))
        found = of(Looked(picture=looks.picture(objects={}, text="สวัสดี")), words=thai)
        assert found.missing == {"image.text_toxicity": "text:language:th"}

    def test_a_file_that_breaks_off_was_seen_in_part(self) -> None:
        found = of(Looked(picture=looks.picture(objects={}, damaged=True)), words=SILENT)
        assert set(found.readings) == set(found.missing) == set(OF_IMAGES)
        assert set(found.missing.values()) == {"media:damaged"}

    def test_content_without_pictures_has_none_of_it(self) -> None:
        assert of() == Signals({}, {})


class TestFilms:
    def of(self, report: object, words: Words | None = None) -> Signals:
        return greatest([film_alone(Looked(film=report), words or Words(SILENT, SILENT))], numbered=False)  # type: ignore[arg-type]

    def test_moments_are_told_in_seconds(self) -> None:
        found = self.of(looks.film(0.75)).readings
        assert (found["video.nsfw"].value, found["video.nsfw"].places) == (0.75, (Place(2.0, 3.0, 0.75),))
        assert (found["video.suggestive"].value, found["video.suggestive"].places) == (0.5, (Place(1.0, 1.0, 0.5),))

    def test_signs_of_violence_are_a_heuristic_with_their_scenes(self) -> None:
        scenes = [looks.scene(0.0), looks.scene(4.0, 0.5, blood=(0.75, 0.5), weapon=(0.5, 0.4))]
        found = self.of(looks.film(scenes=scenes)).readings
        assert found["video.violence"].places == (Place(4.0, 8.0, 0.5),)
        assert (found["video.blood"].value, found["video.weapons"].value) == (0.75, 0.2)
        assert {found[name].tier for name in ("video.violence", "video.blood", "video.weapons")} == {Tier.HEURISTIC}

    def test_a_weapon_without_weight_is_none(self) -> None:
        found = self.of(looks.film(scenes=[looks.scene(0.0, weapon=(1.0, 0.0))])).readings
        assert found["video.weapons"].value == 0.0

    def test_models_that_are_missing_name_what_hangs_on_them(self) -> None:
        found = self.of(looks.film(None, no_models=[looks.NO_OBJECTS, "model:audio-events-yamnet"]))
        assert found.missing == {
            "video.nsfw": looks.NO_DECENCY,
            "video.suggestive": looks.NO_DECENCY,
            "video.violence": looks.NO_OBJECTS,
            "video.weapons": looks.NO_OBJECTS,
        }
        assert "video.violence" in found.readings

    def test_words_shown_are_judged_with_their_seconds(self) -> None:
        report = looks.film(lines=[("hey", 0.0, 1.0), ("idiot", 2.0, 3.0)])
        reading = self.of(report, Words(RUDE, SILENT)).readings["video.text_toxicity"]
        assert (reading.value, reading.places) == (0.875, (Place(2.0, 3.0, 0.75),))

    def test_words_spoken_are_judged_with_their_seconds(self) -> None:
        report = looks.film(words=[("you", 0.0, 0.5), ("idiot", 0.5, 1.0)])
        reading = self.of(report, Words(SILENT, RUDE)).readings["video.speech_toxicity"]
        assert (reading.model, reading.tier) == ("whisper-small>text", Tier.BUNDLED)
        assert reading.places == (Place(0.5, 1.0, 0.75),)

    def test_what_a_small_recogniser_hears_is_a_heuristic(self) -> None:
        report = looks.film(words=[("idiot", 0.5, 1.0)], by=Provenance(SPHINX, "1", Tier.BUNDLED))
        assert self.of(report, Words(SILENT, RUDE)).readings["video.speech_toxicity"].tier is Tier.HEURISTIC

    def test_where_nobody_speaks_nothing_toxic_is_said(self) -> None:
        assert values(self.of(looks.film(no_sound="speech")))["video.speech_toxicity"] == 0.0

    def test_a_recogniser_is_missed_where_somebody_speaks(self) -> None:
        lacking = ["model:vad-silero", "model:speech-whisper-base"]
        for films, missing in (
            (looks.film(no_sound="speech", no_voices=lacking[1:]), None),
            (looks.film(no_sound="speech", no_voices=lacking), lacking[0]),
            (looks.film(words=[("hello", 0.0, 0.5)], no_voices=lacking[1:]), lacking[1]),
        ):
            assert self.of(films, Words(SILENT, SILENT)).missing.get("video.speech_toxicity") == missing

    def test_without_sound_nothing_of_it_belongs_to_a_film(self) -> None:
        found = self.of(looks.film(no_sound="sound"))
        assert (set(found.readings), found.missing) == (set(OF_PICTURES), {})

    def test_without_pictures_only_what_is_said_does(self) -> None:
        assert set(self.of(looks.film(sound_alone=True)).readings) == {"video.speech_toxicity"}

    @pytest.mark.parametrize(("lacking", "why"), [("video:damaged", "media:damaged"), ("video:rest", "media:rest")])
    def test_what_was_read_in_part(self, lacking: str, why: str) -> None:
        assert self.of(looks.film(lacking=[lacking])).missing == dict.fromkeys(SIGNALS, why)

    def test_what_could_not_be_opened(self) -> None:
        assert film_alone(UNREADABLE, Words()).missing == dict.fromkeys(SIGNALS, "media:unreadable")


MADE = st.builds(Reading, st.floats(0, 1), st.just("m"), st.just("1"), st.just(Tier.BUNDLED), st.floats(0.01, 1))
PARTS = st.builds(
    Signals,
    st.dictionaries(st.sampled_from("abc"), MADE),
    st.dictionaries(st.sampled_from("abc"), st.just("media:unreadable")),
)


class TestCombining:
    @given(st.lists(PARTS, max_size=4))
    def test_nothing_is_lost_and_nothing_grows(self, parts: list[Signals]) -> None:
        found = greatest(parts, numbered=True)
        assert set(found.readings) == {name for part in parts for name in part.readings}
        assert set(found.missing) == {name for part in parts for name in part.missing}
        for name, reading in found.readings.items():
            assert reading.value == max(part.readings[name].value for part in parts if name in part.readings)  # type: ignore[type-var]
            assert 0 < reading.coverage <= 1
            if reading.places:
                (place,) = reading.places
                assert parts[int(place.start)].readings[name].value == reading.value

    def test_kinds_stand_beside_each_other(self) -> None:
        found = merged([of(UNREADABLE), film_alone(Looked(film=looks.film()), Words(SILENT, SILENT))])
        assert all(name in NAMES for name in (*found.readings, *found.missing))
        assert (set(found.missing), set(found.readings)) == (set(OF_IMAGES), set(SIGNALS))
