"""interpolate, upsample, downsample: their definition, laws, types, layouts and numbers of workers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, gamma, variants
from hypothesis import given
from hypothesis import strategies as st

from sigresample import _resize_plans, _resize_tables, checked, clear_cache, explain, nn

Array = np.ndarray[Any, Any]

# function, shape, arguments: every mode, axes that grow, shrink and stay, sizes 1 and prime.
CALLS: dict[str, tuple[str, tuple[int, ...], dict[str, Any]]] = {
    "nearest": ("interpolate", (3, 2, 7, 11), {"size": (13, 5)}),
    "nearest line": ("interpolate", (3, 2, 31), {"scale_factor": 1.7}),
    "nearest-exact": ("interpolate", (3, 2, 7, 11), {"size": (5, 23), "mode": "nearest-exact"}),
    "nearest volume": ("interpolate", (2, 2, 3, 5, 4), {"size": (5, 3, 9)}),
    "linear": ("interpolate", (3, 4, 17), {"size": 29, "mode": "linear"}),
    "bilinear up": ("interpolate", (3, 2, 9, 10), {"scale_factor": 2, "mode": "bilinear"}),
    "bilinear down": ("interpolate", (3, 2, 23, 19), {"size": (7, 8), "mode": "bilinear", "align_corners": True}),
    "bilinear factor": ("interpolate", (3, 2, 10, 12), {"scale_factor": (1.37, 0.61), "mode": "bilinear"}),
    "bilinear to one": ("interpolate", (3, 1, 6, 5), {"size": (1, 7), "mode": "bilinear"}),
    "bilinear wide": ("interpolate", (3, 2, 31, 17), {"size": (9, 8), "mode": "bilinear", "antialias": True}),
    "one axis": ("interpolate", (3, 2, 9, 10), {"size": (9, 23), "mode": "bilinear"}),
    "bicubic": ("interpolate", (3, 2, 9, 7), {"size": (14, 17), "mode": "bicubic"}),
    "bicubic corners": ("interpolate", (3, 1, 8, 3), {"size": (5, 2), "mode": "bicubic", "align_corners": True}),
    "bicubic a": ("interpolate", (3, 2, 9, 7), {"size": (14, 17), "mode": "bicubic", "cubic_a": -0.6}),
    "bicubic wide": ("interpolate", (3, 2, 41, 16), {"size": (11, 7), "mode": "bicubic", "antialias": True}),
    "bicubic factor": ("interpolate", (3, 2, 9, 16), {"scale_factor": 0.43, "mode": "bicubic", "antialias": True}),
    "trilinear": ("interpolate", (2, 2, 4, 5, 6), {"size": (6, 3, 11), "mode": "trilinear"}),
    "area": ("interpolate", (3, 2, 17, 12), {"size": (5, 6), "mode": "area"}),
    "upsample": ("upsample", (3, 2, 4, 5), {"factor": (3, 2)}),
    "upsample cubic": ("upsample", (2, 2, 3, 4, 5), {"factor": 2, "mode": "cubic"}),
    "downsample": ("downsample", (3, 2, 11, 10), {"factor": (3, 2)}),
    "downsample linear": ("downsample", (3, 2, 11, 10), {"factor": (3, 2), "antialias": "linear"}),
    "downsample cubic": ("downsample", (3, 2, 40), {"factor": 4, "antialias": "cubic"}),
    "downsample taps": ("downsample", (3, 2, 9, 8), {"factor": 2, "antialias": [0.3, 0.5, -0.1, 0.1]}),
}
FLOATS = ("f4", "f8", "f2", "c8", "c16")
INTEGERS = ("u1", "u2", "i1", "i2", "i4", "u4", "i8", "u8", "?")


def case(name: str, dtype: str, seed: int = 0) -> tuple[Callable[..., Array], Array, dict[str, Any]]:
    function, shape, numbers = CALLS[name]
    rng = np.random.default_rng(seed)
    of = np.dtype(dtype)
    x: Any
    if of.kind == "b":
        x = rng.random(shape) < 0.5
    elif of.kind in "iu":
        info = np.iinfo(of)
        x = rng.integers(info.min, info.max, shape, of, endpoint=True)
        x.ravel()[::7] = info.max  # where cubics overshoot
        x.ravel()[3::7] = info.min
    else:
        x = rng.standard_normal(shape)
        x = (x + 1j * rng.standard_normal(shape) if of.kind == "c" else x).astype(of)
    return getattr(nn, function), x, numbers


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
@pytest.mark.parametrize("name", CALLS)
def test_as_the_definition(name: str, dtype: str) -> None:
    function, x, numbers = case(name, dtype)
    with checked():
        got = function(x, **numbers)
    assert got.dtype == x.dtype


@pytest.mark.parametrize("dtype", ["f4", "u1", "u2"])
@pytest.mark.parametrize("name", [name for name in CALLS if len(CALLS[name][1]) > 3])
def test_every_level_as_the_definition(name: str, dtype: str, simd_level: str) -> None:
    function, x, numbers = case(name, dtype)
    with checked():
        function(x, **numbers)


@pytest.mark.uncheckable  # many calls of each kind, by a definition in Python
@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "c8", "u1", "u2", "i1", "i4", "?"])
@pytest.mark.parametrize("name", CALLS)
def test_same_bytes_for_workers_batches_and_layouts(name: str, dtype: str) -> None:
    function, x, numbers = case(name, dtype)
    want = function(x, **numbers, workers=1)
    for workers in (2, 7):
        assert_same_bytes(function(x, **numbers, workers=workers), want)
    assert_same_bytes(np.concatenate([function(x[i : i + 1], **numbers) for i in range(len(x))]), want)
    assert_same_bytes(function(x[::-1], **numbers)[::-1], want)
    assert_same_bytes(np.concatenate([function(x[:, :1], **numbers), function(x[:, 1:], **numbers)], 1)
                      if x.shape[1] > 1 else want, want)  # fmt: skip
    for _, made in variants(x):
        before = made.copy()
        assert_same_bytes(function(made, **numbers), want)
        assert_same_bytes(made, before)
    for _, out in variants(np.zeros_like(want)):
        if out.dtype.isnative and out.flags.writeable:
            assert function(x, **numbers, out=out) is out
            assert_same_bytes(np.ascontiguousarray(out), want)


@pytest.mark.uncheckable
@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "u1", "u2", "i2", "i4", "?"])
@pytest.mark.parametrize("name", [name for name in CALLS if len(CALLS[name][1]) == 4])
def test_channels_last_gives_the_same_bytes(name: str, dtype: str) -> None:
    function, x, numbers = case(name, dtype)
    want = function(x, **numbers)
    last = np.ascontiguousarray(np.moveaxis(x, 1, -1))
    got = function(last, **numbers, channels_last=True)
    assert got.flags.c_contiguous
    assert_same_bytes(np.moveaxis(got, -1, 1).copy(), want)
    assert_same_bytes(function(last[1], **numbers, channels_last=True, workers=3), got[1])


@pytest.mark.uncheckable
@pytest.mark.parametrize("dtype", ["f2", "i1", "c16", "?"])
def test_pieces_give_the_same_bytes(dtype: str, monkeypatch: Any) -> None:
    function, x, numbers = case("bicubic wide", dtype)
    want = function(x, **numbers)
    monkeypatch.setattr("sigresample._resize_call.PIECE", 1)
    assert_same_bytes(function(x, **numbers), want)


# ── laws ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("data, out", [(7, 7), (5, 13), (13, 5), (1, 9), (9, 1), (31, 1000), (224, 223)])
@pytest.mark.parametrize("numbers", [numbers for _, _, numbers in CALLS.values() if "mode" in numbers])
def test_constants_stay_constant_to_the_last_row(numbers: dict[str, Any], data: int, out: int) -> None:
    numbers = {key: value for key, value in numbers.items() if key not in ("size", "scale_factor", "factor")}
    rank = {"linear": 1, "trilinear": 3}.get(numbers["mode"], 2)
    if numbers["mode"] == "cubic":
        return
    for dtype in ("f8", "f4", "u1", "u2"):
        x = np.full((1, 1, *(2,) * (rank - 1), data), 201, dtype)
        y = nn.interpolate(x, (*(3,) * (rank - 1), out), **numbers)
        # One rounding for each weight, product and addition of a pass.
        terms = sum(2 * axis.weights.shape[1] + 2 for axis in _axes(x, y, numbers) if axis.weights is not None)
        assert_close(y, np.full(y.shape, 201.0), 201 * 2 * gamma(terms + 1, dtype) if dtype[0] == "f" else 0)


def _axes(x: Array, y: Array, numbers: dict[str, Any]) -> Any:
    full = {"corners": numbers.get("align_corners"), "recompute": None, "antialias": numbers.get("antialias", False)}
    return _resize_plans.interpolated(
        "interpolate",
        x.shape,
        x.dtype,
        y.shape[2:],
        None,
        numbers["mode"],
        **full,
        a=numbers.get("cubic_a"),
        last=False,
    ).axes


@pytest.mark.parametrize("dtype", ["f4", "u1", "i8", "c16", "?"])
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_nearest_by_whole_factors_is_a_kronecker_product(k: int, dtype: str) -> None:
    x = np.random.default_rng(0).integers(0, 2, (2, 3, 6, 7)).astype(dtype)
    want = np.kron(x, np.ones((k, k), dtype)) if dtype != "?" else x.repeat(k, 2).repeat(k, 3)
    np.testing.assert_array_equal(nn.interpolate(x, scale_factor=k), want)
    np.testing.assert_array_equal(nn.interpolate(x, scale_factor=k, mode="nearest-exact"), want)
    np.testing.assert_array_equal(nn.upsample(x, k), want)
    np.testing.assert_array_equal(nn.interpolate(want, (6, 7), mode="area"), x)
    np.testing.assert_array_equal(nn.downsample(want, k), x)


@pytest.mark.parametrize("numbers", [
    {"size": (240, 270), "mode": "nearest"}, {"size": (360, 270), "mode": "bilinear"},
    {"size": (240, 405), "mode": "bicubic"}, {"size": (240, 270), "mode": "area"},
    {"size": (60, 45), "mode": "bilinear", "antialias": True}, {"size": (60, 45), "mode": "bicubic", "antialias": True},
])  # fmt: skip
def test_the_centroid_of_a_blob_stays(numbers: dict[str, Any]) -> None:
    """In pixel areas, the middle of the first pixel being at 1/2: no grid is shifted."""
    i, j = np.ogrid[:120, :135]
    blob = np.exp(-((i - 58.3) ** 2 + (j - 64.1) ** 2) / (2 * 2.5**2))[None, None]
    y = nn.interpolate(blob, **numbers)[0, 0]
    for axis, data in enumerate((120, 135)):
        want, got = (of.sum(1 - axis) @ (np.arange(of.shape[axis]) + 0.5) / of.sum() for of in (blob[0, 0], y))
        assert abs(got * data / y.shape[axis] - want) < 1e-6


@pytest.mark.parametrize("align", [False, True])
def test_straight_lines_stay_straight(align: bool) -> None:
    x = np.arange(9.0)[None, None]
    y = nn.interpolate(x, 25, mode="linear", align_corners=align)[0, 0]
    at = np.arange(25) * 8 / 24 if align else np.clip((np.arange(25) + 0.5) * 9 / 25 - 0.5, 0, 8)
    assert_close(y, at, 8 * gamma(6, np.float64))


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["linear", "area", "cubic", "triangle", "keys"]),
       st.booleans(), st.one_of(st.none(), st.floats(0.05, 20)))  # fmt: skip
def test_tables_are_their_recipes(data: int, out: int, kind: str, corners: bool, factor: float | None) -> None:
    """Weights, integers and starts against the exact row of each output; a row's sum is 1."""
    step = Fraction(data, out) if factor is None else 1 / Fraction(factor)
    if kind == "area":
        axis = _resize_tables.area(data, out)
    elif kind in ("triangle", "keys"):
        axis = _resize_tables.widened(kind, data, min(out, int(data / step) or 1), step, corners, -0.5)
    else:
        numbers = data, out, step, corners
        axis = _resize_tables.linear(*numbers) if kind == "linear" else _resize_tables.cubic(*numbers, -0.75)
    assert axis.weights is not None
    taps = axis.weights.shape[1]
    assert axis.starts.min() >= 0 and axis.starts.max() + taps <= data
    for i in range(axis.out):
        exact = axis.exact(i)
        assert sum(exact) == 1 == sum(axis.rows()[i].values())
        # As far as _resize_check lets them be.
        bounds = [2**-52 * abs(w) if axis.rounded else 2**-48 for w in exact]
        assert all(abs(Fraction(float(w)) - e) <= b for w, e, b in zip(axis.weights[i], exact, bounds))
        if axis.scaled is not None:
            assert [Fraction(int(w), axis.scaled[1]) for w in axis.scaled[0][i]] == exact


