"""Where we differ from SciPy on purpose, one list: what a check asks SciPy instead, and why."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from . import _bounds, _frequency, _plans, _shapes
from ._routes import borders
from ._scipy_call import FREQUENCY, N_D, POLYPHASE, TWO_D, Call

# Multiply-adds up to which SciPy's direct sum may stand in for its FFT: some ten seconds.
AFFORDABLE = 2**30


class Question(NamedTuple):
    """What SciPy is asked, how its answer is read, and what of it is not compared."""

    call: Call
    read: Callable[[Any], Any] = lambda result: result
    values: bool = True


class Difference(NamedTuple):
    """A deliberate difference: `ask` changes the question, or answers None: not compared."""

    functions: tuple[str, ...]
    when: Callable[[Call], bool]
    ask: Callable[[Question], Question | None]
    reason: str


def question(call: Call) -> Question | None:
    """Return what SciPy is asked in place of a call, or None where it is not compared."""
    asked: Question | None = Question(call)
    for difference in DIFFERENCES:
        if asked is not None and call.name in difference.functions and difference.when(asked.call):
            asked = difference.ask(asked)
    return asked


# Conditions


def _boolean_axis(call: Call) -> bool:
    return isinstance(call.arguments["axis"], bool | np.bool_)


def _fatal_ends(call: Call) -> bool:
    """SciPy 1.17 crashes, or reads what is not there, on 0 or 1 samples in these modes."""
    mode = call.arguments["mode" if call.name == "upfirdn" else "padtype"]
    try:
        samples = call.data()[0].shape[call.arguments["axis"]]
    except (IndexError, TypeError):
        return False
    if mode is None or str(mode).lower() == "constant":
        return False
    return samples == 0 or (samples == 1 and str(mode).lower() in ("reflect", "antireflect", "smooth", "line"))


def _fatal_planes(call: Call) -> bool:
    return call.arguments["boundary"] not in ("fill", "pad", 0) and any(x.size == 0 for x in call.data())


def _no_samples_to_go_on(call: Call) -> bool:
    return call.boundary not in ("fill", "pad") and any(x.size == 0 for x in call.data())


def _boundary_of_ours(call: Call) -> bool:
    """Samples outside that SciPy's function has no word for."""
    data, known = call.data(), ("wrap", "circular", "symm", "symmetric") if call.name in TWO_D else ()
    if not isinstance(call.boundary, str) or call.boundary in ("fill", "pad", *known):
        return False
    if call.arguments["mode"] not in ("full", "same", "valid") or call.boundary not in _plans.BOUNDARIES:
        return False
    return len(data) == 2 and 0 < data[0].ndim == data[1].ndim


def _request(call: Call) -> _frequency.Request | None:
    """Return what fftconvolve or oaconvolve is asked for, or None where it refuses."""
    data, arguments = call.data(), call.arguments
    if len(data) != 2:
        return None
    try:
        return _frequency.request(call.name, data[0], data[1], arguments["mode"], arguments["axes"], call.boundary)
    except (TypeError, ValueError):
        return None


def _boundary_along_axes(call: Call) -> bool:
    request = _request(call)
    goes_on = request is not None and request.kind in ("sum", "scipy")
    return goes_on and call.boundary not in ("fill", "pad") and call.arguments["mode"] != "valid"


def _same_of_a_batch(call: Call) -> bool:
    request = _request(call) if call.arguments["mode"] == "same" else None
    return bool(request and request.axes) and request.out != call.data()[0].shape  # type: ignore[union-attr]


def _no_samples(call: Call) -> bool:
    return bool(np.any(call.arguments["num"] == 0))


def _swapped_halves(call: Call) -> bool:
    return any(x.dtype.char == "e" and not x.dtype.isnative for x in call.data())


def _infinite(call: Call) -> bool:
    return any(x.dtype.kind in "fc" and bool(np.isinf(x).any()) for x in call.data())


def _odd_strides(call: Call) -> bool:
    return any(x.itemsize and any(s % x.itemsize for s in x.strides) for x in call.data())


