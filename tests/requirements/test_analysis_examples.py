"""The example of content analysis, with only its import line changed."""

import asyncio

from tests.requirements.examples import in_requirements, run_blocking

from socialflow.analysis import FeatureExtractor
from socialflow.content.records import Channel, Item, ItemKind, ModerationStatus
from socialflow.kit.defaults import Resident

TOPICS = """
# Train topic models
topic_modeler = TopicModeler()
topics = topic_modeler.fit_topic_models(db)
"""
IMPORTED = "from socialflow.analysis import TopicModeler\n"
THEMES = ("flour dough oven yeast", "saddle pedal gravel helmet")


def test_topic_models_are_trained(resident: Resident) -> None:
    assert in_requirements(TOPICS, "4")

    async def fill(platform) -> None:
        now, shown = platform.clock.now(), ModerationStatus.APPROVED
        posts = [Item(f"i{n}", ItemKind.POST, now, text=THEMES[n % 2], moderation_status=shown) for n in range(20)]
        async with platform.store.write() as unit:
            await unit.items.upsert(posts)

    resident.call(fill)
    topics = run_blocking(IMPORTED + TOPICS, {}, {"db": None})["topics"]
    assert set(topics) == {"lda", "nmf"}
    found = {frozenset(word for word, _ in topic.words[:4]) for topic in topics["nmf"]}
    assert found >= {frozenset(theme.split()) for theme in THEMES}


TAGS = """
# Generate tags for a channel
tag_generator = TagGenerator()
tagging = tag_generator.generate_channel_tags(db, channel_id)
"""


def test_tags_of_a_channel_are_generated(resident: Resident) -> None:
    assert in_requirements(TAGS, "4")

    async def fill(platform) -> None:
        now, shown = platform.clock.now(), ModerationStatus.APPROVED
        async with platform.store.write() as unit:
            await unit.channels.upsert([Channel("c1", "The slow oven", now, categories=("food",))])
            post = Item(
                "p1", ItemKind.POST, now, text="Rye bread", tags=("baking",), channel="c1", moderation_status=shown
            )
            await unit.items.upsert([post])

    resident.call(fill)
    imported = "from socialflow.analysis import TagGenerator\n"
    tagging = run_blocking(imported + TAGS, {}, {"db": None, "channel_id": "c1"})["tagging"]
    assert [tag.name for tag in tagging.tags[:2]] == ["baking", "food"]
    assert "model:topics" in tagging.missing


async def test_features_are_extracted_from_the_description_of_a_channel(resident: Resident) -> None:
    async def fill(platform) -> None:
        now = platform.clock.now()
        about = "We bake rye bread in Riga. The bread is good!"
        async with platform.store.write() as unit:
            await unit.channels.upsert([Channel("c1", "The slow oven", now, about)])

    await resident.run(fill)
    extractor = FeatureExtractor()
    found = await asyncio.to_thread(extractor.extract_channel_features, None, "c1")
    assert {"bread", "Riga"} <= set(found.keywords)
    assert found.language == "en"
    assert (await extractor.analyze("The slow oven")).keywords == ("slow oven",)
    assert found.entities or "entities" in found.missing
    assert found.sentiment or "sentiment" in found.missing
