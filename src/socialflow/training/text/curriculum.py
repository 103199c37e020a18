"""All that the text model learns from, as lessons: public sets, generated text, and what each is checked by."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from socialflow.training.text.lessons import IntArray, Lesson
from socialflow.training.text.plan import Plan
from socialflow.training.text.prepare import lesson
from socialflow.training.text.records import Part, Task, joined
from socialflow.training.text.shapes import tasks as generated
from socialflow.training.text.tasks import tasks

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_BOTH = frozenset({"intent", "toxicity"})
"""Heads that generated text checks too: no public set knows all their labels, or enough of the rare ones."""


@dataclass(frozen=True, slots=True)
class Curriculum:
    """By head: what is learnt, and the validation part that it is chosen and calibrated by."""

    lessons: dict[str, Lesson]
    checks: dict[str, Lesson]
    tasks: dict[str, Task]

    def sources(self) -> dict[str, dict[str, int]]:
        """Texts learnt from, by head and set."""
        return {name: _counts(task.train.sources) for name, task in self.tasks.items()}


def curriculum(root: Path, by: "Tokenizer", plan: Plan) -> Curriculum:
    """The lessons of a plan; `root` is the folder of the public sets. Raises InvalidInput."""
    found = tasks(root, plan.licence, seed=plan.seed, languages=plan.languages, without=plan.without)
    if plan.generated:
        for name, task in generated.tasks(plan.seed).items():
            found[name] = _with_generated(found.get(name), task)
    found = {
        name: replace(task, train=_capped(task.train, plan.caps.get(name, {}), plan.seed))
        for name, task in found.items()
    }
    lessons = {name: lesson(task.head, task.train, by) for name, task in found.items()}
    return Curriculum(lessons, {name: lesson(task.head, task.validation, by) for name, task in found.items()}, found)


def looks(learnt: Curriculum, by: "Tokenizer", plan: Plan) -> dict[str, Lesson]:
    """Validation parts of at most `plan.checks` texts, for a look at the end of a round."""
    found = dict(learnt.checks)
    for name, check in found.items():
        if len(check) > plan.checks:
            task = learnt.tasks[name]
            found[name] = lesson(task.head, task.validation.take(_some(len(task.validation), plan)), by)
    return found


def _some(count: int, plan: Plan) -> IntArray:
    chosen: IntArray = np.sort(np.random.default_rng(plan.seed).permutation(count)[: plan.checks]).astype(np.int64)
    return chosen


def _capped(part: Part, caps: Mapping[str, int], seed: int) -> Part:
    """A part with at most as many texts of each set as `caps` allow, drawn by `seed`."""
    rng = np.random.default_rng(seed)
    sources = np.array(part.sources)
    kept = np.ones(len(part), np.bool_)
    for name, most in caps.items():
        rows = np.flatnonzero(sources == name)
        kept[rng.permutation(rows)[most:]] = False
    return part.take(np.flatnonzero(kept))


def _with_generated(public: Task | None, task: Task) -> Task:
    if public is None:
        return task
    checks: list[Part] = [public.validation, *([task.validation] if task.head.name in _BOTH else [])]
    return Task(task.head, joined([public.train, task.train]), joined(checks), public.dropped)


def _counts(sources: list[str]) -> dict[str, int]:
    return {name: sources.count(name) for name in sorted(set(sources))}
