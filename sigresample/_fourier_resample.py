"""resample's spectra: which transforms, how a spectrum is cut or padded, and what happens to its last bin.

    y[m] = 1/n sum_{|k| <= K} X[k] W[k] exp(2 pi i k m / num),      K = min(n, num) // 2

The bin at half of an even min(n, num) stands for two frequencies, K and -K: where num < n both fall on it, where
num > n it is shared between them. Real signals carry the bins 0 .. K, complex ones -K .. -1 beside them.
"""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Callable
from functools import lru_cache
from math import log2, prod
from typing import Any, NamedTuple

import numpy as np

from . import _coerce, _errors, _gridded, _kernels, _long_fft, _raising, _threads
from ._originals import original
from ._workspace import Workspace
from .explaining import Explanation, by_scipy

_Array = np.ndarray[Any, Any]

PLAIN, GRIDDED = "whole FFT", "gridded FFT"
FACTORS = 2**20  # what is left without a factor below this counts as prime: no array has that many samples
SMOOTH = 11  # the largest prime factor that scipy.fft has code of its own for

# Nanoseconds a point of one thread (float32, float64): a real transform in parts, in one, more for each unit of a
# prime factor above SMOOTH (the same), at most (Bluestein's algorithm); a sample interpolated. AMD Zen 4, 2026-11-24.
NANOSECONDS: dict[str, tuple[float, float]] = {
    "parts": (2.6, 4.8),
    "one": (7.5, 8.0),
    "prime in parts": (0.06, 0.15),
    "prime in one": (0.08, 0.12),
    "most": (45.0, 70.0),
    "sample": (4.5, 10.5),
}
CALL, GRID_CALL = 2e-5, 1e-5
# Samples that go through at once: a few rows of a batch, so that what lies between stays near the cache.
AT_ONCE = 2**20
_TYPES = {"e": "f", "f": "f", "d": "d", "F": "F", "D": "D"}


def working_type(dtype: np.dtype[Any], spectrum: bool) -> np.dtype[Any] | None:
    """Return the type that a signal (or a spectrum) is computed in; None: SciPy's to compute or refuse."""
    char = _TYPES.get(dtype.char)
    if spectrum:
        return np.dtype(char.upper()) if char and dtype.char != "e" else None
    return np.dtype(np.float64) if dtype.kind in "biu" else np.dtype(char) if char else None


class Job(NamedTuple):
    """A call made ready."""

    x: _Array
    axis: int
    n: int
    num: int
    dtype: np.dtype[Any]  # of the transforms and the result
    spectrum: bool  # x is one already
    window: _Array | None  # n values, of which `kept` bins are used

    @property
    def shape(self) -> tuple[int, ...]:
        return (*self.x.shape[: self.axis], self.num, *self.x.shape[self.axis + 1 :])

    @property
    def rows(self) -> int:
        return int(prod(self.x.shape[: self.axis]) * prod(self.x.shape[self.axis + 1 :]))

    @property
    def top(self) -> int:
        """K, the highest frequency."""
        return min(self.n, self.num) // 2

    @property
    def ops(self) -> int:
        points = self.n + self.num
        return int(self.rows * points * log2(points + 1) * (2 if self.dtype.kind == "f" else 4))

    def gridded(self) -> tuple[bool, bool]:
        """Return which of both transforms goes over a grid: the choice is the lengths' and the type's alone."""
        first, second = _choice(self.n, self.num, self.dtype.char in "dD")
        return first and not self.spectrum, second


def job(x: _Array, num: Any, axis: Any, window: Any, domain: Any) -> Job | None:
    """Return the call ready to run, or None for a type that only SciPy computes."""
    if domain not in ("time", "freq"):
        raise ValueError(_errors.DOMAIN.format(domain=repr(domain)))
    spectrum = domain == "freq"
    dtype = working_type(x.dtype, spectrum)
    if dtype is None:
        return None
    axis = checked_axis(x, axis)
    num = _number(num)
    n = x.shape[axis]
    if num * 16 > 2**63:
        raise ValueError(_errors.NUM_HUGE.format(num=num))
    if n == 0 or num <= 0:
        raise ValueError(_errors.NO_POINTS.format(n=n, num=num))
    weights = None if window is None else _window(window, n, dtype, num)
    if weights is not None and dtype.kind == "c":  # complex numbers take the window's precision, from the start
        dtype = np.dtype(np.result_type(dtype, weights))
    return Job(x, axis, n, num, dtype, spectrum, weights) if dtype.char in _coerce.FLOATS else None


