"""The same bytes whatever the workers, the batch and the layout; `out`; and every error by its text."""

from __future__ import annotations

import inspect
import itertools
import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest
from helpers import assert_same_bytes, variants
from test_public_api import test_a_docstring_is_complete as complete

from sigresample import _window_call, _window_plans, clear_cache, explain, nn

Array = np.ndarray[Any, Any]

CALLS: dict[str, tuple[str, tuple[int, ...], dict[str, Any]]] = {
    "max": ("max_pool2d", (5, 3, 17, 19), {"kernel_size": 3, "stride": 2, "padding": 1, "return_indices": True}),
    "max, two": ("max_pool2d", (5, 3, 18, 40), {"kernel_size": 2}),
    "max, dilated": ("max_pool2d", (3, 2, 20, 18), {"kernel_size": (3, 2), "dilation": (2, 3), "ceil_mode": True}),
    "max, large": ("max_pool2d", (3, 2, 70, 80), {"kernel_size": 31, "stride": 1, "padding": 15}),
    "max, line": ("max_pool1d", (4, 5, 301), {"kernel_size": 9, "stride": 2, "return_indices": True}),
    "max, volume": ("max_pool3d", (2, 3, 7, 9, 8), {"kernel_size": 3, "padding": 1, "stride": (1, 2, 1)}),
    "avg": ("avg_pool2d", (5, 3, 17, 19), {"kernel_size": 3, "stride": 1, "padding": 1, "count_include_pad": False}),
    "avg, two": ("avg_pool2d", (5, 3, 18, 40), {"kernel_size": 2}),
    "avg, large": ("avg_pool2d", (3, 2, 70, 80), {"kernel_size": 31, "stride": 1, "padding": 15}),
    "avg, line": ("avg_pool1d", (4, 5, 301), {"kernel_size": 40, "stride": 7, "ceil_mode": True}),
    "avg, volume": ("avg_pool3d", (2, 3, 7, 9, 8), {"kernel_size": 3, "padding": 1, "stride": (1, 2, 1)}),
    "norm": ("lp_pool2d", (5, 3, 17, 19), {"norm_type": 2, "kernel_size": 3, "ceil_mode": True}),
    "adaptive max": ("adaptive_max_pool2d", (5, 3, 17, 19), {"output_size": (5, 7), "return_indices": True}),
    "adaptive avg": ("adaptive_avg_pool2d", (5, 3, 17, 19), {"output_size": (5, 23)}),
    "unspread": ("avg_unpool2d", (5, 3, 17, 19), {"kernel_size": 3, "stride": 2, "padding": 1}),
}
REAL = ("f4", "f8", "f2", "i1", "u2", "i4", "i8", "?")
PAIRS = [(name, dtype) for name in CALLS for dtype in (*REAL, "c8", "c16") if dtype[0] != "c" or "av" in CALLS[name][0]]


def arrays(name: str, dtype: str) -> tuple[Any, Array, dict[str, Any]]:
    function, shape, numbers = CALLS[name]
    x = np.random.default_rng(0).standard_normal(shape) * (50 if np.dtype(dtype).kind in "iu" else 1)
    if dtype == "u2":
        x = np.abs(x)
    return getattr(nn, function), (x * (1 + 0.5j) if dtype[0] == "c" else x).astype(dtype), numbers


def all_of(made: Any) -> tuple[Array, ...]:
    return made if isinstance(made, tuple) else (made,)


