"""A fixed filter, prepared once for many arrays."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from . import _call, _errors, _plans, checking, explaining
from ._cache import Cache
from .explaining import Explanation

Array = np.ndarray[Any, Any]

# What one filter may hold prepared, all lengths of arrays together.
PREPARED_BYTES = 64 * 2**20


class Convolver:
    """A fixed filter to convolve many arrays with.

    ``Convolver(h)(x)`` is ``convolve(x, h)``, byte for byte. What a route makes of the filter, its spectrum or the two
    factors of an image filter, is kept for the next array of that length.

    Parameters
    ----------
    h : array_like of shape (..., K)
        The filter, which is copied.
    mode : {'full', 'same', 'valid'}
        Which outputs, as in `convolve`.
    boundary : {'fill', 'wrap', 'symm', 'reflect', 'edge'}
        The samples outside an array, as in `convolve`.
    axes : int or iterable of int, optional
        The axis of an array along which each axis of the filter goes; by default the last ones. All others are batch
        axes.
    method : {'auto', 'direct', 'fft'}
        How, as in `convolve`.

    Attributes
    ----------
    h : ndarray
        The filter, read-only.
    mode, boundary, axes, method
        As given.
    nbytes : int
        Bytes held prepared: at most 64 MiB, the least recently used gone first. `clear_cache` frees them.

    Raises
    ------
    ValueError
        If the filter has no elements or no dimensions, or an argument is none of the above.
    TypeError
        If `axes` holds what is no integer.

    See Also
    --------
    convolve : The function, which describes accuracy and the arguments.
    clear_cache : Free what is prepared.

    Notes
    -----
    Any number of threads may use one at once. It can be pickled and copied, without what it has prepared.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample import Convolver
    >>> smooth = Convolver([0.25, 0.5, 0.25], mode="same", boundary="edge")
    >>> smooth([0, 0, 8, 0, 0])
    array([0., 2., 4., 2., 0.])
    >>> smooth(np.eye(3))
    array([[0.75, 0.25, 0.  ],
           [0.25, 0.5 , 0.25],
           [0.  , 0.25, 0.75]])
    >>> Convolver([1, -1], mode="valid", axes=0)([[1, 2], [4, 8]])
    array([[3, 6]])
    """

    def __init__(
        self,
        h: Any,
        mode: str = "full",
        boundary: str = "fill",
        *,
        axes: int | Iterable[int] | None = None,
        method: str = "auto",
    ) -> None:
        taps = np.array(h)
        if not taps.ndim or not taps.size:
            raise ValueError(_errors.CONVOLVER_TAPS.format(got=taps.shape))
        taps.flags.writeable = False
        self._h, self._mode, self._boundary, self._method = taps, mode, boundary, method
        self._axes = _numbers(axes, taps.ndim)
        for argument, allowed in (("mode", ("full", "same", "valid")), ("method", _plans.METHODS)):
            if getattr(self, argument) not in allowed:
                text = _errors.CONVOLUTION_MODE if argument == "mode" else _errors.CONVOLUTION_METHOD
                raise ValueError(text.format(name="Convolver", got=getattr(self, argument)))
        if not isinstance(boundary, str) or boundary not in _plans.BOUNDARIES:
            raise ValueError(_errors.CONVOLUTION_BOUNDARY.format(name="Convolver", got=boundary))
        self._prepared = Cache(PREPARED_BYTES)

    @property
    def h(self) -> Array:
        return self._h

    @property
    def mode(self) -> str:
        return self._mode

    @property
    def boundary(self) -> str:
        return self._boundary

    @property
    def axes(self) -> tuple[int, ...]:
        return self._axes

    @property
    def method(self) -> str:
        return self._method

    @property
    def nbytes(self) -> int:
        return self._prepared.nbytes

    def __call__(self, x: Any, *, out: Array | None = None, workers: int | None = None) -> Array:
        """Convolve an array.

        Parameters
        ----------
        x : array_like
            The data, of at least as many dimensions as the filter.
        out, workers
            As in `convolve`.

        Returns
        -------
        ndarray
            What ``convolve`` returns for `x` and the filter, the filter with axes of length 1 put in for batch axes.

        Raises
        ------
        ValueError, TypeError
            As `convolve`; also if `x` has no such axes.
        """
        x, h = self._together(x)
        if checking.ASKED.get() is None:
            result: Array = self._convolve(x, h, self._mode, self._method, workers, out, self._boundary)
            return result

        def convolve(
            in1: Any, in2: Any, mode: str, method: str, *, boundary: str = "fill", workers: Any = None, out: Any = None
        ) -> Array:
            made: Array = self._convolve(in1, in2, mode, method, workers, out, boundary)
            return made

        plan = explaining.PLANS["convolve"][1]
        how: dict[str, Any] = {"boundary": self._boundary, "workers": workers, "out": out}
        return checking.compared(convolve, plan, x, h, self._mode, self._method, **how)

    def explain(self, x: Any, *, out: Array | None = None, workers: int | None = None) -> Explanation:
        """Say how a call with these arguments would compute, as `explain` does, without running it."""
        x, h = self._together(x)
        return _call.explain("convolve", x, h, self._mode, self._method, workers, out, self._boundary, 0)

    def _convolve(
        self, x: Any, h: Array, mode: str, method: str, workers: int | None, out: Array | None, boundary: str
    ) -> Any:
        return _call.run("convolve", x, h, mode, method, workers, out, boundary, 0, prepared=self._prepared)

    def _together(self, x: Any) -> tuple[Any, Array]:
        """Return the data, and the filter with as many dimensions."""
        x = _call.array(x)
        if x.ndim < self._h.ndim:
            raise ValueError(_errors.CONVOLVER_DATA.format(least=self._h.ndim, got=x.shape))
        if x.ndim == self._h.ndim and self._axes == tuple(range(-x.ndim, 0)):
            return x, self._h
        if not all(-x.ndim <= axis < x.ndim for axis in self._axes):
            raise ValueError(_errors.CONVOLVER_RANGE.format(axes=self._axes, got=x.shape))
        at = [axis % x.ndim for axis in self._axes]
        if len(set(at)) < len(at):
            raise ValueError(_errors.CONVOLVER_TWICE.format(axes=self._axes, got=x.shape))
        h = self._h.transpose(np.argsort(at))
        return x, h.reshape([self._h.shape[at.index(axis)] if axis in at else 1 for axis in range(x.ndim)])

    def __repr__(self) -> str:
        axes = "" if self._axes == tuple(range(-self._h.ndim, 0)) else f", axes={self._axes}"
        method = "" if self._method == "auto" else f", method={self._method!r}"
        taps = f"<{self._h.dtype} of shape {self._h.shape}>"
        return f"Convolver({taps}, mode={self._mode!r}, boundary={self._boundary!r}{axes}{method})"

    def __getstate__(self) -> tuple[Any, ...]:
        return self._h, self._mode, self._boundary, self._axes, self._method

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        h, mode, boundary, axes, method = state
        self.__init__(h, mode, boundary, axes=axes, method=method)  # type: ignore[misc]  # a new cache, a read-only filter


def _numbers(axes: int | Iterable[int] | None, ndim: int) -> tuple[int, ...]:
    """Return one axis of the data for each of the filter."""
    if axes is None:
        return tuple(range(-ndim, 0))
    given: Any = axes if isinstance(axes, Iterable) else (axes,)
    try:
        numbers = tuple(operator.index(axis) for axis in given)
    except TypeError:
        raise TypeError(_errors.CONVOLVER_AXES_TYPE.format(got=axes)) from None
    if len(numbers) != ndim:
        raise ValueError(_errors.CONVOLVER_AXES.format(ndim=ndim, got=axes))
    return numbers