def test_large_tables_are_as_good_as_small_ones() -> None:
    """Positions of a factor that is no small fraction, far along a row."""
    axis = _resize_tables.cubic(5000, 6170, 1 / Fraction(1.2345678), False, -0.75)
    assert axis.weights is not None and not axis.rounded
    for i in (0, 1, 1023, 1024, 1025, 3333, 6169):
        assert_close(axis.weights[i], [float(w) for w in axis.exact(i)], 2.0**-50)


# ── whole numbers, NaN ─────────────────────────────────────────────────────────────────────────


def test_whole_numbers_are_rounded_half_to_even_and_saturated() -> None:
    half = np.array([[[0, 1, 1, 2, 2, 3, 3, 4]]], np.uint8)
    assert nn.interpolate(half, 4, mode="area").tolist() == [[[0, 2, 2, 4]]]
    step = np.array([[[[0, 0, 255, 255]] * 4]], np.uint8)
    y = nn.interpolate(step, (4, 16), mode="bicubic")
    z = nn.interpolate(step.astype(float), (4, 16), mode="bicubic")
    assert z.min() < -1 and z.max() > 256
    np.testing.assert_array_equal(y, np.clip(np.rint(z), 0, 255))


@pytest.mark.parametrize("mode", ["linear", "nearest"])
def test_nan_under_a_zero_weight_does_not_spread(mode: str) -> None:
    x = np.arange(7.0)[None, None].copy()
    x[..., 3] = np.nan
    y = nn.interpolate(x, 7, mode=mode)
    assert np.isnan(y).sum() == 1
    if mode == "linear":
        z = nn.interpolate(x, 13, mode=mode, align_corners=True)[0, 0]  # samples lie at even outputs
        assert np.flatnonzero(np.isnan(z)).tolist() == [5, 6, 7]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("size", [(8, 8), (7, 7), (13, 9), (3, 4)])
