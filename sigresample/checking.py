"""Every call compared with SciPy's own or, where it has none, with its definition, on demand.

Our result and SciPy's must have the same dtype and shape. Integers and booleans must be equal, the rest must lie
within the sum of both routes' bounds (`_bounds.py`), and NaN and infinities must sit in the same places. Where
one raises, so must the other, with a class of the same family.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from os import environ
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np

from . import _bounds, _differences, _errors, explaining
from ._guard import Guard
from ._scipy_call import Call, added

P = ParamSpec("P")
R = TypeVar("R")


class CheckError(RuntimeError):
    """A result of sigresample and SciPy's, or its definition's, disagree beyond the bounds of both.

    Attributes
    ----------
    function, route : str
        The function, and the way it computed.
    index : tuple of int or None
        The first differing element in C order; None where shapes, dtypes or exceptions differ.
    ours, theirs : object
        Both values there.
    """

    function: str
    route: str
    index: tuple[int, ...] | None
    ours: Any
    theirs: Any


class Tolerance(NamedTuple):
    """The caller's tolerances; None for both leaves the derived bounds."""

    rtol: float | None
    atol: float | None


def _from_environment() -> Tolerance | None:
    value = environ.get("SIGRESAMPLE_CHECK", "")
    if value not in ("", "0", "1"):
        raise ImportError(_errors.CHECK_VARIABLE.format(got=value))
    return Tolerance(None, None) if value == "1" else None


# One context variable, so that every thread and every async task has its own; the faces test it for None.
ASKED: ContextVar[Tolerance | None] = ContextVar("sigresample checks", default=_from_environment())  # noqa: B039 (a NamedTuple)


class Definition(NamedTuple):
    """What the definition of a function without a peer in SciPy gives, and how far from it a result may lie."""

    value: np.ndarray[Any, Any] | tuple[np.ndarray[Any, Any], ...]
    allowed: Callable[[explaining.Explanation], Any]  # of the first, if there are several: the others hold integers


# Filled by the faces: name -> its definition, asked with the arguments of a call.
DEFINITIONS: dict[str, Callable[..., Definition]] = {}

# SciPy's warnings are not the caller's, and hiding them swaps a list that all threads share.
_hidden: list[warnings.catch_warnings[None]] = []


def _show_again() -> None:
    """Undo what another thread was doing when this process was forked."""
    for swap in reversed(_hidden):
        with suppress(RuntimeError):  # it was about to begin
            swap.__exit__(None, None, None)
    _hidden.clear()


_hiding = Guard(_show_again)


@contextmanager
def _quiet() -> Iterator[None]:
    with _hiding, np.errstate(all="ignore"):
        swap = warnings.catch_warnings()
        _hidden.append(swap)  # first, and gone last: a fork may come at any time
        try:
            with swap:
                warnings.simplefilter("ignore")
                yield
        finally:
            _hidden.pop()


@contextmanager
def checked(rtol: float | None = None, atol: float | None = None) -> Iterator[None]:
    """Compare every call inside with SciPy's own, or with its definition.

    That is for the functions of `sigresample.nn`, which SciPy does not have.

    Setting the environment variable ``SIGRESAMPLE_CHECK=1`` does so for a whole process.

    Parameters
    ----------
    rtol, atol : float, optional
        Allow floating-point results to differ by ``atol + rtol * abs(scipy's)``; one that is not given counts
        as 0. Without both, the allowed difference is derived from the arithmetic of both routes. Integers and
        booleans must always be equal.

    Returns
    -------
    context manager
        Inside it, in this thread or async task, calls raise where they disagree with SciPy.

    Raises
    ------
    CheckError
        Inside, where a result or an exception differs from SciPy's. Its text names the function, the route, the
        first differing index and both values.
    ValueError
        If a tolerance is negative or NaN.

    See Also
    --------
    explain : What a call would do.

    Notes
    -----
    A checked call costs its own time and SciPy's. The places where the two differ on purpose are known: see
    ``docs/differences.md``.

    Examples
    --------
    >>> import sigresample
    >>> with sigresample.checked():
    ...     print(sigresample.convolve([1, 2, 3], [1, 1]))
    [1 3 5 3]
    """
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value is not None and not value >= 0:
            raise ValueError(_errors.TOLERANCE.format(name=name, got=value))
    token = ASKED.set(Tolerance(rtol, atol))
    try:
        yield
    finally:
        ASKED.reset(token)


