"""The grid kernel at every SIMD level this CPU can load, against its definition."""

from __future__ import annotations

from importlib import import_module
from itertools import product

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, gamma

from sigresample import _grid_reference, _kernels
from sigresample._grid_plans import MODES, PADDINGS
from sigresample._routes import grids

# Images and grids: of one sample, smaller than what a pixel reads, and more pixels than a block of 512.
SHAPES = [
    ((1, 1), (1, 1)),
    ((1, 7), (5, 9)),
    ((3, 2), (2, 17)),
    ((4, 4), (3, 5)),
    ((13, 9), (16, 8)),
    ((6, 31), (24, 33)),
]
VOLUMES = [((1, 1, 1), (1, 2, 1)), ((2, 1, 3), (2, 3, 5)), ((3, 5, 4), (4, 8, 4)), ((5, 4, 6), (9, 6, 11))]


@pytest.fixture(params=_kernels.available())
def kernel(request, monkeypatch):
    made = import_module(f"sigresample._kernels.grid_{request.param}")
    monkeypatch.setattr(_kernels, "grid", made)
    return made


def places(rng, items, shape, sizes, dtype):
    """A grid that lies inside and outside, a few times as far as the image, with positions on samples and on edges."""
    grid = rng.uniform(-3, 3, (items, *shape, len(sizes)))
    for axis, size in enumerate(sizes[::-1]):
        exact = (2 * rng.integers(-1, size + 1, grid.shape[:-1]) + 1) / size - 1
        grid[..., axis] = np.where(rng.random(grid.shape[:-1]) < 0.3, exact, grid[..., axis])
    return grid.astype(dtype)


def sampled(x, grid, mode, padding, align, workers=1):
    y = np.full((*x.shape[:2], *grid.shape[1:-1]), 77, x.dtype)
    grids.sample(x, grid, y, MODES[mode], PADDINGS[padding], align, workers)
    return y


CASES = [*product(("bilinear", "bicubic"), SHAPES), *(("bilinear", shape) for shape in VOLUMES)]


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_sums_match_the_definition(kernel, dtype, padding, align):
    rng = np.random.default_rng(1)
    u = np.finfo(dtype).eps / 2
    for mode, (shape, outs) in CASES:
        x = rng.standard_normal((2, 3, *shape)).astype(dtype)
        grid = places(rng, 2, outs, shape, dtype)
        want = _grid_reference.grid_sample(x, grid, mode, padding, align, dtype)
        bound = gamma(32, dtype) * want.scale + (64 * u * want.samples if mode == "bicubic" else 0)
        assert_close(sampled(x, grid, mode, padding, align), want.value, bound)


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("real", ["f", "d"])
def test_the_nearest_is_the_definitions(kernel, real, padding, align):
    rng = np.random.default_rng(2)
    for (shape, outs), dtype in zip(
        [*SHAPES, *VOLUMES], ["?", "b", "h", "i", "q", "f", "d", "F", "D", "e"], strict=True
    ):
        x = (rng.standard_normal((2, 3, *shape)) * 50).astype(dtype)
        grid = places(rng, 2, outs, shape, real)
        want = _grid_reference.nearest(x, grid, padding, align, real)
        assert_same_bytes(sampled(x, grid, "nearest", padding, align), want)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_a_sample_without_weight_does_not_show(kernel, dtype, mode):
    """Whatever it is, and in whatever lane; a NaN under any weight does, and an infinity with its sign."""
    n = 41
    x = np.arange(n * n, dtype=dtype).reshape(1, 1, n, n)
    identity = np.array([[[1, 0, 0], [0, 1, 0]]], dtype)
    grid = np.empty((1, n, n, 2), dtype)
    grids.affine(identity, grid, True, 1)
    grid = (np.rint((grid + 1) * (n - 1) / 2) / ((n - 1) / 2) - 1).astype(dtype)
    exact = (grid + 1) * ((n - 1) / 2) % 1 == 0
    assert exact.mean() > 0.5
    for bad in (np.nan, np.inf, -np.inf):
        spoilt = x.copy()
        spoilt[0, 0, 3::7, 2::5] = bad
        for padding in PADDINGS:
            want = _grid_reference.grid_sample(spoilt, grid, mode, padding, True, dtype)
            got = sampled(spoilt, grid, mode, padding, True)
            np.testing.assert_array_equal(np.isnan(got), np.isnan(want.value))
            np.testing.assert_array_equal(
                np.where(np.isinf(got), got, 0), np.where(np.isinf(want.value), want.value, 0)
            )
            assert np.isfinite(got).mean() > 0.5


