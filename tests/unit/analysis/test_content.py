"""What texts say, by a model that can be worked out by hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.text_bundle import clear_analyser

from socialflow.analysis.content import ContentAnalyser, mood_of
from socialflow.analysis.topics import Method, TopicModel
from socialflow.content.records import Findings, Mood, NamedEntity, Privacy, User
from socialflow.errors import ModelUnavailable
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.kit.clock import SystemClock
from socialflow.storage.maintenance import upgrade
from socialflow.storage.unit_of_work import Store
from socialflow.text.analyser import Analyser
from socialflow.text.records import Emotions
from socialflow.text.service import TextService

OVEN = Provenance("topics_nmf", "3", Tier.TRAINED)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite:///{tmp_path}/store.db"
    upgrade(url)
    store = Store(url)
    yield store
    await store.close()


@pytest.fixture
async def analyser(store: Store) -> AsyncIterator[ContentAnalyser]:
    text = TextService(clear_analyser)
    analyser = ContentAnalyser(store, text, lambda: None, SystemClock())
    yield analyser
    await analyser.close()
    await text.close()


def no_model() -> Analyser:
    raise ModelUnavailable("there is no text model")


async def say(analyser: ContentAnalyser, text: str) -> Findings:
    (found,) = await analyser.read([text])
    return found


class TestFindings:
    async def test_of_one_text(self, analyser: ContentAnalyser) -> None:
        found = await say(analyser, "I see Paris and the city is good! #Travel")
        assert (found.sentiment, found.mood, found.emotions) == ("positive", Mood.JOYFUL, ("joy",))
        assert found.sentiment_score is not None
        assert found.sentiment_score > 0.9
        assert [(one.text, one.type) for one in found.entities] == [("Paris", "location")]
        assert found.language == "en"
        assert (found.category, found.categories[0]) == ("sport", "sport")  # the first, where no word decides
        assert {"travel", "paris"} <= set(found.tags)
        assert all(tag == tag.casefold() for tag in found.tags)
        assert (found.status, found.missing) == (Status.PARTIAL, ("text:vocabulary", "model:topics"))
        assert {one.model for one in found.provenance} >= {"text", "lingua", "tags", "mood"}

    async def test_a_name_is_told_once(self, analyser: ContentAnalyser) -> None:
        found = await say(analyser, "Paris is the city. Paris is good.")
        assert [one.text for one in found.entities] == ["Paris"]
        assert isinstance(found.entities[0], NamedEntity)

    async def test_of_nothing_is_nothing(self, analyser: ContentAnalyser) -> None:
        found = await say(analyser, " \n")
        assert (found.status, found.missing, found.provenance) == (Status.ABSTAINED, ("text:empty",), ())

    async def test_texts_are_answered_in_order(self, analyser: ContentAnalyser) -> None:
        found = await analyser.read(["good", "", "awful"])
        assert [one.sentiment for one in found] == ["positive", None, "negative"]

    async def test_a_language_that_cannot_be_told_is_missing(self, analyser: ContentAnalyser) -> None:
        found = await say(analyser, "12:30 !")
        assert found.language is None
        assert "language" in found.missing

    async def test_topics_that_are_clear(self, store: Store) -> None:
        texts = [("flour dough oven yeast", "saddle pedal gravel helmet")[n % 2] for n in range(20)]
        model = TopicModel.fit(texts, Method.NMF, 2)
        text = TextService(clear_analyser)
        analyser = ContentAnalyser(store, text, lambda: (model, OVEN), SystemClock())
        found = await say(analyser, "dough in the oven, flour and yeast")
        assert len(found.topics) == 1
        assert "model:topics" not in found.missing
        assert OVEN in found.provenance
        await analyser.close()
        await text.close()

    async def test_without_a_model_what_needs_none_is_found(self, store: Store) -> None:
        text = TextService(no_model)
        analyser = ContentAnalyser(store, text, lambda: None, SystemClock())
        found = await say(analyser, "We walked through the night market #food")
        assert (found.sentiment, found.mood, found.category, found.entities) == (None, None, None, ())
        assert (found.language, found.tags[0]) == ("en", "food")
        assert found.missing[:5] == ("sentiment", "emotion", "intent", "category", "entities")
        with pytest.raises(ModelUnavailable):
            await analyser.made_by()
        await analyser.close()
        await text.close()

    async def test_nothing_is_told_of_who_does_not_permit_analysis(
        self, store: Store, analyser: ContentAnalyser
    ) -> None:
        now = SystemClock().now()
        async with store.write() as unit:
            await unit.users.upsert([User("ann", "ann", now, privacy=Privacy(analyse=False)), User("bob", "bob", now)])
        assert (await analyser.read_of("ann", "good")).missing == ("analysis:not_permitted",)
        for author in ("bob", "unknown", None):
            assert (await analyser.read_of(author, "good")).sentiment == "positive"


class TestMood:
    @pytest.mark.parametrize(
        ("present", "intent", "mood"),
        [
            (("joy",), None, Mood.JOYFUL),
            (("joy", "surprise"), None, Mood.EXCITED),
            (("fear", "sadness"), "question", Mood.SAD),
            (("neutral",), "question", Mood.CURIOUS),
            (("neutral",), "statement", Mood.NEUTRAL),
            ((), "question", None),
        ],
    )
    def test_is_that_of_the_strongest_clear_emotion(
        self, present: tuple[str, ...], intent: str | None, mood: Mood | None
    ) -> None:
        scores = {"joy": 0.6, "surprise": 0.6, "fear": 0.6, "sadness": 0.7, "neutral": 0.8}
        assert mood_of(Emotions(scores, present, "neutral", 0.7), intent) is mood