def compared(
    function: Callable[P, R], plan: Callable[P, explaining.Explanation] | None, *args: P.args, **kwargs: P.kwargs
) -> R:
    """Run a function and SciPy's own, compare, and return the function's result or raise its exception."""
    tolerance = ASKED.get()
    token = ASKED.set(None)  # what either side calls inside is not compared once more
    try:
        ours = _Outcome.of(function, *args, **kwargs)
        definition = DEFINITIONS.get(function.__name__)
        if definition is not None:  # which has no errors of its own
            if ours.error is not None:
                raise ours.error
            assert plan is not None
            _compare_with_definition(plan(*args, **kwargs), ours.value, definition, args, kwargs, tolerance)
            return ours.value  # type: ignore[no-any-return]
        if ours.error is None:
            made = explaining.unplanned(function.__name__) if plan is None else plan(*args, **kwargs)
            _compare_results(made, ours.value, args, kwargs, tolerance)
            return ours.value  # type: ignore[no-any-return]
        scipys = {key: value for key, value in kwargs.items() if key not in added(function.__name__)}
        if len(scipys) < len(kwargs) and _Outcome.of(function, *args, **scipys).error is None:
            raise ours.error  # about an argument that SciPy does not have
        _compare_errors(function.__name__, ours.error, args, scipys)
        raise ours.error
    finally:
        ASKED.reset(token)


