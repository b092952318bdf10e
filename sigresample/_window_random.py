"""One call of a pooling that draws: of windows at drawn places, or of one sample in each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from . import _channel_shapes, _errors, _threads, _window_plans, _window_shapes
from ._coerce import array, contiguous
from ._routes import windows
from ._window_call import INT64, maximum_plan, pieces, ready, results, target
from ._window_plans import Plan
from ._window_shapes import Along

Array = np.ndarray[Any, Any]
FLOAT64 = np.dtype(np.float64)


def generator(name: str, rng: Any) -> np.random.Generator:
    """Return what numbers are drawn with."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise TypeError(_errors.LAYER_RNG.format(name=name, got=rng)) from None


def drawn(name: str, rng: Any, shape: tuple[int, ...]) -> Array:
    """Return uniform numbers in C order, so that a batch cut in two draws the same from one generator."""
    return generator(name, rng).random(shape)


def _samples(name: str, given: Any, dtype: np.dtype[Any]) -> Array:
    """Return numbers that a caller has drawn."""
    samples = array(name, "_random_samples", given)
    if samples.dtype.kind not in "fiu":
        raise TypeError(_errors.SAMPLES_RANGE.format(name=name, got=samples.dtype))
    if samples.size and not (samples.min() >= 0 and samples.max() <= 1):  # NaN is neither
        text = _errors.SAMPLES_RANGE
        raise ValueError(text.format(name=name, got=f"{samples.min()} to {samples.max()}"))
    return samples.astype(dtype)


# ── fractional ─────────────────────────────────────────────────────────────────────────────────


def fractional(
    name: str, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any, return_indices: Any,
    samples: Any, rng: Any, workers: Any, out: Any,
) -> Any:  # fmt: skip
    """Compute maxima over windows that begin at drawn places, for each plane its own."""
    x = array(name, "input", input)
    plan = fractional_plan(name, x, kernel_size, output_size, output_ratio)
    return_indices = _window_plans.flag(name, "return_indices", return_indices)
    threads = _threads.count(name, workers, plan.ops)
    begin = starts(plan, x, samples, rng)
    y, indices = results(plan, x, return_indices, out)
    first = 0
    for at, planes in pieces(plan, x, y) if y.size else ():
        made, own = target(y[at], plan.work)
        read = ready(x[at], plan.work).reshape(planes, *plan.x[1:])
        written = made.reshape(planes, *plan.y[1:])
        found, mine = (None, True) if indices is None else target(indices[at], INT64)
        where = None if found is None else found.reshape(planes, *plan.y[1:])
        for k in range(planes):
            one = slice(k, k + 1)
            along = _along(plan, begin[0][first + k], begin[1][first + k])
            windows.maximum(read[one], written[one], None if where is None else where[one], along, threads)
        first += planes
        if not own:
            y[at] = made
        if indices is not None and not mine:
            indices[at] = found
    return y if indices is None else (y, indices)


def fractional_plan(name: str, x: Array, kernel_size: Any, output_size: Any, output_ratio: Any) -> Plan:
    """Return the plan of maxima over windows at drawn places; its axes hold all but these."""
    rank, batched = _window_plans.ranks(name, x.shape, _window_plans.FIRST)
    work, result = _window_plans.ordered(name, x.dtype)
    data = x.shape[-rank:]
    taps = pair(name, "kernel_size", kernel_size, 1)
    if output_size is None and output_ratio is None:
        raise ValueError(_errors.FRACTIONAL_SIZE.format(name=name))
    if output_size is not None:
        outs = pair(name, "output_size", output_size, 0)
    else:
        outs = tuple(int(n * ratio) for n, ratio in zip(data, ratios(name, output_ratio), strict=True))
    if any(out + k - 1 > n for out, k, n in zip(outs, taps, data, strict=True)):
        raise ValueError(_errors.FRACTIONAL_FIT.format(name=name, out=outs, kernel=taps, data=data))
    axes = tuple(Along(n, out, k, 0, 0, 1, ()) for n, out, k in zip(data, outs, taps, strict=True))
    planes = prod(x.shape[:-rank])
    return Plan(
        name, (*x.shape[:-rank], *outs), result, work, batched, (planes, 1, *data), (planes, 1, *outs),
        _window_shapes.three(axes), (), 1, _window_shapes.work(axes, planes), prod(taps),
    )  # fmt: skip


def pair(name: str, argument: str, value: Any, least: int) -> tuple[int, ...]:
    """Return one integer for each axis; a tuple of one is none, as in PyTorch."""
    given = _window_plans.integers(name, argument, value)
    if isinstance(given, tuple) and len(given) != 2:
        raise ValueError(_errors.CHANNEL_COUNT.format(name=name, argument=argument, rank=2, got=given))
    return _channel_shapes.each(name, argument, given, 2, least)


