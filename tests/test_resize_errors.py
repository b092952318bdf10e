"""Resizing: errors with their texts, and input that may do nothing worse than raise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import assert_same_bytes
from hypothesis import given
from hypothesis import strategies as st

from sigresample import nn

Array = np.ndarray[Any, Any]

X = np.zeros((1, 2, 5, 6))


@pytest.mark.parametrize(
    "kind, text, arguments",
    [
        (ValueError, "either size or scale_factor must be given, got size=None and scale_factor=None", {}),
        (ValueError, "either size or .*, got size=2 and scale_factor=3.0", {"size": 2, "scale_factor": 3.0}),
        (TypeError, "size must be an integer or a tuple of integers, got 2.0", {"size": 2.0}),
        (TypeError, "size must be an integer or a tuple of integers, got True", {"size": True}),
        (TypeError, r"size must be an integer or a tuple of integers, got \(2, '3'\)", {"size": (2, "3")}),
        (ValueError, "size must be positive, got 0", {"size": 0}),
        (ValueError, r"size must be positive, got \(3, -1\)", {"size": [3, -1]}),
        (ValueError, r"size must be one value or 2, one for each axis, got \(1, 2, 3\)", {"size": (1, 2, 3)}),
        (ValueError, r"the result must fit into memory, got shape \(1, 2, 3602879701896\d+, 1\)", {"size": (2**55, 1)}),
        (ValueError, "the result must fit into memory", {"scale_factor": 1e300}),
        (TypeError, "scale_factor must be a number or a tuple of numbers, got 'two'", {"scale_factor": "two"}),
        (TypeError, "scale_factor must be a number or a tuple of numbers, got True", {"scale_factor": True}),
        (TypeError, "scale_factor must be a number .*, got 1j", {"scale_factor": 1j}),
        (ValueError, "scale_factor must be positive and finite, got 0.0", {"scale_factor": 0}),
        (ValueError, "scale_factor must be positive and finite, got nan", {"scale_factor": float("nan")}),
        (ValueError, "scale_factor must be positive and finite, got inf", {"scale_factor": float("inf")}),
        (ValueError, r"scale_factor must be one value or 2, one for each axis, got \(1.0,\)", {"scale_factor": (1.0,)}),
        (ValueError, r"scale_factor must leave an output, got size 0 from input \(5, 6\)", {"scale_factor": 0.1}),
        (ValueError, r"mode must be one of \('nearest', .*\), got 'cubic'", {"size": 2, "mode": "cubic"}),
        (ValueError, "mode must be one of .*, got 3", {"size": 2, "mode": 3}),
        (ValueError, r"mode 'linear' needs an input of 3 dimensions, got shape", {"size": 2, "mode": "linear"}),
        (ValueError, "mode 'trilinear' needs an input of 5 dimensions, got shape", {"size": 2, "mode": "trilinear"}),
        (ValueError, "align_corners must be None with mode 'nearest', .* got False",
         {"size": 2, "align_corners": False}),
        (TypeError, "align_corners must be True, False or None, got 1",
         {"size": 2, "mode": "bicubic", "align_corners": 1}),
        (ValueError, "recompute_scale_factor must be None or False where size is given, got True",
         {"size": 2, "recompute_scale_factor": True}),
        (TypeError, "recompute_scale_factor must be True, False or None, got 0",
         {"scale_factor": 2, "recompute_scale_factor": 0}),
        (ValueError, "antialias must be False but for 'bilinear' and 'bicubic', got True with mode 'nearest'",
         {"size": 2, "antialias": True}),
        (ValueError, "antialias must be False but .* mode 'area'", {"size": 2, "antialias": True, "mode": "area"}),
        (TypeError, "antialias must be True or False, got None", {"size": 2, "antialias": None}),
        (ValueError, "cubic_a must be None but for 'bicubic', got -0.5 with mode 'bilinear'",
         {"size": 2, "mode": "bilinear", "cubic_a": -0.5}),
        (ValueError, "cubic_a must be a number from -1024 to 1024 or None, got inf",
         {"size": 2, "mode": "bicubic", "cubic_a": float("inf")}),
        (TypeError, "cubic_a must be a number from -1024 to 1024 or None, got 'a'",
         {"size": 2, "mode": "bicubic", "cubic_a": "a"}),
        (TypeError, "channels_last must be True or False, got 1", {"size": 2, "channels_last": 1}),
        (ValueError, "workers must not be 0", {"size": 2, "workers": 0}),
        (TypeError, "out must be a NumPy array, got list", {"size": 2, "out": []}),
        (ValueError, r"out must have shape \(1, 2, 2, 2\), got \(2, 2\)", {"size": 2, "out": np.zeros((2, 2))}),
        (ValueError, "out must have dtype float64, got float32", {"size": 2, "out": np.zeros((1, 2, 2, 2), "f4")}),
        (ValueError, "out must not overlap an input", {"size": 2, "out": X[..., :2, :2]}),
    ],
)  # fmt: skip
def test_interpolate_names_the_argument_the_rule_and_the_value(kind: Any, text: str, arguments: dict[str, Any]) -> None:
    for _ in range(2):  # what was refused once is refused again
        with pytest.raises(kind, match=f"^interpolate: {text}"):
            nn.interpolate(X, **arguments)


@pytest.mark.parametrize(
    "kind, text, x, arguments",
    [
        (ValueError, r"input must be \(N, C, L\), .*, got shape \(5, 6\)", np.zeros((5, 6)), {}),
        (ValueError, r"input must be .*, got shape \(1, 1, 1, 1, 1, 1\)", np.zeros((1,) * 6), {}),
        (ValueError, r"input must be \(N, H, W, C\) or .*, got shape \(5, 6\)", X[0, 0], {"channels_last": True}),
        (ValueError, r"input must have elements, but for the batch, got shape \(1, 2, 0, 6\)", X[:, :, :0], {}),
        (ValueError, r"input must have elements, but for the batch, got shape \(1, 0, 5, 6\)", X[:, :0], {}),
        (
            TypeError,
            "input must be booleans, integers, half to double precision, got datetime64",
            X.astype("M8[s]"),
            {},
        ),
        (TypeError, "input must be booleans, integers, .*, got (float128|longdouble)", X.astype("g"), {}),
        (TypeError, "input must be booleans, integers, .*, got object", X.astype(object), {}),
        (ValueError, "input must be an array of numbers, got list", [[[1, 2], [3]]], {}),
        (TypeError, "input must be booleans, .*, got str", "image", {}),
    ],
)
def test_input_that_is_refused(kind: Any, text: str, x: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(kind, match=f"^interpolate: {text}"):
        nn.interpolate(x, 2, **arguments)


@pytest.mark.parametrize(
    "kind, text, call",
    [
        (ValueError, "upsample: factor must be positive, got 0", lambda: nn.upsample(X, 0)),
        (TypeError, "upsample: factor must be an integer or a tuple of integers, got 1.5", lambda: nn.upsample(X, 1.5)),
        (ValueError, "upsample: factor must be one value or 2, .*, got", lambda: nn.upsample(X, (1, 2, 3))),
        (ValueError, "upsample: the result must fit into memory", lambda: nn.upsample(X, 2**55)),
        (ValueError, "upsample: mode must be one of .*, got 'bilinear'", lambda: nn.upsample(X, 2, "bilinear")),
        (ValueError, "downsample: factor must be positive, got -2", lambda: nn.downsample(X, -2)),
        (ValueError, "downsample: antialias must be None, one of .*, got sinc", lambda: nn.downsample(X, 2, "sinc")),
        (ValueError, r"downsample: antialias must be .*, got \[\]", lambda: nn.downsample(X, 2, [])),
        (ValueError, "downsample: antialias must be .*, got", lambda: nn.downsample(X, 2, [1.0, np.nan])),
        (ValueError, "downsample: antialias must be .*, got", lambda: nn.downsample(X, 2, [[1.0], [2, 3]])),
        (ValueError, "Upsample: either size or scale_factor must be given", lambda: nn.Upsample()),
        (TypeError, "Upsample: size must be an integer", lambda: nn.Upsample("2")),
        (ValueError, "Upsample: mode must be one of", lambda: nn.Upsample(2, mode="quintic")),
        (ValueError, "Upsample.output_shape: input must be", lambda: nn.Upsample(2).output_shape((3, 4))),
    ],
)
def test_the_others_refuse_as_well(kind: Any, text: str, call: Any) -> None:
    with pytest.raises(kind, match=f"^{text}"):
        call()


def test_an_empty_batch_and_a_factor_beyond_the_length() -> None:
    assert nn.interpolate(np.zeros((0, 3, 4, 5)), (7, 8), mode="bicubic").shape == (0, 3, 7, 8)
    assert nn.interpolate(np.zeros((0, 4, 5, 3), "u1"), 7, mode="area", channels_last=True).shape == (0, 7, 7, 3)
    x = np.arange(5.0)[None, None]
    assert nn.downsample(x, 2**55).tolist() == [[[0.0]]]
    assert nn.downsample(x, 2**55, "linear").shape == (1, 1, 1)


def test_inputs_are_not_changed_and_may_be_read_only() -> None:
    for dtype in ("f4", "f2", "u1", "i1", "?", "c8", "i4"):
        x = (np.random.default_rng(0).random((1, 2, 6, 7)) * 100).astype(dtype)
        before = x.copy()
        x.flags.writeable = False
        for mode in ("nearest", "bicubic", "area"):
            nn.interpolate(x, (9, 4), mode=mode)
        assert_same_bytes(x, before)


numbers = st.one_of(
    st.integers(-3, 20), st.sampled_from([0, 2**31, 2**55, 2**63, -(2**63), True, None, "3", 1.5, float("nan"), ()]),
    st.lists(st.integers(-2, 9), max_size=4).map(tuple), st.floats(), st.lists(st.floats(0, 3), max_size=3),
)  # fmt: skip


@given(
    st.lists(st.integers(0, 6), max_size=6), st.sampled_from(["f4", "f8", "u1", "i2", "?", "c8", "i8", "f2"]),
    st.dictionaries(st.sampled_from(["size", "scale_factor", "align_corners", "recompute_scale_factor", "antialias",
                                     "cubic_a", "channels_last"]), st.one_of(numbers, st.booleans()), max_size=4),
    st.sampled_from(["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area", "", None]),
)  # fmt: skip
def test_whatever_is_passed_raises_at_worst(shape: list[int], dtype: str, arguments: dict[str, Any], mode: Any) -> None:
    x = np.ones(shape, dtype)
    for given_ in (arguments.get("size"), arguments.get("scale_factor")):
        if isinstance(given_, int | float) and 1e3 < given_ < 2**50:  # what memory may hold, but not in a test
            return
    try:
        y = nn.interpolate(x, mode=mode, **arguments)
    except MemoryError:
        return
    except (ValueError, TypeError) as error:
        if not str(error).startswith("interpolate: "):
            raise
        return
    assert y.dtype == x.dtype
    if arguments.get("cubic_a") is None and np.dtype(dtype).kind in "biu":
        assert (y == 1).all()
