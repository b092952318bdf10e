"""Grids and shuffled pixels, drawn at random, against PyTorch: results, and where it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes

from sigresample import nn

torch = pytest.importorskip("torch")
F = torch.nn.functional

Array = np.ndarray[Any, Any]

# About images of one sample, whose positions have changed since its version 1.3.
pytestmark = [
    pytest.mark.usefixtures("one_torch_thread"),
    pytest.mark.filterwarnings("ignore:Since version 1.3.0:UserWarning"),
]

SEEDS, CASES = range(24), 30  # 720 calls of grid_sample, and half as many of each of the others


def sizes(rng: np.random.Generator, rank: int, most: int = 12) -> tuple[int, ...]:
    return tuple(int(n) for n in rng.choice([1, 1, 2, 3, 4, 5, 7, 8, 11, most], rank))


def apart(x: Array, mode: str, reach: float) -> float:
    """Return how far two results may lie apart for grids from -reach to reach.

    A position takes 4 roundings of at most its own size, which is that of the image times the reach and one more. When
    it moves by a sample, a linear interpolation changes by at most 2 max|x| along each axis, the cubic, whose weights
    change by at most 3.2 in all and are at most 1.4 in sum, by 4.5 max|x|. Weights and sums take less than 100.
    """
    u, top = float(np.finfo(x.dtype).eps) / 2, float(np.abs(x).max(initial=0.0))
    steep = (x.ndim - 2) * (4.5 if mode == "bicubic" else 2.0) * top
    return 8 * u * (reach + 1) * max(x.shape[2:]) * steep + 100 * u * top


@pytest.mark.parametrize("seed", SEEDS)
def test_grid_sample_as_pytorch(seed: int) -> None:
    rng = np.random.default_rng([seed, 0])
    for _ in range(CASES):
        rank = int(rng.choice([2, 2, 3]))
        mode = str(rng.choice(["bilinear", "nearest", "bicubic"] if rank == 2 else ["bilinear", "nearest"]))
        padding = str(rng.choice(["zeros", "border", "reflection"]))
        align = bool(rng.integers(2))
        real = np.dtype(str(rng.choice(["f4", "f8"])))
        items = int(rng.choice([0, 1, 1, 2, 3]))
        x = rng.standard_normal((items, int(rng.choice([0, 1, 2, 5])), *sizes(rng, rank))).astype(real)
        reach = float(rng.choice([0.9, 1.2, 4.0]))
        grid = rng.uniform(-reach, reach, (items, *sizes(rng, rank), rank)).astype(real)
        if mode == "nearest":
            grid = off_ties(grid, x.shape[2:], align)
        # In double precision, from the numbers that both are given.
        want = F.grid_sample(*(torch.from_numpy(a.astype("f8")) for a in (x, grid)), mode, padding, align).numpy()
        got = nn.grid_sample(x, grid, mode, padding, align)
        assert got.dtype == real
        bound = apart(x, mode, reach)
        what = f"{mode}, {padding}, {align}, {x.shape}, {grid.shape}, {real}"
        try:
            assert_close(got, want, 0 if mode == "nearest" else np.minimum(bound, 1e-12 if real == "f8" else 1))
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}") from error


def off_ties(grid: Array, image: tuple[int, ...], align: bool) -> Array:
    """Return a grid none of whose positions is so near to the middle between two samples that rounding decides."""
    for axis, n in enumerate(image[::-1]):
        t = (grid[..., axis].astype("f8") + 1) * (n - 1 if align else n) / 2 - (0 if align else 0.5)
        near = np.abs(np.abs(t - np.floor(t)) - 0.5) < 1e-3
        grid[..., axis] = np.where(near, grid[..., axis] + grid.dtype.type(0.01 / n), grid[..., axis])
    return grid


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align", [False, True])
def test_ties_go_to_the_even_sample_as_in_pytorch(align: bool, padding: str) -> None:
    """At sizes at which positions are exact."""
    n = 9 if align else 8
    x = np.arange(float(n * n)).reshape(1, 1, n, n)
    grid = np.stack(np.meshgrid(*2 * [np.arange(-24, 25) / 16]), axis=-1)[None]
    want = F.grid_sample(torch.from_numpy(x), torch.from_numpy(grid), "nearest", padding, align)
    assert_same_bytes(nn.grid_sample(x, grid, "nearest", padding, align), want.numpy())


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_positions_that_are_no_numbers_as_pytorch_in_images(dtype: str, padding: str, mode: str) -> None:
    x = np.arange(1.0, 31).reshape(1, 2, 3, 5).astype(dtype)
    odd = np.array([np.nan, np.inf, -np.inf, 0.2, -0.7], dtype)
    grid = np.stack(np.meshgrid(odd, odd), axis=-1)[None]
    for align in (False, True):
        want = F.grid_sample(torch.from_numpy(x), torch.from_numpy(grid), mode, padding, align)
        assert_close(nn.grid_sample(x, grid, mode, padding, align), want.numpy(), apart(x, mode, 1.0))


REFUSED: list[tuple[tuple[int, ...], tuple[int, ...], str, str]] = [
    ((1, 1, 3, 3), (2, 2, 2, 2), "bilinear", "zeros"),
    ((1, 1, 3, 3), (1, 2, 2, 3), "bilinear", "zeros"),
    ((1, 1, 3, 3), (1, 2, 2), "bilinear", "zeros"),
    ((1, 1, 3, 3), (1, 2, 2, 2, 3), "bilinear", "zeros"),
    ((1, 1, 0, 3), (1, 2, 2, 2), "bilinear", "zeros"),
    ((1, 1, 3), (1, 2, 1), "bilinear", "zeros"),
    ((1, 1, 3, 3, 3), (1, 2, 2, 2, 3), "bicubic", "zeros"),
    ((1, 1, 3, 3), (1, 2, 2, 2), "linear", "zeros"),
    ((1, 1, 3, 3), (1, 2, 2, 2), "bilinear", "reflect"),
]


@pytest.mark.parametrize("x, grid, mode, padding", REFUSED)
def test_grid_sample_refuses_what_pytorch_does(x: Any, grid: Any, mode: str, padding: str) -> None:
    with pytest.raises((RuntimeError, ValueError)):
        F.grid_sample(torch.zeros(x), torch.zeros(grid), mode, padding, False)
    with pytest.raises(ValueError, match="^grid_sample: .*, got"):
        nn.grid_sample(np.zeros(x), np.zeros(grid), mode, padding, False)


@pytest.mark.parametrize("seed", SEEDS)
def test_affine_grid_as_pytorch(seed: int) -> None:
    rng = np.random.default_rng([seed, 1])
    for _ in range(CASES // 2):
        rank, align = int(rng.choice([2, 3])), bool(rng.integers(2))
        real = np.dtype(str(rng.choice(["f4", "f8"])))
        size = (int(rng.integers(1, 4)), 1, *sizes(rng, rank))
        theta = rng.standard_normal((size[0], rank, rank + 1)).astype(real)
        if rng.random() < 0.2:
            size = (*size[:-1], int(rng.choice([0, -1])))
        if rng.random() < 0.1:
            theta = theta[:, :, :-1]
        try:
            want = F.affine_grid(torch.from_numpy(theta.astype("f8")), size, align).numpy()
        except (ValueError, RuntimeError):
            with pytest.raises(ValueError, match="^affine_grid: .*, got"):
                nn.affine_grid(theta, size, align)
            continue
        got = nn.affine_grid(theta, size, align)
        assert got.dtype == real
        # A rounded position, rank products and as many sums.
        bound = (2 * rank + 2) * np.finfo(real).eps * np.abs(theta).sum(axis=2).max()
        assert_close(got, want, bound)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["pixel_shuffle", "pixel_unshuffle"])
def test_shuffles_as_pytorch(name: str, seed: int) -> None:
    rng = np.random.default_rng([seed, 2])
    refused = 0
    for _ in range(CASES // 2):
        dtype = str(rng.choice(["?", "i1", "u1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16"]))
        r = int(rng.choice([1, 2, 2, 3, 4, 5]))
        channels, rows, cols = sizes(rng, 3)
        batch = sizes(rng, int(rng.choice([0, 1, 1, 2])), 0)
        fits = rng.random() < 0.7
        times = (r * r, 1, 1) if name == "pixel_shuffle" else (1, r, r)
        shape = [n * (k if fits else 1) for n, k in zip((channels, rows, cols), times, strict=True)]
        if rng.random() < 0.1:
            shape[int(rng.integers(3))] = 0
        factor = r if rng.random() < 0.95 else int(rng.choice([0, -2]))
        x = (rng.standard_normal((*batch, *shape)) * 50).astype(dtype)
        try:
            want = getattr(F, name)(torch.from_numpy(x), factor).numpy()
        except RuntimeError:
            refused += 1
            with pytest.raises(ValueError, match=f"^{name}: .*, got"):
                getattr(nn, name)(x, factor)
            continue
        if x.size == 0 and name == "pixel_unshuffle":  # of which PyTorch returns the shape of pixel_shuffle
            want = np.empty((*batch, shape[0] * factor**2, shape[1] // factor, shape[2] // factor), dtype)
        assert_same_bytes(getattr(nn, name)(x, factor), want)
    assert refused < CASES // 3