def _number(num: Any) -> int:
    try:
        return int(operator.index(num))
    except TypeError as error:
        raise TypeError(_errors.NUM_TYPE.format(why=error, got=repr(num))) from None


def checked_axis(x: _Array, axis: Any) -> int:
    """Return the axis, counted from the front; one alone in a tuple or list counts too, as in SciPy."""
    if x.ndim == 0:
        raise IndexError(_errors.AXIS_RANGE.format(name="resample", got=axis, ndim=0))
    if x.ndim == 1:  # SciPy does not look at it
        return 0
    if isinstance(axis, tuple | list) and len(axis) != 1:
        raise ValueError(_errors.AXIS_COUNT.format(got=axis))
    try:
        n = operator.index(axis[0] if isinstance(axis, tuple | list) else axis)
    except TypeError:
        got = repr(axis)
        raise TypeError(_errors.AXIS_TYPE.format(name="resample", kind=type(axis).__name__, got=got)) from None
    if not -x.ndim <= n < x.ndim:
        raise np.exceptions.AxisError(_errors.AXIS_SOURCE.format(axis=n, got=axis, ndim=x.ndim))
    return n % x.ndim


# ---- The window -----------------------------------------------------------------------------------------


def _window(window: Any, n: int, dtype: np.dtype[Any], num: int) -> _Array:
    """Return the weights of all n bins, in the order of the transform; of real signals, of those that are kept."""
    if callable(window):
        weights = window(_long_fft.scipy_fft().fftfreq(n))
    elif hasattr(window, "shape"):
        weights = np.asarray(window)
        if weights.shape != (n,):
            raise ValueError(_errors.WINDOW_LENGTH.format(shape=weights.shape, want=(n,)))
    else:
        try:
            weights = np.fft.fftshift(original("get_window")(window, n))
        except ValueError as error:
            raise ValueError(_errors.WINDOW_UNKNOWN.format(why=error, got=repr(window))) from None
    if dtype.kind == "c":
        weights = np.asarray(weights)
        return np.ascontiguousarray(np.broadcast_to(weights, n))
    # The mean of both frequencies of a bin: a real signal is then treated like the complex one of the same values.
    bins = min(n, num) // 2 + 1
    mean = np.array(weights[:bins])
    if weights.shape != (n,):
        raise ValueError(_errors.WINDOW_LENGTH.format(shape=weights.shape, want=(n,)))
    try:
        mean[1:] += weights[-1:-bins:-1]
        mean[1:] /= 2
    except TypeError as error:  # weights that are no floats
        raise TypeError(_errors.WINDOW_TYPE.format(why=error, got=weights.dtype)) from None
    return mean


# ---- Costs and the choice -------------------------------------------------------------------------------


@lru_cache(4096)
def rough(n: int) -> int:
    """Return the sum of the prime factors that scipy.fft has no code of its own for."""
    total, p = 0, 2
    while p * p <= n and p < FACTORS:
        while n % p == 0:
            n, total = n // p, total + p * (p > SMOOTH)
        p += 1 + (p > 2)
    return total + n * (n > SMOOTH)


def _cost(n: int, wide: bool) -> float:
    """Return predicted seconds of a transform of n points by scipy.fft, in parts where it can be."""
    # Two of single precision are too few for its vectors.
    kind = "parts" if _long_fft.parts(n) > (1 if wide else 2) else "one"
    each = NANOSECONDS[kind][wide] + NANOSECONDS[f"prime in {kind}"][wide] * rough(n)
    return CALL + 1e-9 * n * min(each, NANOSECONDS["most"][wide])


