"""Transforms and overlap-save of rows, at every SIMD level this CPU can load, against their definitions."""

from importlib import import_module
from math import log2

import numpy as np
import pytest
import scipy.signal
from kernel_cases import BOUNDARIES, definition, samples

from sigresample import _kernels, clear_cache
from sigresample._routes import _transform_tables as tables
from sigresample._routes import overlap_save
from sigresample._shapes import Axis

# A pass that doubles the points: a twiddle that is off by u, its product, and a sum; Higham, Accuracy and Stability,
# theorem 24.2. A convolution is three transforms and a product.
C = 7
LENGTHS = sorted(odd << a for odd in tables.ODD for a in range(2, 10) if odd << a <= 400)
LENGTHS += [500, 540, 1280, 3840, 4096, 9216]
TYPES = ["f", "d", "F", "D"]


@pytest.fixture(params=_kernels.available(), autouse=True)
def level(request, monkeypatch):
    """The kernel is looked up where it is called."""
    monkeypatch.setattr(_kernels, "blockfft", import_module(f"sigresample._kernels.blockfft_{request.param}"))
    return request.param


# ---- Tables and transforms ------------------------------------------------------------------------------


def test_good_lengths_are_the_products_that_the_passes_can_make():
    made = sorted({odd * 2**a for odd in tables.ODD for a in range(2, 14)})
    assert [tables.good_length(n) for n in range(1, 5000)] == [next(m for m in made if m >= n) for n in range(1, 5000)]
    for n in LENGTHS:
        passes = tables.radices(n)
        assert np.prod(passes) == n
        assert set(passes) <= {2, 3, 4, 5}
        assert passes.count(2) <= 1
    for n in (0, 1, 2, 3, 6, 28, 44, 675, 2700 * 9):
        with pytest.raises(ValueError, match=f"transform: a length must be .* got {n}"):
            tables.radices(n)


@pytest.mark.parametrize("c", [1, 1j])
@pytest.mark.parametrize("n", LENGTHS)
def test_points_are_the_roots(n, c):
    """Of x^n = c, each once: the angle of root k is that of c plus k turns, over n."""
    turns = np.angle(tables.points(n, c)) / (2 * np.pi) * n - (0 if c == 1 else 0.25)
    assert sorted(np.rint(turns) % n) == list(range(n))
    assert abs(turns - np.rint(turns)).max() <= n * np.finfo(float).eps
    assert abs(abs(tables.points(n, c)) - 1).max() <= 2 * np.finfo(float).eps


def test_tables_are_kept_within_their_bytes():
    clear_cache()
    first = tables.twiddles(64, 1j, np.float32)
    assert tables.twiddles(64, 1j, np.dtype("f")) is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 0
    for n in (1 << 19, 1 << 20, 3 << 19):
        tables.twiddles(n, 1j, np.float64)
        assert tables._cache.nbytes <= tables.CACHE_BYTES
    assert tables.twiddles(64, 1j, np.float32) is not first
    clear_cache()


