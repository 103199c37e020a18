"""What somebody saw in pictures, as files have it."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.evaluation.detection_truth import Listed, read_faces, read_objects

anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["file", "coco", "faces", "label", "box", "a.jpg"]), inner, max_size=3)
    ),
    max_leaves=12,
)


class TestObjects:
    def test_labels_numbers_and_boxes(self) -> None:
        box = {"label": "dog", "box": {"left": 0, "top": 0.1, "right": 0.5, "bottom": 1}}
        told = {
            "a": ["dog", "car", "dog"],
            "b": {"car": 2, "dog": 0},
            "c": [box, {"label": "dog", "box": [0, 0, 1, 1]}],
        }
        assert read_objects(json.dumps(told)) == [
            Listed("a", ("dog", "car")),
            Listed("b", ("car",), {"car": 2, "dog": 0}),
            Listed("c", ("dog",), None, (("dog", (0, 0.1, 0.5, 1)), ("dog", (0, 0, 1, 1)))),
        ]

    def test_a_list_of_pictures_some_of_which_say_nothing(self) -> None:
        told = [{"file": "a", "labels": ["sky"], "coco": ["dog"]}, {"file": "b", "labels": ["sea"]}]
        assert read_objects(json.dumps(told)) == [Listed("a", ("dog",))]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("nonsense", "no JSON"),
            ("[]", "names no pictures"),
            ("3", "names no pictures"),
            ('[{"name": "a"}]', 'entry 1 of the truth has no "file"'),
            ('[{"file": "a"}]', "any of coco, objects, labels"),
            ('{"a": {"dog": -1}}', "no number of things"),
            ('{"a": {"dog": true}}', "no number of things"),
            ('{"a": 3}', "of a is not understood"),
            ('{"a": [{"label": "dog"}]}', "a box of a"),
            ('{"a": [{"label": "dog", "box": [0.5, 0, 0.2, 1]}]}', "fractions from 0 to 1"),
        ],
    )
    def test_what_is_wrong_is_said(self, text: str, said: str) -> None:
        with pytest.raises(InvalidInput, match=said) as refused:
            read_objects(text)
        assert refused.value.field == "truth"

    @given(anything)
    def test_anything_is_read_or_refused(self, document: object) -> None:
        for read in (read_objects, read_faces):
            with suppress(InvalidInput):
                read(json.dumps(document))


class TestFaces:
    def test_numbers_by_picture(self) -> None:
        assert read_faces('{"a": 2, "b": null, "c": 0}') == {"a": 2, "c": 0}

    def test_what_is_no_number_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="'many' of a"):
            read_faces('{"a": "many"}')
