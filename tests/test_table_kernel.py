"""Resizing by tables at every SIMD level, against its definition."""

import mmap
from fractions import Fraction
from importlib import import_module

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, gamma
from table_cases import along, folded, matrix, rounded, table

from sigresample import _kernels
from sigresample._routes import resize

# Rows and columns, before and after: identical, doubled, halved, awkward, tiny, wide, tall, few from many.
SIZES = [
    ((1, 1), (3, 4)),
    ((2, 3), (1, 1)),
    ((5, 7), (5, 7)),
    ((4, 4), (8, 8)),
    ((7, 5), (3, 2)),
    ((32, 40), (64, 80)),
    ((32, 80), (16, 40)),
    ((37, 53), (61, 29)),
    ((19, 70), (8, 27)),
    ((3, 200), (5, 333)),
    ((40, 20), (77, 20)),
    ((100, 33), (9, 60)),
    ((6, 300), (3, 7)),
]
KINDS = ["linear", "cubic", "wide", "wide cubic"]
ONE = table(1, 1, "stay")


def resized(x, axes, workers=1, channels=None):
    """x: (items, D, H, W), or (items, H, W, C) where there are channels."""
    outs = [axis.out for axis in axes]
    y = np.full((len(x), *outs) if channels is None else (len(x), *outs[1:], channels), 77, x.dtype)
    resize.run(x, y, axes, workers, resize.PLANES if channels is None else resize.CHANNELS_LAST)
    return y


def samples(rng, shape, dtype):
    if np.dtype(dtype).kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def image(rng, size, dtype, channels, items=2):
    return samples(rng, (items, 1, *size) if channels is None else (items, *size, channels), dtype)


def assert_defined(y, x, axes, channels=None):
    """Each weight is rounded to the data's type, each product added with one rounding or two, from axis to axis."""
    c = 1 if channels is None else channels
    matrices = [matrix(axis) for axis in axes]
    wide = x.astype(np.longdouble if x.dtype.char == "d" else np.float64)
    want = along(axes, matrices, wide, c).reshape(y.shape)
    size = along(axes, [abs(dense) for dense in matrices], abs(wide), c).reshape(y.shape)
    terms = sum(1 if axis.weights is None else 2 * axis.weights.shape[1] + 1 for axis in axes)
    bound = gamma(terms + 1, x.dtype) * size.astype(np.float64) + np.finfo(y.dtype).tiny
    assert_close(y, want.astype(np.float64), bound)


# ── reals ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("channels", [None, 1, 3, 4, 17])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_reals_match_the_definition(simd_level, dtype, kind, channels):
    rng = np.random.default_rng(1)
    for (rows, cols), (to_rows, to_cols) in SIZES:
        axes = (ONE, table(rows, to_rows, kind), table(cols, to_cols, kind))
        x = image(rng, (rows, cols), dtype, channels)
        assert_defined(resized(x, axes, channels=channels), x, axes, channels)


@pytest.mark.parametrize("dtype", ["f", "d", "B", "H"])
def test_axes_that_stay_cost_no_meaning(simd_level, dtype):
    """Any of the axes may stay as it is, or copy, beside others that sum."""
    rng = np.random.default_rng(2)
    for depth in (table(1, 1, "stay"), table(3, 3, "stay"), table(3, 5, "linear"), table(5, 2, "wide")):
        for rows in (table(9, 9, "stay"), table(9, 13, "linear"), table(9, 4, "nearest")):
            for cols in (table(35, 35, "stay"), table(35, 50, "linear"), table(35, 12, "nearest")):
                axes = (depth, rows, cols)
                if all(axis.weights is None for axis in axes):
                    continue
                x = samples(rng, (2, depth.data, rows.data, cols.data), dtype)
                y = resized(x, axes)
                if x.dtype.kind == "f":
                    assert_defined(y, x, axes)
                else:
                    assert_same_bytes(y, rounded(axes, x, 1, np.iinfo(dtype).max).reshape(y.shape).astype(dtype))