@pytest.mark.parametrize("dtype", ["f", "d"])
def test_positions_that_are_none_or_far_away(kernel, dtype):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((1, 2, 5, 6)).astype(dtype)
    odd = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 1e6, 0.1, -1, 1], dtype)
    grid = np.stack(np.meshgrid(odd, odd), axis=-1)[None]
    far = np.abs(grid).max(axis=-1) > 100
    for mode, padding, align in product(MODES, PADDINGS, (False, True)):
        got = sampled(x, grid, mode, padding, align)
        if mode == "nearest":
            want = _grid_reference.nearest(x, grid, padding, align, dtype)
        else:
            want = _grid_reference.grid_sample(x, grid, mode, padding, align, dtype).value
        # Reflected from afar, where a position lies is a matter of rounding: somewhere inside.
        known = (
            ~(far & np.isfinite(grid).all(axis=-1))[0] if padding == "reflection" else np.ones(grid.shape[1:3], bool)
        )
        assert_close(got[0, :, known], want[0, :, known], 1e-5 if dtype == "f" else 1e-13)
        assert not (np.isfinite(grid).all(axis=-1) & ~np.isfinite(got[0])).any()


@pytest.mark.parametrize("level", _kernels.available())
def test_no_position_reads_outside(level, monkeypatch):
    """Sizes that single precision cannot hold, and positions at their ends: an image between pages would fault."""
    monkeypatch.setattr(_kernels, "grid", import_module(f"sigresample._kernels.grid_{level}"))
    n = 2**24 + 3
    x = np.zeros((1, 1, 2, n), np.int8)
    x[0, 0, :, -1] = 7
    grid = np.array([[[[1, 0], [0.99999994, 1], [1.5, 1], [-1, -1]]]], np.float32)
    got = sampled(x, grid, "nearest", "border", True)
    assert set(got.ravel().tolist()) <= {0, 7}
    line = np.zeros((1, 1, 2, n), np.float32)
    for mode in ("bilinear", "bicubic"):
        assert not sampled(line, grid, mode, "border", False).any()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_workers_and_blocks_change_no_byte(kernel, dtype, mode):
    rng = np.random.default_rng(4)
    x = rng.standard_normal((3, 2, 11, 12)).astype(dtype)
    grid = places(rng, 3, (29, 31), (11, 12), dtype)
    for padding in PADDINGS:
        want = sampled(x, grid, mode, padding, False)
        for workers in (2, 7):
            assert_same_bytes(sampled(x, grid, mode, padding, False, workers), want)
        for rows in (1, 5):
            cut = [sampled(x, grid[:, i : i + rows].copy(), mode, padding, False) for i in range(0, 29, rows)]
            assert_same_bytes(np.concatenate(cut, axis=2), want)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_levels_agree(mode, dtype, monkeypatch):
    """Those with fused multiply-add to the bit; all of them in where the nearest sample is."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((1, 2, 15, 17)).astype(dtype)
    grid = places(rng, 1, (31, 33), (15, 17), dtype)
    levels = [n for n in _kernels.available() if mode == "nearest" or n in ("v4", "v3", "neon")]
    for padding, align in product(PADDINGS, (False, True)):
        made = []
        for level in levels:
            monkeypatch.setattr(_kernels, "grid", import_module(f"sigresample._kernels.grid_{level}"))
            made.append(sampled(x, grid, mode, padding, align))
        for other in made[1:]:
            assert_same_bytes(other, made[0])


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_affine_matches_the_definition(kernel, dtype, align):
    rng = np.random.default_rng(6)
    for sizes in [(1, 1), (2, 5), (7, 1), (30, 17), (1, 1, 1), (3, 4, 5), (2, 9, 33)]:
        axes = len(sizes)
        theta = rng.standard_normal((3, axes, axes + 1)).astype(dtype)
        want = _grid_reference.affine_grid(theta, sizes, align, dtype)
        for workers in (1, 3):
            y = np.full((3, *sizes, axes), 77, dtype)
            grids.affine(theta, y, align, workers)
            assert_close(y, want.value, gamma(2 * axes + 2, dtype) * want.scale)


@pytest.mark.parametrize("dtype", ["?", "b", "h", "i", "q", "f", "d", "F", "D", "e"])
def test_shuffles_are_the_definitions(kernel, dtype):
    rng = np.random.default_rng(7)
    for r, height, width in product((1, 2, 3, 4, 5), (1, 3), (1, 2, 16, 37)):
        x = (rng.standard_normal((2, 3 * r * r, height, width)) * 50).astype(dtype)
        want = _grid_reference.shuffle(x, r, back=False)
        for workers in (1, 2):
            y, back = np.empty_like(want), np.empty_like(x)
            grids.shuffle(x, y, r, False, workers)
            assert_same_bytes(y, want)
            grids.shuffle(y, back, r, True, workers)
            assert_same_bytes(back, x)


def test_what_it_cannot_compute_is_refused(kernel):
    x, grid = np.zeros((1, 1, 4, 4), np.int32), np.zeros((1, 3, 2), np.float32)
    with pytest.raises(TypeError, match="grid kernel: no such dtypes: int32, float32"):
        kernel.sample(x, grid, x, (4, 4), 2, 0, False, 1)
    with pytest.raises(TypeError, match="grid kernel: no such dtypes: int32, int32"):
        kernel.sample(x, x[0], x, (4, 4), 0, 0, False, 1)
    with pytest.raises(TypeError, match="grid kernel: no such dtype: int32"):
        kernel.columns(x[0], x, None, x, (4, 4), (1, 1), (0, 0), (1, 1), (1, 1), 1, 0, 1)
