"""One call of a resize: its arguments, its arrays, and how its plan runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _errors, _kernels, _resize_integers, _resize_plans, _resize_shapes, _threads
from ._coerce import contiguous, output, plain
from ._resize_plans import Plan
from ._routes import resize
from .explaining import Explanation

Array = np.ndarray[Any, Any]

# What is converted for the kernels is converted by as many items at a time as fit in here, one at least.
PIECE = 1 << 20

# Seconds for a multiply-add or a byte, and of a call: as one thread took them on images of usual sizes.
SECONDS, CALL = 6e-11, 8e-6


# ── arguments ──────────────────────────────────────────────────────────────────────────────────

# Of weights that are a larger, single precision would leave nothing of their sum of 1.
LARGEST_A = 1024


def interpolation(
    x: Array,
    size: Any,
    scale_factor: Any,
    mode: Any,
    align_corners: Any,
    recompute_scale_factor: Any,
    antialias: Any,
    cubic_a: Any,
    channels_last: Any,
) -> Plan:
    """Return the plan of an interpolation, its arguments brought into a form that can be compared."""
    name = "interpolate"
    if size is not None and type(size) is not int:
        size = _resize_shapes.integers(name, "size", size)
    if scale_factor is not None and type(scale_factor) is not float:
        scale_factor = _resize_shapes.reals(name, scale_factor)
    if type(mode) is not str:
        mode = _word(name, mode, tuple(_resize_plans.MODES))
    if align_corners is not None and type(align_corners) is not bool:
        align_corners = _flag(name, "align_corners", align_corners, "True, False or None")
    if recompute_scale_factor is not None and type(recompute_scale_factor) is not bool:
        recompute_scale_factor = _flag(name, "recompute_scale_factor", recompute_scale_factor, "True, False or None")
    if type(antialias) is not bool:
        antialias = _flag(name, "antialias", antialias, "True or False")
    if cubic_a is not None:
        cubic_a = _finite(name, cubic_a)
    if type(channels_last) is not bool:
        channels_last = _flag(name, "channels_last", channels_last, "True or False")
    return _resize_plans.interpolated(
        name, x.shape, x.dtype, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias, cubic_a,
        channels_last,
    )  # fmt: skip


def enlargement(x: Array, factor: Any, mode: Any, channels_last: Any) -> Plan:
    """Return the plan of upsample."""
    name = "upsample"
    factor = _resize_shapes.integers(name, "factor", factor)
    mode, last = _word(name, mode, _resize_plans.UP), _flag(name, "channels_last", channels_last, "True or False")
    return _resize_plans.upsampled(name, x.shape, x.dtype, factor, mode, last)


def reduction(x: Array, factor: Any, antialias: Any, channels_last: Any) -> Plan:
    """Return the plan of downsample."""
    name = "downsample"
    factor = _resize_shapes.integers(name, "factor", factor)
    antialias, last = _resize_plans.taps(name, antialias), _flag(name, "channels_last", channels_last, "True or False")
    return _resize_plans.downsampled(name, x.shape, x.dtype, factor, antialias, last)


def _word(name: str, given: Any, known: tuple[str, ...]) -> str:
    if not isinstance(given, str):
        raise ValueError(_errors.RESIZE_MODE.format(name=name, known=known, got=given))
    return str(given)  # it may be one of NumPy's


def _flag(name: str, argument: str, given: Any, takes: str) -> bool:
    if not isinstance(given, bool | np.bool_):
        raise TypeError(_errors.RESIZE_FLAG.format(name=name, argument=argument, takes=takes, got=given))
    return bool(given)


def _finite(name: str, given: Any) -> float:
    try:
        number = _resize_shapes.real(given)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(_errors.RESIZE_CUBIC_TYPE.format(name=name, got=given)) from None
    if not abs(number) <= LARGEST_A:
        raise ValueError(_errors.RESIZE_CUBIC_TYPE.format(name=name, got=given))
    return number


# ── running a plan ─────────────────────────────────────────────────────────────────────────────


def run(plan: Plan, x: Array, workers: Any, out: Any) -> Array:
    """Compute one call."""
    threads = _threads.count(plan.name, workers, plan.ops)
    y = output(plan.name, out, plan.out, plan.dtype, x)
    if not y.size:
        return y
    if plan.wide:
        _resize_integers.run(contiguous(x, plan.work), y, plan.axes[-len(plan.lengths) :], plan.first)
        return y
    if x.dtype is y.dtype is plan.work and plain(x) and plain(y):
        _resize(plan, x, y, threads)
        return y
    items = plan.items or 1
    xs, ys = (x, y) if plan.items else (x[None], y[None])
    step = max(1, PIECE * items // max(x.size, y.size))
    for start in range(0, items, step):
        some = slice(start, start + step)
        own = contiguous(xs[some], plan.dtype)
        made = np.empty(ys[some].shape, plan.work if plan.dtype.char == "e" else plan.dtype)
        with np.errstate(over="ignore"):  # float16 has its infinities
            _converted(plan, own, made, threads)
            ys[some] = made
    return y


def _converted(plan: Plan, x: Array, y: Array, threads: int) -> None:
    """Fill y with x, both contiguous, in the type of the kernels."""
    if plan.work is plan.dtype:
        _resize(plan, x, y, threads)
    elif plan.dtype.char == "e":
        _resize(plan, x.astype(plan.work), y, threads)
    elif plan.dtype.char in "bh":  # in order above zero: weights add up to 1, and an even number keeps a tie a tie
        middle = plan.work.type(1 << (8 * plan.work.itemsize - 1))
        unsigned = y.view(plan.work)
        _resize(plan, x.view(plan.work) ^ middle, unsigned, threads)
        unsigned ^= middle
    else:
        _resize(plan, x.view(plan.work), y.view(plan.work), threads)
        if plan.dtype.char == "?":
            np.minimum(y.view(plan.work), 1, out=y.view(plan.work))


def _resize(plan: Plan, x: Array, y: Array, threads: int) -> None:
    """Fill y with x, both the kernels' own, of some items or all."""
    layout = resize.CHANNELS_LAST if plan.channels else resize.PLANES
    resize.run(x.reshape(-1, *plan.x[1:]), y.reshape(-1, *plan.y[1:]), plan.axes, threads, layout)


# ── explaining ─────────────────────────────────────────────────────────────────────────────────


def explain(plan: Plan, workers: Any) -> Explanation:
    """Say what `run` would do."""
    threads = _threads.count(plan.name, workers, plan.ops)
    route = "copies" if plan.copies else "wide integers" if plan.wide else "tables"
    costs = {route: CALL / 2 + SECONDS * plan.ops / max(plan.items, 1)}
    blocks = {f"taps, axis {i}": _taps(axis.weights) for i, axis in enumerate(plan.axes[-len(plan.lengths) :])}
    return Explanation(
        plan.name, route, "the only route for this mode and type", costs, blocks, _kernels.level, threads,
        str(plan.dtype), plan.out, plan.terms, 0,
    )  # fmt: skip


def _taps(weights: Array | None) -> int:
    return 1 if weights is None else int(weights.shape[1])
