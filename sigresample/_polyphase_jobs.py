"""Calls of upfirdn and resample_poly made ready for the kernel: SciPy's rules for types, modes and lengths."""

from __future__ import annotations

import operator
from math import gcd
from typing import Any, NamedTuple

import numpy as np

from . import _coerce, _errors, _filters, _kernels, _polyphase_fft, _polyphase_shapes, _raising, _threads, explaining
from ._originals import original
from ._polyphase_shapes import Centred, PolyphaseShapes, output_length
from ._routes.polyphase_fft import Streams
from .explaining import Explanation

_Array = np.ndarray[Any, Any]

# The kernel's numbers for the modes; zeros beyond both ends, the usual case, have one of their own.
_MODES = {
    "constant": 1,
    "symmetric": 2,
    "edge": 3,
    "smooth": 4,
    "wrap": 5,
    "reflect": 6,
    "antisymmetric": 7,
    "antireflect": 8,
    "line": 9,
}
_ZEROS = _polyphase_fft.ZEROS
# In SciPy's order, which its error texts list.
_PADTYPES = (
    "maximum",
    "mean",
    "median",
    "minimum",
    "constant",
    "wrap",
    "edge",
    "smooth",
    "symmetric",
    "reflect",
    "antisymmetric",
    "antireflect",
    "line",
)


def _mean(x: _Array, axis: int, keepdims: bool) -> _Array:
    """Return NumPy's mean of each signal alone: NumPy's own sum goes in another order for another layout or axis."""
    signals = np.moveaxis(x, axis, -1)
    if x.dtype.char in "?bBhHiIlLqQ":
        signals = signals.astype(np.float64, order="C")
    elif x.dtype.char == "e":
        signals = signals.astype(np.float32, order="C")
    else:
        signals = np.ascontiguousarray(signals)
    mean = np.expand_dims(signals.mean(axis=-1), axis)
    return np.asarray(mean, np.float16) if x.dtype.char == "e" else mean


_BACKGROUNDS: dict[str, Any] = {"mean": _mean, "median": np.median, "minimum": np.min, "maximum": np.max}
_REAL: dict[str, np.dtype[Any]] = {
    "f": np.dtype(np.float32),
    "d": np.dtype(np.float64),
    "F": np.dtype(np.float32),
    "D": np.dtype(np.float64),
}
_OPS_PER_SECOND = 4e10  # multiply-adds, as the threshold for threads counts them
_LONGEST = 2**62  # of an upsampled signal: kernels count in signed 64 bits


class Job(NamedTuple):
    """A call made ready for the kernel."""

    name: str
    x: _Array
    taps: _Array  # the table of phases
    shapes: PolyphaseShapes
    dtype: np.dtype[Any]
    mode: int
    cval: complex
    background: _Array | None = None  # taken off x, to be put back
    direct: bool = False  # sums alone


def upfirdn_job(h: _Array, x: _Array, up: Any, down: Any, axis: Any, mode: Any, cval: Any) -> Job | None:
    """Return the call ready for the kernel, or None for a type that it does not compute."""
    if h.ndim != 1 or h.size == 0:
        raise ValueError(_errors.UPFIRDN_TAPS.format(got=f"shape {h.shape}"))
    dtype = _result_type(h.dtype, x.dtype)
    if dtype is None:
        return None
    up, down = _integer("upfirdn", "up", up), _integer("upfirdn", "down", down)
    if up < 1 or down < 1:
        raise ValueError(_errors.UPFIRDN_RATES.format(up=up, down=down))
    kind: np.dtype[Any] = dtype if h.dtype.kind == "c" else _REAL[dtype.char]
    taps = _filters.table(h.astype(kind, copy=False), up)  # where a huge `up` ends, as in SciPy
    axis = checked_axis("upfirdn", x, axis)
    _check_length("upfirdn", h.size, x.shape[axis], up, down)
    n_out = output_length(h.size, x.shape[axis], up, down)
    if n_out < 0:
        raise ValueError(_errors.NEGATIVE_LENGTH.format(name="upfirdn", taps=h.size, up=up))
    # Beyond the only output nothing is ever looked up: a huge `down` needs no huge arithmetic.
    down = min(down, max(1, (x.shape[axis] + 1) * up + h.size))
    shapes = PolyphaseShapes.of(x.shape, axis, n_out, up, down, taps.shape[1], 0)
    number = _mode(mode)
    value = _cval("upfirdn", cval, dtype)
    number = _for_short("upfirdn", mode, number, shapes)
    return Job("upfirdn", x, taps, shapes, dtype, _ZEROS if number == 1 and value == 0 else number, value)


