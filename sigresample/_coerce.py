"""From whatever a caller passes to the arrays that a kernel accepts."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from . import _errors, _kernels

# What the kernels compute themselves. Long double, half and object go to SciPy's own functions.
FLOATS = frozenset("fdFD")
INTEGERS = frozenset("bBhHiIlLqQ?")
# What sigresample.nn takes: half is computed in single precision.
NUMBERS = FLOATS | INTEGERS | {"e"}
# More bytes than any machine can address are never asked for.
MOST_BYTES = 2**48


def array(name: str, argument: str, given: Any) -> np.ndarray[Any, Any]:
    """Return what a caller passes as an array; what holds no numbers is refused by its name."""
    if type(given) is np.ndarray:
        return given
    kind = type(given).__name__
    try:
        made = np.asarray(given)
    except MemoryError:
        raise
    except Exception as error:  # of lists that are no grid; of another library, whatever it raises
        wrong = ValueError if isinstance(error, ValueError) else TypeError
        text = _errors.CHANNEL_RAGGED.format(name=name, argument=argument, got=kind, why=error)
        raise wrong(text) from None
    if made.dtype.kind not in "biufc":
        got = f"{kind} of {made.dtype}" if made.ndim else kind
        raise TypeError(_errors.CHANNEL_TYPE.format(name=name, argument=argument, got=got))
    return made


def known(name: str, argument: str, dtype: np.dtype[Any]) -> None:
    """Refuse a type that sigresample.nn does not compute."""
    if dtype.char not in NUMBERS:
        raise TypeError(_errors.CHANNEL_TYPE.format(name=name, argument=argument, got=dtype))


def sized(name: str, shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Return a result's shape, once it is seen that memory can be asked for: NumPy's own error names no function."""
    if prod(n for n in shape if n) * itemsize > MOST_BYTES:
        raise ValueError(_errors.CHANNEL_LARGE.format(name=name, got=shape))
    return shape


def plain(x: np.ndarray[Any, Any]) -> bool:
    """Return whether an array of the right type is the kernels' own as it lies."""
    flags = x.flags
    return flags.c_contiguous and flags.aligned


def contiguous(x: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Return x in native byte order, C-contiguous, aligned and of `dtype`: itself when it is that already."""
    flags = x.flags
    if x.dtype is dtype and flags.c_contiguous and flags.aligned:
        return x
    x = np.array(x, dtype=dtype, order="C", copy=None)
    return x if x.flags.aligned else x.copy()


def finite(x: np.ndarray[Any, Any]) -> bool:
    """Return whether all numbers of an array of ours are finite; integers are."""
    if x.dtype.char not in FLOATS:
        return True
    flags = x.flags
    if flags.forc and flags.aligned and x.dtype.isnative:
        return _kernels.correlate.finite(x)
    return bool(np.isfinite(x).all())


def output(
    name: str,
    out: Any,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    *inputs: np.ndarray[Any, Any],
) -> np.ndarray[Any, Any]:
    """Return a fresh result array, or `out` once it is seen to fit and to overlap no input."""
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray):
        raise TypeError(_errors.OUT_TYPE.format(name=name, got=type(out).__name__))
    if out.shape != shape:
        raise ValueError(_errors.OUT_SHAPE.format(name=name, want=shape, got=out.shape))
    if out.dtype != dtype:
        raise ValueError(_errors.OUT_DTYPE.format(name=name, want=dtype, got=out.dtype))
    if not out.flags.writeable:
        raise ValueError(_errors.OUT_READONLY.format(name=name))
    if not out.flags.forc and _overlaps_itself(out):
        raise ValueError(_errors.OUT_ITSELF.format(name=name, got=out.strides))
    for x in inputs:
        if _overlap(out, x):
            raise ValueError(_errors.OUT_OVERLAP.format(name=name))
    return out


def into(name: str, out: Any, result: Any, *inputs: np.ndarray[Any, Any]) -> Any:
    """Return a result that is made already, or `out` with it, once that is seen to fit and to overlap no input."""
    if out is None:
        return result
    given = output(name, out, result.shape, result.dtype, *inputs)
    given[...] = result
    return given


def _overlaps_itself(x: np.ndarray[Any, Any]) -> bool:
    """Return whether two elements may share memory: where no axis steps over all that shorter steps reach."""
    reach = x.itemsize
    for step, n in sorted((abs(step), n) for step, n in zip(x.strides, x.shape, strict=True) if n > 1):
        if step < reach:
            return True
        reach += step * (n - 1)
    return False


def _overlap(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    """Return whether two arrays share an element; strides too intricate to tell count as sharing."""
    if not np.may_share_memory(a, b):
        return False
    try:
        return np.shares_memory(a, b, max_work=100_000)  # type: ignore[arg-type]  # any number will do
    except np.exceptions.TooHardError:
        return True