def ratios(name: str, value: Any) -> tuple[float, float]:
    """Return what part of each axis is to be left."""
    text = _errors.FRACTIONAL_RATIO
    given = value.tolist() if isinstance(value, np.ndarray) else value
    given = tuple(given) if isinstance(given, tuple | list) else (given, given)
    try:
        if any(isinstance(one, str | bytes) for one in given):
            raise TypeError
        made = tuple(float(one) for one in given)
    except (TypeError, ValueError):
        raise TypeError(text.format(name=name, rule="a number or a pair of numbers", got=value)) from None
    if len(made) != 2 or not all(0 < one < 1 for one in made):
        raise ValueError(text.format(name=name, rule="between 0 and 1, one number or a pair", got=value))
    return made[0], made[1]


def samples_shape(plan: Plan) -> tuple[int, ...]:
    """Return the shape of the numbers to draw for each plane."""
    lead = plan.out[:-2]
    return (*(lead if plan.batched else (1, *lead)), 2)


def starts(plan: Plan, x: Array, given: Any, rng: Any) -> tuple[Array, Array]:
    """Return where each plane's windows begin, along both axes, by PyTorch's arithmetic in the type of the data."""
    name, shape = plan.name, samples_shape(plan)
    kind = x.dtype.newbyteorder("=") if x.dtype.kind == "f" else FLOAT64
    if given is None:
        samples = drawn(name, rng, shape).astype(kind)
    else:
        samples = _samples(name, given, kind)
        if samples.ndim != 3 or samples.shape[1:] != shape[1:] or len(samples) < shape[0]:
            raise ValueError(_errors.FRACTIONAL_SAMPLES.format(name=name, want=shape, got=samples.shape))
        samples = samples[: shape[0]]
    _, down, across = plan.along
    flat = samples.reshape(-1, 2)
    return _starts(down, flat[:, 1:], kind), _starts(across, flat[:, :1], kind)


def fractional_samples(
    name: str, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any, return_indices: Any,
    samples: Any, rng: Any, workers: Any,
) -> Array:  # fmt: skip
    """Return the numbers that a call would draw."""
    plan = fractional_plan(name, array(name, "input", input), kernel_size, output_size, output_ratio)
    return drawn(name, rng, samples_shape(plan))


def _starts(axis: Along, samples: Array, kind: np.dtype[Any]) -> Array:
    room = axis.data - axis.taps
    made = np.full((len(samples), axis.out), room, np.int64)
    if axis.out > 1:
        step = kind.type(room) / kind.type(axis.out - 1)
        steps = np.arange(axis.out - 1).astype(kind)
        made[:, :-1] = ((steps + samples) * step).astype(np.int64) - (samples * step).astype(np.int64)
    return made


def _along(plan: Plan, down: Array, across: Array) -> tuple[Along, Along, Along]:
    depth, *axes = plan.along
    height, width = (
        axis._replace(bounds=tuple((start, start + axis.taps) for start in begin.tolist()))
        for axis, begin in zip(axes, (down, across), strict=True)
    )
    return depth, height, width


# ── stochastic ─────────────────────────────────────────────────────────────────────────────────


def stochastic(
    name: str, input: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, return_indices: Any,
    deterministic: Any, samples: Any, rng: Any, workers: Any, out: Any,
) -> Any:  # fmt: skip
    """Draw one sample of each window with a probability proportional to it, or return their mean so weighted."""
    x = array(name, "input", input)
    plan = stochastic_plan(name, x, kernel_size, stride, padding, ceil_mode, return_indices, deterministic)
    threads = _threads.count(name, workers, plan.ops)
    _refuse_negative(plan, x)
    chances = None if deterministic else chosen(plan, samples, rng)
    y, indices = results(plan, x, bool(return_indices), out)
    for at, planes in pieces(plan, x, y) if y.size else ():
        part = contiguous(x[at], np.dtype(x.dtype.char)).reshape(planes, *plan.x[1:])
        shape = (planes, *plan.y[1:])
        largest, found = np.empty(shape, plan.work), np.empty(shape, INT64)
        windows.maximum(ready(part, plan.work), largest, found, plan.along, threads)
        with np.errstate(all="ignore"):
            if chances is None:
                y[at] = _weighted(plan, part, largest).reshape(y[at].shape)
            else:
                _draw(plan, part, largest, found, chances[at].reshape(shape))
                values = np.take_along_axis(part.reshape(planes, -1), found.reshape(planes, -1), 1)
                y[at] = values.reshape(y[at].shape)
        if indices is not None:
            indices[at] = found.reshape(indices[at].shape)
    return y if indices is None else (y, indices)


