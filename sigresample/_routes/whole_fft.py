"""One transform of each whole array, by scipy.fft, item by item.

Items are computed one at a time, so that an item's bytes do not depend on what lies beside it. Of each item
only the outputs asked for are kept untouched: a circular convolution as short as they allow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from math import log2, prod, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _shapes

if TYPE_CHECKING:
    from .._plans import Plan

Array = np.ndarray[Any, Any]
Index = tuple[int | slice, ...]

# The largest error of an FFT convolution is C * log2(L) * u * |x| * |h|, in 2-norms. A radix-2 transform is
# bounded by 3 roundings a stage for its sums, sqrt(5) for its products and 1 for its twiddles, in each of
# three transforms: under 13 (Percival 2003). Larger radices do less per bit; 16 leaves room for them.
C = 16.0


@cache
def lengths(axes: tuple[_shapes.Axis, ...], bordered: bool, real: bool) -> tuple[int, ...]:
    """Return the points of the transform on each summed axis."""
    from scipy.fft import next_fast_len

    wanted = [_shapes.transform_length(axes[i], bordered) for i in _shapes.summed(axes, bordered)]
    last = len(wanted) - 1
    return tuple(next_fast_len(n, real and i == last) for i, n in enumerate(wanted))


def run(
    plan: Plan, in1: Array, in2: Array, y: Array, fill: Any, workers: int, otherwise: Callable[[Index], Array]
) -> bool:
    """Fill y by transforms; return whether a NaN or an infinity came in where the caller asked for them by name.

    `otherwise` computes one item directly: where the transform could miss an integer, where it overflows,
    and where an input is not finite.
    """
    axes = _shapes.axes(plan.window, swap=False, reverse=False)
    sums = _shapes.summed(axes, plan.bordered)
    transforms = _Transforms(plan, in1, in2, axes, fill, workers)
    keep = tuple(
        slice(start, start + axes[i].out)
        for i in sums
        for start in [axes[i].taps - 1 if plan.bordered else plan.window.start[i]]
    )
    exact = plan.dtype.kind in "biu"
    nonfinite = False
    with np.errstate(all="ignore"):  # what overflows is summed
        for index in items(axes, sums):
            if exact and not transforms.certain(index):
                y[index] = otherwise(index)
                continue
            made = transforms.product(index)[keep]
            if exact:
                y[index] = _whole(made, plan.dtype)
                continue
            if not np.isfinite(made).all():
                made = otherwise(index)
                nonfinite |= not (plan.auto or transforms.finite(index))
            y[index] = made
    return nonfinite


def items(axes: tuple[_shapes.Axis, ...], sums: list[int]) -> Iterator[Index]:
    """Yield the index of every item of a result: all along the summed axes, one element on the others."""
    return product(*((slice(None),) if i in sums else range(axis.out) for i, axis in enumerate(axes)))


def error_bound(points: int, norm1: float, norm2: float) -> float:
    """Return what no output of an FFT convolution in float64 is off by."""
    return C * log2(points + 1) * 2.0**-53 * norm1 * norm2


def norm2(x: Array) -> float:
    """Return the square root of the sum of squares of a real array, on this thread alone: BLAS would take more."""
    flat = x.ravel()
    return sqrt(np.einsum("i,i->", flat, flat))


class _Transforms:
    """The arrays of one call in the frequency domain, an item at a time."""

    def __init__(
        self, plan: Plan, in1: Array, in2: Array, axes: tuple[_shapes.Axis, ...], fill: Any, workers: int
    ) -> None:
        from scipy import fft

        self.real = plan.dtype.kind != "c"
        self.forward, self.inverse = (fft.rfftn, fft.irfftn) if self.real else (fft.fftn, fft.ifftn)
        self.points = lengths(axes, plan.bordered, self.real)
        self.workers = workers
        # Integers are transformed in double precision, as SciPy does, also beside data in single.
        single = plan.dtype.char in "fF" and all(dtype.kind in "fc" for dtype in plan.dtypes)
        self.real_type = np.dtype(np.float32 if single else np.float64)
        self.complex_type = np.dtype(np.complex64 if single else np.complex128)
        self.exact = plan.dtype.kind in "biu"
        self.border = (axes, _shapes.summed(axes, True), plan.boundary, fill) if plan.bordered else None
        self.conj = (plan.turn is None and plan.conj_in1, plan.turn is None and not plan.conj_in1)
        if plan.turn is None:  # a correlation is the convolution with in2 reversed and conjugated
            in2 = in2[(slice(None, None, -1),) * in2.ndim]
        self.inputs = (in1, in2)
        self.spectra: list[tuple[Index, Array] | None] = [None, None]
        self.norms: list[tuple[Index, float] | None] = [None, None]

    def product(self, index: Index) -> Array:
        """Return the circular convolution of one item."""
        spectrum1, spectrum2 = (self._spectrum(which, index) for which in (0, 1))
        with np.errstate(over="ignore", invalid="ignore"):  # the caller looks at the result
            made: Array = self.inverse(spectrum1 * spectrum2, self.points, workers=self.workers)
        return made

    def certain(self, index: Index) -> bool:
        """Return whether rounding an item to integers gives the exact sums."""
        return error_bound(prod(self.points), *(self._norm(which, index) for which in (0, 1))) < 0.25

    def finite(self, index: Index) -> bool:
        """Return whether an item's inputs are."""
        return all(bool(np.isfinite(self._item(which, self._at(which, index))).all()) for which in (0, 1))

    def _at(self, which: int, index: Index) -> Index:
        shape = self.inputs[which].shape
        return tuple(i if n > 1 or isinstance(i, slice) else 0 for i, n in zip(index, shape, strict=True))

    def _item(self, which: int, at: Index) -> Array:
        item = self.inputs[which][at]
        item = item.astype(self.complex_type if item.dtype.kind == "c" else self.real_type, copy=False)
        if which == 0 and self.border:
            item = _extended(item, *self.border)
        return item.conj() if self.conj[which] else item

    def _norm(self, which: int, index: Index) -> float:
        at, kept = self._at(which, index), self.norms[which]
        if kept is not None and kept[0] == at:
            return kept[1]
        norm = norm2(self._item(which, at))
        self.norms[which] = at, norm
        return norm

    def _spectrum(self, which: int, index: Index) -> Array:
        at, kept = self._at(which, index), self.spectra[which]
        if kept is not None and kept[0] == at:
            return kept[1]
        spectrum: Array = self.forward(self._item(which, at), self.points, workers=self.workers)
        self.spectra[which] = at, spectrum
        return spectrum


