"""Arrays of numbers that are copied and added by NumPy alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _coerce, _errors

Array = np.ndarray[Any, Any]


def numbers(name: str, given: Any, argument: str = "input") -> Array:
    """Return an array of numbers or booleans."""
    try:
        x = np.asarray(given)
    except ValueError as error:
        text = _errors.CHANNEL_RAGGED.format(name=name, argument=argument, got=type(given).__name__, why=error)
        raise ValueError(text) from None
    if x.dtype.kind not in "biufc":
        raise TypeError(_errors.NUMBERS.format(name=name, argument=argument, got=x.dtype))
    return x


def result(name: str, out: Any, shape: tuple[int, ...], x: Array) -> Array:
    """Return an array for a result of the type of x, or `out` once it is seen to fit."""
    return _coerce.output(name, out, _coerce.sized(name, shape, x.dtype.itemsize), x.dtype.newbyteorder("="), x)