@pytest.mark.uncheckable  # ten calls of each kind, by a definition in Python
@pytest.mark.parametrize("name, dtype", PAIRS)
def test_same_bytes_for_workers_batches_and_layouts(name: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function, x, numbers = arrays(name, dtype)
    want = all_of(function(x, **numbers, workers=1))

    def assert_same(made: Any, parts: tuple[Array, ...]) -> None:
        for got, part in zip(all_of(made), parts, strict=True):
            assert_same_bytes(got, part)

    for workers in (2, 7):
        assert_same(function(x, **numbers, workers=workers), want)
    for item in range(len(x)):
        assert_same(function(x[item], **numbers), tuple(y[item] for y in want))
        assert_same(function(x[item, :1], **numbers), tuple(y[item, :1] for y in want))
    assert_same(function(x[::-1], **numbers, workers=3), tuple(y[::-1] for y in want))
    assert_same(function(np.concatenate([x, x]), **numbers), tuple(np.concatenate([y, y]) for y in want))
    for _, made in variants(x):
        assert_same(function(made, **numbers), want)
    for piece in (1, 20000):  # whatever is converted at a time
        monkeypatch.setattr(_window_call, "PIECE", piece)
        for _, made in variants(x):
            assert_same(function(made, **numbers, workers=2), want)
            assert_same(function(made[0], **numbers), tuple(y[0] for y in want))


@pytest.mark.uncheckable
@pytest.mark.parametrize("name, dtype", [pair for pair in PAIRS if pair[1] in ("f4", "f2", "i4", "?", "c16")])
def test_out(name: str, dtype: str) -> None:
    function, x, numbers = arrays(name, dtype)
    before = x.copy()
    want = all_of(function(x, **numbers))
    for strided in (False, True):
        given = [np.zeros([2 * n for n in y.shape], y.dtype)[(slice(None, None, 2),) * y.ndim] for y in want]
        given = given if strided else [np.zeros_like(y) for y in want]
        made = function(x, **numbers, out=tuple(given) if len(given) > 1 else given[0])
        for got, mine, y in zip(all_of(made), given, want, strict=True):
            assert got is mine
            assert_same_bytes(mine, y)
    assert_same_bytes(x, before)
    first = np.zeros(want[0].shape, want[0].dtype)
    for wrong in (
        first[:-1],
        first.astype(first.dtype.newbyteorder(">")) if first.itemsize > 1 else first[..., :-1],
        [1],
    ):
        with pytest.raises((ValueError, TypeError), match=f"^{CALLS[name][0]}: out must"):
            function(x, **numbers, out=wrong if len(want) == 1 else (wrong, want[1]))
    if len(want) > 1:
        for wrong in (first, (first,), (first, first), (first, want[1][:-1])):
            with pytest.raises((ValueError, TypeError), match=f"^{CALLS[name][0]}: out must"):
                function(x, **numbers, out=wrong)


def test_out_may_not_overlap_an_input() -> None:
    x = np.zeros((1, 4, 4))
    for call in (
        lambda: nn.max_pool2d(x, 2, out=x[:, :2, :2]),
        lambda: nn.avg_pool2d(x, 2, out=x[:, :2, :2]),
        lambda: nn.lp_pool2d(x, 2, 2, out=x[:, :2, :2]),
        lambda: nn.adaptive_max_pool2d(x, 2, out=x[:, :2, :2]),
        lambda: nn.max_unpool2d(x[:, :2, :2], np.zeros((1, 2, 2), int), 2, out=x),
        lambda: nn.avg_unpool2d(x[:, :2, :2], 2, out=x),
        lambda: nn.fractional_max_pool2d(x, 2, 2, out=x[:, :2, :2]),
        lambda: nn.stochastic_pool2d(x, 2, out=x[:, :2, :2]),
    ):
        with pytest.raises(ValueError, match="out must not overlap an input"):
            call()
    both = np.zeros((2, 2, 2), np.int64)
    with pytest.raises(ValueError, match="out must not overlap"):
        nn.max_pool2d(x.astype(np.int64), 2, return_indices=True, out=(both[:1], both[:1]))


def test_unpooling_whatever_the_layout() -> None:
    rng = np.random.default_rng(1)
    for dtype in (*REAL, "c8", "c16", "u8"):
        x = (rng.standard_normal((3, 4, 5, 6)) * 50).astype(dtype)
        at = rng.integers(0, 120, x.shape)
        want = nn.max_unpool2d(x, at, 2, workers=1)
        assert want.dtype == x.dtype
        for (_, one), (_, two) in zip(variants(x), variants(at), strict=True):
            assert_same_bytes(nn.max_unpool2d(one, two, 2, workers=2), want)
            assert_same_bytes(nn.max_unpool2d(one, at, 2), want)
            assert_same_bytes(nn.max_unpool2d(x[1], two[1], 2), want[1])
        for kind in ("i2", "u1", "u8", ">i4"):
            assert_same_bytes(nn.max_unpool2d(x, at.astype(kind), 2), want)


@pytest.mark.parametrize("index", [-1, 16, 2**32 + 3, 2**63 - 1, -(2**63), 2**63, 2**64 - 1])
def test_an_index_outside_of_its_plane_is_refused_before_anything_is_written(index: int) -> None:
    x = np.arange(8.0).reshape(2, 1, 2, 2) + 1
    at = np.array([0, 5, 10, 15] * 2, np.uint64 if index >= 2**63 else np.int64).reshape(x.shape)
    at[1, 0, 1, 0] = index
    for name, some in (("plain", x), ("strided", np.repeat(x, 2, 3)[..., ::2])):
        y = np.full((2, 1, 4, 4), 7.0)
        text = (
            rf"^max_unpool2d: indices must be from 0 to 15, within a plane of \(4, 4\), got {index} at \(1, 0, 1, 0\)"
        )
        with pytest.raises(ValueError, match=text):
            nn.max_unpool2d(some, at, 2, out=y)
        assert (y == 7).all(), name


# ── empty, one, many ───────────────────────────────────────────────────────────────────────────


def test_nothing_in() -> None:
    assert nn.max_pool2d(np.zeros((0, 3, 4, 4)), 2).shape == (0, 3, 2, 2)
    y, at = nn.max_pool2d(np.zeros((0, 3, 4, 4), "i2"), 2, return_indices=True)
    assert (y.dtype, at.dtype, at.shape) == (np.int16, np.int64, (0, 3, 2, 2))
    assert nn.avg_pool3d(np.zeros((0, 3, 4, 4, 4), "f4"), 2, dtype="f8").dtype == np.float64
    assert nn.adaptive_avg_pool2d(np.zeros((2, 3, 4, 4)), (0, 3)).shape == (2, 3, 0, 3)
    assert nn.adaptive_max_pool1d(np.zeros((0, 4)), 3).shape == (0, 3)
    assert nn.adaptive_avg_pool1d(np.zeros((2, 0, 4)), 3).shape == (2, 0, 3)
    assert nn.max_unpool2d(np.zeros((0, 2, 2)), np.zeros((0, 2, 2), int), 2).shape == (0, 4, 4)
    assert nn.avg_unpool2d(np.zeros((0, 2, 2, 2)), 2).shape == (0, 2, 4, 4)
    assert nn.lp_pool2d(np.zeros((0, 2, 4, 4)), 2, 2).shape == (0, 2, 2, 2)
    assert nn.fractional_max_pool2d(np.zeros((0, 2, 4, 4)), 2, 2).shape == (0, 2, 2, 2)
    assert nn.stochastic_pool2d(np.zeros((0, 2, 4, 4)), 2).shape == (0, 2, 2, 2)
    assert nn.fractional_max_pool2d(np.zeros((1, 2, 4, 4)), 2, 0).shape == (1, 2, 0, 0)


def test_plans_of_long_axes_are_not_kept() -> None:
    clear_cache()
    x = np.zeros((1, 2**15))
    nn.avg_pool1d(x, 3, 1, 1, count_include_pad=False)
    nn.adaptive_avg_pool1d(x[:, :7], 2**15)
    assert _window_plans.average.cache_info().currsize == 0
    assert _window_plans.adaptive.cache_info().currsize == 0


@pytest.mark.uncheckable
def test_extra_memory_is_bounded() -> None:
    """What is converted, converted piece by piece; what is not, not copied."""
    for kind, pool in itertools.product(("f4", "f2", "i1", ">f8"), (nn.max_pool2d, nn.avg_pool2d)):
        x = np.zeros((64, 8, 64, 64), kind)
        y = pool(x, 2, workers=1)
        tracemalloc.start()
        pool(x, 2, out=y, workers=1)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < (2**16 if kind == "f4" or (kind == "i1" and pool is nn.max_pool2d) else 2**21 + 2**16), (
            kind,
            pool,
        )


# ── errors ─────────────────────────────────────────────────────────────────────────────────────

X = np.ones((1, 2, 5, 5))
AT = np.zeros((1, 2, 5, 5), int)
ERRORS: list[tuple[str, tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    ("max_pool2d", (X, 0), {}, ValueError, "kernel_size must be positive, got 0"),
    ("max_pool2d", (X, 2, -1), {}, ValueError, "stride must be positive, got -1"),
    ("max_pool2d", (X, 2.0), {}, TypeError, "kernel_size must be an integer or a tuple of integers, got 2.0"),
    ("max_pool2d", (X, True), {}, TypeError, "kernel_size must be an integer or a tuple of integers, got True"),
    ("max_pool2d", (X, "2"), {}, TypeError, "kernel_size must be an integer or a tuple of integers, got '2'"),
    ("max_pool2d", (X, (2, 2, 2)), {}, ValueError, r"kernel_size must be one value or 2, .* got \(2, 2, 2\)"),
    ("max_pool2d", (X, 2, None, 2), {}, ValueError, "padding must be at most half of kernel_size, got padding 2"),
    ("max_pool2d", (X, 2, None, -1), {}, ValueError, "padding must not be negative, got -1"),
    ("max_pool2d", (X, 2, None, 0, 0), {}, ValueError, "dilation must be positive, got 0"),
    ("max_pool2d", (X, 6), {}, ValueError, "a window must fit into the padded input, got kernel_size 6"),
    (
        "max_pool2d",
        (X[..., :4], 2, 1, 1, 5),
        {},
        ValueError,
        "each window must hold a sample, got kernel_size 2, dilation 5",
    ),
    ("max_pool2d", (X, 2**62, 2**62), {}, ValueError, "dilation and kernel_size must be at most 2..62"),
    ("max_pool2d", (X, 2, 2**70), {}, ValueError, "stride must be at most 2..62"),
    ("max_pool2d", (X, 2), {"ceil_mode": 1}, TypeError, "ceil_mode must be a bool, got 1"),
    ("max_pool2d", (X, 2), {"return_indices": None}, TypeError, "return_indices must be a bool, got None"),
    (
        "max_pool2d",
        (X[0, 0], 2),
        {},
        ValueError,
        r"input must have 4 dimensions, or 3 without a batch, got shape \(5, 5\)",
    ),
    ("max_pool2d", (X[:, :0], 2), {}, ValueError, "input must have samples along each axis but the batch"),
    ("max_pool2d", (X[:, :, :0], 2), {}, ValueError, "input must have samples along each axis but the batch"),
    ("max_pool2d", (X * 1j, 2), {}, TypeError, "input must hold real numbers, got complex128"),
    ("max_pool2d", (X.astype("g"), 2), {}, TypeError, "input must be booleans, integers, half to double"),
    ("max_pool2d", (X.astype(str), 2), {}, TypeError, "input must be booleans, integers, half to double"),
    ("max_pool2d", ([[1], [1, 2]], 2), {}, ValueError, "input must be an array of numbers, got list"),
    ("max_pool2d", (X, 2), {"workers": 0}, ValueError, "workers must not be 0"),
    (
        "avg_pool2d",
        (X, 2),
        {"divisor_override": 0},
        ValueError,
        "divisor_override must be an integer other than 0, got 0",
    ),
    (
        "avg_pool2d",
        (X, 2),
        {"divisor_override": 2.0},
        TypeError,
        "divisor_override must be an integer other than 0, got 2.0",
    ),
    ("avg_pool2d", (X, 2), {"divisor_override": 2**70}, ValueError, "divisor_override must be an integer other than 0"),
    ("avg_pool2d", (X, 2), {"dtype": "i4"}, TypeError, "dtype must be able to hold what input holds, got dtype=int32"),
    ("avg_pool2d", (X * 1j, 2), {"dtype": "f8"}, TypeError, "dtype must be able to hold what input holds"),
    ("avg_pool2d", (AT, 2), {"dtype": "?"}, TypeError, "dtype must be an integer, float or complex type, got bool"),
    ("avg_pool2d", (AT, 2), {"dtype": "no"}, TypeError, "dtype must be an integer, float or complex type, got 'no'"),
    (
        "avg_pool3d",
        (X, 6),
        {},
        ValueError,
        r"input must be at least as long as kernel_size .* got \(2, 5, 5\) and \(6, 6, 6\)",
    ),
    ("lp_pool3d", (X, 2, 6), {"ceil_mode": True}, ValueError, "input must be at least as long as kernel_size"),
    ("lp_pool2d", (X, 0, 2), {}, ValueError, "norm_type must be a number other than 0, got 0"),
    ("lp_pool2d", (X, "a", 2), {}, TypeError, "norm_type must be a number other than 0, got 'a'"),
    ("lp_pool2d", (X, [2], 2), {}, TypeError, "norm_type must be a number other than 0"),
    ("lp_pool2d", (X * 1j, 2, 2), {}, TypeError, "input must hold real numbers, got complex128"),
    ("adaptive_avg_pool2d", (X, -1), {}, ValueError, "output_size must not be negative, got -1"),
    ("adaptive_avg_pool2d", (X, (2,)), {}, ValueError, r"output_size must be an integer or 2 of them, got \(2,\)"),
    (
        "adaptive_avg_pool2d",
        (X, None),
        {},
        TypeError,
        "output_size must be an integer or a tuple of integers, got None",
    ),
    ("adaptive_avg_pool1d", (X[0], (None,)), {}, TypeError, "output_size must be an integer or a tuple of integers"),
    ("adaptive_max_pool2d", (X, 2.0), {}, TypeError, "output_size must be an integer or a tuple of integers, got 2.0"),
    ("adaptive_max_pool2d", (X, (2**40, 1)), {}, ValueError, "output_size must divide 5 samples or be at most"),
    ("adaptive_max_pool2d", (X, 2**40), {}, ValueError, "the result must fit into memory"),
    ("adaptive_max_pool2d", (X[:, :0], 2), {}, ValueError, "input must have samples along each axis but the first"),
    ("adaptive_avg_pool2d", (X[..., :0], 2), {}, ValueError, "input must have samples along each axis but batch and"),
    ("max_unpool2d", (X, AT[..., :4], 2), {}, ValueError, r"indices must have the shape of input, \(1, 2, 5, 5\), got"),
    ("max_unpool2d", (X, X, 2), {}, TypeError, "indices must be integers, got float64"),
    ("max_unpool2d", (X, AT, 2), {"output_size": 10}, ValueError, "output_size must be a tuple of 2 integers, or of 4"),
    (
        "max_unpool2d",
        (X, AT, 2),
        {"output_size": (8, 10)},
        ValueError,
        "output_size must be from 9 to 11 along axis 0, got 8",
    ),
    (
        "max_unpool2d",
        (X, AT, 2),
        {"output_size": (10, 12)},
        ValueError,
        "output_size must be from 9 to 11 along axis 1",
    ),
    ("max_unpool2d", (X, AT, 1), {"padding": 3}, ValueError, "output_size must be from 0 to -1 along axis 0, got -1"),
    ("max_unpool2d", (X, AT, 2**60), {}, ValueError, "the result must fit into memory|at most 2..62"),
    ("avg_unpool2d", (X, 2, 2, 2), {}, ValueError, "padding must be at most half of kernel_size"),
    (
        "avg_unpool2d",
        (X, 2, 5),
        {"output_size": (20, 22)},
        ValueError,
        "output_size must be from 21 to 26 along axis 0",
    ),
    ("fractional_max_pool2d", (X, 2), {}, ValueError, "output_size or output_ratio must be given"),
    ("fractional_max_pool2d", (X, 2, 5), {}, ValueError, r"output_size \+ kernel_size - 1 must be at most the input"),
    ("fractional_max_pool2d", (X, (2,), 3), {}, ValueError, "kernel_size must be one value or 2"),
    ("fractional_max_pool2d", (X, 0, 3), {}, ValueError, "kernel_size must be positive, got 0"),
    ("fractional_max_pool2d", (X, 2, -1), {}, ValueError, "output_size must not be negative, got -1"),
    ("fractional_max_pool2d", (X, 2, None, 1.5), {}, ValueError, "output_ratio must be between 0 and 1"),
    ("fractional_max_pool2d", (X, 2, None, (0.5,)), {}, ValueError, "output_ratio must be between 0 and 1"),
    ("fractional_max_pool2d", (X, 2, None, "a"), {}, TypeError, "output_ratio must be a number or a pair of numbers"),
    ("fractional_max_pool2d", (X, 2, 3), {"_random_samples": X[0, 0]}, ValueError, "_random_samples must have shape"),
    (
        "fractional_max_pool2d",
        (X, 2, 3),
        {"_random_samples": np.full((1, 2, 2), np.nan)},
        ValueError,
        "from 0 to 1, got nan",
    ),
    (
        "fractional_max_pool2d",
        (X, 2, 3),
        {"_random_samples": np.full((1, 2, 2), 1.5)},
        ValueError,
        "from 0 to 1, got 1.5",
    ),
    (
        "fractional_max_pool2d",
        (X, 2, 3),
        {"rng": "a"},
        TypeError,
        "rng must be a numpy Generator, a seed or None, got 'a'",
    ),
    ("stochastic_pool2d", (-X, 2), {}, ValueError, r"input must not be negative, got -1.0 at \(0, 0, 0, 0\)"),
    ("stochastic_pool2d", (X, 2), {"rng": -1}, TypeError, "rng must be a numpy Generator, a seed or None, got -1"),
    (
        "stochastic_pool2d",
        (X, 2),
        {"deterministic": True, "return_indices": True},
        ValueError,
        "return_indices must be False",
    ),
    (
        "stochastic_pool2d",
        (X, 2),
        {"_random_samples": [0.5]},
        ValueError,
        "_random_samples must have the shape of the result",
    ),
]


@pytest.mark.parametrize("name, args, more, kind, text", ERRORS)
def test_errors(name: str, args: Any, more: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=f"^{name}: .*({text})"):
        getattr(nn, name)(*args, **more)


# ── layers ─────────────────────────────────────────────────────────────────────────────────────

LAYERS: list[tuple[str, tuple[Any, ...], dict[str, Any], str, str]] = [
    ("MaxPool1d", (3,), {"stride": 2}, "max_pool1d", "kernel_size=3, stride=2, padding=0, dilation=1, ceil_mode=False"),
    ("MaxPool2d", (2,), {}, "max_pool2d", "kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False"),
    ("MaxPool3d", ((2, 1, 1), 2), {}, "max_pool3d",
     "kernel_size=(2, 1, 1), stride=2, padding=0, dilation=1, ceil_mode=False"),
    ("AvgPool1d", (3, 1, 1), {"count_include_pad": False}, "avg_pool1d", "kernel_size=3, stride=1, padding=1"),
    ("AvgPool2d", (2, None, 1), {"divisor_override": 3}, "avg_pool2d", "kernel_size=2, stride=2, padding=1"),
    ("AvgPool3d", (2,), {"ceil_mode": True}, "avg_pool3d", "kernel_size=2, stride=2, padding=0"),
    ("LPPool1d", (2, 3), {}, "lp_pool1d", "norm_type=2.0, kernel_size=3, stride=3, ceil_mode=False"),
    ("LPPool2d", (3, 2), {"ceil_mode": True}, "lp_pool2d", "norm_type=3.0, kernel_size=2, stride=2, ceil_mode=True"),
    ("LPPool3d", (1, 2), {}, "lp_pool3d", "norm_type=1.0, kernel_size=2, stride=2, ceil_mode=False"),
    *((f"Adaptive{kind.title()}Pool{rank}d", (3,), {}, f"adaptive_{kind}_pool{rank}d", "output_size=3")
      for kind in ("max", "avg") for rank in (1, 2, 3)),
    ("FractionalMaxPool2d", (2, 3), {"rng": 5}, "fractional_max_pool2d",
     "kernel_size=(2, 2), output_size=(3, 3), output_ratio=None"),
    ("StochasticPool2d", (2,), {"rng": 5}, "stochastic_pool2d",
     "kernel_size=2, stride=2, padding=0, ceil_mode=False, deterministic=False"),
    ("AvgUnpool2d", (3, 2, 1), {}, "avg_unpool2d", "kernel_size=3, stride=2, padding=1"),
]  # fmt: skip


@pytest.mark.parametrize("name, args, more, function, shown", LAYERS)
def test_layers(name: str, args: Any, more: Any, function: str, shown: str) -> None:
    """The function's results, shapes told before, and what is pickled comes back."""
    layer = getattr(nn, name)(*args, **more)
    assert repr(layer) == f"{name}({shown})"
    rank = int(name[-2])
    x = np.random.default_rng(2).random((2, 3, 6, 7, 8)[: rank + 2])
    want = getattr(nn, function)(x, *args, **more)
    again = pickle.loads(pickle.dumps(layer))
    assert_same_bytes(layer(x, workers=2), want)
    assert_same_bytes(again(x), want)
    assert layer.output_shape(x.shape) == want.shape
    assert layer.output_shape(x.shape[1:]) == want.shape[1:]
    y = np.empty_like(want)
    assert layer(x, out=y) is y
    with pytest.raises(ValueError, match="must be a tuple of lengths|must have"):
        layer.output_shape(())


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_layers_that_unpool(rank: int) -> None:
    x = np.random.default_rng(3).random((2, 3, 5, 6, 7)[: rank + 2])
    pool = getattr(nn, f"MaxPool{rank}d")(2, return_indices=True)
    unpool = getattr(nn, f"MaxUnpool{rank}d")(2)
    values, at = pool(x)
    back = unpool(values, at, output_size=x.shape)
    assert unpool.output_shape(values.shape, x.shape) == back.shape == x.shape
    assert_same_bytes(back, np.where(back != 0, x, 0))
    assert_same_bytes(unpool(values, at % 2), getattr(nn, f"max_unpool{rank}d")(values, at % 2, 2))
    assert repr(unpool) == f"MaxUnpool{rank}d(kernel_size=2, stride=2, padding=0)"
    _, found = getattr(nn, f"AdaptiveMaxPool{rank}d")(2, return_indices=True)(x)
    assert found.dtype == np.int64


def test_layers_draw_on() -> None:
    x = np.random.default_rng(4).random((2, 3, 12, 12))
    layer = nn.StochasticPool2d(3, rng=1)
    first, second = layer(x), layer(x)
    assert (first != second).any()
    rng = np.random.default_rng(1)
    assert_same_bytes(second, [nn.stochastic_pool2d(x, 3, rng=rng) for _ in range(2)][1])
    layer.deterministic = True
    assert_same_bytes(layer(x), nn.stochastic_pool2d(x, 3, deterministic=True))


@pytest.mark.parametrize(
    "name, args, text",
    [
        ("MaxPool2d", (0,), "kernel_size must be positive"),
        ("MaxPool2d", (2, 2, 0, 1, 1), "return_indices must be a bool"),
        ("AvgPool2d", (2, 2, 0, False, True, 0), "divisor_override must be an integer other than 0"),
        ("LPPool2d", (0, 2), "norm_type must be a number other than 0"),
        ("AdaptiveAvgPool2d", ((1, 2, 3),), "output_size must be an integer or 2 of them"),
        ("FractionalMaxPool2d", (2,), "output_size or output_ratio must be given"),
        ("FractionalMaxPool2d", (2, 2, 0.5), "just one of output_size and output_ratio"),
        ("MaxUnpool2d", (2, 0), "stride must be positive"),
        ("StochasticPool2d", (2, 2, -1), "padding must not be negative"),
    ],
)
def test_errors_of_layers(name: str, args: Any, text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{name}: {text}"):
        getattr(nn, name)(*args)


# ── signatures ─────────────────────────────────────────────────────────────────────────────────

ADDED = {"workers", "out", "dtype", "rng"}


def pools() -> list[str]:
    return sorted(name for name in nn.__all__ if "pool" in name.lower())


@pytest.mark.parametrize("name", [name for name in pools() if name[0].isupper()])
def test_layers_take_what_pytorchs_take(name: str) -> None:
    torch = pytest.importorskip("torch")
    if not hasattr(torch.nn, name):
        assert name in ("StochasticPool2d", "AvgUnpool2d")
        return
    ours, theirs = (inspect.signature(kind).parameters for kind in (getattr(nn, name), getattr(torch.nn, name)))
    shared = [(key, one.default) for key, one in ours.items() if key not in ADDED]
    assert shared == [(key, one.default) for key, one in theirs.items()]


@pytest.mark.parametrize("name", [name for name in pools() if name[0].islower()])
def test_functions_take_what_pytorchs_take(name: str) -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    if not hasattr(functional, name):
        assert name in ("stochastic_pool2d", "avg_unpool2d")
        return
    theirs = getattr(functional, f"{name}_with_indices", getattr(functional, name))
    ours = inspect.signature(getattr(nn, name)).parameters
    shared = [(key, one.default) for key, one in ours.items() if key not in ADDED]
    assert all(ours[key].kind is inspect.Parameter.KEYWORD_ONLY for key in ours if key in ADDED)
    try:
        parameters = inspect.signature(theirs).parameters
    except ValueError:  # one of C++, which tells its signature in its first lines
        takes = next(line for line in theirs.__doc__.splitlines() if line.startswith(f"{name}("))
        want = takes[len(name) + 1 : takes.index(")")].split(", ")
        assert [key if value is inspect.Parameter.empty else f"{key}={value}" for key, value in shared] == want
        return
    assert shared == [(key, one.default) for key, one in parameters.items()]


@pytest.mark.parametrize("name", [name for name in pools() if name[0].islower()])
def test_a_docstring_is_complete(name: str) -> None:
    complete(name)


@pytest.mark.parametrize("name", [name for name in pools() if name[0].islower()])
def test_every_function_is_explained(name: str) -> None:
    rank = int(name[-2])
    x = np.ones((2, 3, 6, 6, 6)[: rank + 2], np.float32)
    args: tuple[Any, ...] = (2,)
    if "unpool" in name and "max" in name:
        args = (np.zeros(x.shape, int), 2)
    if "lp" in name or "fractional" in name:
        args = (2, 2)
    made = explain(getattr(nn, name), x, *args, workers=1)
    assert (made.function, made.shape) == (name, getattr(nn, name)(x, *args).shape)
    assert made.dtype == "float32" and made.workers == 1
    assert explain(name, x, *args) == explain(getattr(nn, name), x, *args)


@pytest.mark.parametrize("function", [nn.max_pool2d, nn.avg_pool2d])
@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "i4", "?"])
def test_an_explanation_says_whether_windows_share_parts(function: Any, dtype: str) -> None:
    x = np.ones((1, 1, 100, 120), dtype)
    large = explain(function, x, 31, stride=1, padding=15)
    assert large.route == "van Herk" and "parts" in large.reason
    tall = explain(function, x, (31, 1), stride=1, padding=(15, 0))
    assert tall.route == "van Herk"
    small = explain(function, x, 3, stride=1, padding=1)
    assert small.route == "direct" and "small" in small.reason
    apart = explain(function, x, 31, stride=31)
    assert apart.route == "direct"
    if function is nn.max_pool2d:
        assert explain(function, x, 31, stride=1, padding=15, return_indices=True).route == "direct"


def test_an_explanation_of_large_powers_volumes_and_complex_numbers() -> None:
    x = np.ones((1, 40, 40, 40), np.complex64)
    assert explain(nn.avg_pool3d, x, 31, stride=1, padding=15).route == "van Herk"
    assert explain(nn.avg_pool3d, x, 3, stride=1).route == "direct"
    for p in (2, np.inf):
        assert explain(nn.lp_pool2d, x.real, p, 25, stride=1).route == "van Herk"


# ── anything at all ────────────────────────────────────────────────────────────────────────────

NUMBERS = [0, 1, 2, 3, 4, 7, -1, 2**31, 2**32 + 1, 2**55, 2**61, 2**62, 2**63, 2**70, (1, 2), (2,), (), None, 1.5, "a"]


def error_of(name: str, given: dict[str, Any]) -> str | None:
    """Return what a call complains of."""
    try:
        getattr(nn, name)(**given)
    except (ValueError, TypeError) as error:
        return str(error)
    except MemoryError:
        return f"{name}: no memory"
    return None


@pytest.mark.uncheckable
@pytest.mark.parametrize("seed", range(10))
def test_whatever_the_numbers_nothing_worse_than_an_error(seed: int) -> None:
    rng = np.random.default_rng([11, seed])
    names = [name for name in pools() if name[0].islower()]
    came = {True: 0, False: 0}
    for _ in range(300):
        name = str(rng.choice(names))
        takes = list(inspect.signature(getattr(nn, name)).parameters)
        shape = [int(n) for n in rng.choice([0, 1, 2, 3, 5, 9], rng.integers(1, 6), p=[0.05, 0.15, 0.2, 0.2, 0.2, 0.2])]
        x = rng.integers(0, 9, shape).astype(str(rng.choice(["f4", "f8", "u1", "i8", "c8", "?"])))
        given: dict[str, Any] = {"input": x}
        numbers = ("kernel_size", "stride", "padding", "dilation", "output_size", "norm_type", "divisor_override")
        for key in numbers:
            if key in takes and (key in ("kernel_size", "norm_type") or rng.random() < 0.5):
                likely = rng.random() < 0.6
                given[key] = int(rng.integers(1, 4)) if likely else NUMBERS[rng.integers(len(NUMBERS))]
        if "indices" in takes:
            given["indices"] = rng.integers(-1 if rng.random() < 0.3 else 0, 4, shape)
        if "output_size" in takes and "unpool" not in name:
            given.setdefault("output_size", 2)
        text = error_of(name, given)
        came[text is None] += 1
        assert text is None or text.startswith(f"{name}: "), (name, given, text)
    assert min(came.values()) > 20