def resample_job(x: _Array, up: int, down: int, axis: Any, window: Any, padtype: Any, cval: Any) -> Job | None:
    """Return the call ready for the kernel, or None for a type that it does not compute; up and down are coprime."""
    axis = checked_axis("resample_poly", x, axis)
    n_in = x.shape[axis]
    if isinstance(window, list | np.ndarray | np.generic):
        h = np.array(window)
        if h.ndim > 1:
            raise ValueError(_errors.WINDOW_NDIM.format(got=h.ndim))
        if h.ndim == 0:
            raise IndexError(_errors.WINDOW_0D.format(got=h))
        h *= up
        taps, kind = h.size, h.dtype
    else:
        h = None
        taps, kind = 20 * max(up, down) + 1, _precision(x.dtype)
    if padtype not in _BACKGROUNDS and padtype not in _MODES:
        raise ValueError(_errors.PADTYPE.format(known=", ".join(_PADTYPES), got=padtype))
    if h is not None:  # a filter still to be designed is where huge factors end, as in SciPy
        _check_length("resample_poly", taps, n_in, up, down)
    centred = Centred.of(taps, (taps - 1) // 2, n_in, up, down)
    background = None
    if padtype in _BACKGROUNDS:
        try:
            background = _BACKGROUNDS[padtype](x, axis=axis, keepdims=True)
            x = x - background
        except (TypeError, ValueError) as error:
            text = _errors.BACKGROUND.format(why=error, padtype=padtype, dtype=x.dtype, shape=x.shape)
            raise _raising.again(error, text) from None
        padtype = "constant"
    dtype = _result_type(kind, x.dtype)
    if dtype is None:
        return None
    wide: np.dtype[Any] = dtype if kind.kind == "c" else _REAL[dtype.char]
    if h is None:
        table = _filters.designed(up, down, window, kind, wide, centred.before, centred.after)
    else:
        table = _filters.centred(h.astype(wide, copy=False), up, centred.before, centred.after)
    shapes = PolyphaseShapes.of(x.shape, axis, centred.n_out, up, down, table.shape[1], centred.first)
    mode = _MODES[padtype]
    value = _cval("resample_poly", 0 if cval is None else cval, dtype)
    mode = _for_short("resample_poly", padtype, mode, shapes)
    if mode == 1 and value == 0:
        mode = _ZEROS
    return Job("resample_poly", x, table, shapes, dtype, mode, value, background)


def by_method(name: str, job: Job | None, method: Any) -> Job | None:
    """Return a job that keeps to what the method leaves."""
    if isinstance(method, str):
        if method == "auto":
            return job
        if method == "direct":
            return job if job is None else job._replace(direct=True)
    raise ValueError(_errors.POLYPHASE_METHOD.format(name=name, got=method))


def rates(up: Any, down: Any, padtype: Any, cval: Any) -> tuple[int, int]:
    """Return the factors of resample_poly in lowest terms."""
    pair = []
    for name, value in (("up", up), ("down", down)):
        n = _integer("resample_poly", name, value)
        if value != n:
            raise ValueError(_errors.RATE_INTEGER.format(argument=name, got=repr(value)))
        pair.append(n)
    up, down = pair
    if up < 1 or down < 1:
        raise ValueError(_errors.RATES.format(up=up, down=down))
    if cval is not None and padtype != "constant":
        raise ValueError(_errors.CVAL_UNUSED.format(padtype=padtype, got=cval))
    divisor = gcd(up, down)
    return up // divisor, down // divisor


_result_types: dict[tuple[np.dtype[Any], np.dtype[Any]], np.dtype[Any] | None] = {}


def _result_type(h: np.dtype[Any], x: np.dtype[Any]) -> np.dtype[Any] | None:
    """Return the native type of a result, or None where the kernels have none."""
    try:
        return _result_types[h, x]
    except KeyError:
        pass
    try:
        dtype = np.dtype(np.result_type(h, x, np.float32))
    except TypeError:  # dates and the like: SciPy's to refuse
        return None
    known = dtype if dtype.char in _coerce.FLOATS else None
    if h.isbuiltin and x.isbuiltin:  # few; a structured type is a type of the caller's own
        _result_types[h, x] = known
    return known


def _precision(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the real type of designed taps: the data's own precision, float64 for integers."""
    if dtype.kind == "c":
        return np.dtype(f"f{dtype.itemsize // 2}")
    return dtype.newbyteorder("=") if dtype.kind == "f" else np.dtype(np.float64)


def _integer(name: str, argument: str, value: Any) -> int:
    if value.__class__ is int:
        return int(value)
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError) as error:
        text = _errors.INTEGER.format(name=name, argument=argument, why=error, got=repr(value))
        raise _raising.again(error, text) from None


def checked_axis(name: str, x: _Array, axis: Any) -> int:
    """Return the axis, counted from the front."""
    if isinstance(axis, bool):
        raise ValueError(_errors.AXIS_BOOL.format(name=name, got=axis))
    try:
        n = operator.index(axis)
    except TypeError:
        raise TypeError(_errors.AXIS_TYPE.format(name=name, kind=type(axis).__name__, got=repr(axis))) from None
    if not -x.ndim <= n < x.ndim:
        raise IndexError(_errors.AXIS_RANGE.format(name=name, got=n, ndim=x.ndim))
    return n % x.ndim


def _check_length(name: str, taps: int, n_in: int, up: int, down: int) -> None:
    """Refuse what the kernels cannot count."""
    if down >= 2**63:
        raise OverflowError(_errors.RATE_HUGE.format(name=name, got=down))
    if (n_in + 2) * up + taps >= _LONGEST:
        raise OverflowError(_errors.TOO_LONG.format(name=name, got=(n_in + 2) * up + taps))


def _mode(mode: Any) -> int:
    try:
        return _MODES[mode]
    except (KeyError, TypeError):
        pass
    if not hasattr(mode, "lower"):
        raise AttributeError(_errors.MODE_TYPE.format(kind=type(mode).__name__, got=repr(mode)))
    number = _MODES.get(mode.lower())
    if number is None:
        raise ValueError(_errors.UPFIRDN_MODE.format(mode=mode.lower(), got=repr(mode)))
    return number


def _cval(name: str, cval: Any, dtype: np.dtype[Any]) -> complex:
    """Return the constant beyond the ends as the kernel wants it: complex for complex data, else a float."""
    if cval.__class__ is int and cval == 0:
        return 0.0
    if isinstance(cval, str):  # which float() and complex() would read
        raise TypeError(_errors.CVAL.format(name=name, kind="str", got=repr(cval)))
    try:
        value: complex = complex(cval) if dtype.kind == "c" else float(cval)
    except TypeError:
        raise TypeError(_errors.CVAL.format(name=name, kind=type(cval).__name__, got=repr(cval))) from None
    if dtype.char in "fF":  # what single precision rounds to zero counts as zero
        with np.errstate(over="ignore"):
            value = complex(np.complex64(value)) if dtype.kind == "c" else float(np.float32(value.real))
    return value


def _for_short(name: str, mode: Any, number: int, shapes: PolyphaseShapes) -> int:
    """Return the mode for so many samples; refuse too few to be continued, on which SciPy crashes or invents values."""
    if shapes.rows == 0 or shapes.width == 0:
        return number
    fatal = number in (2, 5, 7) if name == "resample_poly" else number > 1 and shapes.n_out > 0
    if shapes.n_in == 0 and fatal:
        raise ValueError(_errors.TOO_SHORT.format(name=name, mode=mode, least=1, got=0))
    if shapes.n_in == 1 and number in (6, 8) and shapes.taps > 1:
        raise ValueError(_errors.TOO_SHORT.format(name=name, mode=mode, least=2, got=1))
    # One tap a phase sees no sample outside, but the kernel would look for a period of none.
    return _ZEROS if shapes.n_in == 1 and number in (6, 8) else number


# ---- Running a job -------------------------------------------------------------------------------------


def _ops(job: Job, by: Streams | None) -> int:
    """Multiply-adds of reals, or those that the seconds of transforms would do."""
    if by is not None:
        return int(job.shapes.rows * job.shapes.width * by.seconds * _OPS_PER_SECOND)
    return job.shapes.ops * (1 if job.dtype.kind == "f" else 4 if job.taps.dtype.kind == "c" else 2)


def _streams(job: Job) -> Streams | None:
    """Return how transforms would compute a signal of a job, or None where they hardly could be faster than sums."""
    shapes = job.shapes
    if (
        job.direct
        or job.mode != _ZEROS
        or shapes.n_out * shapes.taps < _polyphase_fft.WORTH
        or shapes.rows * shapes.width == 0
    ):
        return None
    return _polyphase_fft.streams(shapes, job.dtype, job.taps.dtype.kind == "c")


def _faster(job: Job, by: Streams | None) -> Streams | None:
    """Return the transforms if they are the faster way for one signal, as if it came alone."""
    wins = by is not None and _polyphase_fft.faster(by, job.shapes, job.dtype, job.taps.dtype.kind == "c")
    return by if wins else None


def run(job: Job, workers: Any, out: Any, *inputs: Any) -> _Array:
    """Compute a job, into `out` where that is given and overlaps none of the inputs."""
    name, _, taps, shapes, dtype, mode, cval, background, _ = job
    by = _faster(job, _streams(job))
    threads = _threads.count(name, workers, _ops(job, by))
    given = out if out is None else _coerce.output(name, out, shapes.out, dtype, *_arrays(inputs))
    y = given if given is not None and given.flags.c_contiguous and given.flags.aligned else np.empty(shapes.out, dtype)
    x = _coerce.contiguous(job.x, dtype)
    if by is not None:
        _polyphase_fft.run(x, taps, y, shapes, by, threads)
    else:
        reals = shapes.width * (2 if dtype.kind == "c" else 1)
        _kernels.polyphase.polyphase(
            x, taps, y, None, None, shapes.n_in, shapes.n_out, reals, reals, reals, shapes.up, shapes.down,
            shapes.first, mode, cval, threads, 0, shapes.rows, shapes.n_in * reals, shapes.n_out * reals,
        )  # fmt: skip
    if background is not None:
        y += background
    if given is not None and given is not y:
        given[...] = y
        return given
    return y


def _arrays(inputs: tuple[Any, ...]) -> list[_Array]:
    return [x for x in inputs if isinstance(x, np.ndarray)]


def scipys(name: str, out: Any, *args: Any) -> _Array:
    """Return SciPy's own answer, or raise its error, for a type that the kernels do not compute."""
    try:
        result = original(name)(*args)
    except (TypeError, ValueError) as error:
        got = " and ".join(f"{x.dtype} of shape {x.shape}" for x in _arrays(args))
        raise _raising.again(error, f"{name}: {error}, got {got}") from error
    y: _Array = _coerce.into(name, out, result, *_arrays(args))
    return y


def plan(name: str, job: Job | None, workers: Any) -> Explanation:
    """Say how a job would run."""
    if job is None:
        return explaining.by_scipy(name, "a type that neither the kernels nor SciPy compute")
    shapes, kind = job.shapes, job.dtype.kind
    could = _streams(job)
    by = _faster(job, could)
    threads = _threads.count(name, workers, _ops(job, by))
    sizes = (job.dtype.itemsize // (2 if kind == "c" else 1), 2 if kind == "c" else 1, job.taps.dtype.kind == "c")
    blocks = _polyphase_shapes.blocks(shapes, *sizes, threads)
    lanes = blocks["blocks"] > 0
    route = _polyphase_shapes.LANES if lanes else _polyphase_shapes.PLAIN
    reason = "rows and segments fill the lanes" if lanes else "too little work to fill the lanes"
    costs = _polyphase_shapes.costs(shapes, *sizes)
    if costs[route] > min(costs.values()):
        reason += "; by the kernel's own count, which sees the blocks, the faster of the two all the same"
    if could is not None:
        costs[_polyphase_fft.ROUTE] = shapes.rows * shapes.width * could.seconds
    if by is not None:
        route, reason = _polyphase_fft.ROUTE, "the least predicted time for one signal"
        blocks = {"points": by.points, "outputs": by.U * by.hop, "phases in": by.D, "phases out": by.U}
    return Explanation(
        name,
        route,
        reason,
        costs,
        blocks,
        _kernels.level,
        threads,
        job.dtype.name,
        shapes.out,
        shapes.terms,
        0 if by is None else by.points * by.D,
    )
