"""Extend or crop arrays of any rank: PyTorch's `pad`."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _errors
from ._arrays import numbers, result

Array = np.ndarray[Any, Any]
# Where some outputs of an axis lie, and the samples they are copies of (one sample stands for all of them).
Run = tuple[slice, slice]

MODES = ("constant", "reflect", "replicate", "circular")


def pad(
    input: Any, pad: Sequence[int], mode: str = "constant", value: complex | None = None, *, out: Array | None = None
) -> Array:
    """Extend the last axes of an array, or crop them.

    Parameters
    ----------
    input : array_like
        Numbers or booleans, in any number of dimensions.
    pad : sequence of int
        Samples to add before and after: the last axis first, ``(left, right, top, bottom, ...)``. A negative number
        crops.
    mode : {'constant', 'reflect', 'replicate', 'circular'}
        What stands outside: `value`; the samples in reverse, the outermost not repeated; the outermost sample; the
        samples from the other end.
    value : number, optional
        For 'constant': 0 by default, and turned into the type of `input` (a fraction is dropped from integers).
    out : ndarray, optional
        Where the result goes: of its exact shape and dtype, overlapping no input.

    Returns
    -------
    ndarray
        A new array, or `out`, of the dtype of `input`.

    Raises
    ------
    ValueError
        If a length would become negative (with 'reflect' and 'replicate': less than 1), `pad` has an odd number of
        elements or more than two for each axis, 'reflect' adds as many samples as there are or 'circular' more, or
        `value` does not fit.
    TypeError
        If `pad` holds what is no integer, or `input` no numbers.

    See Also
    --------
    conv2d : Convolves as if its input were padded, with ``padding=`` and ``padding_mode=``.
    numpy.pad : The same extensions by other names, first axis first.

    Notes
    -----
    As `torch.nn.functional.pad`, which leaves modes other than 'constant' to the last axes of 2 to 5. Where one end of
    an axis is cropped and the other extended, 'reflect' and 'replicate' see the whole axis, 'circular' what is left: it
    adds at most as many samples. PyTorch allows as many as there were, and repeats what is left or, where the front is
    extended or nothing is left, returns memory that it never wrote.

    Examples
    --------
    >>> from sigresample.nn import pad
    >>> pad([1, 2, 3], (2, 1))
    array([0, 0, 1, 2, 3, 0])
    >>> pad([1, 2, 3], (2, 1), mode="reflect")
    array([3, 2, 1, 2, 3, 2])
    >>> pad([[1, 2], [3, 4]], (-1, 0, 0, 1), mode="circular")
    array([[2],
           [4],
           [2]])
    """
    x = numbers("pad", input)
    if not isinstance(mode, str) or mode not in MODES:
        raise ValueError(_errors.PAD_MODE.format(got=mode))
    if mode != "constant" and not (value is None or (np.ndim(value) == 0 and value == 0)):
        raise ValueError(_errors.PAD_VALUE_UNUSED.format(mode=mode, got=value))
    ends = _ends(pad, x.ndim)
    shape = tuple(n + before + after for n, (before, after) in zip(x.shape, ends))
    runs = [_runs(n, *end, mode) if any(end) else [(slice(None), slice(None))] for n, end in zip(x.shape, ends)]
    y = result("pad", out, shape, x)
    if mode == "constant":
        y[...] = _filling(value, x.dtype)
    # Every output is written once, from x: as many blocks as there are runs, which are never more than outputs.
    for block in itertools.product(*runs) if y.size else ():
        y[tuple(to for to, _ in block)] = x[tuple(of for _, of in block)]
    return y


def _ends(pad: Any, ndim: int) -> list[tuple[int, int]]:
    """Return what to add before and after every axis, first axis first."""
    try:
        if any(isinstance(end, bool) for end in pad):
            raise TypeError
        flat = [operator.index(end) for end in pad]
    except TypeError:
        raise TypeError(_errors.PAD_TYPE.format(got=pad)) from None
    if len(flat) % 2 or len(flat) > 2 * ndim:
        raise ValueError(_errors.PAD_LENGTH.format(ndim=ndim, got=len(flat)))
    return [(0, 0)] * (ndim - len(flat) // 2) + list(zip(flat[-2::-2], flat[::-2]))


def _runs(n: int, before: int, after: int, mode: str) -> list[Run]:
    """Return the runs of outputs of an axis of n samples, each a copy of a slice of x."""
    least = 1 if mode in ("reflect", "replicate") else 0
    if n + before + after < least or (mode in ("constant", "circular") and n + min(before, 0) + min(after, 0) < 0):
        kept = "a sample" if least else "no less than nothing"
        raise ValueError(_errors.PAD_CROPPED.format(mode=mode, least=kept, n=n, got=(before, after)))
    first, last = max(0, -before), min(n, n + after)  # of the samples that are kept
    most = {"reflect": n - 1, "circular": last - first}.get(mode, math.inf if n else 0)
    if max(before, after) > most and mode != "constant":
        raise ValueError(_errors.PAD_MOST.format(mode=mode, most=most, n=n, got=(before, after)))
    # Output j is the sample at position j - before, which lies left of the samples, among them or right of them.
    left = (-before, min(0, n + after))
    right = (max(n, -before), n + after)
    runs = [((first, last), slice(first, last))]
    if mode == "reflect":
        turned = 2 * n - 2  # the sum of two positions that mirror each other at the end
        runs += [(left, _backwards(-left[0], -left[1])), (right, _backwards(turned - right[0], turned - right[1]))]
    elif mode == "replicate":
        runs += [(left, slice(0, 1)), (right, slice(n - 1, n))]
    elif mode == "circular":
        runs += [(left, slice(last + left[0], last + left[1])), (right, slice(first, first + max(after, 0)))]
    return [(slice(a + before, b + before), of) for (a, b), of in runs if a < b]


def _backwards(a: int, b: int) -> slice:
    """Return the slice of a, a - 1, ..., b + 1."""
    return slice(a, b if b >= 0 else None, -1)


def _filling(value: Any, dtype: np.dtype[Any]) -> Any:
    """Return the value between samples in their type."""
    if value is None:
        return dtype.type(0)
    number = np.asarray(value)
    if number.ndim or number.dtype.kind not in ("biufc" if dtype.kind == "c" else "biuf"):
        raise TypeError(_errors.PAD_VALUE_TYPE.format(dtype=dtype, got=value))
    if dtype.kind not in "iu":
        return dtype.type(value)
    try:
        whole = int(number)
        if not np.iinfo(dtype).min <= whole <= np.iinfo(dtype).max:
            raise OverflowError
    except (ValueError, OverflowError):
        raise ValueError(_errors.PAD_VALUE_RANGE.format(dtype=dtype, got=value)) from None
    return dtype.type(whole)
