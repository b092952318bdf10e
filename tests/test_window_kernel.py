"""Windows at every SIMD level this CPU can load, through their route, against their definition."""

from functools import cache
from importlib import import_module
from itertools import pairwise, product

import numpy as np
import pytest
from kernel_cases import samples

from sigresample import _kernels
from sigresample._routes import windows
from sigresample._window_shapes import NONE, Along

pytestmark = pytest.mark.uncheckable

FLOATS = "fd"
INTEGERS = "bBhHiIlL"


def axis(data, taps, stride=1, pad=0, dilation=1, more=0):
    """An axis as PyTorch's pooling has it; with `more`, a last window that is partly behind the data."""
    out = (data + 2 * pad - dilation * (taps - 1) - 1 + more) // stride + 1
    return Along(data, out, taps, -pad, stride, dilation)


def adaptive(data, out):
    bounds = tuple((i * data // out, -(-(i + 1) * data // out)) for i in range(out))
    return Along(data, out, max(high - low for low, high in bounds), 0, 0, 1, bounds)


def meets(of):
    """The samples of each output along an axis."""
    if of.bounds is not None:
        return [np.arange(low, high) for low, high in of.bounds]
    taps = [of.first + i * of.stride + of.dilation * np.arange(of.taps) for i in range(of.out)]
    return [at[(at >= 0) & (at < of.data)] for at in taps]


def each_window(x, along):
    """Every output's position, and its samples in their order in the plane: (planes, samples), and where they are."""
    _, _, height, width = x.shape
    for (k, d), (i, h), (j, w) in product(*(enumerate(meets(of)) for of in along)):
        at = ((d[:, None, None] * height + h[:, None]) * width + w).reshape(-1)
        yield (slice(None), k, i, j), x.reshape(len(x), -1)[:, at], at


def outs(x, along):
    return (len(x), *(of.out for of in along))


def largest(x, along):
    """Maxima and their positions: the first of equals wins, and the last NaN."""
    y, indices = np.empty(outs(x, along), x.dtype), np.empty(outs(x, along), np.int64)
    for to, window, at in each_window(x, along):
        which = window.argmax(axis=1)
        bad = window != window
        which = np.where(bad.any(axis=1), bad.shape[1] - 1 - bad[:, ::-1].argmax(axis=1), which)
        y[to], indices[to] = window[np.arange(len(x)), which], at[which]
    return y, indices


def summed(x, along):
    """Sums, and those of the magnitudes; floats in a precision in which rounding does not show."""
    wide = np.uint64 if x.dtype.kind in "iu" else np.float64 if x.dtype.char == "f" else np.longdouble
    y, magnitude = np.empty(outs(x, along), wide), np.empty(outs(x, along), wide)
    for to, window, _ in each_window(x.astype(wide), along):
        y[to], magnitude[to] = window.sum(axis=1, dtype=wide), abs(window).sum(axis=1, dtype=wide)
    return y, magnitude


def run_max(x, along, indices=True, workers=1):
    y = np.full(outs(x, along), 77, x.dtype)
    at = np.full(y.shape, -77, np.int64) if indices else None
    windows.maximum(x, y, at, along, workers)
    return y, at


def run_mean(x, along, divisors=1, workers=1):
    y = np.full(outs(x, along), 77, x.dtype)
    windows.average(x, y, along, divisors, workers)
    return y


def assert_sums(got, want, magnitude, along, divisors=1):
    """Each addition of a window's samples errs by at most u of the sum of their magnitudes, and the division by u."""
    limits = np.finfo(got.dtype)
    terms = np.prod([of.taps for of in along], dtype=float)
    if isinstance(divisors, tuple):
        d, h, w = divisors
        divisors = d[:, None, None] * h[:, None] * w
    bound = 1.01 * (terms + 1) * limits.eps / 2 * magnitude / abs(np.asarray(divisors)) + limits.tiny
    worse = ~(abs(got - want / divisors) <= bound)
    assert not worse.any(), (along, np.argwhere(worse)[0])


# One axis each: whole windows and partial ones, steps of all sizes, dilations, one output, one sample.
COLUMNS = (
    *(axis(n, 2, 2) for n in (2, 7, 31, 33, 64, 112)),
    *(axis(n, 3, 2, 1) for n in (1, 5, 30, 63, 112)),
    *(axis(n, 3, 1, 1) for n in (1, 9, 33, 70)),
    axis(40, 5, 3, 2, 1, more=2),
    axis(37, 3, 1, 1, 4),
    axis(50, 2, 5),
    axis(61, 4, 4, 2, 2),
    axis(23, 1),
    axis(23, 1, 3),
    axis(19, 19),
    axis(3, 2, 64),
    adaptive(30, 7),
    adaptive(5, 13),
)
# Windows that are put together from parts.
LARGE = (
    axis(70, 31, 1, 15),
    axis(100, 40, 2, 20),
    axis(211, 99, 1, 3),
    axis(150, 12, 1, 6, 3),
    axis(300, 64, 1, 32, 2),
    axis(90, 90, 1, 45),
    axis(200, 17, 1, 8),
    axis(610, 500),
    axis(1100, 512, 2, 2, 2),
)
ROWS = (
    axis(6, 2, 2), axis(7, 3, 2, 1), axis(9, 3, 1, 1), axis(1, 1), axis(8, 2, 1, 1, 3), adaptive(11, 3), axis(5, 5)
)  # fmt: skip
DEPTHS = (axis(4, 2, 2), axis(3, 3, 1, 1), axis(5, 2, 1, 1, 2), adaptive(5, 3))
# Of all that an axis may be, with all that the others may be, in turns.
PLANES = [(NONE, ROWS[i % len(ROWS)], cols) for i, cols in enumerate(COLUMNS + LARGE)]
TALL = [(NONE, rows, COLUMNS[(5 * i + 3) % len(COLUMNS)]) for i, rows in enumerate(LARGE)]
VOLUMES = [
    (depth, ROWS[i % len(ROWS)], COLUMNS[(7 * i + j) % len(COLUMNS)])
    for i, depth in enumerate(DEPTHS * 2)
    for j in range(2)
]
DEEP = [(axis(40, 31, 1, 15), axis(9, 5, 2, 2), axis(33, 3, 2, 1)), (axis(30, 9, 1, 4), axis(30, 9, 1, 4), axis(9, 3))]
ALL = PLANES + TALL + VOLUMES + DEEP


def data(rng, along, dtype, planes=2):
    return samples(rng, (planes, *(of.data for of in along)), dtype)


def spoilt(rng, x):
    """With equal samples, infinities and some NaN."""
    x = np.round(x * 2).astype(x.dtype)
    for value in (np.inf, -np.inf, np.nan):
        x.reshape(-1)[rng.integers(0, x.size, 1 + x.size // 100)] = value
    x[-1] = -np.inf
    return x


def test_large_windows_are_in_the_cases_and_by_parts() -> None:
    plans = [windows._plan(along, 4, sums, False) for along in ALL for sums in (False, True)]
    assert sum(plan.numbers[-4] for plan in plans) >= 8
    assert sum(plan.numbers[-3] > 0 for plan in plans) >= 8
    assert sum(plan.numbers[-2] > 0 for plan in plans) >= 2
    assert sum(plan.numbers[-1] > 0 for plan in plans) >= 4
    assert sum(plan.twice for plan in plans) >= 2


# The definitions take far longer than the kernels: once for all levels.


@cache
def float_maxima(dtype):
    rng, known = np.random.default_rng(1), []
    for along in ALL:
        x = data(rng, along, dtype)
        known += [(along, x, *largest(x, along)) for x in (x, spoilt(rng, x))]
    return known


@cache
def integer_maxima(dtype):
    rng, known = np.random.default_rng(2), []
    for along in ALL[::3]:
        x = data(rng, along, dtype)
        x[0, ..., ::3] = np.iinfo(dtype).min
        x[1] = np.iinfo(dtype).min
        known.append((along, x, *largest(x, along)))
    return known


@cache
def float_sums(dtype):
    rng = np.random.default_rng(3)
    every = [(along, data(rng, along, dtype)) for along in ALL]
    return [(along, x, *summed(x, along)) for along, x in every]


def assert_maxima(known):
    for along, x, want, at in known:
        got, found = run_max(x, along)
        np.testing.assert_array_equal(got, want, str(along))
        np.testing.assert_array_equal(found, at, str(along))
        np.testing.assert_array_equal(run_max(x, along, indices=False)[0], want, str(along))


@pytest.mark.parametrize("dtype", FLOATS)
def test_maxima_of_floats(simd_level, dtype):
    assert_maxima(float_maxima(dtype))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_maxima_of_integers(simd_level, dtype):
    assert_maxima(integer_maxima(dtype))


def counts(along):
    d, h, w = (np.array([len(at) for at in meets(of)], np.int64) for of in along)
    return d, h, w


@pytest.mark.parametrize("dtype", FLOATS)
def test_means(simd_level, dtype):
    for along, x, want, magnitude in float_sums(dtype):
        for divisors in (1, 4, 9, -5, counts(along)):
            assert_sums(run_mean(x, along, divisors), want, magnitude, along, divisors)


@pytest.mark.parametrize("dtype", "lL")
def test_totals_of_integers_are_exact_modulo_2_64(simd_level, dtype):
    rng = np.random.default_rng(4)
    for along in ALL[1::5]:
        x = data(rng, along, dtype)
        y = np.empty(outs(x, along), dtype)
        windows.total(x, y, along, 1)
        np.testing.assert_array_equal(y.view(np.uint64), summed(x, along)[0], str(along))


@cache
def wild_sums(dtype):
    rng, known = np.random.default_rng(5), []
    for along in ALL:
        x = data(rng, along, dtype)
        for value in (np.nan, np.inf, -np.inf, np.finfo(dtype).max / 4):
            x.reshape(-1)[rng.integers(0, x.size, 2)] = value
        with np.errstate(invalid="ignore"):
            known.append((along, x, *summed(x, along)))
    return known


@pytest.mark.parametrize("dtype", FLOATS)
def test_what_is_not_finite_stays_within_its_windows(simd_level, dtype):
    for along, x, want, magnitude in wild_sums(dtype):
        got, finite = run_mean(x, along), np.isfinite(want)
        np.testing.assert_array_equal(got[~finite], want[~finite], str(along))
        assert_sums(got[finite], want[finite], magnitude[finite], along)


@pytest.mark.parametrize("dtype", "fdi")
def test_same_bytes_for_any_workers_and_any_batch(simd_level, dtype):
    rng = np.random.default_rng(6)
    tiled = (NONE, axis(40, 3, 1, 1), axis(20_000, 31, 1, 15)), (NONE, axis(1, 1), axis(30_000, 3, 2))
    for along in [*ALL[::5], *tiled]:
        x = data(rng, along, dtype, planes=3)
        whole = everything(x, along, 1)
        assert everything(x, along, 2) == everything(x, along, 7) == whole, along
        parts = [everything(x[n : n + 1], along, 1) for n in range(3)]
        assert [b"".join(bytes_) for bytes_ in zip(*parts, strict=True)] == whole, along


def everything(x, along, workers):
    """The bytes of all that floats can be asked for, and integers."""
    y, at = run_max(x, along, workers=workers)
    results = [y, at, run_max(x, along, False, workers)[0]]
    if x.dtype.kind == "f":
        results += [run_mean(x, along, 3, workers), run_mean(x, along, counts(along), workers)]
    return [result.tobytes() for result in results]


@pytest.mark.parametrize("dtype", FLOATS)
def test_levels_agree_to_the_byte(dtype, monkeypatch):
    """Nothing is multiplied and added in one: all levels round alike."""
    results = []
    for level in _kernels.available():
        monkeypatch.setattr(_kernels, "window", import_module(f"sigresample._kernels.window_{level}"))
        rng = np.random.default_rng(7)
        results.append([run_mean(data(rng, along, dtype), along, 7).tobytes() for along in ALL])
    for one, other in pairwise(results):
        assert one == other


GROWING = [axis(taps + more, taps) for taps in range(8, 49) for more in (40, 63)]
GROWING += [axis(taps + more, taps, stride, 7) for taps in (15, 31, 40) for more in (33, 200) for stride in (1, 2, 3)]


def test_all_sizes_that_windows_grow_to_are_in_the_cases():
    for size, steps in ((4, {4, 5, 8, 15, 16}), (8, {4, 5, 8, 15, 16})):
        plans = [windows._plan((NONE, NONE, of), size, sums, False) for of in GROWING for sums in (False, True)]
        assert {int(plan.numbers[-3]) for plan in plans if plan.numbers[-1]} == steps


@pytest.mark.parametrize("dtype", FLOATS)
def test_windows_that_grow_from_smaller_ones(simd_level, dtype):
    """Of small whole numbers, sums are exact: in any order each sample is met once."""
    rng = np.random.default_rng(9)
    for of in GROWING:
        along = NONE, NONE, of
        x = np.round(data(rng, along, dtype) * 9).astype(dtype)
        windowed = np.pad(x[:, 0, 0], ((0, 0), (-of.first,) * 2), constant_values=np.nan)
        windowed = np.lib.stride_tricks.sliding_window_view(windowed, of.taps, axis=1)[:, :: of.stride][:, : of.out]
        np.testing.assert_array_equal(run_max(x, along, indices=False)[0][:, 0, 0], np.nanmax(windowed, 2), str(of))
        np.testing.assert_array_equal(run_mean(x, along)[:, 0, 0], np.nansum(windowed, 2), str(of))


def test_long_irregular_axes_are_not_kept():
    windows._planned.cache_clear()
    windows._turned.cache_clear()
    x = np.ones((1, 1, 1, 40_000), np.float32)
    y = np.empty((1, 1, 1, 20_000), np.float32)
    windows.average(x, y, (NONE, NONE, adaptive(40_000, 20_000)), 2, 1)
    windows.spread(y, x, (NONE, NONE, axis(40_000, 2, 2)), 1)
    assert (y == 1).all() and (x == 1).all()
    windows.spread(np.ones((1, 1, 20_000, 1), np.float32), np.empty((1, 1, 40_000, 1), np.float32),
                   (NONE, axis(40_000, 2, 2), NONE), 1)  # fmt: skip
    assert windows._planned.cache_info().currsize == windows._turned.cache_info().currsize == 0
    windows.average(x[..., :4000], np.empty((1, 1, 1, 5), np.float32), (NONE, NONE, adaptive(4000, 5)), 1, 1)
    assert windows._planned.cache_info().currsize == 1


def test_nothing_is_written_outside_nor_any_input_changed(simd_level):
    rng = np.random.default_rng(8)
    for dtype in "fdBi":
        for along in ALL[::3]:
            x = data(rng, along, dtype)
            x.setflags(write=False)
            before, shape = x.tobytes(), outs(x, along)
            arena = np.full(np.prod(shape, dtype=int) + 200, 42, dtype)
            places = np.full(arena.size, 42, np.int64)
            y, at = (part[100:-100].reshape(shape) for part in (arena, places))
            windows.maximum(x, y, at, along, 2)
            windows.maximum(x, y, None, along, 2)
            if dtype in FLOATS:
                windows.average(x, y, along, counts(along), 2)
            for part in (arena, places):
                assert (part[:100] == 42).all() and (part[-100:] == 42).all()
            assert x.tobytes() == before


@pytest.mark.parametrize("dtype", "bhfdFD")
def test_unpool_puts_values_where_they_were(simd_level, dtype):
    rng = np.random.default_rng(9)
    for planes, n, m in [(1, 1, 1), (3, 50, 200), (2, 0, 7), (5, 30, 30), (1, 1000, 10)]:
        x = samples(rng, (planes, n), dtype)
        indices = rng.integers(0, m, (planes, n))
        want = np.zeros((planes, m), dtype)
        for p, k in product(range(planes), range(n)):
            want[p, indices[p, k]] = x[p, k]  # in order, so that the last one stays
        for workers in (1, 2, 7):
            y = np.full((planes, m), 77, dtype)
            windows.unpool(x, indices, y, workers)
            np.testing.assert_array_equal(y, want)


def test_the_first_bad_index_is_found(simd_level):
    for n in (1, 5, 1023, 1024, 1025, 5000):
        indices = np.random.default_rng(n).integers(0, 10, n)
        assert windows.bad_index(indices, 10) == -1
        for at in {0, n // 2, n - 1}:
            for bad in (-1, 10, -(2**63), 2**63 - 1):
                wrong = indices.copy()
                wrong[[at, n - 1]] = bad
                assert windows.bad_index(wrong, 10) == at
    assert windows.bad_index(np.empty(0, np.int64), 0) == -1


@pytest.mark.parametrize("dtype", FLOATS)
def test_spread_is_the_mean_of_the_windows_over_each_sample(simd_level, dtype):
    rng = np.random.default_rng(10)
    for rows, cols in [
        (axis(6, 2, 2), axis(40, 2, 2)), (axis(7, 3, 2, 1), axis(63, 3, 2, 1)), (axis(9, 3), axis(33, 5, 1, 2)),
        (axis(20, 2, 5), axis(23, 3, 7)), (axis(1, 1), axis(200, 50, 3)),
    ]:  # fmt: skip
        along = NONE, rows, cols
        x = samples(rng, (2, *(of.out for of in along)), dtype)
        total, many = np.zeros((2, *(of.data for of in along)), np.longdouble), np.zeros((rows.data, cols.data))
        size = np.zeros_like(total)
        for (i, h), (j, w) in product(enumerate(meets(rows)), enumerate(meets(cols))):
            total[:, 0, h[:, None], w] += x[:, 0, i, j, None, None]
            size[:, 0, h[:, None], w] += abs(x[:, 0, i, j, None, None])
            many[h[:, None], w] += 1
        y = np.full(total.shape, 77, dtype)
        windows.spread(x, y, along, 1)
        many = np.maximum(many, 1)
        assert (abs(y - total / many) <= (many + 1) * np.finfo(dtype).eps * size / many).all()
        assert (y[:, 0][:, many * (size[0, 0] > 0) == 0] == 0).all()