def _two_arrays(call: Call) -> list[np.ndarray[Any, Any]]:
    """Return both arrays where both hold numbers that our kernels compute."""
    data = call.data()
    known = len(data) == 2 and all(x.size and (x.dtype.kind in "biu" or x.dtype.char in "fdFD") for x in data)
    return data if known else []


def _booleans(call: Call) -> bool:
    data = _two_arrays(call)
    return bool(data) and all(x.dtype == bool for x in data)


def _integers(call: Call) -> bool:
    data = _two_arrays(call)
    return bool(data) and all(x.dtype.kind in "biu" for x in data) and call.method in ("auto", "fft")


def _beyond_transform(call: Call) -> bool:
    """Non-finite values, or finite ones whose spectra may overflow."""
    data = _two_arrays(call)
    kind: np.dtype[Any] = np.result_type(*data) if data else np.dtype(int)
    if kind.kind not in "fc":
        return False
    with np.errstate(all="ignore"):
        sums = [float(np.sum(_bounds.magnitude(x))) for x in data]
        # An FFT forms no value above the product of both sums, times 2 for complex parts and roundings.
        most = 2 * np.max([*sums, sums[0] * sums[1]])
    return not most < float(np.finfo(kind).max)  # NaN is not


def _beyond_fft(call: Call) -> bool:
    return call.method in ("auto", "fft") and _beyond_transform(call)


def _spread_over_a_batch(call: Call) -> bool:
    """Whether SciPy takes a whole batch, or would take one item of it, for the filter: absent samples meet its NaN."""
    data = _two_arrays(call)
    if len(data) != 2 or data[0].ndim < 2 or call.arguments["mode"] != "full":
        return False
    if all(np.isfinite(x).all() for x in data if x.dtype.kind in "fc"):
        return False
    x, h = (a.shape for a in data)
    item = prod(n for n, k in zip(x, h, strict=True) if k > 1)
    return bool(item < prod(x) and prod(h) > item)


# What is asked instead


def _not_compared(_: Question) -> None:
    return None


def _extended(asked: Question) -> Question:
    call, (x, h) = asked.call, asked.call.data()
    mode, later = call.arguments["mode"], call.name == "correlate2d"
    changes: dict[str, Any] = {}
    if mode != "valid":
        axes = _shapes.axes(
            _shapes.window(call.name, x.shape, h.shape, mode, later_middle=later), swap=False, reverse=False
        )
        changes = {"in1": borders.around(x, axes, _plans.BOUNDARIES[call.boundary]), "in2": h, "mode": "valid"}
    if call.name in TWO_D:
        changes |= {"boundary": "fill", "fillvalue": 0}
    return asked._replace(call=call.but(**changes)._replace(boundary="fill"))


def _extended_along_axes(asked: Question) -> Question:
    call, (x, h) = asked.call, asked.call.data()
    request = _request(call)
    assert request is not None, "its condition holds"
    wide = _frequency.extended(x, h.shape, request, call.boundary)
    return asked._replace(call=call.but(in1=wide, in2=h, mode="valid")._replace(boundary="fill"))


def _broadcast(asked: Question) -> Question:
    """Spread in1 over the batch beforehand."""
    call, (x, h) = asked.call, asked.call.data()
    request = _request(call)
    assert request is not None, "its condition holds"
    shape = tuple(n if i in request.axes else m for i, (n, m) in enumerate(zip(x.shape, request.out, strict=True)))
    return asked._replace(call=call.but(in1=np.broadcast_to(x, shape), in2=h))


def _summed(asked: Question) -> Question | None:
    """Ask the direct sum of convolve, where that has the same axes, in the types of fftconvolve."""
    call, (x, h) = asked.call, asked.call.data()
    request = _request(call)
    if request is not None and request.kind != "sum":  # nothing is transformed
        return asked
    if request is None or request.paired or (request.batch and call.arguments["mode"] != "full"):
        return None
    x, h = (a.astype(kind) for a, kind in zip((x, h), request.kinds, strict=True))
    convolve = Call("convolve", {"in1": x, "in2": h, "mode": call.arguments["mode"], "method": "direct"}, "direct")
    return question(convolve)