def _whole(made: Array, dtype: np.dtype[Any]) -> Array:
    """Return exact sums, which the transform met to less than a half, wrapped into an integer type."""
    if dtype.kind == "b":
        return np.greater(made, 0.5)
    return np.rint(made).astype(np.int64).astype(dtype)


def _extended(x: Array, axes: tuple[_shapes.Axis, ...], sums: list[int], boundary: int, fill: Any) -> Array:
    """Return x with the samples that lie under some tap, those outside x by the boundary."""
    wanted = [np.arange(axes[i].first, axes[i].first + axes[i].out + axes[i].taps - 1) for i in sums]
    if boundary:
        inside: Array = x[np.ix_(*(fold(at, n, boundary) for at, n in zip(wanted, x.shape, strict=True)))]
        return inside
    kind = np.result_type(x.dtype, np.complex64) if isinstance(fill, complex) else x.dtype
    extended = np.full([len(at) for at in wanted], fill, kind)
    within = tuple(slice(max(0, -at[0]), max(0, -at[0]) + n) for at, n in zip(wanted, x.shape, strict=True))
    extended[within] = x
    return extended


def fold(at: Array, n: int, boundary: int) -> Array:
    """Return the samples that stand for positions at any distance outside: 1 wrap, 2 symm."""
    if boundary == 1:
        return np.asarray(at % n)
    at = at % (2 * n)
    return np.asarray(np.minimum(at, 2 * n - 1 - at))