def test_nan_and_infinities_touch_what_they_have_a_weight_in(size: tuple[int, int], dtype: str) -> None:
    x = np.ones((1, 1, 4, 4), dtype)
    x[0, 0, 1, 2], x[0, 0, 3, 0] = np.nan, np.inf
    with checked():
        y = nn.interpolate(x, size, mode="bilinear")
    weights = nn.interpolate((~np.isfinite(x)).astype("f8"), size, mode="bilinear")
    np.testing.assert_array_equal(np.isfinite(y), weights == 0)


# ── caches, plans ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.uncheckable
def test_what_is_kept_is_bounded() -> None:
    clear_cache()
    for n in range(1, 400):
        nn.interpolate(np.ones((1, 1, 3000)), 3000 + n, mode="linear")
    assert 0 < _resize_plans._plans.nbytes <= 2**24
    assert 0 < _resize_plans._tables.nbytes <= 2**24
    clear_cache()
    assert len(_resize_plans._plans) == len(_resize_plans._tables) == 0


def test_explain() -> None:
    x = np.zeros((2, 3, 8, 8), np.float32)
    made = explain(nn.interpolate, x, (16, 4), mode="bicubic", workers=1)
    assert (made.route, made.shape, made.dtype, made.terms) == ("tables", (2, 3, 16, 4), "float32", 16)
    assert explain("upsample", x, 2).route == "copies"
    assert explain("downsample", x, 2, "linear").terms == 9
    assert explain("interpolate", x.astype("i8"), 3, mode="area").route == "wide integers"


