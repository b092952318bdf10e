"""Planes by 2-D transforms of tiles, at every SIMD level this CPU can load, against the definition of a correlation."""

from functools import cache
from importlib import import_module
from math import hypot, log2

import numpy as np
import pytest
from kernel_cases import BOUNDARIES, definition, samples

from sigresample import _kernels
from sigresample._bounds import FFT_CONSTANT, unit
from sigresample._routes import tiles
from sigresample._shapes import Axis

# Plane, taps, points: one tile and many, tiles that end outside the plane, points that are no multiple of a vector,
# taps longer than the plane, single rows and columns, every radix down and along.
CASES = [
    ((40, 61), (5, 7), (16, 16)),
    ((61, 40), (9, 3), (32, 8)),
    ((100, 150), (31, 17), (60, 72)),
    ((37, 150), (4, 9), (12, 40)),
    ((7, 5), (4, 8), (4, 8)),
    ((9, 20), (20, 33), (20, 48)),
    ((50, 70), (20, 20), (72, 96)),
    ((33, 30), (3, 4), (48, 80)),
    ((1, 300), (1, 9), (1, 40)),
    ((1, 50), (3, 9), (4, 64)),
    ((90, 1), (6, 1), (36, 8)),
    ((1, 1), (1, 1), (4, 8)),
    ((30, 30), (1, 3), (4, 64)),
    ((30, 30), (3, 1), (80, 120)),
]
SMALL = CASES[1], CASES[5]


@pytest.fixture(autouse=True)
def _tilefft(simd_level, monkeypatch):
    monkeypatch.setattr(_kernels, "tilefft", import_module(f"sigresample._kernels.tilefft_{simd_level}"))


def reals(dtype):
    """How many reals a value of the type is."""
    return 2 if np.dtype(dtype).kind == "c" else 1


def run(x, h, points, top, left, out_shape, boundary="constant", fill=0.0, workers=1, chosen=None):
    """Correlate one plane, or all planes of a stack."""
    taps = tiles.prepare(h, points, x.dtype, workers)
    y = np.full((*x.shape[:-2], *out_shape), 77, x.dtype)
    g, (rows, cols) = reals(x.dtype), x.shape[-2:]
    at = (None, None)
    if x.ndim == 3:
        at = tuple(np.arange(len(x)) * n * g for n in (rows * cols, out_shape[0] * out_shape[1]))
    tiles.planes(
        x, taps, y, *at, Axis(rows, h.shape[0], out_shape[0], top), Axis(cols, h.shape[1], out_shape[1], left),
        cols * g, g, out_shape[1] * g, g, BOUNDARIES[boundary], fill, workers, chosen,
    )  # fmt: skip
    return y


def bound(dtype, points, x, h):
    """What no output of a tile of samples x is off by."""
    return FFT_CONSTANT * log2(points[0] * points[1]) * unit(dtype) * norm(x) * norm(h)


def norm(x):
    return float(np.linalg.norm(x.astype(complex)))


def bound_of_tiles(points, x, h, fill=0.0):
    """The same for any tile: none holds more than N1 N2 samples, nor one above the largest."""
    return bound(x.dtype, points, np.full(points, max(abs(x).max(), abs(fill))), h)


def full(shape, taps):
    """Where all outputs that a sample has a part in lie."""
    return (1 - taps[0], 1 - taps[1]), (shape[0] + taps[0] - 1, shape[1] + taps[1] - 1)


@cache
def wanted(types, boundary):
    """Every case with its result by definition: slow, and the same for all levels."""
    rng, made = np.random.default_rng(1), []
    for shape, taps, points in CASES:
        x, h = samples(rng, shape, types[0]), samples(rng, taps, types[1])
        at, out_shape = full(shape, taps)
        fill = 1.5 if taps[1] % 2 else 0.0
        if types[0] in "FD":
            fill *= 1 - 2j
        want, _ = definition(x, h, *at, out_shape, boundary, fill)
        made.append((x, h, points, at, out_shape, fill, want))
    return made


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("types", ["ff", "dd", "FF", "Ff", "DD", "Dd"])
def test_matches_the_definition(types, boundary):
    for x, h, points, at, out_shape, fill, want in wanted(types, boundary):
        got = run(x, h, points, *at, out_shape, boundary, fill)
        assert abs(got - want).max() <= bound_of_tiles(points, x, h, fill)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_outputs_anywhere(boundary):
    """Far before the plane, across its edges, inside alone, and far behind it."""
    rng = np.random.default_rng(2)
    x, h, points = samples(rng, (23, 31), "d"), samples(rng, (5, 6), "d"), (16, 32)
    for at in (-200, -14, -2, 0, 3, 26, 150):
        got = run(x, h, points, at, at, (17, 40), boundary)
        want, _ = definition(x, h, at, at, (17, 40), boundary)
        assert abs(got - want).max() <= bound_of_tiles(points, x, h)


