"""Vectors of what is written about items, by the text model in the package."""

import numpy as np
import pytest

from socialflow.recommendation.interactions import ItemTable
from socialflow.recommendation.sentences import WIDTH, Sentences, said
from socialflow.text.analyser import bundled


def table(*titles: str, description: str = "") -> ItemTable:
    n = len(titles)
    none = np.full(n, -1)
    return ItemTable(np.arange(n), titles, [description] * n, [()] * n, [None] * n, none, np.zeros(n))


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    return Sentences(bundled())


def test_is_of_length_one_or_zero(sentences: Sentences) -> None:
    lengths = np.linalg.norm(sentences.of(table("a cat asleep", "", " \u200b")), axis=1)
    assert lengths == pytest.approx([1.0, 0.0, 0.0], abs=1e-5)


def test_likeness_is_that_of_what_is_meant(sentences: Sentences) -> None:
    cat, kitten, guitar = sentences.of(table("a cat asleep", "our kitten naps", "guitar lesson one"))
    assert cat @ kitten > cat @ guitar + 0.1


def test_what_was_kept_is_what_many_would_get(sentences: Sentences) -> None:
    few = table("cats", "guitars", "cats")
    first, again = sentences.of(few), sentences.of(few)
    many = sentences.of(table("cats", "guitars", "cats", *(f"number {n}" for n in range(80))))
    assert (first == again).all()
    assert many[:3] == pytest.approx(first, abs=1e-5)
    many[:] = 0
    again_many = sentences.of(table("cats", "guitars", "cats", *(f"number {n}" for n in range(80))))
    assert again_many[:3] == pytest.approx(first, abs=1e-5)


def test_no_items_have_no_vectors(sentences: Sentences) -> None:
    assert sentences.of(table()).shape == (0, WIDTH)


def test_a_long_description_is_read_from_its_beginning() -> None:
    long = table("Bread", description="dough " * 1000)
    assert said(long, 0).startswith("Bread. dough dough")
    assert len(said(long, 0)) == 200
