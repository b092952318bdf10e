"""The plane kernel at every SIMD level this CPU can load, and the routes over it, against their definitions."""

from importlib import import_module
from itertools import product

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, gamma
from kernel_cases import BOUNDARIES, samples, wider

from sigresample import _kernels
from sigresample._channel_shapes import Along, Correlation, Spread
from sigresample._routes import _plane_plan, depthwise

FLOATS = ["f", "d", "F", "D"]
INTEGERS = ["I", "L", "i", "l"]

# Axes of correlations: strides, dilations, leaps, crops, taps that reach far outside, more taps than data.
AXES = [
    Along(9, 3, 9, -1),
    Along(40, 5, 18, -2, 2),
    Along(37, 4, 9, -3, 4, 1, 0, 1),
    Along(21, 3, 19, -3, 1, 3),
    Along(16, 2, 16, 0, 1, 1, 1, 2),
    Along(17, 3, 5, 2, 3, 2, 4, 3),
    Along(3, 7, 8, -5),
    Along(5, 2, 3, -40, 30, 11),
    Along(50, 1, 50, 0),
    Along(1, 1, 1, 0),
    Along(70, 6, 67, -2, 1, 1, 2, 1),
]
# Axes of transposed convolutions: taps a multiple of the stride or not, fewer than it, dilations that share a factor.
SPREADS = [
    Spread(9, 4, 18, 1, 1, 2, 1),
    Spread(20, 3, 40, 1, 0, 2, 1),
    Spread(6, 8, 25, 2, 1, 4, 1),
    Spread(33, 16, 264, 4, 4, 8, 1),
    Spread(7, 2, 20, 0, 0, 3, 1),
    Spread(5, 3, 14, 2, 0, 2, 3),
    Spread(6, 3, 25, 0, 2, 4, 2),
    Spread(11, 5, 11, 2, 2, 1, 1),
    Spread(1, 1, 1, 0, 0, 1, 1),
    Spread(4, 6, 3, 4, 5, 2, 1),
    Spread(40, 6, 117, 3, 3, 3, 1),
]


def choose(level, monkeypatch):
    """Put the kernels of one level in the chosen ones' place; plans know how much memory theirs wants."""
    for name in ("planes", "correlate"):
        monkeypatch.setattr(_kernels, name, import_module(f"sigresample._kernels.{name}_{level}"))
    monkeypatch.setattr(_kernels, "level", level)
    _plane_plan.correlation.cache_clear()
    _plane_plan.transposition.cache_clear()


@pytest.fixture(params=_kernels.available())
def level(request, monkeypatch):
    choose(request.param, monkeypatch)
    yield request.param
    _plane_plan.correlation.cache_clear()
    _plane_plan.transposition.cache_clear()


def outside(positions, n, boundary):
    """Where the samples at any positions of an axis are, and which of them there are at all."""
    there = np.ones(len(positions), bool)
    if boundary == "constant" or n == 0:
        there = (positions >= 0) & (positions < n)
        return np.where(there, positions, 0), there
    if boundary == "wrap":
        return positions % n, there
    if boundary == "edge":
        return np.clip(positions, 0, n - 1), there
    period = max(2 * n - 2, 1)
    turned = positions % period
    return np.where(turned < n, turned, period - turned), there


