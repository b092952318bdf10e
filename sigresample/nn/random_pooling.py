"""Pooling that draws: PyTorch's `fractional_max_pool2d`, and stochastic pooling."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from .. import _window_check, _window_random, checking, explaining
from .._face import face

Array = np.ndarray[Any, Any]
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


def _fractional(ask: Callable[..., R]) -> Callable[..., R]:
    """Return what takes the arguments of `fractional_max_pool2d` and asks something else of them."""

    def asked(
        input: Any,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
        *,
        rng: Any = None,
        workers: int | None = None,
        out: Any = None,
    ) -> R:
        return ask(
            "fractional_max_pool2d", input, kernel_size, output_size, output_ratio, return_indices, _random_samples,
            rng, workers,
        )  # fmt: skip

    return asked


def _stochastic(ask: Callable[..., R]) -> Callable[..., R]:
    """Return what takes the arguments of `stochastic_pool2d` and asks something else of them."""

    def asked(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        return_indices: bool = False,
        *,
        deterministic: bool = False,
        rng: Any = None,
        workers: int | None = None,
        out: Any = None,
        _random_samples: Any = None,
    ) -> R:
        return ask(
            "stochastic_pool2d", input, kernel_size, stride, padding, ceil_mode, return_indices, deterministic,
            _random_samples, rng, workers,
        )  # fmt: skip

    return asked


def _drawn_once(draw: Callable[..., Any]) -> Callable[[F], F]:
    """Make a check compare what was drawn once: its numbers go to the function and to its definition."""

    def decorate(public: F) -> F:
        takes = inspect.signature(public)

        @wraps(public)
        def outer(*args: Any, **kwargs: Any) -> Any:
            if checking.ASKED.get() is None:
                return public(*args, **kwargs)
            bound = takes.bind(*args, **kwargs)
            if bound.arguments.get("_random_samples") is None:
                bound.arguments["_random_samples"] = draw(*args, **kwargs)
            return public(*bound.args, **bound.kwargs)

        name = public.__name__
        explaining.PLANS[name] = (outer, explaining.PLANS[name][1])
        return outer  # type: ignore[return-value]

    return decorate


@_drawn_once(_fractional(_window_random.fractional_samples))
@face(plan=_fractional(_window_check.explain_fractional), definition=_fractional(_window_check.fractional))
def fractional_max_pool2d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
    *,
    rng: Any = None,
    workers: int | None = None,
    out: Any = None,
) -> Any:
    """Take the largest sample of each window of images, at drawn places.

    Window i of an axis of n samples begins at ``int((i + u) * a) - int(u * a)``, ``a = (n - k) / (out - 1)``, u drawn
    uniformly from 0 to 1 for each plane and axis; the last ends with the data.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        Booleans, integers, half, single or double precision. N may be 0, no other axis.
    kernel_size : int or (int, int)
        Samples k of a window along each axis.
    output_size : int or (int, int), optional
        Outputs along each axis: no more than there are places for windows.
    output_ratio : float or (float, float), optional
        Where `output_size` is not given: outputs for each sample, between 0 and 1.
    return_indices : bool
        Whether to return the places of the maxima as well.
    _random_samples : array_like of shape (N, C, 2), optional
        The numbers u, for columns and for rows of each plane, in place of drawing them. They are rounded to the type
        of `input`, in which PyTorch computes the places.
    rng : Generator or seed, optional
        What they are drawn with.
    workers, out
        As in `max_pool2d`.

    Returns
    -------
    ndarray of shape (N, C, H_out, W_out) or (C, H_out, W_out)
        The maxima, in the type of `input`.
    indices : ndarray of int64, of the same shape
        With `return_indices`: where in its plane each maximum lies.

    Raises
    ------
    ValueError
        If neither size nor ratio is given, or a number is out of its range.
    TypeError
        If an argument is of the wrong type.

    See Also
    --------
    max_pool2d : Windows that are a fixed step apart.

    References
    ----------
    .. [1] B. Graham, "Fractional max-pooling", 2014.

    Examples
    --------
    >>> from sigresample.nn import fractional_max_pool2d
    >>> image = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
    >>> fractional_max_pool2d(image, 2, output_size=1, rng=0)
    array([[[9]]])
    """
    return _window_random.fractional(
        "fractional_max_pool2d", input, kernel_size, output_size, output_ratio, return_indices, _random_samples, rng,
        workers, out,
    )  # fmt: skip


@_drawn_once(_stochastic(_window_random.stochastic_samples))
@face(plan=_stochastic(_window_check.explain_stochastic), definition=_stochastic(_window_check.stochastic))
def stochastic_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    deterministic: bool = False,
    rng: Any = None,
    workers: int | None = None,
    out: Any = None,
    _random_samples: Any = None,
) -> Any:
    """Draw a sample of each window of images, as likely as it is large.

    Sample a of a window whose samples add up to s is drawn with probability a / s; or the mean so weighted is
    returned, the sum of all a * a / s.

    Parameters
    ----------
    input : array_like of shape (N, C, H, W) or (C, H, W)
        Booleans, integers, half, single or double precision; none negative. N may be 0, no other axis.
    kernel_size, stride, padding, ceil_mode
        As in `max_pool2d`.
    return_indices : bool
        Whether to return the places of the drawn samples as well.
    deterministic : bool
        Whether to return the weighted mean, as networks do once they are trained, in place of drawing.
    rng : Generator or seed, optional
        What the samples are drawn with. One number is drawn for each output, in C order: a batch that is cut into
        parts draws the same from one generator as the whole.
    workers, out
        As in `max_pool2d`.
    _random_samples : array_like of the shape of the result, optional
        Numbers from 0 to 1 in place of drawing them.

    Returns
    -------
    ndarray of shape (N, C, H_out, W_out) or (C, H_out, W_out)
        The drawn samples, in the type of `input`; or the means, of integers and booleans in float64. A window of
        zeros gives 0, one with a NaN gives NaN, else one with an infinity infinity.
    indices : ndarray of int64, of the same shape
        With `return_indices`: where in its plane each sample lies; of a window of zeros, the first.

    Raises
    ------
    ValueError
        If a sample is negative, a number is out of its range, no window fits, or indices of means are asked for.
    TypeError
        If an argument is of the wrong type.

    See Also
    --------
    max_pool2d : Takes the largest.
    avg_pool2d : Takes the plain mean.

    Notes
    -----
    The same seed gives the same bytes with any number of workers. It costs two passes over all samples of all windows,
    in double precision.

    References
    ----------
    .. [1] M. D. Zeiler and R. Fergus, "Stochastic pooling for regularization of deep convolutional neural networks",
       2013.

    Examples
    --------
    >>> from sigresample.nn import stochastic_pool2d
    >>> stochastic_pool2d([[[0.0, 3], [0, 0]]], 2)
    array([[[3.]]])
    >>> stochastic_pool2d([[[1.0, 3], [0, 0]]], 2, deterministic=True)
    array([[[2.5]]])
    """
    return _window_random.stochastic(
        "stochastic_pool2d", input, kernel_size, stride, padding, ceil_mode, return_indices, deterministic,
        _random_samples, rng, workers, out,
    )  # fmt: skip
