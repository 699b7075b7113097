import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from algozoo.sandbox.wire import GarbledError, Message, unpack

FLOATS = arrays(st.sampled_from([np.dtype("<f4"), np.dtype("<f8")]), array_shapes(min_dims=0, min_side=0, max_side=4))


@given(st.dictionaries(st.text(max_size=5), FLOATS, max_size=3), st.binary(max_size=20))
def test_what_is_packed_is_unpacked(named, blob):
    message = unpack(b"".join(Message(facts={"n": 1}, arrays=named, blob=blob).pack()))
    assert message.facts == {"n": 1}
    assert message.blob == blob
    assert message.arrays.keys() == named.keys()
    for name, values in named.items():
        assert message.arrays[name].dtype == values.dtype
        np.testing.assert_array_equal(message.arrays[name], values)


@given(st.binary(max_size=200))
def test_nonsense_is_refused_whatever_it_is(data):
    with pytest.raises(GarbledError):
        unpack(data)


def message(header: object, rest: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + rest


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "nothing came"),
        (b"abc", "less than a header"),
        (struct.pack("<I", 2**31), "header of 2147483648 bytes"),
        (message(b"[" * 60000), "not what it should be"),
        (message({"facts": {}, "arrays": [["a", "|O", [1]]], "blob": 0}, b"12345678"), "not what it should be"),
        (message({"facts": {}, "arrays": [["a", "<f8", [-1]]], "blob": 0}), "not what it should be"),
        (message({"facts": {}, "arrays": [["a", "<f8", [1.0]]], "blob": 0}), "not what it should be"),
        (message({"facts": {}, "arrays": [["a", "<f8", [True]]], "blob": 0}), "not what it should be"),
        (message({"facts": {}, "arrays": [["a", ["<f8"], [1]]], "blob": 0}), "not what it should be"),
        (message({"facts": [], "arrays": [], "blob": 0}), "not what it should be"),
        (message({"facts": {}, "arrays": [["a", "<f8", [10**15]]], "blob": 0}), r"shape \(1000000000000000,\)"),
        (message({"facts": {}, "arrays": [["a", "<f8", [2**62, 2**62]]], "blob": 0}), "is announced"),
        (message({"facts": {}, "arrays": [["a", "<f8", [0, 2**62]]], "blob": 0}), "is announced, which is too large"),
        (message({"facts": {}, "arrays": [], "blob": 3}, b"12"), "2 bytes came after the arrays, 3 were announced"),
        (message({"facts": {}, "arrays": [], "blob": 0}, b"more"), "4 bytes came"),
    ],
)
def test_a_forged_message_is_refused_before_anything_is_allocated(data, reason):
    with pytest.raises(GarbledError, match=reason):
        unpack(data)
