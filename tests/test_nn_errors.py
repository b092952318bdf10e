"""Convolutions over channels: errors with their texts, and input that may do nothing worse than raise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import assert_same_bytes
from hypothesis import given
from hypothesis import strategies as st

from sigresample import nn

Array = np.ndarray[Any, Any]

CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
TRANSPOSED = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")


X, W = np.zeros((1, 4, 5, 6)), np.zeros((6, 2, 3, 3))


def ones(*kernel: int) -> Array:
    return np.ones((1, 1, *kernel))


@pytest.mark.parametrize(
    "kind, text, arguments",
    [
        (ValueError, "conv2d: stride must be positive, got 0", {"stride": 0}),
        (ValueError, r"conv2d: stride must be positive, got \(1, -2\)", {"stride": (1, -2)}),
        (
            ValueError,
            r"conv2d: stride must be one value or 2, one for each axis, got \(1, 1, 1\)",
            {"stride": (1, 1, 1)},
        ),
        (TypeError, "conv2d: stride must be an integer or a tuple of integers, got 1.5", {"stride": 1.5}),
        (TypeError, "conv2d: stride must be an integer or a tuple of integers, got True", {"stride": True}),
        (ValueError, r"conv2d: stride must be at most 2\*\*62, got 9223372036854775808", {"stride": 2**63}),
        (ValueError, "conv2d: dilation must be positive, got 0", {"dilation": 0}),
        (ValueError, "conv2d: padding must not be negative, got -1", {"padding": -1}),
        (ValueError, r"conv2d: padding must not be negative, got \(0, -1\)", {"padding": ((0, -1), 2)}),
        (ValueError, "conv2d: padding must be integers, pairs of them or one of .*, got 'full'", {"padding": "full"}),
        (
            ValueError,
            r"conv2d: padding of one axis must be .* \(before, after\), got \(1, 2, 3\)",
            {"padding": ((1, 2, 3), 0)},
        ),
        (ValueError, "conv2d: padding='same' needs stride 1 .*, got stride=2", {"padding": "same", "stride": 2}),
        (ValueError, r"conv2d: the result must fit into memory, got shape \(1, 6, 7", {"padding": 2**55}),
        (ValueError, "conv2d: padding_mode must be one of .*, got 'edge'", {"padding_mode": "edge"}),
        (
            ValueError,
            "conv2d: padding must be smaller than the input with padding_mode='reflect', got 5 for 5 samples",
            {"padding": 5, "padding_mode": "reflect"},
        ),
        (
            ValueError,
            "conv2d: padding must be at most the input with padding_mode='circular', got 6 for 5 samples",
            {"padding": 6, "padding_mode": "circular"},
        ),
        (ValueError, "conv2d: groups must be positive, got 0", {"groups": 0}),
        (TypeError, "conv2d: groups must be an integer, got 2.0", {"groups": 2.0}),
        (
            ValueError,
            "conv2d: weight's first axis must be divisible by groups, got shape .* and groups=4",
            {"groups": 4},
        ),
        (
            ValueError,
            r"conv2d: input must have 6 channels for weight of shape \(6, 2, 3, 3\) and groups=3, got 4",
            {"groups": 3},
        ),
        (
            ValueError,
            r"conv2d: input must have 4 dimensions, or 3 without a batch, got shape \(5, 6\)",
            {"input": X[0, 0]},
        ),
        (ValueError, r"conv2d: weight must have 4 dimensions, got shape \(6, 2, 3\)", {"weight": W[..., 0]}),
        (ValueError, "conv2d: weight must have elements along each axis, got shape", {"weight": W[..., :0]}),
        (ValueError, "conv2d: weight must have elements for each channel, got shape", {"weight": W[:0]}),
        (ValueError, "conv2d: input must have elements along each axis, got shape", {"input": X[..., :0]}),
        (ValueError, r"conv2d: bias must have shape \(6,\), got \(6, 1\)", {"bias": np.zeros((6, 1))}),
        (
            ValueError,
            r"conv2d: the kernel must fit .* got kernel \(3, 3\) .* reaches over 7 .* dilation 3\) and input \(5, 6\)",
            {"dilation": 3},
        ),
        (
            TypeError,
            "conv2d: input must be booleans, integers, half to double precision, got object",
            {"input": X.astype(object)},
        ),
        (TypeError, "conv2d: weight must be .*, got <U", {"weight": W.astype(str)}),
        (
            TypeError,
            "conv2d: dtype must be able to hold what input holds, got dtype=int32 for float64",
            {"dtype": "i4"},
        ),
        (TypeError, "conv2d: dtype must be boolean, .*, got 'nonsense'", {"dtype": "nonsense"}),
        (ValueError, "conv2d: workers must not be 0", {"workers": 0}),
    ],
)
def test_errors_say_function_argument_rule_and_value(kind: Any, text: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(kind, match=f"^{text}"):
        nn.conv2d(**{"input": X, "weight": W, "groups": 2, **arguments})


@pytest.mark.parametrize(
    "text, arguments",
    [
        (
            "output_padding must be smaller than stride or dilation, got output_padding=2, stride=2, dilation=1",
            {"stride": 2, "output_padding": 2},
        ),
        ("output_padding must not be negative, got -1", {"output_padding": -1}),
        ("output_size must be from 9 to 10 along axis 0, got 11", {"stride": 2, "output_size": 11, "padding": 1}),
        (
            r"output_padding must be 0 where output_size is given, got \(1, 1\) and 12",
            {"stride": 2, "output_padding": 1, "output_size": 12},
        ),
        (
            r"padding must leave an output, got size 0 from input \(5, 6\) with padding \(\(3, 4\), 0\)",
            {"padding": ((3, 4), 0)},
        ),
        ("weight must have elements for each channel", {"weight": np.zeros((4, 0, 3, 3))}),
        ("input must have 6 channels", {"weight": np.zeros((6, 2, 3, 3))}),
        (r"bias must have shape \(4,\), got \(2,\)", {"groups": 2, "bias": np.zeros(2)}),
    ],
)
def test_errors_of_transposed_convolutions(text: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^conv_transpose2d: {text}"):
        nn.conv_transpose2d(**{"input": X, "weight": np.zeros((4, 2, 3, 3)), **arguments})


NUMBERS = st.one_of(
    st.integers(-3, 9),
    st.sampled_from([2**55, 2**62, 2**63, -(2**63), 2**100]),
    st.none(),
    st.booleans(),
    st.floats(),
    st.text(max_size=2),
    st.sampled_from(["same", "valid", "same_upper"]),
)
ARGUMENT = st.one_of(NUMBERS, st.lists(st.one_of(NUMBERS, st.tuples(NUMBERS, NUMBERS)), max_size=4).map(tuple))


@given(
    st.sampled_from([*CONVOLUTIONS, *TRANSPOSED]),
    st.lists(st.integers(0, 4), max_size=6),
    st.lists(st.integers(0, 3), max_size=6),
    st.dictionaries(
        st.sampled_from(["stride", "padding", "dilation", "groups", "output_padding", "output_size", "padding_mode"]),
        st.one_of(ARGUMENT, st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
        max_size=4,
    ),
)
def test_nothing_crashes(name: str, x: list[int], w: list[int], numbers: dict[str, Any]) -> None:
    if "transpose" not in name:
        numbers = {key: value for key, value in numbers.items() if not key.startswith("output")}
    try:
        made = getattr(nn, name)(np.ones(x, "f4"), np.ones(w, "f4"), **numbers)
    except (ValueError, TypeError) as error:
        assert str(error).startswith(f"{name}: ")  # noqa: PT017
    except MemoryError:
        pass
    else:
        assert np.isfinite(made).all()


# No quotient of two of them is a length that memory could hold, and this machine not in time.
HUGE = st.sampled_from([1, 2, 2**55, 2**56, 2**61, 2**62])


@given(st.tuples(HUGE, HUGE), st.integers(0, 3), HUGE, st.sampled_from(["zeros", "replicate"]))
def test_huge_numbers_that_fit_together(strides: tuple[int, int], more: int, dilation: int, mode: str) -> None:
    """Few outputs lie far outside: positions are worked out without overflow."""
    x = np.arange(1.0, 4.0).reshape(1, 1, 3)
    pad = dilation + more
    try:
        y = nn.conv1d(x, np.ones((1, 1, 2)), None, strides[0], ((pad, strides[1]),), dilation, padding_mode=mode)
    except (ValueError, MemoryError):
        return
    outside = (0, 0) if mode == "zeros" else (x[0, 0, 0], x[0, 0, 2])
    at = [i * strides[0] - pad for i in range(y.shape[-1])]
    far = [outside[0] if i < 0 else outside[1] if i > 2 else x[0, 0, i] for i in at]
    near = [outside[0] if i < 0 else outside[1] if i > 2 else x[0, 0, i] for i in (j + dilation for j in at)]
    np.testing.assert_array_equal(y[0, 0], np.array(far) + near)


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
def test_words_may_be_numpys(name: str) -> None:
    function, x = getattr(nn, name), np.arange(25.0).reshape(1, 1, 5, 5)
    for how in ({"padding": "same"}, {"padding": 1, "padding_mode": "reflect"}):
        other = {key: np.str_(value) if isinstance(value, str) else value for key, value in how.items()}
        assert_same_bytes(function(x, ones(3, 3), **other), function(x, ones(3, 3), **how))


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
def test_what_holds_no_numbers_is_named(name: str) -> None:
    good: dict[str, Any] = {"input": np.ones((1, 1, 4, 4)), "weight": np.ones((1, 1, 3, 3)), "bias": np.ones(1)}
    for argument in good:
        for bad, text in (("abc", "got str"), (["a"], "got list of <U1"), (object(), "got object")):
            with pytest.raises(TypeError, match=f"{name}: {argument} must be booleans, integers, .*{text}"):
                getattr(nn, name)(**{**good, argument: bad})
        with pytest.raises(TypeError, match=f"{name}: {argument} must be booleans, integers, .*got <U1"):
            getattr(nn, name)(**{**good, argument: np.array("a")})
        with pytest.raises(ValueError, match=f"{name}: {argument} must be an array of numbers, got list: .*homog"):
            getattr(nn, name)(**{**good, argument: [[[[1, 2], [3]]]]})
    for argument in ("input", "weight"):
        with pytest.raises(TypeError, match=f"{name}: {argument} must be booleans, integers, .*got NoneType"):
            getattr(nn, name)(**{**good, argument: None})
    for groups in ((1,), "1", 1.0):
        with pytest.raises(TypeError, match=f"{name}: groups must be an integer, got"):
            getattr(nn, name)(**good, groups=groups)
