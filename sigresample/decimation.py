"""SciPy's decimate: FIR filters on the polyphase kernel, which computes kept outputs only; IIR filters are SciPy's."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from . import _coerce, _errors, _filters, _polyphase_jobs, _raising, _threads
from ._face import face
from ._originals import original
from .explaining import Explanation, by_scipy

_Array = np.ndarray[Any, Any]


def decimate_plan(
    x: Any,
    q: int,
    n: int | None = None,
    ftype: Any = "iir",
    axis: int = -1,
    zero_phase: bool = True,
    *,
    workers: int | None = None,
    out: Any = None,
) -> Explanation:
    """Return the plan of :func:`decimate`."""
    x = np.asarray(x)
    job = _job(x, q, n, ftype, axis, zero_phase)
    return (
        _scipys_plan(x, q, n, ftype, axis, zero_phase)
        if job is None
        else _polyphase_jobs.plan("decimate", job, workers)
    )


def _scipys_plan(x: _Array, q: Any, n: Any, ftype: Any, axis: Any, zero_phase: bool) -> Explanation:
    """Say what SciPy's function would do."""
    try:
        at = _polyphase_jobs.checked_axis("decimate", x, axis)
        poles = 8 if isinstance(ftype, str) else np.size(ftype.poles) + np.size(ftype.zeros)
        few = min(x.shape[at], 64 + 8 * (n or poles))  # enough to be filtered both ways: of the type that all would be
        dtype = original("decimate")(np.zeros(few, x.dtype), q, n, ftype, -1, zero_phase).dtype
    except Exception as error:  # whatever SciPy raises
        return by_scipy("decimate", f"SciPy's function refuses it: {error}")
    if ftype == "iir" or (not isinstance(ftype, str) and np.size(ftype.poles)):
        reason = "SciPy runs IIR filters"
    elif q == 1:
        reason = "q == 1 is a copy"
    else:
        reason = f"the kernels do not compute {x.dtype} with this filter"
    return by_scipy("decimate", reason, dtype, (*x.shape[:at], -(-x.shape[at] // q), *x.shape[at + 1 :]))


@face(plan=decimate_plan)
def decimate(
    x: Any,
    q: int,
    n: int | None = None,
    ftype: Any = "iir",
    axis: int = -1,
    zero_phase: bool = True,
    *,
    workers: int | None = None,
    out: Any = None,
) -> _Array:
    """Low-pass filter along an axis and keep every q-th sample.

    FIR filters compute the kept samples alone: ``y[m] = sum_k h[k] * x[m * q + delay - k]``.

    Parameters
    ----------
    x : array_like of shape (..., N, ...)
        Signals.
    q : int
        Factor.
    n : int, optional
        Order of the filter: 8 for 'iir', ``20 * q`` for 'fir', which has one tap more.
    ftype : {'iir', 'fir'} or scipy.signal.dlti, optional
        Chebyshev filter of type I, FIR filter with a Hamming window, or a filter of your own. Default 'iir'.
    axis : int, optional
        Axis of `x` that is decimated. Default -1.
    zero_phase : bool, optional
        Filter without a delay: an IIR filter forwards and backwards, an FIR filter shifted by half its order.
        Default True.
    workers : int, optional
        Threads of an FIR filter; None is all that this process may use, negative counts back from there. The result
        has the same bytes for any number.
    out : ndarray, optional
        Array of the result's shape and dtype that receives it; must not overlap `x`.

    Returns
    -------
    ndarray of shape (..., ceil(N / q), ...)
        The decimated signals, of the precision of `x` (float64 for integers and float16), or with a filter of your
        own, of dtype ``result_type(filter, x)``.

    Raises
    ------
    ValueError
        If `ftype` is none of the above, the filter cannot be designed, the signal is too short for an IIR filter, or
        `out` does not fit.
    TypeError
        If `q` or `n` is no integer, or a type is not supported.
    IndexError
        If `x` has no such axis.

    See Also
    --------
    resample_poly : Change the rate by any ratio.
    scipy.signal.decimate : The same call.

    Notes
    -----
    A sample kept costs ``n + 1`` multiply-adds of the FIR filter. For q above 13 with 'iir', decimate in several
    steps. The ripple of the default IIR filter makes a constant 1 come out as 0.9886.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample import decimate
    >>> decimate(np.ones(100), 4, ftype="fir")[10:14].round(6)
    array([1., 1., 1., 1.])
    """
    x = np.asarray(x)
    try:
        job = _job(x, q, n, ftype, axis, zero_phase)
        if job is None:
            _threads.count("decimate", workers, 0)
            result: _Array = original("decimate")(x, q, n, ftype, axis, zero_phase)
            return _coerce.into("decimate", out, result, x)  # type: ignore[no-any-return]
    except (ValueError, TypeError, IndexError, ZeroDivisionError) as error:
        if str(error).startswith("decimate: "):
            raise
        why = _errors.DECIMATION_ZERO.format(why=error) if isinstance(error, ZeroDivisionError) else error
        text = _errors.DECIMATION.format(why=why, dtype=x.dtype, shape=x.shape, q=q, n=n, axis=axis)
        raise _raising.again(error, text) from error  # one without our name: about the filter, the axis, the length
    return _polyphase_jobs.run(job, workers, out, x)


def _job(x: _Array, q: Any, n: Any, ftype: Any, axis: Any, zero_phase: Any) -> _polyphase_jobs.Job | None:
    """Return an FIR call ready for the kernel, or None for what SciPy computes or refuses."""
    q = _integer("q", q)
    n = None if n is None else _integer("n", n)
    dlti: Any = original("dlti")
    if not (ftype in ("iir", "fir") if isinstance(ftype, str) else isinstance(ftype, dlti)):
        raise ValueError(_errors.FTYPE.format(got=repr(ftype)))
    h = _filters.decimating(x.dtype, q, n, ftype)
    if h is None or (zero_phase and q == 1):  # the latter is a copy
        return None
    axis = _polyphase_jobs.checked_axis("decimate", x, axis)
    if zero_phase:
        made = _polyphase_jobs.resample_job(x, 1, q, axis, h, "constant", None)
        return None if made is None else made._replace(name="decimate")
    made = _polyphase_jobs.upfirdn_job(h, x, 1, q, axis, "constant", 0)
    if made is None:
        return None
    kept = -(-x.shape[axis] // q)
    shape = (*x.shape[:axis], kept, *x.shape[axis + 1 :])
    return made._replace(name="decimate", shapes=made.shapes._replace(n_out=kept, out=shape))


def _integer(argument: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError as error:
        got = repr(value)
        raise TypeError(_errors.INTEGER.format(name="decimate", argument=argument, why=error, got=got)) from None
