"""Replies and suggestions: what is refused, what is said of it, and that nothing is of another model."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.text_bundle import clear as clear_arrays
from tests.text_bundle import clear_bundle, clear_table, write

from socialflow.errors import InvalidInput
from socialflow.generation.bank import Bank, read_bank
from socialflow.generation.library import SmartReplies
from socialflow.generation.service import LONGEST, GenerationService
from socialflow.generation.space import Space
from socialflow.kit.answers import Status, Tier
from socialflow.kit.clock import SystemClock
from socialflow.storage import maintenance
from socialflow.storage.unit_of_work import Store
from socialflow.text.analyser import Analyser
from socialflow.text.builders import HEADS
from socialflow.text.bundle import read_bundle
from socialflow.text.service import TextService

INSULT = "The city is new, idiot!"
BANK = """
[[situation]]
name = "praise"
intents = ["praise"]
emotions = ["joy"]
messages = ["good", "the good city", "good surprise", "is good"]
[situation.answers]
thanks = {friendly = ["You see good."], formal = ["I see you."], playful = ["Free! You see the new city!"]}
idiotic = {friendly = ["INSULT"]}

[[situation]]
name = "complaint"
intents = ["complaint"]
emotions = ["sadness"]
messages = ["awful", "the awful city", "awful surprise", "is awful"]
[situation.answers]
sorry = {friendly = ["I see awful."], formal = ["The city is awful."]}
"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    directory = tmp_path_factory.mktemp("bank")
    (directory / "bank.toml").write_text(BANK.replace("INSULT", INSULT), encoding="utf-8")
    return read_bank(directory)


@pytest.fixture(scope="module")
def clear(tmp_path_factory: pytest.TempPathFactory) -> Analyser:
    return Analyser(clear_bundle(tmp_path_factory.mktemp("clear")))


Make = Callable[[Callable[[], Analyser]], GenerationService]


@pytest.fixture
async def make(bank: Bank, tmp_path: Path) -> AsyncIterator[Make]:
    url = f"sqlite:///{tmp_path}/socialflow.db"
    maintenance.upgrade(url)
    store, made = Store(url), []

    def service(load: Callable[[], Analyser]) -> GenerationService:
        text = TextService(load)
        made.append((text, GenerationService(text, store, SystemClock(), tmp_path / "kept", bank)))
        return made[-1][1]

    yield service
    for text, one in made:
        await one.close()
        await text.close()
    await store.close()


class TestReplies:
    async def test_are_those_to_the_nearest_situation(self, make: Make, clear: Analyser) -> None:
        told = await make(lambda: clear).replies("The new city is good")
        assert [one["situation"] for one in told["replies"]] == ["praise"]
        assert (told["emotion"], told["status"], told["reason"]) == ("joy", Status.COMPLETE, None)
        told = await make(lambda: clear).replies("The new city is awful")
        assert [one["situation"] for one in told["replies"]] == ["complaint"]

    async def test_what_the_model_finds_harmful_stays_in_the_bank(self, make: Make, clear: Analyser) -> None:
        told = await make(lambda: clear).replies("good", limit=10)
        assert [one["act"] for one in told["replies"]] == ["thanks"]

    async def test_a_tone_that_is_lacking_is_said(self, make: Make, clear: Analyser) -> None:
        service = make(lambda: clear)
        assert (await service.replies("good", tone="formal"))["replies"][0]["text"] == "I see you."
        told = await service.replies("awful", tone="playful")
        assert (told["replies"][0]["tone"], told["missing"], told["status"]) == (
            "friendly",
            ["tone:playful"],
            Status.PARTIAL,
        )

    async def test_the_thread_weighs_in(self, make: Make, clear: Analyser) -> None:
        service = make(lambda: clear)
        for context, situation in ((["awful"], "complaint"), (["awful", "good"], "praise")):
            told = await service.replies("good and awful", context)
            assert [one["situation"] for one in told["replies"]] == [situation]

    @pytest.mark.parametrize(
        ("message", "context", "reason", "missing"),
        [
            ("you idiot", (), "harmful", []),
            ("good", ("you idiot",), "harmful", []),
            ("free surprise", (), "too_far", []),
            ("zzz", (), "empty", ["sentence"]),
            ("Wo ist der Bahnhof in Paris?", (), "language", ["language:de"]),
        ],
    )
    async def test_there_is_none_for_a_reason(
        self, make: Make, clear: Analyser, message: str, context: tuple[str, ...], reason: str, missing: list[str]
    ) -> None:
        told = await make(lambda: clear).replies(message, context)
        assert (told["replies"], told["status"], told["reason"]) == ([], Status.ABSTAINED, reason)
        assert set(missing) <= set(told["missing"])

    async def test_harm_that_cannot_be_ruled_out_counts(self, make: Make, tmp_path: Path) -> None:
        some = tuple(name for name in HEADS if name != "hate")
        lacking = Analyser(clear_bundle(tmp_path / "lacking", heads=some))
        told = await make(lambda: lacking).replies("good")
        assert (told["reason"], "hate" in told["missing"]) == ("harmful", True)

    async def test_bounds_are_named(self, make: Make, clear: Analyser) -> None:
        service = make(lambda: clear)
        for wrong, field in (({"limit": 0}, "limit"), ({"message": "x" * (LONGEST + 1)}, "message")):
            with pytest.raises(InvalidInput) as raised:
                await service.replies(**{"message": "good", **wrong})
            assert raised.value.field == field
        with pytest.raises(InvalidInput) as raised:
            await SmartReplies().suggest("good", tone="rude")
        assert raised.value.field == "tone"


