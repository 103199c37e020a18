"""Heads that learn on a finished model: they get better, everything else answers as before."""

from pathlib import Path

import numpy as np
import pytest
from tests import text_bundle

from socialflow.catalogue.records import Version
from socialflow.catalogue.registry import Catalogue
from socialflow.kit.answers import Tier
from socialflow.kit.progress import no_progress
from socialflow.text.analyser import Analyser
from socialflow.text.bundle import ENCODER_FILE, Bundle, read_bundle
from socialflow.text.records import Detection, Spans
from socialflow.training.text.curriculum import Curriculum
from socialflow.training.text.lessons import Lesson, Tokens
from socialflow.training.text.plan import Course, Plan
from socialflow.training.text.remaking import Compared, Revision, judged, remade

pytestmark = pytest.mark.train
torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

WORDS = text_bundle.VOCABULARY
COURSE = Course(rounds=20, size=16, learns="heads", head_rate=3e-2, patience=20)
PLAN = Plan(width=text_bundle.WIDTH, dropout=0.0, afterwards={"spam": COURSE})


@pytest.fixture
def before(tmp_path: Path) -> Bundle:
    """Takes what has the word "free" for spam."""
    return text_bundle.clear_bundle(tmp_path / "before")


def of_spam(*, upside_down: bool = False) -> Curriculum:
    """Spam is what has the word "good"; `upside_down`: the check says the opposite of what is learnt."""
    rng = np.random.default_rng(0)
    start, end, good = (WORDS.index(word) for word in ("[CLS]", "[SEP]", "good"))
    rows = [np.array([start, *rng.integers(4, 12, rng.integers(2, 6)), end], np.int32) for _ in range(300)]
    tokens = Tokens(np.concatenate(rows), np.cumsum([0, *map(len, rows)]))
    targets = np.array([good in row for row in rows], np.int64)
    lesson = Lesson("spam", "multi_class", text_bundle.labels("spam"), tokens, targets)
    check = Lesson("spam", "multi_class", text_bundle.labels("spam"), tokens, 1 - targets if upside_down else targets)
    return Curriculum({"spam": lesson}, {"spam": check}, {})


def revised(before: Bundle, learnt: Curriculum, catalogue: Catalogue) -> Version:
    from socialflow.training.text.fitting.alone import taught

    heads = taught(learnt, before, PLAN, no_progress)
    return remade(Revision(before, heads, learnt, PLAN), catalogue, no_progress)


class TestHeadsAlone:
    def test_one_learns_and_the_others_answer_as_before(self, before: Bundle, tmp_path: Path) -> None:
        catalogue = Catalogue(tmp_path / "models")
        version = revised(before, of_spam(), catalogue)
        after = read_bundle(catalogue.open("text", version.version), Tier.TRAINED)
        old, new = (Analyser(one).analyse(["good city"], ["spam", "toxic_spans"])[0] for one in (before, after))
        was, now = old.record("spam", Detection), new.record("spam", Detection)
        assert was is not None
        assert now is not None
        assert (was.found, now.found) == (False, True)
        assert new.record("toxic_spans", Spans) == old.record("toxic_spans", Spans)
        assert (after.directory / ENCODER_FILE).read_bytes() == (before.directory / ENCODER_FILE).read_bytes()

    def test_the_version_tells_what_it_was_made_of(self, before: Bundle, tmp_path: Path) -> None:
        version = revised(before, of_spam(), Catalogue(tmp_path / "models"))
        told = version.metadata
        assert told["gate"]["accepted"]
        assert told["encoder_of"]["digest"] == before.digest
        assert told["learnt_alone"]["spam"]["rounds"] == COURSE.rounds
        assert told["heads"]["spam"]["integers"] > told["heads"]["spam"]["before"]

    def test_where_learning_makes_it_no_better_it_stays_as_it_was(self, before: Bundle, tmp_path: Path) -> None:
        catalogue = Catalogue(tmp_path / "models")
        told = revised(before, of_spam(upside_down=True), catalogue).metadata["heads"]["spam"]
        assert told["integers"] == told["before"]

    def test_one_that_begins_anew_forgets_what_it_was(self, before: Bundle) -> None:
        from socialflow.training.text.fitting.alone import taught

        short = COURSE.model_copy(update={"rounds": 1, "head_rate": 1e-9})
        plans = (
            PLAN.model_copy(update={"afterwards": {"spam": short.model_copy(update={"anew": anew})}}) for anew in (0, 1)
        )
        went_on, anew = (taught(of_spam(), before, plan, no_progress)["spam"] for plan in plans)
        old = before.heads["spam"].arrays["w1"]
        assert np.allclose(went_on.arrays["w1"], old, atol=1e-3)
        assert not np.allclose(anew.arrays["w1"], old, atol=1e-3)

    def test_a_head_of_another_width_begins_anew(self, before: Bundle) -> None:
        from socialflow.training.text.fitting.alone import taught

        found = taught(of_spam(), before, PLAN.model_copy(update={"width": 5}), no_progress)
        assert found["spam"].arrays["w1"].shape == (text_bundle.WIDTH, 5)


class TestJudged:
    def test_a_head_that_is_worse_beyond_chance_is_refused(self) -> None:
        few, many = (judged({"spam": Compared(rows, 0.9, 0.87)}, 0.01) for rows in (100, 10_000))
        assert few.accepted
        assert not many.accepted

    def test_a_new_head_is_told(self) -> None:
        assert judged({"spam": Compared(100, None, 0.9)}, 0.01).reasons == ("spam: 0.9000, new",)
