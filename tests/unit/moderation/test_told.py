"""What was judged, as callers are told it."""

import pytest

from socialflow.content.records import ModerationStatus
from socialflow.kit.answers import Status, Tier
from socialflow.moderation.gather.records import Content, Gathered
from socialflow.moderation.moderator import Judgement, Standing
from socialflow.moderation.policy.default import default_policy
from socialflow.moderation.policy.evaluate import Compiled, evaluate
from socialflow.moderation.records import ContentKind, Facts, Place, PolicyVersion, Reading, Signals, Verdict
from socialflow.moderation.told import (
    Moderated,
    moderated,
    picture_told,
    reasons,
    status_of,
    text_of,
    text_told,
    video_told,
)

POLICY = Compiled(default_policy({}))
STANDING = Standing(PolicyVersion("default", 1, POLICY.digest), POLICY)


def reading(value: float, *places: Place, coverage: float = 1.0) -> Reading:
    return Reading(value, "model", "1", Tier.DOWNLOADED, coverage, places)


def read(prefix: str, **values: float) -> dict[str, Reading]:
    return {f"{prefix}.{name}": reading(value) for name, value in values.items()}


CALM = read(
    "text", toxicity=0.1, severe_toxicity=0.0, obscene=0.0, threat=0.02, insult=0.05, identity_hate=0.0, spam=0.1
)
CLEAR = Signals(read("image", nsfw=0.02, suggestive=0.03, weapons=0.0, text_toxicity=0.0))


def judge(signals: Signals, content: Content, *files: Signals) -> Moderated:
    gathered = Gathered(signals, Facts(content.kind), files)
    verdict: Verdict = evaluate(POLICY, signals, gathered.facts)
    return moderated(Judgement(content, gathered, STANDING, verdict))


class TestWhole:
    def test_is_safe_where_nothing_is_held_against_it(self) -> None:
        told = judge(Signals(CALM), Content(ContentKind.POST, text="bread"))
        assert (told["is_safe"], told["action"], told["flags"], told["rules"]) == (True, "approve", [], [])
        assert (told["status"], told["commands"], told["image_moderation"]) == (Status.COMPLETE, {}, [])
        assert [one.model for one in told["provenance"]] == ["model"]

    def test_says_which_rule_in_words_and_why(self) -> None:
        told = judge(Signals({**CALM, "text.threat": reading(0.95)}), Content(ContentKind.POST, text="bread"))
        assert (told["decision"], told["action"]) == ("rejected", "reject")
        rule = told["rules"][0]
        assert (rule["reason"], rule["text"]) == ("threat", "It threatens somebody with violence.")
        assert rule["because"] == ["text.threat 0.95 >= 0.9"]

    def test_names_what_is_missing_why_and_what_brings_it(self) -> None:
        lacking = Signals({}, {"image.nsfw": "model:nsfw-mobilenet-v2", "image.text_toxicity": "text:head"})
        content = Content(ContentKind.POST, text="bread", pictures=("https://media.example.org/a.jpg",))
        told = judge(Signals(CALM, lacking.missing), content, lacking)
        assert (told["decision"], told["is_safe"], told["status"]) == ("review_required", False, Status.PARTIAL)
        assert told["missing_because"]["image.nsfw"] == "model:nsfw-mobilenet-v2"
        assert told["commands"] == {"nsfw-mobilenet-v2": "socialflow models pull nsfw-mobilenet-v2"}
        assert {"image.nsfw"} <= {name for rule in told["rules"] for name in rule["missing"]}

    def test_pictures_keep_their_order_and_the_film_stands_apart(self) -> None:
        content = Content(ContentKind.POST, pictures=("a", "b"), video="c")
        bad = Signals(read("image", nsfw=0.95, suggestive=0.01, text_toxicity=0.0))
        told = judge(Signals(bad.readings), content, CLEAR, bad, Signals(read("video", nsfw=0.1)))
        assert [one["recommended_action"] for one in told["image_moderation"]] == ["approve", "reject"]
        assert told["video_moderation"] is not None
        assert told["video_moderation"]["nsfw"] == 0.1
        assert told["text_moderation"] is None


class TestParts:
    def test_words_have_the_greatest_label_and_their_stretches(self) -> None:
        place = Place(0, 4, 0.9)
        told = text_told(Signals({**CALM, "text.toxicity": reading(0.8, place)}))
        assert (told["toxic"], told["overall_toxic"], told["spans"]) == (0.8, 0.8, [place])
        assert told["status"] is Status.COMPLETE

    def test_words_that_could_not_be_judged_say_why_once(self) -> None:
        told = text_told(Signals({}, dict.fromkeys(CALM, "text:language:th")))
        assert (told["overall_toxic"], told["status"], told["missing"]) == (
            None,
            Status.ABSTAINED,
            ["text:language:th"],
        )

    @pytest.mark.parametrize(
        ("signals", "safe", "action"),
        [
            (CLEAR, True, "approve"),
            (Signals(read("image", nsfw=0.95, suggestive=0.0, text_toxicity=0.0)), False, "reject"),
            (Signals(read("image", nsfw=0.5, suggestive=0.3, text_toxicity=0.0)), False, "flag_for_review"),
            (Signals(read("image", nsfw=0.0, suggestive=0.0, text_toxicity=0.9)), False, "flag_for_review"),
            (Signals(read("image", nsfw=0.0, suggestive=0.0)), False, "flag_for_review"),
            (Signals(CLEAR.readings, {"image.nsfw": "media:damaged"}), True, "flag_for_review"),
            (Signals({}, {"image.nsfw": "model:nsfw-mobilenet-v2"}), False, "flag_for_review"),
            (Signals(read("video", nsfw=0.95, suggestive=0.0, text_toxicity=0.0)), False, "reject"),
        ],
    )
    def test_a_picture_is_safe_only_where_all_of_it_was_judged(self, signals: Signals, safe: bool, action: str) -> None:
        told = picture_told(signals)
        assert (told["is_safe"], told["recommended_action"]) == (safe, action)

    def test_what_no_model_knows_of_a_picture_is_named(self) -> None:
        assert picture_told(CLEAR)["missing"] == ["category:violence", "category:gore"]

    def test_a_film_says_where(self) -> None:
        place = Place(1, 2, 0.9)
        told = video_told(Signals({"video.nsfw": reading(0.9, place), "video.blood": reading(0.0, coverage=0.0)}))
        assert (told["nsfw"], told["blood"], told["violence"]) == (0.9, None, None)
        assert told["spans"] == {"nsfw": [place]}


class TestReasons:
    def test_are_told_once_in_the_words_of_the_policy(self) -> None:
        signals = Signals({**CALM, "text.toxicity": reading(0.8), "text.insult": reading(0.8)})
        verdict = evaluate(POLICY, signals, Facts(ContentKind.POST))
        assert verdict.status is ModerationStatus.FLAGGED
        told = [one.text for one in reasons((*verdict.hits, *verdict.hits), POLICY.policy)]
        assert told == ["It is rude or disrespectful.", "Several things together speak against it."]

    def test_that_the_policy_does_not_know_are_told_by_their_code(self) -> None:
        assert text_of("house_rules", POLICY.policy) == "It goes against the rules: house rules."


def test_nothing_measured_is_an_abstention() -> None:
    assert status_of(Signals({})) is Status.ABSTAINED
    assert status_of(Signals(read("author", strikes=0.0), {"text.toxicity": "model:text"})) is Status.ABSTAINED