class TestModel:
    async def test_the_bank_is_read_again_by_another_model(self, make: Make, clear: Analyser, tmp_path: Path) -> None:
        bundle = write(tmp_path / "other", table=clear_table(), arrays=clear_arrays, version="other")
        other, in_use = Analyser(read_bundle(bundle, Tier.BUNDLED)), [clear]
        service = make(lambda: in_use[0])
        before = await service.replies("good")
        in_use[0] = other
        after = await service.replies("good")
        assert [told["provenance"][0].version for told in (before, after)] == ["small", "other"]
        assert [path.name.split("-")[1] for path in (tmp_path / "kept").glob("*.npz")] == [f"{other.digest}.npz"]

    async def test_vectors_are_kept_for_the_next_process(
        self, make: Make, clear: Analyser, bank: Bank, tmp_path: Path
    ) -> None:
        first = await make(lambda: clear).replies("good")
        kept = Space.load(bank, clear.digest, tmp_path / "kept")
        assert kept is not None
        assert [one.text for one, good in zip(bank.replies, kept.usable, strict=True) if not good] == [INSULT]
        assert await make(lambda: clear).replies("good") == first

    async def test_what_was_damaged_is_worked_out_again(self, make: Make, clear: Analyser, tmp_path: Path) -> None:
        first = await make(lambda: clear).replies("good")
        (path,) = (tmp_path / "kept").glob("*.npz")
        path.write_bytes(path.read_bytes()[:100])
        assert await make(lambda: clear).replies("good") == first


class TestSuggestions:
    async def test_replies_that_answer_the_message_come_first(self, make: Make, clear: Analyser) -> None:
        service = make(lambda: clear)
        told = await service.suggestions("I see ", reply_to="awful")
        assert [one["added"] for one in told["completions"]] == ["awful.", "you."]
        told = await service.suggestions("I see ", reply_to="good")
        assert [one["added"] for one in told["completions"]] == ["you.", "awful."]

    async def test_a_harmful_message_gets_no_draft_completed(self, make: Make, clear: Analyser) -> None:
        told = await make(lambda: clear).suggestions("I see ", reply_to="you idiot")
        assert (told["completions"], told["status"], told["reason"]) == ([], Status.ABSTAINED, "harmful")

    async def test_no_completion_is_harmful(self, make: Make, clear: Analyser) -> None:
        told = await make(lambda: clear).suggestions("The city is ", limit=10)
        assert [one["added"] for one in told["completions"]] == ["awful."]