@pytest.mark.parametrize("n", LENGTHS)
def test_values_at_the_points(n):
    """The forward transform of several polynomials, in lanes and past them: their values at the conjugates, over n."""
    z = samples(np.random.default_rng(n), (11, n), "D")
    made = np.empty((n, 2, 11))
    tw, at = tables.twiddles(n, 1j, np.float64), np.arange(11) * 2 * n
    _kernels.blockfft.spectra(z.view(float), tw, made, at, 2, 1)
    k = np.rint(np.angle(tables.points(n, 1j)) / (2 * np.pi) * n - 0.25).astype(int) % n
    want = np.fft.fft(z * np.exp(-0.5j * np.pi * np.arange(n) / n)).T[k] / n
    error = np.linalg.norm(made[:, 0] + 1j * made[:, 1] - want, axis=0)
    # numpy's own error is of the same size as ours
    assert (error <= 2 * C * log2(n) * 2.0**-53 * np.linalg.norm(z, axis=1) / n**0.5).all()
    if n <= 64:
        values = np.array([np.polyval(row[::-1], tables.points(n, 1j).conj()) for row in z]).T / n
        assert abs(values - want).max() <= 2 * n * 2.0**-53 * abs(z).sum(axis=1).max() / n


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_parts_of_one_row(dtype, workers):
    """Taps that end within the last of their parts have the values of those filled up with zeros."""
    points, n = 16384, 3 * 8192 + 5  # as few points as are shared by workers, of reals
    w = samples(np.random.default_rng(3), (n,), dtype)
    made = overlap_save.prepare(w, points, dtype, parts=4, workers=workers)
    filled = np.concatenate([w, np.zeros(4 * 8192 - n, dtype)])
    assert made.spectra.tobytes() == overlap_save.prepare(filled, points, dtype, parts=4).spectra.tobytes()
    for part in range(4):
        own = overlap_save.prepare(filled[part * 8192 :][:8192], points, dtype, parts=1)
        error = np.linalg.norm((made.spectra[..., part] - own.spectra[..., 0]).astype(float))
        bound = 2 * C * log2(points) * np.finfo(dtype).eps * np.linalg.norm(own.spectra.astype(float))
        assert error <= bound


# ---- Rows -----------------------------------------------------------------------------------------------


def run(x, w, points, first, out, *, boundary="constant", fill=0.0, parts=1, workers=1, blocks=None, y=None):
    """The rows of x, as the route is called for contiguous data."""
    taps = overlap_save.prepare(w, points, x.dtype, parts=parts)
    rows = x.reshape(-1, x.shape[-1])
    y = np.full((len(rows), out), 77, x.dtype) if y is None else y
    unit = 2 if x.dtype.kind == "c" else 1
    at = None if len(rows) == 1 else (np.arange(len(rows)) * rows.shape[1] * unit, np.arange(len(rows)) * out * unit)
    axis = Axis(rows.shape[1], len(w), out, first)
    overlap_save.rows(
        rows, taps, y, *(at or (None, None)), axis, unit, unit, BOUNDARIES[boundary], fill, workers, blocks
    )
    return y.reshape(*x.shape[:-1], out)


def bound(x, w, points, parts=1):
    """What no output is off by, for a block of N samples that are nowhere above the largest, times taps."""
    largest = abs(x).max() * points**0.5
    u = np.finfo(x.dtype).eps / 2
    part = points // 2 if parts > 1 else len(w)
    norms = sum(np.linalg.norm(w[p * part : (p + 1) * part].astype(complex)) for p in range(parts))
    return (3 * C * log2(points) + 2 * parts) * u * norms * largest


# Data, taps, points, parts: one block and many, taps longer than the data, all radices, each way to part the taps.
CASES = [
    (50, 5, 16, 1),
    (1000, 33, 128, 1),
    (3001, 64, 512, 1),
    (700, 9, 72, 1),
    (9, 30, 32, 1),
    (5000, 4, 8, 1),
    (999, 61, 240, 1),
    (2000, 100, 960, 1),
    (1, 1, 8, 1),
    (500, 1, 40, 1),
    (500, 40, 40, 1),
    (3000, 121, 192, 1),
    (1000, 33, 48, 2),
    (700, 96, 64, 3),
    (61, 200, 64, 7),
    (20000, 97, 32, 7),
    (5, 100, 40, 5),
]


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", TYPES)
def test_matches_the_definition(dtype, boundary):
    rng = np.random.default_rng(1)
    for i, (n, k, points, parts) in enumerate(CASES):
        x = samples(rng, (1, n), dtype)
        w = samples(rng, k, dtype if i % 2 else dtype.lower())
        fill = [0.0, 1.5, -0.5 + 2j][i % 3] if dtype in "FD" else [0.0, 1.5][i % 2]
        got = run(x, w, points, 1 - k, n + k - 1, boundary=boundary, fill=fill, parts=parts)
        want, _ = definition(x, w[None], 0, 1 - k, (1, n + k - 1), boundary, fill)
        assert abs(got - want).max() <= bound(np.append(x, x.dtype.type(fill)), w, points, parts), (n, k, points)