def _packed(asked: Question) -> Question:
    names = [n for n, v in asked.call.arguments.items() if isinstance(v, np.ndarray)]
    return asked._replace(call=asked.call.but(**{n: np.array(asked.call.arguments[n], order="C") for n in names}))


def _as_counts(asked: Question) -> Question:
    x, h = (a.astype(np.int64) for a in asked.call.data())
    changes: dict[str, Any] = {"in1": x, "in2": h}
    if asked.call.name in TWO_D:
        changes["fillvalue"] = int(bool(asked.call.arguments["fillvalue"]))
    return asked._replace(call=asked.call.but(**changes), read=lambda counts: counts != 0)


def _directly(asked: Question) -> Question | None:
    x, h = asked.call.data()
    outputs = prod(n + k for n, k in zip(x.shape, h.shape, strict=False))
    if outputs * min(x.size, h.size) <= AFFORDABLE:
        return asked._replace(call=asked.call.but(method="direct"))
    # By itself SciPy transforms integers only where they come out exact.
    return asked if asked.call.method == "auto" and _integers(asked.call) else None


def _kind_only(asked: Question) -> Question:
    return asked._replace(values=False)


DIFFERENCES = (
    Difference(
        ("choose_conv_method",),
        lambda call: True,
        _kind_only,
        "our routes have other costs; the choice is only ever a matter of speed",
    ),
    Difference((*POLYPHASE, "decimate"), _boolean_axis, _not_compared, "SciPy crashes on most calls with axis=True"),
    Difference(POLYPHASE, _fatal_ends, _not_compared, "SciPy crashes or reads past so short a signal"),
    Difference(TWO_D, _fatal_planes, _not_compared, "SciPy crashes on empty planes with these boundaries"),
    Difference(
        N_D, _no_samples_to_go_on, _not_compared, "SciPy's function has no boundaries; there is nothing to extend"
    ),
    Difference(
        (*TWO_D, *N_D),
        _boundary_of_ours,
        _extended,
        "SciPy's function has no such boundary: asked for the 'valid' part of the array extended by it",
    ),
    Difference(
        FREQUENCY,
        _boundary_along_axes,
        _extended_along_axes,
        "SciPy's function has no boundaries: asked for the 'valid' part of the array extended by it",
    ),
    Difference(
        FREQUENCY, _same_of_a_batch, _broadcast, "SciPy's 'same' drops a batch that only in2 has; ours broadcasts"
    ),
    Difference(
        (*POLYPHASE, "decimate", *TWO_D, *N_D),
        _odd_strides,
        _packed,
        "SciPy's upfirdn misreads strides that are no multiple of the item: it gets a packed copy",
    ),
    Difference(
        (*TWO_D, *N_D),
        _booleans,
        _as_counts,
        "SciPy refuses most booleans; ours are exact: compared with its counts in int64",
    ),
    Difference(
        N_D,
        _integers,
        _directly,
        "SciPy's FFT gives wrong booleans and wrong large integers: compared with its direct sum",
    ),
    Difference(
        N_D,
        _spread_over_a_batch,
        _kind_only,
        "where a NaN tap meets absent samples is decided by one item, not by the size of the batch",
    ),
    Difference(
        N_D,
        _beyond_fft,
        _directly,
        "SciPy's FFT spreads a NaN or an overflow over the array: compared with its direct sum",
    ),
    Difference(
        FREQUENCY,
        _beyond_transform,
        _summed,
        "SciPy's FFT spreads a NaN or an overflow over the array: compared with the direct sum where there is one",
    ),
    Difference(("resample",), _no_samples, _not_compared, "SciPy divides by a length of 0"),
    Difference(
        ("resample", *FREQUENCY),
        _swapped_halves,
        _not_compared,
        "SciPy refuses half precision in the other byte order",
    ),
    Difference(
        ("resample",),
        _infinite,
        _kind_only,
        "which samples an infinity turns into NaN and which into infinities depends on how a transform adds",
    ),
)
