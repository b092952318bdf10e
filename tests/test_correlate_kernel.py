"""The dense kernel at every SIMD level this CPU can load, against its definition."""

from importlib import import_module

import numpy as np
import pytest
from kernel_cases import BOUNDARIES, definition, folded, samples, wider

from sigresample import _kernels

SHAPES = [(1, 1), (2, 3), (5, 7), (13, 40), (64, 33), (9, 300), (1, 700), (37, 5)]
FILTERS = [(1, 1), (1, 2), (2, 1), (3, 3), (2, 5), (5, 4), (7, 1), (1, 9), (11, 11), (6, 80)]
# A third of all pairs, each shape and each filter several times.
PAIRS = [(s, h) for i, s in enumerate(SHAPES) for j, h in enumerate(FILTERS) if (i + j) % 3 == 0]


@pytest.fixture(params=_kernels.available())
def kernel(request):
    return import_module(f"sigresample._kernels.correlate_{request.param}")


def run(kernel, x, h, top, left, out_shape, boundary="constant", fill=0, workers=1, y=None, add=False, uv=None):
    real = x.real.dtype if x.dtype.kind == "c" else x.dtype
    group = x.dtype.itemsize // real.itemsize
    if group == 2:
        fill = complex(fill)
    if y is None:
        y = np.full(out_shape, 77, x.dtype)
    xr, yr = x.view(real), y.view(real)
    geometry = (*x.shape, xr.shape[1], *out_shape, yr.shape[1], top, left, group, BOUNDARIES[boundary], fill)
    if uv is None:
        kernel.correlate(xr, np.ascontiguousarray(h), yr, None, None, *geometry, add, workers)
    else:
        kernel.separable(xr, *uv, yr, None, None, *geometry, workers)
    return y


def assert_within(got, want, magnitude, terms):
    """Each of `terms` roundings is at most u of the sum of magnitudes; a complex product has two."""
    u = np.finfo(got.dtype).eps / 2
    bound = 2.1 * terms * u * magnitude.astype(float) + np.finfo(got.dtype).tiny
    worse = abs(got - want) > bound
    assert not worse.any(), f"{worse.sum()} outputs out of bound, the first at {np.argwhere(worse)[0]}"


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
def test_floats_match_the_definition(kernel, dtype, boundary):
    rng = np.random.default_rng(1)
    for shape, taps in PAIRS:
        x, h = samples(rng, shape, dtype), samples(rng, taps, dtype)
        out_shape = (shape[0] + taps[0] - 1, shape[1] + taps[1] - 1)
        at = (1 - taps[0], 1 - taps[1])
        fill = 1.5 if taps[0] % 2 else 0
        got = run(kernel, x, h, *at, out_shape, boundary, fill)
        want, magnitude = definition(x, h, *at, out_shape, boundary, fill)
        assert_within(got, want, magnitude, h.size + 1)


@pytest.mark.parametrize("dtype", ["b", "B", "h", "H", "i", "I", "l", "L"])
def test_integers_are_exact_and_wrap(kernel, dtype):
    rng = np.random.default_rng(2)
    for shape, taps in PAIRS:
        for boundary in ("constant", "symmetric"):
            x, h = samples(rng, shape, dtype), samples(rng, taps, dtype)
            out_shape = (shape[0] + taps[0] - 1, shape[1] + taps[1] - 1)
            at = (1 - taps[0], 1 - taps[1])
            fill = 5 if taps[1] % 2 else 0
            got = run(kernel, x, h, *at, out_shape, boundary, fill)
            np.testing.assert_array_equal(got, definition(x, h, *at, out_shape, boundary, fill)[0])


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
def test_separable_matches_the_definition(kernel, dtype, boundary):
    rng = np.random.default_rng(3)
    real = np.dtype(dtype.lower())
    for shape, (P, Q) in PAIRS:
        x, u, v = samples(rng, shape, dtype), samples(rng, P, real), samples(rng, Q, real)
        h = np.outer(u.astype(wider(real)), v.astype(wider(real)))
        out_shape, at = (shape[0] + P - 1, shape[1] + Q - 1), (1 - P, 1 - Q)
        fill = 1.5 if P % 2 else 0
        got = run(kernel, x, None, *at, out_shape, boundary, fill, uv=(u, v))
        want, magnitude = definition(x, h, *at, out_shape, boundary, fill)
        assert_within(got, want, magnitude, P + Q + 1)