@pytest.mark.parametrize("dtype", ["f", "d"])
def test_long_tables_and_many_channels(simd_level, dtype):
    rng = np.random.default_rng(3)
    for size, to, channels in [((90, 700), (2, 3), None), ((5, 900), (5, 11), None), ((7, 9), (4, 5), 600)]:
        axes = (ONE, table(size[0], to[0], "wide"), table(size[1], to[1], "wide cubic"))
        x = image(rng, size, dtype, channels, items=1)
        assert_defined(resized(x, axes, channels=channels), x, axes, channels)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_what_is_not_finite_does_not_spread_through_weights_of_zero(simd_level, dtype, bad):
    """An output sees the samples whose weights are not zero, no others; weights of zero lie at both ends and inside."""
    rng = np.random.default_rng(4)
    gap = [{i: Fraction(1, 2), i + 3: Fraction(1, 2)} for i in range(30)]
    tables = [table(33, 66, "linear"), table(33, 14, "wide cubic"), table(33, 65, "cubic"), folded(33, gap)]
    for rows in tables:
        for cols in tables:
            axes = (ONE, rows, cols)
            x = image(rng, (33, 33), dtype, None, items=1)
            at = tuple(rng.integers(0, 33, (2, 3)))
            x[0, 0][at] = bad
            y = resized(x, axes)
            dense = [(matrix(axis) != 0).astype(float) for axis in axes]
            touched = along(axes, dense, (~np.isfinite(x)).astype(float), 1).reshape(y.shape) > 0
            np.testing.assert_array_equal(~np.isfinite(y), touched)
            finite = x.copy()
            finite[0, 0][at] = 0
            assert_same_bytes(y[~touched], resized(finite, axes)[~touched])
            if np.isinf(bad):
                # Of one infinity alone: the sign of its weight.
                alone = finite.copy()
                alone[0, 0, at[0][0], at[1][0]] = bad
                y = resized(alone, axes)
                unit = np.where(np.isinf(alone), np.sign(alone), 0).astype(float)
                sign = along(axes, [np.sign(matrix(axis)) for axis in axes], unit, 1).reshape(y.shape)
                np.testing.assert_array_equal(y[sign != 0], np.copysign(np.inf, sign[sign != 0]))


# ── copies ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", ["?", "b", "B", "e", "H", "f", "i", "d", "l", "F", "D"])
def test_copies_keep_every_byte(simd_level, dtype):
    rng = np.random.default_rng(5)
    for (rows, cols), (to_rows, to_cols) in SIZES:
        for channels in (None, 3, 4):
            axes = (ONE, table(rows, to_rows, "nearest"), table(cols, to_cols, "nearest"))
            shape = (2, 1, rows, cols) if channels is None else (2, rows, cols, channels)
            x = rng.integers(0, 256, (*shape[:-1], shape[-1] * np.dtype(dtype).itemsize), np.uint8).view(dtype)
            y = resized(x, axes, channels=channels)
            image = x.reshape(2, rows, cols, -1)
            want = image[:, axes[1].starts][:, :, axes[2].starts]
            np.testing.assert_array_equal(y.reshape(want.shape).view(np.uint8), want.view(np.uint8))


@pytest.mark.parametrize("dtype", ["B", "f"])
def test_copies_of_slices_and_of_whole_rows(simd_level, dtype):
    rng = np.random.default_rng(6)
    for depth, rows, cols in [((3, 7), (5, 5), (40, 40)), ((6, 2), (5, 9), (40, 100)), ((1, 1), (9, 4), (50, 50))]:
        axes = tuple(table(*size, "nearest") for size in (depth, rows, cols))
        x = samples(rng, (2, depth[0], rows[0], cols[0]), dtype)
        want = x[:, axes[0].starts][:, :, axes[1].starts][..., axes[2].starts]
        np.testing.assert_array_equal(resized(x, axes), want)