@pytest.mark.parametrize("dtype", ["f", "D"])
@pytest.mark.parametrize("n", [length for length in LENGTHS if length > 4])
def test_every_length(n, dtype):
    """One tap at each end: the product with a spectrum, of each kind and number of passes."""
    x = samples(np.random.default_rng(n), (1, 40 * n if n < 500 else 3 * n), dtype)
    points = n if dtype == "D" else 2 * n
    w = np.zeros(points // 2)
    w[0], w[-1] = 1, -2
    got = run(x, w, points, 0, x.size - w.size + 1)
    want = x[:, : got.size] - 2 * x[:, w.size - 1 :]
    assert abs(got - want).max() <= bound(x, w, points)


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("dtype", TYPES)
def test_any_part_of_a_row(dtype, parts):
    """Outputs far outside of the data, at its ends, and within."""
    rng = np.random.default_rng(2)
    x, w = samples(rng, (1, 130), dtype), samples(rng, 45, dtype)
    points = 80 if parts == 1 else 32
    for boundary in BOUNDARIES:
        for first, out in ((-400, 300), (-50, 1), (-10, 40), (3, 80), (100, 60), (129, 1), (300, 200)):
            got = run(x, w, points, first, out, boundary=boundary, fill=0.5, parts=parts)
            want, _ = definition(x, w[None], 0, first, (1, out), boundary, 0.5)
            assert abs(got - want).max() <= bound(x, w, points, parts), (boundary, first, out)


@pytest.mark.parametrize("parts", [1, 2, 5])
@pytest.mark.parametrize("dtype", TYPES)
def test_same_bytes_for_any_workers_rows_and_blocks(dtype, parts):
    rng = np.random.default_rng(3)
    x, w = samples(rng, (9, 611), dtype), samples(rng, 50, dtype)
    points, out = {1: 96, 2: 64, 5: 24}[parts], 660
    hop = overlap_save.hop(points, 50, parts)
    alone = [run(row[None], w, points, -49, out, parts=parts).tobytes() for row in x]
    count = 9 * -(-out // hop)
    for workers in (1, 2, 3, 7):
        assert [row.tobytes() for row in run(x, w, points, -49, out, parts=parts, workers=workers)] == alone
        some = np.sort(rng.permutation(count)[: count // 3]).astype(np.intp)
        got = run(x, w, points, -49, out, parts=parts, workers=workers, blocks=some)
        want = np.array([np.frombuffer(row, x.dtype) for row in alone])
        across = count // 9
        for row in range(9):
            for block in range(across):
                part = slice(block * hop, min(out, (block + 1) * hop))
                chosen = row * across + block in some
                assert np.array_equal(got[row, part], want[row, part] if chosen else np.full_like(want[row, part], 77))


@pytest.mark.parametrize("parts", [1, 3])
def test_no_rows_no_outputs_no_blocks(parts):
    taps = overlap_save.prepare(np.ones(40), 96 if parts == 1 else 32, "d", parts=parts)
    none, x, y = np.zeros(0, np.intp), np.ones(50), np.full(60, 42.0)
    for x_at, out, blocks in ((none, 60, None), (None, 0, None), (None, 60, none)):
        overlap_save.rows(x, taps, y, x_at, x_at, Axis(50, 40, out, -5), 1, 1, 0, 0.0, 2, blocks)
    assert (y == 42).all()


@pytest.mark.parametrize("dtype", TYPES)
def test_same_bytes_however_many_blocks_at_a_time(dtype, monkeypatch):
    rng = np.random.default_rng(9)
    x, w = samples(rng, (3, 900), dtype), samples(rng, 100, dtype)
    made = []
    for chunk in (1, 16, 40, 10_000):
        monkeypatch.setattr(overlap_save, "_chunk", lambda *_, chunk=chunk: chunk)
        made.append(run(x, w, 32, -99, 999, parts=7, workers=2).tobytes())
    assert len(set(made)) == 1


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("dtype", TYPES)
def test_steps_and_places_give_the_same_bytes(dtype, parts):
    """Along the first axis, into every third output, rows in any order: what a contiguous row alone gives."""
    rng = np.random.default_rng(4)
    x, w = samples(rng, (400, 21), dtype), samples(rng, 40, dtype)
    points, out = 96 if parts == 1 else 32, 430
    unit = 2 if x.dtype.kind == "c" else 1
    taps = overlap_save.prepare(w, points, x.dtype, parts=parts)
    alone = run(np.ascontiguousarray(x.T), w, points, -35, out, parts=parts)
    y = np.full((out * 3, 23), 77, x.dtype)
    order = rng.permutation(21)
    axis = Axis(400, 40, out, -35)
    y_at = (1 + order + 23 * (order % 3)) * unit
    overlap_save.rows(x, taps, y, order * unit, y_at, axis, 21 * unit, 69 * unit, 0, 0.0, 2)
    for j in range(21):
        assert y[j % 3 :: 3, 1 + j].tobytes() == alone[j].tobytes()
        y[j % 3 :: 3, 1 + j] = 77
    assert (y == 77).all()


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", TYPES)
def test_columns_side_by_side_give_the_same_bytes(dtype, boundary):
    """Full vectors of columns and what is left of them; one column out of its place among them."""
    rng = np.random.default_rng(5)
    x, w = samples(rng, (150, 39), dtype), samples(rng, 30, dtype)
    unit = 2 if x.dtype.kind == "c" else 1
    taps = overlap_save.prepare(w, 96, x.dtype)
    axis = Axis(150, 30, 200, -40)
    at = np.arange(39)
    for moved in (0, 20):
        at[[0, moved]] = at[[moved, 0]]
        alone = run(np.ascontiguousarray(x[:, at].T), w, 96, -40, 200, boundary=boundary, fill=0.5)
        y = np.full((203, 39), 77, x.dtype)
        overlap_save.rows(
            x, taps, y, at * unit, (at + 39) * unit, axis, 39 * unit, 39 * unit, BOUNDARIES[boundary], 0.5, 2
        )
        assert y[1:201, at].T.tobytes() == alone.tobytes()
        assert (y[[0, 201, 202]] == 77).all()


@pytest.mark.parametrize("parts", [1, 3])
def test_nothing_is_written_outside_the_result(parts):
    rng = np.random.default_rng(6)
    x, w = samples(rng, (1, 700), "d"), samples(rng, 40, "d")
    points, guard = 96 if parts == 1 else 32, 64
    for out in (1, 15, 16, 17, 56, 57, 58, 400, 661):
        arena = np.full(out + 2 * guard, 42.0)
        got = run(x, w, points, 0, out, parts=parts, workers=2, y=arena[guard:-guard].reshape(1, -1))
        want, _ = definition(x, w[None], 0, 0, (1, out))
        assert abs(got - want).max() <= bound(x, w, points, parts)
        assert (arena[:guard] == 42).all()
        assert (arena[-guard:] == 42).all()


@pytest.mark.parametrize("parts", [1, 4])
@pytest.mark.parametrize("dtype", TYPES)
def test_a_nan_or_a_burst_stays_in_its_blocks(dtype, parts):
    """Blocks that do not hold the sample keep their bytes: neighbours in other lanes see nothing of it."""
    rng = np.random.default_rng(7)
    x, w = samples(rng, (1, 4000), dtype), samples(rng, 60, dtype)
    points = 128 if parts == 1 else 40
    hop, out = overlap_save.hop(points, 60, parts), 3941
    clean = run(x, w, points, 0, out, parts=parts)
    for at, value in ((0, np.nan), (1777, np.inf), (2500, 1e30), (3999, np.nan)):
        spoiled = x.copy()
        spoiled[0, at] = value
        got = run(spoiled, w, points, 0, out, parts=parts)
        # Output block i reads the samples from i·hop to the end of the block of its last part.
        blocks = [i for i in range(-(-out // hop)) if i * hop <= at < (i + parts - 1) * hop + points]
        keep = np.ones(out, bool)
        keep[blocks[0] * hop : (blocks[-1] + 1) * hop] = False
        assert got[0, keep].tobytes() == clean[0, keep].tobytes()
        if not np.isfinite(value):
            assert not np.isfinite(got[0, max(0, at - 59) : at + 1]).any()


def test_levels_of_a_kind_agree_to_the_byte(monkeypatch):
    """A lane never sees its neighbours: the width of a vector changes nothing, only whether it fuses."""
    rng = np.random.default_rng(8)
    x, w = samples(rng, (3, 3000), "f"), samples(rng, 100, "f")
    results = {}
    for level in _kernels.available():
        monkeypatch.setattr(_kernels, "blockfft", import_module(f"sigresample._kernels.blockfft_{level}"))
        results[level] = [
            run(x, w, points, -99, 3099, parts=parts).tobytes()
            for points, parts in ((480, 1), (256, 1), (288, 1), (64, 4))
        ]
    for group in (("v4", "v3"), ("v2", "scalar")):
        assert len({tuple(results[level]) for level in group if level in results}) <= 1


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("points", [32, 64, 256])
def test_one_group_of_small_blocks_of_a_long_filter(dtype, points):
    """Too small to be shared: the bytes of one worker."""
    rng = np.random.default_rng(points)
    x, w = samples(rng, (1, 3 * points), dtype), samples(rng, (3 * points // 2 - 5,), dtype)
    alone, both = (run(x, w, points, -7, 2 * points, parts=3, workers=workers) for workers in (1, 2))
    assert both.tobytes() == alone.tobytes()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    "n, taps, points, parts, rows",
    [(50000, 3000, 8192, 1, 1), (9000, 12000, 24576, 1, 3), (90000, 20000, 10240, 4, 1), (30000, 17000, 8192, 5, 2)],
)
@pytest.mark.parametrize("boundary", [0, 2])
def test_few_groups_are_shared_by_all_workers(dtype, n, taps, points, parts, rows, boundary):
    """Large transforms, fewer groups of blocks than workers, whole and cut off: the bytes of one worker."""
    rng = np.random.default_rng(n)
    x, w = samples(rng, (rows, n), dtype), samples(rng, (taps,), dtype)
    axis = Axis(n, taps, n + 777, -taps // 2)
    where = np.arange(rows) * n, np.arange(rows) * axis.out
    at = [start * (2 if dtype in "FD" else 1) for start in where]
    made = []
    for workers in (1, 2, 7):
        prepared = overlap_save.prepare(w, points, x.dtype, parts=parts, workers=workers)
        y = np.full((rows, axis.out), np.nan, dtype)
        step = 2 if dtype in "FD" else 1
        overlap_save.rows(x, prepared, y, *at, axis, step, step, boundary, 0, workers)
        made.append((prepared.spectra, y))
    for spectra, y in made[1:]:
        assert spectra.tobytes() == made[0][0].tobytes()
        assert y.tobytes() == made[0][1].tobytes()
    if boundary == 0:
        wide = [a.astype(np.result_type(a, np.float64)) for a in (x[0], w[::-1])]
        whole = np.concatenate([scipy.signal.oaconvolve(*wide), np.zeros(axis.out)])
        want = whole[axis.first + taps - 1 :][: axis.out]
        # Of a transform, root mean square: c·log2(N)·u of the norms, which of noise are those of the result.
        u = np.finfo(x.dtype).eps / 2
        assert np.linalg.norm(made[0][1][0] - want) <= C * log2(points) * u * np.linalg.norm(want)