@pytest.mark.parametrize("dtype", ["f", "D", "h"])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_far_outside(kernel, dtype, boundary):
    """Windows that begin or end many plane lengths away, and filters far larger than the plane."""
    rng = np.random.default_rng(4)
    for shape, taps, at in [((2, 3), (3, 3), (-40, 55)), ((1, 1), (60, 70), (-30, -35)), ((4, 5), (2, 200), (1, -300))]:
        x, h = samples(rng, shape, dtype), samples(rng, taps, dtype)
        out_shape = (7, 50)
        if boundary != "constant":
            rows = np.arange(at[0], at[0] + out_shape[0] + taps[0] - 1)
            cols = np.arange(at[1], at[1] + out_shape[1] + taps[1] - 1)
            maps = [folded(k, n, boundary) for k, n in ((rows, shape[0]), (cols, shape[1]))]
            wide = x[np.ix_(*maps)]
            want, magnitude = definition(wide, h, 0, 0, out_shape)
        else:
            wide = np.zeros((1000, 1000), x.dtype)
            wide[400 : 400 + shape[0], 400 : 400 + shape[1]] = x
            want, magnitude = definition(wide, h, at[0] + 400, at[1] + 400, out_shape)
        got = run(kernel, x, h, *at, out_shape, boundary)
        if dtype == "h":
            np.testing.assert_array_equal(got, want)
        else:
            assert_within(got, want, magnitude, h.size + 1)


@pytest.mark.parametrize("dtype", ["f", "d", "F", "i"])
def test_same_bytes_for_any_workers(kernel, dtype):
    rng = np.random.default_rng(5)
    x = samples(rng, (67, 5003), dtype)
    for taps in [(3, 3), (1, 64), (9, 2)]:
        h = samples(rng, taps, dtype)
        results = [run(kernel, x, h, -1, -2, (66, 5000), "symmetric", workers=w).tobytes() for w in (1, 2, 7)]
        assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("dtype", ["f", "d", "F"])
def test_adding_continues_the_sum(kernel, dtype):
    """Two halves of a filter, one added to the other, are one accumulator: the same bytes."""
    rng = np.random.default_rng(6)
    x = samples(rng, (40, 213), dtype)
    h = samples(rng, (6, 5), np.dtype(dtype.lower()))
    whole = run(kernel, x, h, -3, -2, (40, 213))
    y = run(kernel, x, h[:2], -3, -2, (40, 213))
    run(kernel, x, h[2:], -1, -2, (40, 213), y=y, add=True)
    assert y.tobytes() == whole.tobytes()


@pytest.mark.parametrize("dtype", ["f", "d"])
def test_levels_with_fma_agree_to_the_byte(dtype):
    rng = np.random.default_rng(7)
    x, results = samples(rng, (50, 333), dtype), {}
    for level in _kernels.available():
        kernel = import_module(f"sigresample._kernels.correlate_{level}")
        parts = []
        for taps in FILTERS:
            h = samples(np.random.default_rng(8), taps, dtype)
            parts.append(run(kernel, x, h, -2, -3, (49, 330), "wrap").tobytes())
        results[level] = b"".join(parts)
    for group in (("v4", "v3", "neon"), ("v2", "scalar")):
        assert len({results[level] for level in group if level in results}) <= 1