@lru_cache(4096)
def _choice(n: int, num: int, wide: bool) -> tuple[bool, bool]:
    """Return which of both transforms is better done over a grid."""
    top = min(n, num) // 2
    first, second = (_grid_cost(k, top, wide, i) < _cost(k, wide) for i, k in enumerate((n, num)))
    fits = n * num < _gridded.LONGEST // 8
    return first and fits, second and fits


def _grid_cost(n: int, top: int, wide: bool, inverse: int) -> float:
    """Return predicted seconds of a transform of n points over a grid; infinite where that is for no good."""
    if not rough(n):
        return float("inf")
    grid = _gridded.Grid.of(top, "d" if wide else "f", 0 if inverse else n)
    outputs, inputs = (n, grid.points) if inverse else (grid.points, n)
    taps = max(1.0, min(grid.width, grid.width * inputs / grid.points) / grid.width)
    if not inverse:
        taps = max(0.6, n / grid.points)
    samples = outputs * taps * NANOSECONDS["sample"][wide]
    return GRID_CALL + _cost(grid.points, wide) + 1e-9 * samples


# ---- Running --------------------------------------------------------------------------------------------


def run(job: Job, workers: Any, out: Any, *inputs: Any) -> _Array:
    """Compute a job, into `out` where that is given."""
    threads = _threads.count("resample", workers, job.ops)
    arrays = [x for x in inputs if isinstance(x, np.ndarray)]
    given = None if out is None else _coerce.output("resample", out, job.shape, job.dtype, *arrays)
    last = job.axis == job.x.ndim - 1
    rows = _coerce.contiguous(job.x if last else np.moveaxis(job.x, job.axis, -1), job.dtype).reshape(-1, job.n)
    y = _computed(job, rows, threads)
    if last:
        y = y.reshape(job.shape)
    else:
        y = np.moveaxis(y.reshape(*job.shape[: job.axis], *job.shape[job.axis + 1 :], job.num), -1, job.axis)
    if given is None:
        return y
    given[...] = y
    return given