def correlated(x, w, whole, of, boundary, bias):
    """The definition: tap by tap; with it, the sum of the magnitudes of all terms."""
    big = wider(x.dtype) if x.dtype.kind in "fc" else x.dtype
    spans = [axis.start + axis.leap * np.arange(axis.out) for axis in of.axes]
    y = np.zeros((of.items, of.groups, of.outputs, *(axis.out for axis in of.axes)), big)
    size = np.zeros(y.shape)
    xs = x.astype(big).reshape(of.items, of.groups, of.inputs, *x.shape[2:])
    ws = w.astype(big).reshape(of.groups, of.outputs, of.inputs, *w.shape[2:])
    with np.errstate(all="ignore"):
        for c in range(of.inputs):
            for p in product(*(range(axis.taps) for axis in of.axes)):
                part = xs[:, :, c]
                for i, (axis, tap) in enumerate(zip(of.axes, p, strict=True)):
                    at, there = outside(
                        axis.first + axis.stride * np.arange(axis.out) + tap * axis.dilation, axis.data, boundary
                    )
                    shape = [1] * part.ndim
                    shape[2 + i] = -1
                    if part.shape[2 + i] == 0:
                        part = np.zeros((*part.shape[: 2 + i], axis.out, *part.shape[3 + i :]), big)
                    else:
                        part = np.where(there.reshape(shape), part.take(at, 2 + i), big.type(0))
                tap_values = ws[(slice(None), slice(None), c, *p)].reshape(1, of.groups, of.outputs, *[1] * len(p))
                y += part[:, :, None] * tap_values
                size += abs(part[:, :, None]) * abs(tap_values)
        if bias is not None:
            shaped = bias.astype(big).reshape(1, of.groups, of.outputs, *[1] * len(spans))
            y, size = y + shaped, size + abs(shaped)
    result, sizes = np.full((of.items, of.groups * of.outputs, *whole), 77, big), np.zeros(())
    sizes = np.zeros(result.shape)
    index = np.ix_(np.arange(of.items), np.arange(of.groups * of.outputs), *spans)
    result[index] = y.reshape(of.items, -1, *y.shape[3:])
    sizes[index] = size.reshape(of.items, -1, *y.shape[3:])
    return result, sizes


def spread_out(x, w, groups, axes, bias):
    """The definition of the transposed convolution: under each tap, every sample added where it belongs."""
    big = wider(x.dtype) if x.dtype.kind in "fc" else x.dtype
    inputs, outputs = w.shape[0] // groups, w.shape[1]
    y = np.zeros((x.shape[0], groups, outputs, *(axis.out for axis in axes)), big)
    size = np.zeros(y.shape)
    xs = x.astype(big).reshape(x.shape[0], groups, inputs, *x.shape[2:])
    ws = w.astype(big).reshape(groups, inputs, *w.shape[1:])
    for p in product(*(range(axis.taps) for axis in axes)):
        here, there = [], []
        for q, axis in zip(p, axes, strict=True):
            at = np.arange(axis.data) * axis.stride + q * axis.dilation - axis.before
            inside = (at >= 0) & (at < axis.out)
            here.append(np.flatnonzero(inside))
            there.append(at[inside])
        batch = [np.arange(n) for n in y.shape[:3]]
        for c in range(inputs):
            sample = xs[:, :, c][np.ix_(*batch[:2], *here)][:, :, None]
            tap = ws[(slice(None), c, slice(None), *p)].reshape(1, groups, outputs, *[1] * len(axes))
            y[np.ix_(*batch, *there)] += sample * tap
            size[np.ix_(*batch, *there)] += abs(sample) * abs(tap)
    if bias is not None:
        shaped = bias.astype(big).reshape(1, groups, outputs, *[1] * len(axes))
        y, size = y + shaped, size + abs(shaped)
    return tuple(one.reshape(x.shape[0], -1, *y.shape[3:]) for one in (y, size))


def assert_within(got, want, size, terms):
    """Each of `terms` roundings is at most u of the sum of magnitudes; a complex product has more."""
    if got.dtype.kind in "iu":
        np.testing.assert_array_equal(got, want)
        return
    real = got.real.dtype
    bound = 2 * np.sqrt(2) * gamma(2 * terms + 2, real) * size.astype(float) + (terms + 1) * np.finfo(real).tiny
    assert_close(got, want, bound)


def case(rng, of, dtype, biased):
    x = samples(rng, (of.items, of.groups * of.inputs, *(axis.data for axis in of.axes)), dtype)
    w = samples(rng, (of.groups * of.outputs, of.inputs, *(axis.taps for axis in of.axes)), dtype)
    bias = samples(rng, of.groups * of.outputs, dtype) if biased else None
    return x, w, bias


def whole(of):
    return tuple(axis.start + axis.leap * max(axis.out - 1, 0) + 2 for axis in of.axes)


def run(x, w, of, boundary="constant", bias=None, workers=1):
    y = np.full((of.items, of.groups * of.outputs, *whole(of)), 77, x.dtype)
    depthwise.run(x, w, y, of, BOUNDARIES[boundary], bias, workers)
    return y


