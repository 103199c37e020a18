"""Generated titles, comments and intents, and all of them as tasks of heads."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from socialflow.training.text import shapes
from socialflow.training.text.heads import CATEGORIES, HEADS
from socialflow.training.text.records import Task
from socialflow.training.text.shapes import frames
from socialflow.training.text.shapes.tasks import tasks

DOCS = Path(__file__).parents[5] / "docs" / "reference" / "categories.md"


@pytest.fixture(scope="module")
def found() -> dict[str, Task]:
    return tasks(seed=0)


class TestCategories:
    def test_rows_are_many_distinct_and_even(self) -> None:
        rows = shapes.rows("category", seed=3)
        assert len(rows) >= 8_000
        assert len({row.text for row in rows}) == len(rows)
        counts = Counter(row.labels["category"] for row in rows)
        assert set(counts) == {(name,) for name in CATEGORIES}
        assert min(counts.values()) >= 0.9 * max(counts.values())

    def test_no_thing_or_doing_stands_in_two_categories(self) -> None:
        found = Counter(
            word for own in frames.document("categories").values() for word in {*own["things"], *own["acts"]}
        )
        assert [word for word, count in found.items() if count > 1] == []

    def test_the_docs_tell_every_category_in_order(self) -> None:
        assert tuple(re.findall(r"^\| `(\w+)` \|", DOCS.read_text("utf-8"), re.MULTILINE)) == CATEGORIES


class TestIntents:
    def test_rows_are_many_distinct_and_even(self) -> None:
        rows = shapes.rows("intent", seed=3)
        assert len(rows) >= 4_000
        assert len({row.text for row in rows}) == len(rows)
        assert set(Counter(row.labels["intent"] for row in rows).values()) == {800}


class TestTasks:
    def test_are_of_the_heads_that_lack_labelled_sets(self, found: dict[str, Task]) -> None:
        assert set(found) == {"toxicity", "hate", "offensive", "hate_speech", "category", "intent", "irony"}
        assert all(task.head == HEADS[name] for name, task in found.items())

    def test_plain_comments_are_not_ironic(self, found: dict[str, Task]) -> None:
        irony = found["irony"]
        assert not np.asarray(irony.train.targets).any()
        assert set(irony.train.texts) <= set(found["intent"].train.texts)

    def test_every_label_stands_in_both_parts(self, found: dict[str, Task]) -> None:
        for task in (found[name] for name in sorted(found.keys() - {"irony"})):
            for part in (task.train, task.validation):
                targets = np.asarray(part.targets)
                seen = targets.sum(0) if targets.ndim == 2 else np.bincount(targets, minlength=len(task.head.labels))
                assert (seen > 0).all(), task.head.name

    def test_validation_frames_are_not_trained_on(self, found: dict[str, Task]) -> None:
        frame = {row.text: row.frame for row in shapes.rows("harm", seed=0)}
        trained = {frame[text] for text in found["toxicity"].train.texts}
        judged = {frame[text] for text in found["toxicity"].validation.texts}
        assert not trained & judged
        assert 0.05 < len(judged) / len(trained | judged) < 0.15