def _computed(job: Job, rows: _Array, threads: int) -> _Array:
    """Return the result's rows, a few at once."""
    how = job.gridded()
    each = max(1, AT_ONCE // (job.n + job.num))
    compute: Callable[..., _Array] = _real if job.dtype.kind == "f" else _complex
    with np.errstate(invalid="ignore"):  # a NaN is no surprise
        if 0 < len(rows) <= each:
            return compute(job, rows, *how, threads)
        y = np.empty((len(rows), job.num), job.dtype)
        for first in range(0, len(rows), each):
            y[first : first + each] = compute(job, rows[first : first + each], *how, threads)
        return y


def _real(job: Job, x: _Array, gridded: bool, from_grid: bool, threads: int) -> _Array:
    space = Workspace.lent() if max(job.n, job.num) >= _long_fft.SHORTEST else Workspace()
    try:
        return _real_in(space, job, x, gridded, from_grid, threads)
    finally:
        space.give_back()


def _real_in(space: Workspace, job: Job, x: _Array, gridded: bool, from_grid: bool, threads: int) -> _Array:
    forward = _gridded.forward if gridded else _long_fft.forward
    spectrum = forward(x, job.top + 1, 1 / job.n, threads, space)
    if job.window is not None:
        spectrum *= job.window
    shared = min(job.n, job.num) % 2 == 0
    if shared and job.num != job.n:
        spectrum[:, -1] *= 2 if job.num < job.n else 0.5
    if not from_grid:
        return _long_fft.inverse(spectrum, job.num, threads, space)
    if shared and job.num <= job.n:  # the grid holds both frequencies of the bin
        spectrum[:, -1] *= 0.5
    return _gridded.inverse(spectrum, job.num, threads, space)


def _complex(job: Job, x: _Array, gridded: bool, from_grid: bool, threads: int) -> _Array:
    top, fft = job.top, _long_fft.scipy_fft()
    share = x.real.dtype.type(1 / job.n)
    if gridded:
        above, below = _gridded.forward_complex(x, top, threads)
        above *= share
        below *= share
    else:
        whole = x if job.spectrum else fft.fft(x, axis=-1, workers=threads)
        above, below = whole[:, : top + 1] * share, whole[:, job.n - top :] * share
    if job.window is not None:
        above, below = above * job.window[: top + 1], below * job.window[job.n - top :]
    if min(job.n, job.num) % 2 == 0:
        if job.num > job.n:
            above[:, top] *= 0.5
            below[:, 0] = above[:, top]
        elif job.num == job.n:
            below[:, 0] = 0
    above, below = (np.ascontiguousarray(part, job.dtype) for part in (above, below))
    if from_grid:
        return _gridded.inverse_complex(above, below, job.num, threads)
    padded = np.zeros((x.shape[0], job.num), job.dtype)
    padded[:, : top + 1] = above
    padded[:, job.num - top :] += below
    made: _Array = fft.ifft(padded, axis=-1, norm="forward", workers=threads, overwrite_x=True)
    return made


def times(t: Any, x: _Array, num: int, axis: int) -> _Array:
    """Return the times of the resampled signal."""
    step = x.shape[checked_axis(x, axis)] / num
    try:
        made: _Array = t[0] + step * (t[1] - t[0]) * np.arange(num)
    except (IndexError, TypeError) as error:
        raise _raising.again(error, _errors.TIMES.format(why=error, got=reprlib.repr(t))) from None
    return made


def scipys_plan(x: _Array, num: Any, axis: Any, window: Any, domain: Any) -> Explanation:
    """Say what SciPy's function would do with a type that the kernels do not compute."""
    try:
        axis, num = checked_axis(x, axis), _number(num)
        n = x.shape[axis]
        # A few samples get the type that all would get: even or odd, more or less of them, as in the call.
        few = 4 + n % 2 if n else 0
        fewer = few if num == n else num % 2 + (2 if num < n else 6) if num > 0 else num
        if hasattr(window, "shape"):
            window = np.ones(few if window.shape == (n,) else few + 1, window.dtype)
        made = original("resample")(np.ones(few, x.dtype), fewer, None, 0, window, domain)
    except Exception as error:  # whatever SciPy raises
        return by_scipy("resample", f"SciPy's function refuses it: {error}")
    shape = (*x.shape[:axis], num, *x.shape[axis + 1 :])
    return by_scipy("resample", f"the kernels do not compute {x.dtype}", made.dtype, shape)


def plan(job: Job, workers: Any) -> Explanation:
    """Say how a job would run."""
    threads = _threads.count("resample", workers, job.ops)
    how, wide = job.gridded(), job.dtype.char in "dD"
    lengths = (job.n, job.num)
    plain = [_cost(n, wide) for n in lengths]
    grids = [_grid_cost(n, job.top, wide, i) for i, n in enumerate(lengths)]
    times = max(1, job.rows) * (1 if job.dtype.kind == "f" else 2)
    costs = {PLAIN: times * sum(plain), GRIDDED: times * sum(min(pair) for pair in zip(plain, grids, strict=True))}
    if min(grids) == float("inf"):
        del costs[GRIDDED]
    kind = "d" if wide else "f"
    points = [_gridded.Grid.of(job.top, kind, samples).points for samples in (job.n, 0)]
    used = {"forward": points[0] if how[0] else job.n, "inverse": points[1] if how[1] else job.num}
    reason = "both lengths have small prime factors"
    if any(how):
        reason = "a length has a large prime factor: transforms of good lengths, and a window of "
        reason += f"{_gridded.WIDTH[kind]} taps"
    elif len(costs) > 1:
        reason = "a large prime factor costs less than a grid"
    return Explanation(
        "resample", GRIDDED if any(how) else PLAIN, reason, costs, used, _kernels.level, threads, job.dtype.name,
        job.shape, min(job.n, job.num), max(used.values()),
    )  # fmt: skip