@pytest.mark.parametrize("dtype", ["f", "d", "D"])
def test_one_tile_as_short_as_it_may_be(dtype):
    """What wraps round is zeros: outputs in every place of the plane, one tile of the points that it needs."""
    rng = np.random.default_rng(3)
    taps = (9, 12)
    h = samples(rng, taps, dtype)
    for first in (-11, -8, -4, 0, 5):
        for out in (1, 7, 15, 24):
            for data in (8, 13, 16):
                x = samples(rng, (data, data), dtype)
                rows, cols = Axis(data, taps[0], out, first), Axis(data, taps[1], out, first)
                points = tuple(tiles.lengths(tiles.least(axis, zeros=True))[0] for axis in (rows, cols))
                assert tiles.count(points, rows, cols, zeros=True) == (1, 1)
                got = run(x, h, points, first, first, (out, out))
                want, _ = definition(x, h, first, first, (out, out))
                assert abs(got - want).max() <= bound(dtype, points, x, h)


@pytest.mark.parametrize("n", [4, 8, 12, 16, 20, 24, 32, 36, 40, 48, 60, 64, 72, 80, 96, 120, 128, 144, 240, 256, 576])
def test_every_length(n):
    """Taps at the corners: the product itself, with every length down and along."""
    rng = np.random.default_rng(n)
    for points in ((n, 16), (16, 2 * n)):
        taps = tuple(k // 2 for k in points)
        h = np.zeros(taps)
        h[0, 0], h[0, -1], h[-1, 0], h[-1, -1] = 1, -2, 3, -4
        x = samples(rng, tuple(2 * k for k in points), "d")
        out_shape = tuple(a - k + 1 for a, k in zip(x.shape, taps))
        got = run(x, h, points, 0, 0, out_shape)
        rows, cols = (slice(k - 1, None) for k in taps)
        low, right = slice(None, out_shape[0]), slice(None, out_shape[1])
        want = x[low, right] - 2 * x[low, cols] + 3 * x[rows, right] - 4 * x[rows, cols]
        assert abs(got - want).max() <= bound_of_tiles(points, x, h)


@pytest.mark.parametrize("dtype", ["f", "d", "F"])
def test_same_bytes_for_any_workers_and_planes(dtype):
    rng = np.random.default_rng(4)
    for shape, taps, points in CASES[:2] + CASES[5:7]:
        planes, h = samples(rng, (3, *shape), dtype), samples(rng, taps, dtype)
        at, out_shape = full(shape, taps)
        alone = [run(plane, h, points, *at, out_shape, "symmetric").tobytes() for plane in planes]
        for workers in (1, 2, 3):
            assert [y.tobytes() for y in run(planes, h, points, *at, out_shape, "symmetric", 0, workers)] == alone
            assert run(planes[2], h, points, *at, out_shape, "symmetric", 0, workers).tobytes() == alone[2]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_chosen_tiles_alone(workers):
    """Each tile of each plane by itself: the bytes that it has among all, and not a byte beside it."""
    rng = np.random.default_rng(5)
    planes, h, points = samples(rng, (2, 40, 61), "f"), samples(rng, (5, 7), "f"), (16, 32)
    every = run(planes, h, points, -2, -3, (40, 61))
    rows, cols = Axis(40, 5, 40, -2), Axis(61, 7, 61, -3)
    down, across = tiles.count(points, rows, cols, zeros=True)
    assert (down, across) == (4, 3)
    for chosen in [[0], [5], [11], [12, 1], [23, 7, 2], list(range(24))]:
        got = run(planes, h, points, -2, -3, (40, 61), workers=workers, chosen=np.array(chosen, np.intp))
        want = np.full_like(every, 77)
        for k in chosen:
            here = k // 12, slice(12 * (k % 12 // 3), 12 * (k % 12 // 3 + 1)), slice(26 * (k % 3), 26 * (k % 3 + 1))
            want[here] = every[here]
        assert got.tobytes() == want.tobytes()


def test_no_tiles():
    y = run(np.ones((8, 8)), np.ones((3, 3)), (8, 16), 0, 0, (6, 6), chosen=np.zeros(0, np.intp))
    assert (y == 77).all()


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("fill", [0.0, 2.0])
def test_empty_results_and_empty_planes(boundary, fill):
    h = np.ones((3, 3))
    for out_shape in ((0, 6), (6, 0), (0, 0)):
        assert run(np.ones((8, 8)), h, (8, 16), 0, 0, out_shape, boundary, fill).shape == out_shape
    assert run(np.ones((0, 8, 8)), h, (8, 16), 0, 0, (6, 6), boundary, fill).shape == (0, 6, 6)
    got = run(np.ones((0, 5)), h, (8, 16), 0, 0, (4, 4), boundary, fill)
    assert abs(got - 9 * fill).max() <= bound("d", (8, 16), np.full((8, 16), fill), h)


@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_steps_and_pitches(dtype, boundary):
    """Columns that are not neighbours in x nor in y, rows with gaps: the bytes of the plane alone, and none outside."""
    rng = np.random.default_rng(6)
    for shape, taps, points in SMALL:
        x = samples(rng, (shape[0], shape[1] + 2, 3), dtype)
        h = samples(rng, taps, dtype)
        at, out_shape = full(shape, taps)
        want = run(np.ascontiguousarray(x[:, : shape[1], 1]), h, points, *at, out_shape, boundary, 0.5)
        y = np.full((out_shape[0] + 2, out_shape[1] + 3, 2), 42, dtype)
        g = reals(dtype)
        starts = np.array([1 * g]), np.array([(y.strides[0] + y.strides[1]) // y.itemsize * g + g])
        tiles.planes(
            x, tiles.prepare(h, points, x.dtype), y, *starts, Axis(shape[0], taps[0], out_shape[0], at[0]),
            Axis(shape[1], taps[1], out_shape[1], at[1]), x.shape[1] * 3 * g, 3 * g, y.shape[1] * 2 * g, 2 * g,
            BOUNDARIES[boundary], 0.5, 2,
        )  # fmt: skip
        inside = y[1 : out_shape[0] + 1, 1 : out_shape[1] + 1, 1]
        assert inside.tobytes() == want.tobytes()
        inside[...] = 42
        assert (y == 42).all()


@pytest.mark.parametrize("dtype", ["f", "D"])
def test_reads_nothing_outside_the_plane(dtype):
    """NaN all around, right up to the first and the last sample."""
    rng = np.random.default_rng(7)
    for shape, taps, points in SMALL:
        arena = np.full((shape[0] + 2, shape[1] + 4), np.nan, dtype)
        x = arena[1:-1, 2:-2]
        x[...] = samples(rng, shape, dtype)
        h = samples(rng, taps, dtype)
        at, out_shape = full(shape, taps)
        y, g = np.empty(out_shape, dtype), reals(dtype)
        start = np.array([(arena.shape[1] + 2) * g])
        tiles.planes(
            arena, tiles.prepare(h, points, dtype), y, start, np.zeros(1, np.intp),
            Axis(shape[0], taps[0], out_shape[0], at[0]), Axis(shape[1], taps[1], out_shape[1], at[1]),
            arena.shape[1] * g, g, out_shape[1] * g, g, 0, 0, 1,
        )  # fmt: skip
        want, _ = definition(x, h, *at, out_shape)
        assert abs(y - want).max() <= bound_of_tiles(points, x, h)


def test_a_burst_far_away_spoils_no_tile_but_its_own():
    rng = np.random.default_rng(8)
    x, h, points = samples(rng, (60, 90), "f"), samples(rng, (5, 7), "f"), (16, 32)
    clean = run(x, h, points, -2, -3, (60, 90))
    x[50, 80] = 1e12
    got = run(x, h, points, -2, -3, (60, 90))
    assert got[:36, :52].tobytes() == clean[:36, :52].tobytes()
    assert abs(got[48, 78]) > 1e9


def test_levels_of_a_kind_agree_to_the_byte(monkeypatch):
    """A lane never sees its neighbours: the width of a vector changes nothing, only whether it fuses."""
    rng = np.random.default_rng(9)
    x, h = samples(rng, (50, 83), "f"), samples(rng, (6, 7), "f")
    results = {}
    for level in _kernels.available():
        monkeypatch.setattr(_kernels, "tilefft", import_module(f"sigresample._kernels.tilefft_{level}"))
        results[level] = run(x, h, (20, 72), -2, -3, (50, 83), "reflect").tobytes()
    for group in (("v4", "v3"), ("v2", "scalar")):
        assert len({results[level] for level in group if level in results}) <= 1


def test_a_single_tap_is_a_product():
    """Errors apart: against numbers that need no reference."""
    x = np.arange(35.0).reshape(5, 7)
    got = run(x, np.array([[-3.0]]), (8, 16), 0, 0, (5, 7))
    assert abs(got + 3 * x).max() <= hypot(8, 16) * 35 * 3 * FFT_CONSTANT * 7 * unit("d")


@pytest.mark.parametrize(
    ("taps", "points", "dtype", "text"),
    [
        ((9, 3), (8, 16), "d", "9 × 3 taps need at least as many points, got 8 × 16"),
        ((3, 17), (8, 16), "d", "at least as many points"),
        ((0, 3), (8, 16), "d", "0 × 3 taps"),
        ((3, 3), (8, 9), "f", "an even number of points, got 9"),
        ((3, 3), (7, 16), "f", "got 7"),
        ((3, 3), (8, 28), "f", "got 14"),
    ],
)
def test_sizes_that_no_tile_has(taps, points, dtype, text):
    with pytest.raises(ValueError, match=text):
        tiles.prepare(np.ones(taps), points, dtype)


def test_complex_taps_need_complex_data():
    with pytest.raises(ValueError, match="complex taps need complex data, got float64"):
        tiles.prepare(np.ones((2, 2), complex), (4, 8), "d")


def test_lengths():
    assert tiles.lengths(100) == [120, 128, 144, 160, 192, 200]
    assert tiles.lengths(1) == [8, 16]
    for least in range(8, 300):
        found = tiles.lengths(least)
        assert found == sorted(set(found)) and least <= found[0] <= 2 * least - (least > 8)
        for n in found:
            assert tiles.prepare(np.ones((1, 1)), (n, n), "f").points == (n, n)