# ── whole numbers ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("channels", [None, 3])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["B", "H"])
def test_whole_numbers_are_the_exact_value_rounded_half_to_even(simd_level, dtype, kind, channels):
    rng = np.random.default_rng(7)
    most = np.iinfo(dtype).max
    for (rows, cols), (to_rows, to_cols) in SIZES:
        axes = (ONE, table(rows, to_rows, kind), table(cols, to_cols, kind))
        x = image(rng, (rows, cols), dtype, channels, items=1)
        # Black and white beside each other: ties, and values beyond both ends.
        x[0, ..., : cols // 2, :] = np.where(x[0, ..., : cols // 2, :] > most // 2, most, 0)
        y = resized(x, axes, channels=channels)
        assert_same_bytes(y, rounded(axes, x, channels or 1, most).reshape(y.shape).astype(dtype))


@pytest.mark.parametrize("dtype", ["B", "H"])
def test_ties_are_settled_wherever_the_exact_weights_come_from(simd_level, dtype):
    """Halves of all kinds: as a power of two, over another denominator, as fractions no table of integers holds."""
    rng = np.random.default_rng(8)
    most = np.iinfo(dtype).max
    halves = table(40, 20, "linear")
    sixths = folded(40, [{i: Fraction(1, 6), i + 1: Fraction(5, 6)} for i in range(38)])
    huge = folded(40, [{i: Fraction(2**45 + 1, 2**46 + 2), i + 1: Fraction(1, 2)} for i in range(38)])
    share = Fraction(3**24, 2 * 3**24 + 1)
    odd = folded(40, [{i: share, i + 1: 1 - share} for i in range(38)])
    tables = [halves, sixths, huge._replace(scaled=None), odd, odd._replace(scaled=None), halves._replace(scaled=None)]
    for rows in tables:
        for cols in tables:
            axes = (ONE, rows, cols)
            x = rng.integers(0, most, (1, 1, 40, 40), dtype, endpoint=True)
            x[0, 0, :, 20:] = rng.integers(0, 2, (40, 20), dtype)
            x[0, 0, :20, 30:] = rng.integers(0, 7, (20, 1), dtype)
            y = resized(x, axes)
            assert_same_bytes(y, rounded(axes, x, 1, most).reshape(y.shape).astype(dtype))


def test_integers_beyond_128_bits_are_settled_by_fractions(simd_level):
    more, less = Fraction(1, 2) + Fraction(1, 2**38), Fraction(1, 2) - Fraction(1, 2**38)
    wide = folded(12, [{i: more, i + 1: less} for i in range(11)])
    axes = (wide, wide, wide)
    x = np.random.default_rng(9).integers(0, 2**16, (1, 12, 12, 12), np.uint16)
    x[:, :6] = 3
    x[:, 3] = 4
    y = resized(x, axes)
    assert_same_bytes(y, rounded(axes, x, 1, 2**16 - 1).reshape(y.shape).astype(np.uint16))


# ── machine ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [*KINDS, "nearest"])
@pytest.mark.parametrize("dtype", ["f", "d", "B", "H"])
def test_same_bytes_for_any_workers_and_split(simd_level, dtype, kind):
    rng = np.random.default_rng(10)
    for size, to in [((90, 70), (201, 130)), ((201, 130), (90, 61))]:
        axes = (ONE, table(size[0], to[0], kind), table(size[1], to[1], kind))
        x = image(rng, size, dtype, None, items=3)
        whole = resized(x, axes)
        for workers in (2, 7):
            assert_same_bytes(resized(x, axes, workers), whole)
        for n in range(3):
            assert_same_bytes(resized(x[n : n + 1], axes, 2), whole[n : n + 1])


@pytest.mark.parametrize("dtype", ["f", "d", "B", "H"])
def test_levels_agree_to_the_byte(dtype, monkeypatch):
    """Those with FMA among each other, and those without; of whole numbers, all."""
    results = {}
    for level in _kernels.available():
        monkeypatch.setattr(_kernels, "level", level)
        monkeypatch.setattr(_kernels, "table", import_module(f"sigresample._kernels.table_{level}"))
        rng, parts = np.random.default_rng(11), []
        for kind in KINDS:
            for (rows, cols), (to_rows, to_cols) in SIZES:
                for channels in (None, 3):
                    axes = (ONE, table(rows, to_rows, kind), table(cols, to_cols, kind))
                    x = image(rng, (rows, cols), dtype, channels, items=1)
                    x.flat[:: 5 + rows] = 0
                    parts.append(resized(-x if x.dtype.kind == "f" else x, axes, channels=channels).tobytes())
        results[level] = b"".join(parts)
    groups = (("v4", "v3", "neon"), ("v2", "scalar")) if dtype in "fd" else (tuple(results),)
    for group in groups:
        assert len({results[level] for level in group if level in results}) <= 1


def _at_the_end(shape, dtype):
    """Return an array that ends where the memory of this process does: the next page may not be touched."""
    import ctypes

    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    pages = -(-size // mmap.PAGESIZE)
    memory = mmap.mmap(-1, (pages + 1) * mmap.PAGESIZE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mprotect(ctypes.c_void_p(start + pages * mmap.PAGESIZE), mmap.PAGESIZE, 0) == 0
    offset = pages * mmap.PAGESIZE - size
    return np.frombuffer(memory, np.uint8, size, offset).view(dtype).reshape(shape)


@pytest.mark.skipif(not hasattr(mmap, "PROT_READ"), reason="no pages to protect on this system")
@pytest.mark.parametrize("dtype", ["f", "d", "B", "H"])
def test_nothing_beyond_the_arrays_is_touched(simd_level, dtype):
    rng = np.random.default_rng(12)
    for kind in ("linear", "cubic", "wide", "nearest"):
        for (rows, cols), (to_rows, to_cols) in SIZES:
            for channels in (1, 3):
                axes = (ONE, table(rows, to_rows, kind), table(cols, to_cols, kind))
                x = _at_the_end((1, rows, cols, channels), dtype)
                x[...] = samples(rng, x.shape, dtype)
                y = _at_the_end((1, to_rows, to_cols, channels), dtype)
                resize.run(x, y, axes, 1, resize.CHANNELS_LAST)
                assert_same_bytes(y.copy(), resized(x.copy(), axes, channels=channels))


def test_nothing_before_or_behind_the_result_is_written(simd_level):
    rng = np.random.default_rng(13)
    for dtype in ("f", "d", "B", "H"):
        for (rows, cols), (to_rows, to_cols) in SIZES:
            for kind in ("linear", "wide", "nearest"):
                axes = (ONE, table(rows, to_rows, kind), table(cols, to_cols, kind))
                x = samples(rng, (1, rows, cols, 3), dtype)
                arena = np.full(200 + to_rows * to_cols * 3, 42, dtype)
                resize.run(x, arena[100:-100].reshape(1, to_rows, to_cols, 3), axes, 1, resize.CHANNELS_LAST)
                assert (arena[:100] == 42).all() and (arena[-100:] == 42).all()
                assert_same_bytes(arena[100:-100].reshape(1, to_rows, to_cols, 3), resized(x, axes, channels=3))


def test_which_pass_comes_first_follows_from_sizes():
    assert resize.columns_first((ONE, table(64, 128, "linear"), table(64, 128, "linear")))
    assert not resize.columns_first((ONE, table(128, 64, "linear"), table(128, 64, "linear")))
    assert not resize.columns_first((ONE, table(64, 20, "wide"), table(64, 20, "wide")))


def test_tables_that_read_outside_the_data_are_errors(simd_level):
    x, y = np.zeros((1, 1, 8, 8), "f"), np.zeros((1, 1, 8, 8), "f")
    good = table(8, 8, "linear")
    for starts in ([0, 1, 2, 3, 4, 5, 6, 8], [-1, 0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 4, 3, 5, 6, 6]):
        bad = good._replace(starts=np.array(starts, np.intp))
        for axes in ((ONE, good, bad), (ONE, bad, good)):
            with pytest.raises(ValueError, match=r"table kernel: output \d starts at -?\d of 8"):
                resize.run(x, y, axes, 1)
    for starts in ([0, 1, 2, 3, 4, 5, 6, 8], [-1, 0, 1, 2, 3, 4, 5, 6]):
        copies = table(8, 8, "nearest")._replace(starts=np.array(starts, np.intp))
        with pytest.raises(ValueError, match=r"table kernel: output \d starts at -?\d of 8"):
            resize.run(x, y, (ONE, table(8, 8, "nearest"), copies), 1)
    with pytest.raises(ValueError, match="the axes are not those of the arrays"):
        resize.run(x[:, :, :7].copy(), y, (ONE, good, good), 1)
    described = ((1, 1, None, None), *((8, 8, good.starts, good.weights),) * 2)
    with pytest.raises(ValueError, match=r"table kernel: needs \d+ bytes, got 3"):
        _kernels.table.resize(x, y, described, 1, 1, 4, True, np.empty(3, np.uint8), None, 1)


def test_an_empty_result_is_no_work(simd_level):
    for shape in ((0, 1, 8, 8), (2, 1, 8, 8)):
        x, room = np.zeros(shape, "f"), np.full(64, 7, "f")
        resize.run(x, room[:0].reshape(0, 1, 4, 4), (ONE, table(8, 4, "linear"), table(8, 4, "linear")), 1)
        assert (room == 7).all()
