"""How the gradients of a convolution are computed: by the transposed convolution, and by a convolution.

The gradient of the weights is a convolution with the batch as its channels,

    dw[o, c, p] = Σ_n Σ_i conj(x[n, c, i s + p d - pad]) g[n, o, i]

the output gradient slides over the input with step d between outputs and s between taps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _coerce, _errors
from .._channel_shapes import Sizes
from ._geometry import CONV, CONV_TRANSPOSE, Geometry, geometry, shape

Array = np.ndarray[Any, Any]


def input_grad(
    rank: int,
    input_size: Any,
    weight: Any,
    grad_output: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    padding_mode: str,
    workers: int | None,
    out: Array | None,
) -> Array:
    """Return the gradient of a convolution along `rank` axes with respect to its input."""
    name = f"conv{rank}d_input_grad"
    w, g = _array(name, "weight", weight), _array(name, "grad_output", grad_output)
    x = shape(name, "input_size", input_size)
    of = _shapes(name, rank, x, w.shape, g.shape, stride, padding, dilation, groups, padding_mode)
    return CONV_TRANSPOSE[rank](
        g, w.conj(), None, stride, padding, 0, of.groups, dilation,
        padding_mode=padding_mode, output_size=of.data, workers=workers, out=out,
    )  # fmt: skip


def weight_grad(
    rank: int,
    input: Any,
    weight_size: Any,
    grad_output: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    padding_mode: str,
    workers: int | None,
    out: Array | None,
) -> Array:
    """Return the gradient of a convolution along `rank` axes with respect to its weights."""
    name = f"conv{rank}d_weight_grad"
    x, g = _array(name, "input", input), _array(name, "grad_output", grad_output)
    w = shape(name, "weight_size", weight_size)
    of = _shapes(name, rank, x.shape, w, g.shape, stride, padding, dilation, groups, padding_mode)
    sides = []
    for axis in of.axes:
        # Samples behind the last that a tap meets would make rows of no tap.
        met = axis.first + (axis.out - 1) * axis.stride + (axis.taps - 1) * axis.dilation + 1
        kept = min(axis.data, max(met, 1)) if padding_mode == "zeros" else axis.data
        sides.append((kept, (-axis.first, max(0, met - kept))))
    x = _cut(x, [kept for kept, _ in sides])
    items = len(x) if x.ndim == rank + 2 else 1
    y = CONV[rank](
        _batch_as_channels(x, rank, of.groups).conj().swapaxes(0, 1).reshape(w[1], of.groups * items, *x.shape[-rank:]),
        _batch_as_channels(g, rank, of.groups).reshape(w[0], items, *g.shape[-rank:]),
        None,
        tuple(axis.dilation for axis in of.axes),
        tuple(pair for _, pair in sides),
        tuple(axis.stride for axis in of.axes),
        of.groups,
        padding_mode=padding_mode,
        workers=workers,
    )
    made: Array = _coerce.into(name, out, np.ascontiguousarray(_cut(y, w[2:]).swapaxes(0, 1)), x, g)
    return made


def _array(name: str, argument: str, given: Any) -> Array:
    """Return an argument as an array, once it is seen to hold numbers: arrays are looked at by their shapes first."""
    x = _coerce.array(name, argument, given)
    if x.dtype.kind not in "biufc":
        raise TypeError(_errors.CHANNEL_TYPE.format(name=name, argument=argument, got=x.dtype))
    return x


def _cut(x: Array, lengths: Sequence[int]) -> Array:
    """Return the first elements along the last axes."""
    at: Any = (..., *map(slice, lengths))
    part: Array = x[at]
    return part


def _batch_as_channels(x: Array, rank: int, groups: int) -> Array:
    """Return (N, G C, ...) or (G C, ...) as (G, C, N, ...)."""
    items = x if x.ndim == rank + 2 else x[None]
    split = items.reshape(len(items), groups, items.shape[1] // groups, *items.shape[2:])
    return np.moveaxis(split, 0, 2)


def _shapes(name: str, rank: int, x: Sizes, w: Sizes, g: Sizes, *how: Any) -> Geometry:
    """Return the shapes of the convolution of an x by a w, once its output is seen to have the shape of g."""
    of = geometry(name, rank, x, w, *how)
    if g != of.y:
        raise ValueError(_errors.GRAD_OUTPUT.format(name=name, want=of.y, got=g))
    return of