def transposed(x, w, groups, axes, bias=None, workers=1):
    y = np.full((x.shape[0], groups * w.shape[1], *(axis.out for axis in axes)), 77, x.dtype)
    depthwise.transposed(x, w, y, groups, axes, bias, workers)
    return y


def pairs(axes):
    """Return every axis alone, and each beside two others."""
    n = len(axes)
    return [(a,) for a in axes] + [(axes[i], axes[(i * 5 + j) % n]) for i in range(n) for j in (2, 3)]


# Planes that may be read where they lie: filters of constant size and others, no padding, some, more than the filter,
# on one side only; few columns and many; rows that are a multiple of four and not.
STRAIGHT = [
    Correlation(1 + i % 2, 1 + i % 3, 1, 1 + i % 4, (Along(rows, p, out, top), Along(cols, q, wide, left, 1, apart)))
    for i, (rows, p, out, top, cols, q, wide, left, apart) in enumerate(
        [
            (9, 3, 9, -1, 112, 3, 112, -1, 1),
            (10, 5, 10, -2, 71, 5, 71, -2, 1),
            (8, 3, 6, 0, 66, 3, 64, 0, 1),
            (6, 5, 6, -2, 90, 5, 94, -4, 1),
            (12, 4, 7, 2, 50, 7, 44, 0, 1),
            (7, 3, 5, 0, 83, 3, 64, 17, 1),
            (9, 3, 11, -2, 70, 3, 101, -20, 1),
            (5, 3, 4, -1, 41, 3, 41, -2, 2),
            (30, 5, 31, -3, 40, 5, 40, -4, 2),
            (4, 9, 8, -4, 33, 9, 33, -4, 1),
            (1, 3, 5, -3, 64, 3, 64, -1, 1),
            (40, 7, 40, -3, 56, 7, 56, -3, 1),
            (6, 3, 6, -1, 17, 3, 17, -1, 1),
            (6, 3, 6, -1, 40, 33, 40, -16, 1),
        ]
    )
]

CORRELATIONS = (
    [
        Correlation(1 + i % 2, 1 + i % 3, inputs, outputs, axes)
        for i, axes in enumerate(pairs(AXES))
        for inputs, outputs in [((1, 1), (1, 3), (2, 7), (3, 2), (4, 9), (1, 16))[i % 6]]
    ]
    + [
        Correlation(2, 3, 1, 1, (Along(30, 3, 30, -1), Along(width, 5, width, -4, 1, 2)))
        for width in (5, 17, 33, 49, 112)
    ]
    + STRAIGHT
    + [
        Correlation(2, 1, 2, 3, (AXES[5], AXES[1], AXES[0])),
        Correlation(1, 2, 1, 1, (AXES[6], AXES[3], AXES[4])),
        Correlation(1, 1, 1, 2, (AXES[1], AXES[5], AXES[2])),
    ]
)


