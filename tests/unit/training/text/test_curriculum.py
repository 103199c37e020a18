"""What is learnt from, and what checks it: caps by set, and generated text beside real text."""

from pathlib import Path

import numpy as np
import pytest
from tests import text_bundle

from socialflow.training.text import curriculum as module
from socialflow.training.text.curriculum import curriculum, looks
from socialflow.training.text.heads import HEADS
from socialflow.training.text.plan import Plan
from socialflow.training.text.prepare import tokeniser
from socialflow.training.text.records import Part, Task


def part(head: str, source: str, count: int) -> Part:
    labels = len(HEADS[head].labels)
    return Part([f"i see paris {place}" for place in range(count)], np.arange(count) % labels, [source] * count)


def task(head: str, source: str, train: int, validation: int) -> Task:
    return Task(HEADS[head], part(head, source, train), part(head, source, validation))


@pytest.fixture
def by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    public = {"spam": task("spam", "sms", 30, 10), "intent": task("intent", "clinc", 20, 5)}
    ours = {"intent": task("intent", "shapes/intent", 40, 7), "category": task("category", "shapes/category", 40, 9)}
    ours["spam"] = task("spam", "shapes/spam", 50, 8)
    monkeypatch.setattr(module, "tasks", lambda *_args, **_named: dict(public))
    monkeypatch.setattr(module.generated, "tasks", lambda _seed: dict(ours))
    file = tmp_path / "tokenizer.json"
    file.write_text(text_bundle.tokenizer(), encoding="utf-8")
    return tokeniser(file)


def test_generated_text_joins_real_text_and_checks_only_what_no_set_knows(by) -> None:
    learnt = curriculum(Path(), by, Plan())
    assert {name: len(lesson) for name, lesson in learnt.lessons.items()} == {"spam": 80, "intent": 60, "category": 40}
    assert {name: len(lesson) for name, lesson in learnt.checks.items()} == {"spam": 10, "intent": 12, "category": 9}


def test_without_generated_text_its_heads_are_gone(by) -> None:
    assert set(curriculum(Path(), by, Plan(generated=False)).lessons) == {"spam", "intent"}


def test_a_set_gives_no_more_than_its_cap(by) -> None:
    learnt = curriculum(Path(), by, Plan(caps={"spam": {"shapes/spam": 12, "sms": 100}, "intent": {"shapes/spam": 1}}))
    assert learnt.sources()["spam"] == {"shapes/spam": 12, "sms": 30}
    again = curriculum(Path(), by, Plan(caps={"spam": {"shapes/spam": 12}}))
    assert again.tasks["spam"].train.texts == learnt.tasks["spam"].train.texts


def test_a_look_takes_some_texts_of_each_head(by) -> None:
    plan = Plan(checks=6)
    learnt = curriculum(Path(), by, plan)
    assert {name: len(lesson) for name, lesson in looks(learnt, by, plan).items()} == {
        "spam": 6,
        "intent": 6,
        "category": 6,
    }