def test_the_layer_is_the_function() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 6))
    layer = nn.Upsample(scale_factor=(1.5, 2), mode="bilinear", align_corners=True)
    want = nn.interpolate(x, scale_factor=(1.5, 2), mode="bilinear", align_corners=True)
    assert_same_bytes(layer(x, workers=2), want)
    assert layer.output_shape(x.shape) == want.shape == nn.Upsample((7, 12)).output_shape((2, 3, 5, 6))
    assert repr(layer) == "Upsample(scale_factor=(1.5, 2.0), mode='bilinear', align_corners=True)"
    assert repr(nn.Upsample(3)) == "Upsample(size=3, mode='nearest')"


@pytest.mark.parametrize("kind", ["linear", "cubic"])
def test_filters_as_long_as_the_data_are_made_at_once(kind: str) -> None:
    """Work that grows with the square of the factor would take minutes here."""
    made = nn.downsample(np.ones((1, 1, 3000), np.float32), 10**9, kind)
    np.testing.assert_allclose(made, 1, rtol=1e-5)


def test_taps_may_be_as_small_as_numbers_go() -> None:
    np.testing.assert_array_equal(nn.downsample(np.ones((1, 1, 4)), 2, [1e-320]), np.full((1, 1, 2), 1e-320))
    assert not nn.downsample(np.ones((1, 1, 4), np.uint8), 2, [1e-320]).any()


def test_the_layer_passes_on_all_that_the_function_takes() -> None:
    image = np.random.default_rng(1).integers(0, 256, (1, 9, 8, 3), np.uint8)
    layer = nn.Upsample((5, 20), mode="bicubic", antialias=True, cubic_a=-0.6, channels_last=True)
    want = nn.interpolate(image, (5, 20), mode="bicubic", antialias=True, cubic_a=-0.6, channels_last=True)
    np.testing.assert_array_equal(layer(image), want)
    assert layer.output_shape(image.shape) == want.shape
    assert repr(layer) == "Upsample(size=(5, 20), mode='bicubic', antialias=True, cubic_a=-0.6, channels_last=True)"
