"""The kernels of Fourier resampling: transforms in parts, interpolation from and to a grid, every SIMD level."""

from __future__ import annotations

from importlib import import_module
from math import log2

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from helpers import assert_close, assert_same_bytes
from resampling_cases import ROUTES, fourier_bound, samples

from sigresample import _fourier_resample, _gridded, _kernels, _long_fft, _workspace
from sigresample.resampling import resample

FUSED = [level for level in _kernels.available() if level in ("v3", "v4")]


@pytest.mark.parametrize("dtype", "fd")
@pytest.mark.parametrize("n", [8192, 8194, 8196, 8200, 12_000, 16_384, 44_100, 9999])
def test_long_transforms_in_parts_are_scipys(n, dtype):
    x = samples(np.random.default_rng(n), (2, n), dtype)
    limit = 2 * 6.7 * log2(n) * float(np.finfo(dtype).eps) / 2
    whole, space = scipy.fft.rfft(x, axis=1), _workspace.Workspace()
    for bins in (1, 2, 100, n // 8, n // 8 + 1, n // 3, n // 2, n // 2 + 1):
        got = _long_fft.forward(x, bins, 1.0, 1, space)
        norms = np.linalg.norm(whole.astype("D"), axis=1)
        assert (np.linalg.norm((got - whole[:, :bins]).astype("D"), axis=1) <= limit * norms).all()
        back = _long_fft.inverse(got.copy(), n, 1, space)
        want = scipy.fft.irfft(got, n, axis=1, norm="forward")
        norms = np.linalg.norm(want.astype("d"), axis=1)
        assert (np.linalg.norm((back - want).astype("d"), axis=1) <= limit * norms).all()


def test_the_imaginary_part_of_a_bin_without_one_does_not_count():
    space = _workspace.Workspace()
    for n in (10, 8192, 8194):
        bins = np.ones((1, n // 2 + 1), "D")
        odd = bins.copy()
        odd[0, 0] += 5j
        odd[0, -1] -= 7j
        assert_same_bytes(_long_fft.inverse(odd, n, 1, space), _long_fft.inverse(bins, n, 1, space))


def test_the_kernel_wraps_any_number_of_times():
    """Far fewer samples than taps, far more samples than positions."""
    for n, points in ((1, 40), (3, 100), (5000, 16)):
        x = np.random.default_rng(n).standard_normal((2, n))
        y, pairs = np.empty((2, points)), np.zeros((7, 1, 2))
        pairs[:, 0, 0] = 1  # a box of 14 samples
        _kernels.gridding.interpolate(x, y, pairs, 2, n, points, 1, 1)
        first = np.arange(points) * n // points - 6
        want = np.stack([x[:, (first + j) % n] for j in range(14)]).sum(axis=0)
        assert_close(y, want, 14 * 2.0**-52 * 14 * np.abs(x).max())


def test_a_grid_is_fine_enough_for_its_band():
    for top in (0, 1, 7, 1000, 123_456):
        for kind in "fd":
            grid = _gridded.Grid.of(top, kind)
            assert grid.points >= 4 * max(top, 1)
            assert grid.points % 8 == 0
            assert not _fourier_resample.rough(grid.points)


@pytest.mark.skipif(len(FUSED) < 2, reason="needs two levels that fuse multiply and add")
@pytest.mark.parametrize("dtype", "fd")
@pytest.mark.parametrize("n", [8200, 9996, 10_006])
def test_levels_with_fma_give_the_same_bytes(monkeypatch, n, dtype):
    x = samples(np.random.default_rng(n), (2, n), dtype)
    for how in ROUTES.values():
        monkeypatch.setattr(_fourier_resample, "_choice", lambda n, num, wide, how=how: how)
        got = []
        for level in FUSED:
            for name in ("gridding", "spectra"):
                monkeypatch.setattr(_kernels, name, import_module(f"sigresample._kernels.{name}_{level}"))
            got.append([resample(x + 1j if k else x, num, axis=1) for k in range(2) for num in (8192, 12_345)])
        for ours, theirs in zip(*got, strict=True):
            assert_same_bytes(ours, theirs)


@pytest.mark.parametrize("level", _kernels.available())
def test_every_level_agrees_with_scipy(monkeypatch, level):
    for name in ("gridding", "spectra"):
        monkeypatch.setattr(_kernels, name, import_module(f"sigresample._kernels.{name}_{level}"))
    for n, num in ((8200, 9997), (9997, 8200), (10_006, 8192)):
        for dtype in "fdD":
            x = samples(np.random.default_rng(n), (2, n), dtype)
            for how in ROUTES.values():
                monkeypatch.setattr(_fourier_resample, "_choice", lambda n, num, wide, how=how: how)
                assert_close(resample(x, num, axis=1), scipy.signal.resample(x, num, axis=1), fourier_bound(x, num, 1))
