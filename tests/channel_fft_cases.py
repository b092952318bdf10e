"""Correlations over channels and their definition, for tests of their transforms."""

from math import log2, prod

import numpy as np
from kernel_cases import extended, samples, wider

from sigresample._bounds import FFT_CONSTANT, unit
from sigresample._channel_shapes import Along, Correlation


def correlation(case):
    items, groups, inputs, outputs, data, taps, first, out, _ = case
    along = (Along(n, k, m, at) for n, k, m, at in zip(data, taps, out, first, strict=True))
    return Correlation(items, groups, inputs, outputs, tuple(along))


def operands(rng, of, dtype):
    """Data, filters, bias."""
    x = samples(rng, (of.items, of.groups * of.inputs, *(axis.data for axis in of.axes)), dtype)
    w = samples(rng, (of.groups * of.outputs, of.inputs, *(axis.taps for axis in of.axes)), dtype)
    return x, w, samples(rng, (of.groups * of.outputs,), dtype)


def definition(x, w, of, boundary="constant"):
    """Every output as its sum of products, in a wider precision."""
    rows, cols = of.axes if len(of.axes) == 2 else (Along(1, 1, 1, 0), of.axes[0])
    wide = wider(x.dtype)
    x = x.reshape(of.items, of.groups, of.inputs, rows.data, cols.data).astype(wide)
    w = w.reshape(of.groups, of.outputs, of.inputs, rows.taps, cols.taps).astype(wide)
    under = rows.out + rows.taps - 1, cols.out + cols.taps - 1
    planes = x.reshape(-1, *x.shape[3:])
    seen = np.array([extended(plane, rows.first, cols.first, *under, boundary, 0) for plane in planes])
    windows = np.lib.stride_tricks.sliding_window_view(seen, (rows.taps, cols.taps), (1, 2))
    windows = windows.reshape(*x.shape[:3], rows.out, cols.out, rows.taps, cols.taps)
    y = np.einsum("ngcijpq,gocpq->ngoij", windows, w)
    return y.reshape(of.items, of.groups * of.outputs, *(axis.out for axis in of.axes))


def bound(x, w, of, points, peak=None):
    """What no output is off by: no tile holds more than its points, nor a sample above the largest of its channel."""
    peaks = np.abs(x).max(tuple(range(2, x.ndim))).max(0).astype(float) if peak is None else np.full(x.shape[1], peak)
    norms = np.linalg.norm(w.reshape(*w.shape[:2], -1).astype(complex), axis=2)
    norms = norms.reshape(of.groups, of.outputs, of.inputs)
    sums = np.einsum("goc,gc->go", norms, peaks.reshape(of.groups, of.inputs)).ravel() * prod(points) ** 0.5
    u = unit(x.dtype)
    made = (FFT_CONSTANT * log2(prod(points)) + of.inputs) * u * sums
    return made.reshape(-1, *(1 for _ in of.axes))