class _Outcome(NamedTuple):
    """What a call gave: a value, or an exception."""

    value: Any
    error: Exception | None

    @classmethod
    def of(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> _Outcome:
        try:
            return cls(function(*args, **kwargs), None)
        except Exception as error:  # compared with SciPy's
            return cls(None, error)

    def __str__(self) -> str:
        if self.error is not None:
            return f"{type(self.error).__name__}({str(self.error)!r})"
        shape = getattr(self.value, "shape", "")
        return f"{getattr(self.value, 'dtype', type(self.value).__name__)} {shape}".strip()


def _scipys(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[_differences.Question | None, _Outcome | None]:
    """Ask SciPy: the question put, and its answer; no answer where this call is not to be compared."""
    call = Call.of(name, args, kwargs)
    if call is None:
        return None, _Outcome(None, TypeError("these arguments are not in its signature"))
    question = _differences.question(call)
    if question is None:
        return None, None
    with _quiet():
        answer = _Outcome.of(question.call.run)
    return question, None if isinstance(answer.error, MemoryError) else answer


def _compare_errors(name: str, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if isinstance(error, MemoryError):
        return
    _, theirs = _scipys(name, args, kwargs)
    if theirs is not None and (theirs.error is None or not _related(error, theirs.error)):
        raise _disagreement(name, "none", None, _Outcome(None, error), theirs) from error


def _related(a: Exception, b: Exception) -> bool:
    """Return whether two exceptions share a class below Exception itself."""
    return bool(set(type(a).__mro__) & set(type(b).__mro__) - {Exception, BaseException, object})


def _compare_results(
    made: explaining.Explanation,
    ours: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    tolerance: Tolerance | None,
) -> None:
    if made.route == "scipy":  # that was SciPy's own function
        return
    question, theirs = _scipys(made.function, args, kwargs)
    if theirs is None:
        return
    if question is None or theirs.error is not None:
        raise _disagreement(made.function, made.route, None, _Outcome(ours, None), theirs)
    want = question.read(theirs.value)
    if made.function == "resample" and isinstance(want, tuple) and isinstance(ours, tuple):  # the new times
        _compare_kinds(made, ours[1], want[1])
        _raise_first(made, ours[1] != want[1], ours[1], want[1], None)
        ours, want = ours[0], want[0]
    _compare_kinds(made, ours, want)
    if not question.values:
        return
    z = np.asarray(want)
    _compare_values(made, np.asarray(ours), z, lambda: _bounds.allowed(made, question.call, z.dtype), tolerance)


def _compare_with_definition(
    made: explaining.Explanation,
    ours: Any,
    definition: Callable[..., Definition],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    tolerance: Tolerance | None,
) -> None:
    with np.errstate(all="ignore"):
        answer = definition(*args, **kwargs)
    _compare_kinds(made, ours, answer.value)
    pairs = zip(ours, answer.value, strict=True) if isinstance(answer.value, tuple) else [(ours, answer.value)]
    for y, z in pairs:
        _compare_kinds(made, y, z)
        _compare_values(made, np.asarray(y), z, lambda: answer.allowed(made), tolerance)


def _compare_values(
    made: explaining.Explanation,
    y: np.ndarray[Any, Any],
    z: np.ndarray[Any, Any],
    bounds: Callable[[], Any],
    tolerance: Tolerance | None,
) -> None:
    if z.dtype.kind not in "fc":
        _raise_first(made, y != z, y, z, None)
        return
    misplaced = _misplaced(y, z)
    if misplaced.any():
        # Where a sum may overflow, so may its parts: then infinity and NaN are both an answer.
        with np.errstate(all="ignore"):
            misplaced &= ~np.isinf(bounds())
    _raise_first(made, misplaced, y, z, None)
    with np.errstate(all="ignore"):
        wide = np.result_type(z, np.complex128 if z.dtype.kind == "c" else np.float64)
        apart = np.where(np.isfinite(y) & np.isfinite(z), np.abs(y.astype(wide) - z.astype(wide)), 0.0)
        if not apart.any():  # the bounds cost more than all the rest
            return
        if tolerance is None or tolerance == (None, None):
            allowed = bounds()
        else:
            allowed = (tolerance.atol or 0.0) + (tolerance.rtol or 0.0) * np.abs(z)
        _raise_first(made, ~((apart == 0) | (apart <= allowed)), y, z, np.broadcast_to(allowed, y.shape))


def _compare_kinds(made: explaining.Explanation, ours: Any, theirs: Any) -> None:
    """Compare everything but the values."""
    if not isinstance(theirs, np.ndarray | np.generic):
        same = type(ours) is type(theirs)
    else:
        same = isinstance(ours, np.ndarray | np.generic) and ours.shape == theirs.shape
        same = same and ours.dtype.newbyteorder("=") == theirs.dtype.newbyteorder("=")
    if not same:
        raise _disagreement(made.function, made.route, None, _Outcome(ours, None), _Outcome(theirs, None))


def _misplaced(y: np.ndarray[Any, Any], z: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return where the two differ in NaN and infinities; of complex numbers, where just one is finite."""
    if z.dtype.kind == "c":
        return np.asarray(np.isfinite(y) != np.isfinite(z))
    return np.asarray((np.isnan(y) != np.isnan(z)) | ((np.isinf(y) | np.isinf(z)) & (y != z) & ~np.isnan(y)))


def _raise_first(
    made: explaining.Explanation,
    bad: np.ndarray[Any, Any],
    y: np.ndarray[Any, Any],
    z: np.ndarray[Any, Any],
    allowed: np.ndarray[Any, Any] | None,
) -> None:
    if np.any(bad):
        index = tuple(map(operator.index, np.unravel_index(int(np.argmax(bad)), np.shape(bad))))
        bound = None if allowed is None else float(allowed[index])
        raise _disagreement(made.function, made.route, index, y[index], z[index], bound)


def _disagreement(
    function: str, route: str, index: tuple[int, ...] | None, ours: Any, theirs: Any, bound: float | None = None
) -> CheckError:
    where = "" if index is None else f" at index {index}"
    limit = "" if bound is None else f" (allowed difference {bound:.3g})"
    peer = "its definition" if function in DEFINITIONS else f"scipy.signal.{function}"
    error = CheckError(
        _errors.DISAGREE.format(
            name=function, route=route, where=where, ours=ours, peer=peer, theirs=theirs, limit=limit
        )
    )
    error.function, error.route, error.index, error.ours, error.theirs = function, route, index, ours, theirs
    return error