def test_nothing_is_written_outside_the_result(kernel):
    """A result inside a larger array: its surroundings keep their bytes."""
    rng = np.random.default_rng(9)
    for dtype in ("f", "d", "h"):
        x, h = samples(rng, (23, 91), dtype), samples(rng, (4, 6), dtype)
        arena = np.full((31, 120), 42, dtype)
        base = 3 * 120 + 7
        kernel.correlate(x, h, arena, None, np.array([base], np.intp), 23, 91, 91, 20, 86, 120, 0, 0, 1, 0, 0, False, 2)
        inside = np.zeros(arena.shape, bool)
        inside[3:23, 7:93] = True
        assert (arena[~inside] == 42).all()
        want, magnitude = definition(x, h, 0, 0, (20, 86))
        got = arena[3:23, 7:93]
        if dtype == "h":
            np.testing.assert_array_equal(got, want)
        else:
            assert_within(got, want, magnitude, h.size + 1)


def test_absent_rows_under_taps_that_are_not_finite(kernel):
    """A NaN tap on an absent (zero) sample is a real product; with finite taps absent rows are left out."""
    x = np.ones((3, 40), "f")
    h = np.ones((3, 3), "f")
    h[0, 0] = np.nan
    got = run(kernel, x, h, -2, -2, (5, 42))
    assert np.isnan(got).all()
    x[1, 20] = np.inf
    got = run(kernel, x, np.ones((3, 3), "f"), -2, -2, (5, 42))
    assert np.isinf(got).sum() == 9 and not np.isnan(got).any()


def test_groups_are_trailing_batch_axes(kernel):
    """(H, W, C) data under (P, Q, 1) taps: groups of C reals, one plane."""
    rng = np.random.default_rng(10)
    for C in (1, 2, 3, 5, 17):
        x, h = rng.standard_normal((9, 31, C)), rng.standard_normal((3, 4))
        y = np.empty((9, 31, C))
        for boundary in BOUNDARIES:
            kernel.correlate(
                x, h, y, None, None, 9, 31, 31 * C, 9, 31, 31 * C, -1, -2, C, BOUNDARIES[boundary], 0.5, False, 1
            )
            for c in range(C):
                want, magnitude = definition(x[..., c], h, -1, -2, (9, 31), boundary, 0.5)
                assert_within(y[..., c], want, magnitude, h.size + 1)


@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
def test_one_number_that_is_not_finite_is_seen(kernel, dtype):
    for n in (1, 3, 1000, 5000):
        for at in {0, n // 2, n - 1}:
            x = np.full(n, np.finfo(dtype).max, dtype)
            assert kernel.finite(x)
            for bad in (np.nan, np.inf, -np.inf):
                x.view(x.real.dtype)[at * x.itemsize // x.real.itemsize] = bad
                assert not kernel.finite(x)
    assert kernel.finite(np.empty(0, dtype))


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", ["f", "d", "F", "D", "h", "L"])
def test_planes_with_taps_of_their_own_are_as_each_alone(kernel, dtype, boundary):
    """Planes, taps and results in an order of their own; two planes share one filter."""
    rng = np.random.default_rng(6)
    for shape, taps in PAIRS[::3]:
        out_shape = (shape[0] + taps[0] - 1, shape[1] + taps[1] - 1)
        top, left = 1 - taps[0], 1 - taps[1]
        x, h = samples(rng, (4, *shape), dtype), samples(rng, (3, *taps), dtype)
        filters = np.array([2, 0, 1, 2])
        want = [run(kernel, x[n], h[k], top, left, out_shape, boundary, 1) for n, k in enumerate(filters)]
        for workers in (1, 2):
            y = np.zeros((4, *out_shape), dtype)
            real = x.real.dtype
            group, order = x.itemsize // real.itemsize, np.array([3, 0, 2, 1])
            starts = [at.astype(np.intp) for at in (order * x[0].size * group, order * y[0].size * group)]
            kernel.correlate(
                x.view(real), h, y.view(real), *starts, *shape, shape[1] * group, *out_shape, out_shape[1] * group,
                top, left, group, BOUNDARIES[boundary], complex(1) if group == 2 else 1, False, workers,
                (filters[order] * h[0].size).astype(np.intp),
            )  # fmt: skip
            for n in range(4):
                assert y[n].tobytes() == want[n].tobytes()