@pytest.mark.parametrize("boundary", [b for b in BOUNDARIES if b != "symmetric"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_match_the_definition(level, dtype, boundary):
    rng = np.random.default_rng(1)
    for i, of in enumerate(CORRELATIONS):
        x, w, bias = case(rng, of, dtype, i % 2)
        want, size = correlated(x, w, whole(of), of, boundary, bias)
        assert_within(run(x, w, of, boundary, bias), want, size, w[0].size + 1)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_exact_and_wrap(level, dtype):
    rng = np.random.default_rng(2)
    for i, of in enumerate(CORRELATIONS):
        x, w, bias = case(rng, of, dtype, i % 2)
        boundary = ("constant", "edge", "reflect")[i % 3]
        assert_within(run(x, w, of, boundary, bias), *correlated(x, w, whole(of), of, boundary, bias), 0)


TRANSPOSED = [
    (1 + i % 2, groups, inputs, outputs, axes)
    for i, axes in enumerate(pairs(SPREADS[:8] + SPREADS[9:]))
    for groups, inputs, outputs in [((1, 1, 1), (3, 1, 1), (1, 2, 5), (2, 3, 3), (2, 1, 2), (1, 4, 8))[i % 6]]
] + [
    (1, 2, 1, 1, (SPREADS[4], SPREADS[0], SPREADS[0])),
    (2, 1, 2, 4, (SPREADS[9], SPREADS[4], SPREADS[0])),
]


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS)
def test_transposed_matches_the_definition(level, dtype):
    rng = np.random.default_rng(3)
    for i, (items, groups, inputs, outputs, axes) in enumerate(TRANSPOSED):
        x = samples(rng, (items, groups * inputs, *(a.data for a in axes)), dtype)
        w = samples(rng, (groups * inputs, outputs, *(a.taps for a in axes)), dtype)
        bias = samples(rng, groups * outputs, dtype) if i % 2 else None
        want, size = spread_out(x, w, groups, axes, bias)
        assert_within(transposed(x, w, groups, axes, bias), want, size, inputs * w[0, 0].size + 1)


@pytest.mark.parametrize("dtype", ["f", "D", "L"])
def test_large_planes_are_cut_into_blocks(level, dtype):
    """More rows and columns than a block holds, in every way of packing."""
    rng = np.random.default_rng(4)
    for of in [
        Correlation(1, 1, 1, 2, (Along(150, 3, 150, -1), Along(2100, 3, 2100, -1))),
        Correlation(1, 2, 1, 1, (Along(150, 3, 75, -1, 2), Along(2101, 3, 1051, -1, 2))),
        Correlation(1, 1, 2, 3, (Along(20000, 9, 6666, -3, 3, 2),)),
        Correlation(1, 1, 1, 9, (Along(9000, 5, 9000, -2, 1, 1),)),
    ]:
        x, w, bias = case(rng, of, dtype, True)
        want, size = correlated(x, w, whole(of), of, "reflect", bias)
        assert_within(run(x, w, of, "reflect", bias), want, size, w[0].size + 1)


def as_correlation(x, w, groups, axes):
    """A transposed convolution of stride 1 as the correlation that it is."""
    inputs, outputs = w.shape[0] // groups, w.shape[1]
    turned = w.reshape(groups, inputs, *w.shape[1:]).swapaxes(1, 2)[(..., *[slice(None, None, -1)] * len(axes))]
    along = tuple(Along(a.data, a.taps, a.out, a.before - (a.taps - 1) * a.dilation, 1, a.dilation) for a in axes)
    of = Correlation(x.shape[0], groups, inputs, outputs, along)
    return np.ascontiguousarray(turned.reshape(groups * outputs, inputs, *w.shape[2:])), of


@pytest.mark.parametrize("stride", [2, 3, 4, 8, 16])
@pytest.mark.parametrize("channels", [(3, 1, 1), (1, 2, 5)])
def test_large_transposed_planes(level, stride, channels):
    """Stretch the data with zeros: the same sums, but for terms of zero, by the correlation tested above."""
    rng = np.random.default_rng(5)
    groups, inputs, outputs = channels
    for taps, before in [(2 * stride, stride // 2), (stride + 1, 1), (stride - 1, 0)]:
        n = (37, 1700 // stride)
        axes = tuple(Spread(k, taps, (k - 1) * stride - 2 * before + taps, before, before, stride, 1) for k in n)
        x = samples(rng, (1, groups * inputs, *n), "d")
        w = samples(rng, (groups * inputs, outputs, taps, taps), "d")
        bias = samples(rng, groups * outputs, "d")
        wide = np.zeros((*x.shape[:2], *((k - 1) * stride + 1 for k in n)))
        wide[..., ::stride, ::stride] = x
        whole_axes = tuple(a._replace(data=(a.data - 1) * stride + 1, stride=1) for a in axes)
        turned, of = as_correlation(wide, w, groups, whole_axes)
        want = np.empty((1, groups * outputs, *(a.out for a in axes)))
        depthwise.run(wide, turned, want, of, 0, bias, 1)
        assert_same_bytes(transposed(x, w, groups, axes, bias), want)


@pytest.mark.parametrize("dtype", ["f", "d", "F", "I"])
def test_same_bytes_for_any_workers_and_batch(dtype):
    rng = np.random.default_rng(6)
    for of in [
        Correlation(3, 2, 1, 1, (Along(40, 3, 40, -1), Along(300, 3, 300, -1))),
        Correlation(3, 2, 2, 19, (Along(41, 3, 20, -1, 2), Along(301, 4, 150, -1, 2))),
        Correlation(3, 1, 3, 40, (Along(7, 3, 7, -1), Along(7, 3, 7, -1))),
    ]:
        x, w, bias = case(rng, of, dtype, True)
        want = run(x, w, of, "wrap", bias)
        for workers in (2, 7):
            assert run(x, w, of, "wrap", bias, workers).tobytes() == want.tobytes()
        for n in (2, 0, 1):
            got = run(x[n : n + 1].copy(), w, of._replace(items=1), "wrap", bias)
            assert got.tobytes() == want[n : n + 1].tobytes()


@pytest.mark.parametrize("dtype", ["f", "d", "F", "I"])
def test_transposed_same_bytes_for_any_workers_and_batch(dtype):
    rng = np.random.default_rng(7)
    for groups, inputs, outputs, axes in [
        (3, 1, 1, (SPREADS[0], SPREADS[3])),
        (1, 3, 20, (SPREADS[1], SPREADS[1])),
        (2, 5, 17, (SPREADS[0], SPREADS[6])),
    ]:
        x = samples(rng, (3, groups * inputs, *(a.data for a in axes)), dtype)
        w = samples(rng, (groups * inputs, outputs, *(a.taps for a in axes)), dtype)
        bias = samples(rng, groups * outputs, dtype)
        want = transposed(x, w, groups, axes, bias)
        for workers in (2, 7):
            assert transposed(x, w, groups, axes, bias, workers).tobytes() == want.tobytes()
        for n in (2, 0, 1):
            assert transposed(x[n : n + 1].copy(), w, groups, axes, bias).tobytes() == want[n : n + 1].tobytes()


@pytest.mark.parametrize("dtype", ["f", "d", "F"])
def test_levels_with_fma_agree_to_the_byte(dtype, monkeypatch):
    rng = np.random.default_rng(8)
    cases = [(of, *case(rng, of, dtype, True)) for of in CORRELATIONS[::3]]
    spreads = []
    for items, groups, inputs, outputs, axes in TRANSPOSED[::2]:
        x = samples(rng, (items, groups * inputs, *(a.data for a in axes)), dtype)
        spreads.append((x, samples(rng, (groups * inputs, outputs, *(a.taps for a in axes)), dtype), groups, axes))
    results = {}
    for level in _kernels.available():
        choose(level, monkeypatch)
        parts = [run(x, w, of, "edge", bias).tobytes() for of, x, w, bias in cases]
        results[level] = b"".join(parts + [transposed(*one).tobytes() for one in spreads])
    for group in (("v4", "v3", "neon"), ("v2", "scalar")):
        assert len({results[level] for level in group if level in results}) <= 1


def test_dense_and_packed_planes_have_the_same_bytes(level, monkeypatch):
    """One filter a plane: by the dense kernel, by blocks of rows that share what they read, by blocks of any kind."""
    rng = np.random.default_rng(9)
    of = Correlation(2, 3, 1, 1, (Along(30, 5, 30, -2), Along(277, 3, 277, -1)))
    assert depthwise._dense(of)
    for dtype in ("f", "d", "I"):
        x, w, bias = case(rng, of, dtype, True)
        want = run(x, w, of, "reflect", bias)
        with monkeypatch.context() as patch:
            patch.setattr(depthwise, "_dense", lambda _: False)
            assert_same_bytes(run(x, w, of, "reflect", bias), want)
            patch.setattr(_plane_plan, "_plain", lambda *_: (0, 0, 1))
            _plane_plan.correlation.cache_clear()
            assert_same_bytes(run(x, w, of, "reflect", bias), want)


def test_planes_read_where_they_lie_have_the_same_bytes(level, monkeypatch):
    """By masks at the ends of rows, or packed between zeros; in any batch, for any workers."""
    rng = np.random.default_rng(11)
    plans = [_plane_plan.correlation(1, 1, of.outputs, of.axes, (99, 999), 1, 8, True) for of in STRAIGHT]
    assert all(plan.straight for plan in plans)
    for dtype in ("f", "d", "I", "L"):
        for i, of in enumerate(STRAIGHT):
            x, w, bias = case(rng, of, dtype, i % 2)
            want = run(x, w, of, bias=bias)
            for workers in (2, 7):
                assert_same_bytes(run(x, w, of, bias=bias, workers=workers), want)
            for n in range(of.items):
                assert_same_bytes(run(x[n : n + 1].copy(), w, of._replace(items=1), bias=bias), want[n : n + 1])
            with monkeypatch.context() as patch:
                patch.setattr(_plane_plan, "_straight", lambda *_: False)
                patch.setattr(depthwise, "_dense", lambda _: False)
                _plane_plan.correlation.cache_clear()
                assert_same_bytes(run(x, w, of, bias=bias), want)
            _plane_plan.correlation.cache_clear()


def test_neighbours_of_a_row_are_no_terms(level):
    """What a vector reads beyond a row, of the rows beside it or of another plane, is never seen."""
    of = Correlation(1, 3, 1, 1, (Along(6, 3, 6, -1), Along(70, 3, 70, -1)))
    w = np.ones((3, 1, 3, 3), "f")
    for plane, row, col in [(0, 2, 69), (1, 0, 0), (1, 5, 69), (2, 3, 0)]:
        x = np.ones((1, 3, 6, 70), "f")
        x[0, plane, row, col] = np.nan
        got = run(x, w, of)[0, :, :6, :70]
        bad = np.zeros(got.shape, bool)
        bad[plane, max(row - 1, 0) : row + 2, max(col - 1, 0) : col + 2] = True
        assert (np.isnan(got) == bad).all()
    w[:, 0, 0, 0] = np.inf
    got = run(np.ones((1, 3, 6, 70), "f"), w, of)[0, :, :6, :70]
    assert np.isnan(got[:, 0]).all() and np.isnan(got[:, :, 0]).all() and (got[:, 1:, 1:] == np.inf).all()


def test_padding_is_a_term_and_nothing_else_is(level):
    """An infinite tap meets a zero of the padding; a NaN touches the outputs whose windows hold it, and no other."""
    of = Correlation(1, 1, 1, 2, (Along(9, 3, 5, -1, 2), Along(40, 3, 20, -1, 2)))
    x, w = np.ones((1, 1, 9, 40), "f"), np.ones((2, 1, 3, 3), "f")
    w[1, 0, 0, 0] = np.inf
    got = run(x, w, of)[..., :5, :20]
    assert np.isfinite(got[0, 0]).all()
    assert np.isnan(got[0, 1, 0]).all() and np.isnan(got[0, 1, :, 0]).all() and (got[0, 1, 1:, 1:] == np.inf).all()
    w[...] = 1
    x[0, 0, 4, 7] = np.nan
    bad = np.isnan(run(x, w, of)[0, 0, :5, :20])
    assert np.argwhere(bad).tolist() == [[2, 3], [2, 4]]


def test_a_nan_spreads_to_what_it_meets_alone(level):
    for axis, outputs in [(Spread(20, 4, 40, 1, 1, 2, 1), 1), (Spread(20, 3, 40, 1, 0, 2, 1), 5)]:
        x, w = np.ones((1, 1, 20), "f"), np.ones((1, outputs, axis.taps), "f")
        x[0, 0, 9] = np.nan
        bad = np.isnan(transposed(x, w, 1, (axis,)))
        for o in range(outputs):
            assert np.flatnonzero(bad[0, o]).tolist() == [18 - 1 + p for p in range(axis.taps)]


def test_nothing_is_written_outside_the_result(level):
    rng = np.random.default_rng(10)
    for dtype in ("f", "d", "I", "D"):
        for axes in [(SPREADS[0], SPREADS[3]), (SPREADS[1], SPREADS[1]), (SPREADS[6], SPREADS[0])]:
            for outputs in (1, 3, 8):
                x = samples(rng, (1, 1, *(a.data for a in axes)), dtype)
                w = samples(rng, (1, outputs, *(a.taps for a in axes)), dtype)
                shape = 1, outputs, axes[0].out, axes[1].out
                arena = np.full(np.prod(shape) + 200, 42, dtype)
                y = arena[100:-100].reshape(shape)
                depthwise.transposed(x, w, y, 1, axes, None, 1)
                assert (arena[:100] == 42).all() and (arena[-100:] == 42).all()


def test_empty_batches_channels_and_data(level):
    bias = np.arange(4.0)
    of = Correlation(2, 2, 0, 2, (Along(5, 3, 5, -1),))
    y = np.empty((2, 4, 5))
    depthwise.run(np.empty((2, 0, 5)), np.empty((4, 0, 3)), y, of, 0, bias, 1)
    np.testing.assert_array_equal(y, np.broadcast_to(bias[:, None], y.shape))
    of = Correlation(0, 2, 1, 2, (Along(5, 3, 5, -1),))
    depthwise.run(np.empty((0, 2, 5)), np.ones((4, 1, 3)), np.empty((0, 4, 5)), of, 0, bias, 2)
    of = Correlation(1, 1, 1, 4, (Along(0, 3, 2, -2),))
    y = np.empty((1, 4, 2))
    depthwise.run(np.empty((1, 1, 0)), np.ones((4, 1, 3)), y, of, 0, bias, 1)
    np.testing.assert_array_equal(y, np.broadcast_to(bias[:, None], y.shape))
    of = Correlation(1, 1, 1, 4, (Along(5, 3, 0, 0),))
    depthwise.run(np.ones((1, 1, 5)), np.ones((4, 1, 3)), np.empty((1, 4, 0)), of, 0, None, 1)
    y = np.empty((2, 4, 6))
    depthwise.transposed(np.empty((2, 0, 3)), np.empty((0, 4, 2)), y, 1, (Spread(3, 2, 6, 0, 0, 2, 1),), bias, 1)
    np.testing.assert_array_equal(y, np.broadcast_to(bias[:, None], y.shape))
    depthwise.transposed(np.empty((0, 1, 3)), np.ones((1, 4, 2)), y[:0], 1, (Spread(3, 2, 6, 0, 0, 2, 1),), None, 2)


def test_other_types_are_refused(level):
    of = Correlation(1, 1, 1, 1, (Along(5, 3, 2, 0, 2),))
    with pytest.raises(TypeError, match="no such dtype: int16"):
        depthwise.run(np.ones((1, 1, 5), "h"), np.ones((1, 1, 3), "h"), np.empty((1, 1, 2), "h"), of, 0, None, 1)


def test_what_would_take_much_memory_is_left_to_others():
    small = Correlation(1, 1, 3, 8, (Along(64, 3, 64, -1), Along(64, 3, 64, -1)))
    assert depthwise.takes(small, "f")
    assert not depthwise.takes(small._replace(inputs=4000, outputs=4000), "f")
    assert not depthwise.takes(Correlation(1, 1, 4000, 1, (Along(512, 99, 414, 0), Along(512, 1, 512, 0))), "f")
    assert depthwise.takes_transposed(1, 64, 32, (SPREADS[0], SPREADS[0]), "d")
    assert not depthwise.takes_transposed(1, 4000, 4000, (SPREADS[0], SPREADS[0]), "d")


def test_too_little_room_is_refused(level):
    plan = depthwise._transposition(1, 1, 1, (SPREADS[0],), np.dtype("f"))
    x, w, y = np.ones((1, 1, 9), "f"), np.ones((1, 1, 4), "f"), np.ones((1, 1, 18), "f")
    wanted = _kernels.planes.memory(x, plan.numbers, False, 1)
    with pytest.raises(ValueError, match=f"needs {wanted} bytes, got {wanted - 1}"):
        _kernels.planes.planes(x, w, y, None, plan.numbers, np.empty(wanted - 1, "B"), 1, 0, 1)
    assert (y == 1).all()


def test_extra_memory_is_bounded():
    """What the kernel works in does not grow with the planes."""
    wanted = []
    for n in (256, 4096):
        axes = (Spread(n, 4, 2 * n, 1, 1, 2, 1),) * 2
        plan = depthwise._transposition(1, 2, 3, axes, np.dtype("f"))
        wanted.append(_kernels.planes.memory(np.empty(0, "f"), plan.numbers, True, 1))
    assert max(wanted) < 1 << 19
