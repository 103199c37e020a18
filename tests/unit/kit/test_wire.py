"""Messages to and from bounded children."""

import io
import struct

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from socialflow.kit.wire import LARGEST_ARRAYS, BrokenMessage, Message, packed, unpacked

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ARRAYS = st.sampled_from(["uint8", "int16", "int32", "int64", "float32", "float64"]).flatmap(
    lambda dtype: arrays(dtype, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)


def read_from(data: bytes) -> Message:
    stream = io.BytesIO(data)

    def exactly(size: int) -> bytes:
        piece = stream.read(size)
        if len(piece) < size:
            raise EOFError
        return piece

    return unpacked(exactly)


def written(header: object, tail: bytes = b"") -> bytes:
    text = orjson.dumps(header)
    return struct.pack(">I", len(text)) + text + tail


class TestRoundTrip:
    @given(st.dictionaries(st.text(), JSON, max_size=3), st.lists(ARRAYS, max_size=3))
    def test_comes_back_as_it_went(self, body: dict[str, object], many: list[np.ndarray]) -> None:
        found = read_from(b"".join(packed(Message(body, many))))
        assert found.body == body
        for sent, came in zip(many, found.arrays, strict=True):
            assert sent.dtype == came.dtype
            np.testing.assert_array_equal(sent, came)

    def test_a_view_goes_as_what_it_shows(self) -> None:
        whole = np.arange(12, dtype=np.uint8).reshape(3, 4)
        (came,) = read_from(b"".join(packed(Message({}, [whole[::2, ::3]])))).arrays
        assert came.tolist() == [[0, 3], [8, 11]]


class TestRefused:
    def test_objects_never_go(self) -> None:
        with pytest.raises(BrokenMessage, match="object"):
            packed(Message({}, [np.array([{}])]))

    @pytest.mark.parametrize(
        "header",
        [
            [],
            {"body": {}},
            {"body": 3, "arrays": []},
            {"body": {}, "arrays": [["object", [1]]]},
            {"body": {}, "arrays": [["uint8", [-1]]]},
            {"body": {}, "arrays": [["uint8", [True]]]},
            {"body": {}, "arrays": [["uint8", 4]]},
            {"body": {}, "arrays": ["uint8"]},
        ],
    )
    def test_what_is_no_message(self, header: object) -> None:
        with pytest.raises(BrokenMessage):
            read_from(written(header))

    def test_more_than_may_go_through(self) -> None:
        with pytest.raises(BrokenMessage, match="at most"):
            read_from(written({"body": {}, "arrays": [["uint8", [LARGEST_ARRAYS + 1]]]}))
        with pytest.raises(BrokenMessage, match="at most"):
            read_from(struct.pack(">I", 1 << 31))

    @given(st.binary(max_size=64))
    def test_garbage_is_an_end_or_a_refusal(self, data: bytes) -> None:
        with pytest.raises((EOFError, BrokenMessage)):
            read_from(data)