def stochastic_plan(
    name: str, x: Array, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, return_indices: Any,
    deterministic: Any,
) -> Plan:  # fmt: skip
    """Return the plan of drawing; it is that of maxima."""
    weighted = _window_plans.flag(name, "deterministic", deterministic)
    indexed = _window_plans.flag(name, "return_indices", return_indices)
    if weighted and indexed:
        raise ValueError(_errors.STOCHASTIC_INDICES.format(name=name))
    plan = maximum_plan(name, x, kernel_size, stride, padding, 1, ceil_mode)
    # Two passes over all samples, in double precision.
    plan = plan._replace(ops=plan.ops + 8 * prod(plan.y) * plan.terms)
    return plan._replace(dtype=FLOAT64) if weighted and plan.dtype.kind in "biu" else plan


def chosen(plan: Plan, given: Any, rng: Any) -> Array:
    """Return a number from 0 to 1 for each output."""
    if given is None:
        return drawn(plan.name, rng, plan.out)
    samples = _samples(plan.name, given, FLOAT64)
    if samples.shape != plan.out:
        raise ValueError(_errors.SAMPLES_SHAPE.format(name=plan.name, want=plan.out, got=samples.shape))
    return samples


def stochastic_samples(
    name: str, input: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, return_indices: Any,
    deterministic: Any, samples: Any, rng: Any, workers: Any,
) -> Array:  # fmt: skip
    """Return the numbers that a call would draw."""
    x = array(name, "input", input)
    plan = stochastic_plan(name, x, kernel_size, stride, padding, ceil_mode, return_indices, deterministic)
    return drawn(name, rng, plan.out)


def _refuse_negative(plan: Plan, x: Array) -> None:
    if x.dtype.kind not in "if":
        return
    negative = x < 0
    if negative.any():
        where = tuple(int(i) for i in np.unravel_index(int(negative.argmax()), x.shape))
        raise ValueError(_errors.STOCHASTIC_NEGATIVE.format(name=plan.name, got=x[where], where=where))


def _taps(plan: Plan) -> Iterator[tuple[Any, Any, Array]]:
    """Yield, tap by tap: the outputs that have one, its samples, and their flat indices."""
    _, down, across = plan.along
    for (rows, lines), (columns, places) in product(list(_met(down)), list(_met(across))):
        height, width = np.arange(down.data)[lines], np.arange(across.data)[places]
        yield (..., rows, columns), (..., lines, places), height[:, None] * across.data + width


def _met(axis: Along) -> Iterator[tuple[slice, slice]]:
    for t in range(axis.taps):
        start = axis.first + t * axis.dilation
        low = max(0, -(start // axis.stride))
        high = min(axis.out, (axis.data - 1 - start) // axis.stride + 1)
        if low < high:
            first = start + low * axis.stride
            yield slice(low, high), slice(first, first + (high - low - 1) * axis.stride + 1, axis.stride)


def _exponents(largest: Array) -> Array:
    """Return the power of two next above each window's largest sample: scaled by it, no sum overflows."""
    _, exponents = np.frexp(np.where(np.isfinite(largest), largest, 0).astype(np.float64))
    return exponents


def _weighted(plan: Plan, x: Array, largest: Array) -> Array:
    """Return the sum of the squares over the sum; what is infinite or NaN prevails, and nothing is nothing's mean."""
    scale = _exponents(largest)
    total, squares = np.zeros(largest.shape), np.zeros(largest.shape)
    for to, of, _ in _taps(plan):
        a = np.ldexp(x[of].astype(np.float64), -scale[to])
        total[to] += a
        squares[to] += a * a
    mean = np.ldexp(squares / np.where(total == 0, 1.0, total), scale)
    return np.where(np.isfinite(largest), mean, largest)


def _draw(plan: Plan, x: Array, largest: Array, found: Array, chances: Array) -> None:
    """Bring the index of the drawn sample into `found`, which has that of the largest: where it is 0, no sum, or NaN.

    It is the last positive one before which the sum does not exceed its share of the whole.
    """
    scale, drawable = _exponents(largest), np.isfinite(largest)
    total = np.zeros(largest.shape)
    for to, of, _ in _taps(plan):
        total[to] += np.ldexp(x[of].astype(np.float64), -scale[to])
    total *= chances
    before = np.zeros(largest.shape)
    for to, of, at in _taps(plan):
        a = np.ldexp(x[of].astype(np.float64), -scale[to])
        np.copyto(found[to], np.broadcast_to(at, a.shape), where=(a > 0) & (before[to] <= total[to]) & drawable[to])
        before[to] += a
