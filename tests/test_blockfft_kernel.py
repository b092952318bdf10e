"""The overlap-save kernel at every SIMD level this CPU can load, against the definition of a correlation."""

from importlib import import_module
from math import log2

import numpy as np
import pytest
from kernel_cases import BOUNDARIES, definition, samples

from sigresample import _kernels
from sigresample._routes import overlap_save

# Higham, Accuracy and Stability, theorem 24.2: three transforms and a product.
C = 22

# Planes, taps, points: one block and many, odd numbers of blocks, taps longer than the plane, every kind of last pass.
CASES = [
    ((1, 50), (1, 5), (1, 16)),
    ((1, 1000), (1, 33), (1, 128)),
    ((1, 3001), (1, 64), (1, 512)),
    ((3, 700), (1, 9), (1, 64)),
    ((1, 9), (1, 30), (1, 32)),
    ((1, 5000), (1, 4), (1, 4)),
    ((40, 61), (5, 7), (16, 16)),
    ((61, 40), (9, 3), (32, 8)),
    ((100, 150), (31, 17), (64, 32)),
    ((7, 5), (4, 8), (4, 8)),
    ((30, 30), (1, 3), (1, 64)),
]


@pytest.fixture(params=_kernels.available())
def kernel(request):
    return import_module(f"sigresample._kernels.blockfft_{request.param}")


def run(kernel, x, h, points, top, left, out_shape, boundary="constant", fill=0.0, workers=1, y=None):
    y = np.full(out_shape, 77, x.dtype) if y is None else y
    tables = [overlap_save.twiddles(n, x.dtype) for n in points]
    kernel.overlap_save(
        x, overlap_save.spectrum(h, *points), *tables, y, None, None, *x.shape, x.shape[1], *out_shape, y.shape[1],
        top, left, *h.shape, BOUNDARIES[boundary], fill, workers,
    )  # fmt: skip
    return y


def bound(dtype, points, x, h):
    """What no output of blocks of x is off by; in 2-norms."""
    norm = np.linalg.norm(np.asarray(x, float)) * np.linalg.norm(np.asarray(h, float))
    return C * log2(points[0] * points[1]) * np.finfo(dtype).eps / 2 * norm


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_matches_the_definition(kernel, dtype, boundary):
    rng = np.random.default_rng(1)
    for shape, taps, points in CASES:
        x, h = samples(rng, shape, dtype), samples(rng, taps, dtype)
        out_shape, at = (shape[0] + taps[0] - 1, shape[1] + taps[1] - 1), (1 - taps[0], 1 - taps[1])
        fill = 1.5 if taps[1] % 2 else 0.0
        got = run(kernel, x, h, points, *at, out_shape, boundary, fill)
        want, _ = definition(x, h, *at, out_shape, boundary, fill)
        # A block holds at most N1 N2 samples, none above the largest.
        largest = np.full(points, max(abs(x).max(), fill), float)
        assert abs(got - want).max() <= bound(dtype, points, largest, h)


@pytest.mark.parametrize("n", [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048])
def test_every_length(kernel, n):
    """One tap at each end: the circular convolution itself, of each number of passes."""
    x = np.random.default_rng(n).standard_normal((1, 3 * n))
    h = np.zeros((1, n // 2))
    h[0, 0], h[0, -1] = 1, -2
    got = run(kernel, x, h, (1, n), 0, 0, (1, x.size - h.size + 1))
    want = x[:, : got.size] - 2 * x[:, h.size - 1 :]
    assert abs(got - want).max() <= bound("d", (1, n), np.full((1, n), abs(x).max()), h)


@pytest.mark.parametrize("dtype", ["f", "d"])
@pytest.mark.parametrize("loud", [1e9, 1e-9])
def test_a_loud_block_leaves_its_partner_its_accuracy(kernel, dtype, loud):
    """Blocks 0 and 1 share one transform; samples 5 and 100 are seen by one of them alone."""
    rng = np.random.default_rng(2)
    x, h, points = samples(rng, (1, 176), dtype), samples(rng, (1, 9), dtype), (1, 64)
    for at, quiet in ((5, slice(56, 112)), (100, slice(0, 56))):
        spoiled = x.copy()
        spoiled[0, at] *= loud
        got = run(kernel, spoiled, h, points, 0, 0, (1, 168))
        want, _ = definition(spoiled, h, 0, 0, (1, 168))
        seen = spoiled[0, quiet.start : quiet.start + 64]
        assert abs(got - want)[0, quiet].max() <= bound(dtype, points, seen, h)


@pytest.mark.parametrize("dtype", ["f", "d"])
def test_same_bytes_for_any_workers_and_planes(kernel, dtype):
    rng = np.random.default_rng(3)
    planes, h, points = samples(rng, (5, 40, 61), dtype), samples(rng, (5, 7), dtype), (16, 16)
    alone = [run(kernel, plane, h, points, -2, -3, (40, 61)).tobytes() for plane in planes]
    tables = [overlap_save.twiddles(n, planes.dtype) for n in points]
    for workers in (1, 2, 7):
        y = np.empty_like(planes)
        at = np.arange(5)[::-1].copy() * 40 * 61
        kernel.overlap_save(
            planes, overlap_save.spectrum(h, *points), *tables, y, at, at, 40, 61, 61, 40, 61, 61, -2, -3, 5, 7, 0, 0.0,
            workers,
        )  # fmt: skip
        assert [plane.tobytes() for plane in y] == alone


def test_levels_of_a_kind_agree_to_the_byte():
    """A lane never sees its neighbours: the width of a vector changes nothing, only whether it fuses."""
    x, h = samples(np.random.default_rng(4), (50, 333), "f"), samples(np.random.default_rng(5), (6, 7), "f")
    results = {
        level: run(import_module(f"sigresample._kernels.blockfft_{level}"), x, h, (16, 64), -2, -3, (50, 333)).tobytes()
        for level in _kernels.available()
    }
    for group in (("v4", "v3"), ("v2", "scalar")):
        assert len({results[level] for level in group if level in results}) <= 1


def test_nothing_is_written_outside_the_result(kernel):
    rng = np.random.default_rng(6)
    x, h = samples(rng, (23, 91), "d"), samples(rng, (4, 6), "d")
    arena = np.full((31, 120), 42.0)
    inside = arena[3:23, 7:93]
    tables = [overlap_save.twiddles(n, x.dtype) for n in (16, 32)]
    kernel.overlap_save(
        x, overlap_save.spectrum(h, 16, 32), *tables, arena, np.zeros(1, np.intp), np.array([3 * 120 + 7]),
        23, 91, 91, 20, 86, 120, 0, 0, 4, 6, 0, 0.0, 2,
    )  # fmt: skip
    want, _ = definition(x, h, 0, 0, (20, 86))
    assert abs(inside - want).max() <= bound("d", (16, 32), x, h)
    inside[...] = 42
    assert (arena == 42).all()
