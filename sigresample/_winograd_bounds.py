"""How far a result by Winograd's F(4×4, 3×3) may lie from the exact sum, from the arithmetic alone.

With the transforms' matrices B, G, A (points 0, ±5/8, ±3/2, infinity) a tile of results is

    Y = Aᵀ [ Σ_c (G w Gᵀ) ⊙ (Bᵀ X B) ] A

Each output is a sum of products of constants, samples and weights. A computed one is the same sum in which each term
carries a factor (1 + δ)ᵏ, |δ| ≤ u, of at most k roundings:

    data      4 along each axis   (two sums of a product and a term; with fused products 2)
    weights   5 along each axis   (a constant of two roundings, its product, two sums)
    channels  C                   (C products, C - 1 sums, the first to an exact zero)
    results   4 along each axis   (a difference, its product with a constant, two sums)
    bias      1

so that  |error| ≤ γ(C + 26) |A|ᵀ [ Σ_c (|G| |w| |G|ᵀ) ⊙ (|B|ᵀ |X| |B|) ] |A|,  γ(n) = n u / (1 - n u),  with one
rounding more and |bias| beside the sum where there is a bias. Complex data has two real channels a channel. Of samples
and weights of magnitude 1, the bracket is up to 63 times the sum of the products' magnitudes. The error of normal
random numbers is some 13 u of a result's root mean square for 64 channels; that of their direct sum is 7 u.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _bounds
from ._channel_shapes import Along, Correlation
from ._routes.borders import fold

Array = np.ndarray[Any, Any]

A, B = 5 / 8, 3 / 2
ROUNDINGS = 27  # beside one for each channel
TILE, SAMPLES = 4, 6


def _matrices() -> tuple[Array, Array, Array]:
    """Return Bᵀ, G and Aᵀ."""
    points = np.array([0, A, -A, B, -B])
    data = np.zeros((6, 6))
    data[0] = [A * A * B * B, 0, -A * A - B * B, 0, 1, 0]
    data[5, 1:] = data[0, :5]
    for row, (a, b) in enumerate([(A, B), (-A, B), (B, A), (-B, A)], 1):
        data[row] = [0, -a * b * b, -b * b, a, 1, 0]
    slopes = [np.prod([p - q for q in points if q != p]) for p in points]
    weights = np.vstack([points[:, None] ** np.arange(3) / np.array(slopes)[:, None], [0, 0, 1]])
    results = np.column_stack([(points[:, None] ** np.arange(4)).T, [0, 0, 0, 1]])
    return data, weights, results


DATA, WEIGHTS, RESULTS = _matrices()


def bound(x: Array, w: Array, of: Correlation, boundary: int, bias: Array | None = None) -> Array:
    """Return, for each output (items, groups * outputs, rows, columns) of a correlation, the most that it may err.

    A number that is not finite counts as zero: what it touches is not a matter of rounding.
    """
    complex_ = x.dtype.kind == "c"
    roundings = ROUNDINGS + (2 if complex_ else 1) * of.inputs
    info = np.finfo(x.dtype)
    # Below the normal numbers an error is absolute. The smallest normal number, added to each magnitude, leaves room
    # for those of the transforms; those of the products reach a result by factors of less than 70 in all.
    least = float(info.tiny)
    samples, weights = _magnitude(x) + least, _magnitude(w) + least
    sums = np.empty((of.items, of.groups * of.outputs, *(axis.out for axis in of.axes)))
    spread_weights = np.einsum("ip,ocpq,jq->ocij", abs(WEIGHTS), weights, abs(WEIGHTS))
    tiles = [_tiles(axis, boundary) for axis in of.axes]
    for g in range(of.groups):
        ins, outs = (slice(g * n, (g + 1) * n) for n in (of.inputs, of.outputs))
        for (i, i_at, i_there), (j, j_at, j_there) in ((a, b) for a in tiles[0] for b in tiles[1]):
            there = i_there[:, None] & j_there
            tile = np.where(there, samples[:, ins, i_at[:, None], j_at], 0.0)
            spread = abs(DATA) @ tile @ abs(DATA).T
            products = np.einsum("ocij,ncij->noij", spread_weights[outs], spread)
            made = abs(RESULTS) @ products @ abs(RESULTS).T
            sums[:, outs, i[:, None], j] = made[:, :, : len(i), : len(j)]
    if bias is not None:
        sums += _magnitude(bias)[:, None, None]
    beneath = 128.0 * roundings * float(info.smallest_subnormal)
    made = _bounds.gamma(roundings, x.dtype) * (1.0 + 1e-9) * sums + beneath  # this is computed in float64
    return made * (2.0**0.5 if complex_ else 1.0)


def _magnitude(x: Array) -> Array:
    """Return |re| + |im|, which is at most what the sums of both parts' magnitudes are made of."""
    sizes = np.abs(x.real).astype(np.float64) + (np.abs(x.imag).astype(np.float64) if x.dtype.kind == "c" else 0.0)
    return np.where(np.isfinite(sizes), sizes, 0.0)


def _tiles(axis: Along, boundary: int) -> list[tuple[Array, Array, Array]]:
    """Return for each tile along an axis its outputs, the samples under them, and which of the six those are."""
    made = []
    for start in (k for r in range(min(axis.dilation, axis.out)) for k in range(r, axis.out, TILE * axis.dilation)):
        outputs = np.arange(start, min(axis.out, start + TILE * axis.dilation), axis.dilation)
        at = axis.first + start + np.arange(SAMPLES) * axis.dilation
        there = np.arange(SAMPLES) < len(outputs) + 2
        if boundary:
            at = fold(at, axis.data, boundary)
        there &= (at >= 0) & (at < axis.data)
        made.append((outputs, np.where(there, at, 0), there))
    return made
