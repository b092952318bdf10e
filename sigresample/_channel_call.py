"""One call of a convolution over channels: five steps, and how a plan runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from . import _channel_plans, _channel_range, _channel_shapes, _errors, _kernels, _threads
from ._channel_plans import Box, Part, Plan
from ._channel_shapes import Correlation
from ._coerce import array, contiguous, finite, output, plain
from ._kernels import _taps
from ._routes import borders, channel_fft, channels, depthwise, winograd
from .explaining import Explanation

Array = np.ndarray[Any, Any]
Route = Callable[[Array, Array, Array, Correlation, int, Array | None, int], None]


def _by_transform(
    x: Array, w: Array, y: Array, of: Correlation, boundary: int, bias: Array | None, workers: int
) -> None:
    """Compute by transforms the items that they do not spoil, and the others directly."""

    def direct(x: Array, w: Array, y: Array, of: Correlation) -> None:
        channels.run(x, w, y, of, boundary, bias, workers)

    apart = _channel_range.uneven(x, w, of, boundary, workers)
    channel_fft.run(x, w, y, of, boundary, bias, workers, direct, apart)


def _by_tiles(x: Array, w: Array, y: Array, of: Correlation, boundary: int, bias: Array | None, workers: int) -> None:
    """Compute in tiles, and directly those that would lose what is quiet in them."""
    apart = _channel_range.uneven_tiles(x, w, of, boundary, workers)
    winograd.run(x, w, y, of, boundary, bias, workers, direct=channels.run, apart=apart)


ROUTES: dict[str, Route] = {
    "direct": channels.run,
    "planes": depthwise.run,
    "Winograd": _by_tiles,
    "FFT": _by_transform,
}

# What is converted for the kernels is converted by as many items at a time as fit in here, one at least.
PIECE = 1 << 19
TAPS_BYTES = 1 << 20


def run(
    name: str,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: Any,
    mode: Any,
    dtype: Any,
    workers: Any,
    out: Any,
    extra: tuple[Any, Any] | None = None,
) -> Array:
    """Compute one call; `extra`, of a transposed convolution, holds output_padding and output_size."""
    x, w, b = arrays(name, input, weight, bias)
    plan = planned(name, x, w, b, stride, padding, dilation, groups, mode, dtype, extra)
    threads = _threads.count(name, workers, plan.ops)
    y = output(name, out, plan.out, plan.dtype, x, w, *(() if b is None else (b,)))
    compute(plan, x, w, b, y, threads)
    return y


def planned(
    name: str,
    x: Array,
    w: Array,
    b: Array | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: Any,
    mode: Any,
    dtype: Any,
    extra: tuple[Any, Any] | None,
) -> Plan:
    """Return the plan of a call."""
    fixed = _channel_shapes.fixed
    if type(stride) is not int:
        stride = fixed(name, "stride", stride)
    if type(padding) is not int:
        padding = fixed(name, "padding", padding)
    if type(dilation) is not int:
        dilation = fixed(name, "dilation", dilation)
    if type(groups) is not int:
        groups = fixed(name, "groups", groups, 0)
    if type(mode) is not str:
        if not isinstance(mode, str):
            _channel_plans.refuse_mode(name, mode)
        mode = str(mode)  # one of NumPy's
    if dtype is not None:
        try:
            dtype = np.dtype(dtype)
        except TypeError:
            raise TypeError(_errors.CHANNEL_DTYPE.format(name=name, got=dtype)) from None
    if extra is not None:
        more, size = extra
        extra = fixed(name, "output_padding", more), None if size is None else fixed(name, "output_size", size)
    types = (x.dtype, w.dtype) if b is None else (x.dtype, w.dtype, b.dtype)
    shape = None if b is None else b.shape
    return _channel_plans.plan(
        name, x.shape, w.shape, shape, types, stride, padding, dilation, groups, mode, dtype, _kernels.level, extra
    )


def arrays(name: str, input: Any, weight: Any, bias: Any) -> tuple[Array, Array, Array | None]:
    b = None if bias is None else array(name, "bias", bias)
    return array(name, "input", input), array(name, "weight", weight), b


# ── running a plan ─────────────────────────────────────────────────────────────────────────────


def compute(plan: Plan, x: Array, w: Array, b: Array | None, y: Array, workers: int) -> None:
    """Fill y, of any layout."""
    if not y.size:
        return
    w = _ready(plan, w)
    b = None if b is None else _ready(plan, b)
    if not plan.batched:
        x, y = x[None], y[None]
    if x.dtype is y.dtype is plan.sums and plain(x) and plain(y):
        _sum(plan, x, w, b, y, workers)
        return
    # What is no array of the kernels' is copied, of a batch a piece at a time.
    own = _viewed(plan, y)
    size = plan.sums.itemsize * max(prod(plan.x), prod(plan.y), 1)
    step = plan.of.items if own and _viewed(plan, x) else max(1, PIECE // size)
    # Of one other type an item may be cut as well: in its own type, whatever its layout, it must come out the same.
    other = plan.sums.kind == "u" or x.dtype.newbyteorder("=") != plan.sums
    if step == 1 and size > PIECE and other and not plan.boxes and not plan.boundary:
        _by_bands(plan, x, w, b, y, workers)
        return
    for start in range(0, plan.of.items, step):
        at = slice(start, start + step)
        made = y[at].view(plan.sums) if own else np.empty(y[at].shape, plan.sums)
        _sum(plan, _ready(plan, x[at]), w, b, made, workers)
        if not own:
            _deliver(plan, made, y[at])


def _by_bands(plan: Plan, x: Array, w: Array, b: Array | None, y: Array, workers: int) -> None:
    """Fill y some rows of one item at a time, zeros around."""
    axis, *others = plan.of.axes
    row = plan.sums.itemsize * max(prod(plan.x) // max(axis.data, 1), prod(plan.y) // axis.out, 1)
    many = max(1, PIECE // row)
    for item, low in product(range(plan.of.items), range(0, axis.out, many)):
        out = min(many, axis.out - low)
        first = axis.first + low * axis.stride
        begin = min(max(first, 0), axis.data)
        end = max(min(first + (out - 1) * axis.stride + (axis.taps - 1) * axis.dilation + 1, axis.data), begin)
        band = axis._replace(data=end - begin, out=out, first=first - begin)
        of = plan.of._replace(items=1, axes=(band, *others))
        made = np.empty((1, *plan.y[:1], out, *plan.y[2:]), plan.sums)
        ROUTES[plan.route](_ready(plan, x[item : item + 1, :, begin:end]), w, made, of, 0, b, workers)
        _deliver(plan, made, y[item : item + 1, :, low : low + out])


def _viewed(plan: Plan, x: Array) -> bool:
    """Return whether an array is the kernels' as it is, or once integers are taken for unsigned ones."""
    if not (plain(x) and x.dtype.isnative):
        return False
    return x.dtype == plan.sums or (x.dtype.kind in "iu" and plan.sums.kind == "u" and x.itemsize == plan.sums.itemsize)


def _ready(plan: Plan, x: Array) -> Array:
    """Return an array as kernels take it: itself, a view, or a copy."""
    if x.dtype is plan.sums and plain(x):
        return x
    if _viewed(plan, x):
        return x if x.dtype is plan.sums else x.view(plan.sums)
    if x.dtype.kind == "i" and plan.sums.kind == "u":  # what is narrower is extended by its sign
        return contiguous(x, np.dtype(f"i{plan.sums.itemsize}")).view(plan.sums)
    return contiguous(x, plan.sums)


def _deliver(plan: Plan, made: Array, y: Array) -> None:
    """Bring finished sums into y."""
    if plan.dtype.kind == "b":
        np.not_equal(made, 0, out=y)
    else:
        with np.errstate(over="ignore"):  # float16 has its infinities
            y[...] = made


def _sum(plan: Plan, x: Array, w: Array, b: Array | None, y: Array, workers: int) -> None:
    """Fill y with the sums of some items, all arrays being the kernels' own."""
    if not plan.boxes:
        ROUTES[plan.route](x, w, y, _of_items(plan.of, x), plan.boundary, b, workers)
        return
    exact = plan.sums.kind == "u" or finite(w)
    if len(plan.boxes) == 1:
        _box(plan, plan.boxes[0], x, w, b, y, exact, workers)
        return
    inner, *around = plan.boxes
    _box(plan, inner, x, w, None, y, exact, workers)
    for box in around:
        strip = np.empty((*y.shape[:2], *(axis.out for axis in box.spread)), plan.sums)
        _box(plan, box, x, w, None, strip, exact, workers)
        with np.errstate(all="ignore"):
            _fold(strip, box, y, inner, plan.boundary)
    if b is not None:
        with np.errstate(all="ignore"):
            y += b.reshape(-1, *(1,) * (y.ndim - 2))


# ── transposed ─────────────────────────────────────────────────────────────────────────────────


def _box(plan: Plan, box: Box, x: Array, w: Array, b: Array | None, y: Array, exact: bool, workers: int) -> None:
    """Fill y with one box of a transposed convolution; without `exact` weights what is absent is to be left out."""
    if exact and box.route == "planes":
        depthwise.transposed(x, w, y, plan.of.groups, box.spread, b, workers)
        return
    if not box.filled or not exact:
        y[...] = 0 if b is None else b.reshape(-1, *(1,) * (y.ndim - 2))
    # A transform would make terms of what is absent.
    run = ROUTES[box.route if exact else "direct"]
    for part in box.parts if exact else _present(plan, box):
        _phase(run, part._replace(of=_of_items(part.of, x)), x, w, y, b, workers)


def _of_items(of: Correlation, x: Array) -> Correlation:
    return of if len(x) == of.items else of._replace(items=len(x))


def _phase(run: Route, part: Part, x: Array, w: Array, y: Array, b: Array | None, workers: int) -> None:
    """Compute one phase, its taps brought into order: all at once, or of many some outputs' at a time."""
    of = part.of
    bank = w.itemsize * of.inputs * prod(axis.taps for axis in of.axes)  # of one output
    if of.groups * of.outputs * bank <= TAPS_BYTES:
        run(x, own(part, w), y, of, 0, b, workers)
        return
    step = max(1, TAPS_BYTES // bank)
    for g, low in product(range(of.groups), range(0, of.outputs, step)):
        high = min(low + step, of.outputs)
        some = of._replace(items=1, groups=1, outputs=high - low)
        ins = slice(g * of.inputs, (g + 1) * of.inputs)
        outs = slice(g * of.outputs + low, g * of.outputs + high)
        taps = own(part._replace(of=some), w[ins, low:high])
        for n in range(len(x)):
            one = slice(n, n + 1)
            run(x[one, ins], taps, y[one, outs], some, 0, None if b is None else b[outs], workers)


def own(part: Part, w: Array) -> Array:
    """Return the taps of a phase, (outputs of all groups, inputs of one, taps)."""
    of = part.of
    made = np.empty((of.groups * of.outputs, of.inputs, *(axis.taps for axis in of.axes)), w.dtype)
    _taps.order(w, made, part.taps, of.groups)
    return made


def _present(plan: Plan, box: Box) -> Iterator[Part]:
    """Yield the parts of a box cut up, so that each tap meets a sample in all outputs of a part."""
    along = [
        [cut for phase in _channel_shapes.phases(axis) for cut in _channel_shapes.present(phase)] for axis in box.spread
    ]
    for phases in product(*along):
        yield _channel_plans.joined(plan.of, box.spread, phases)


def _fold(strip: Array, box: Box, y: Array, inner: Box, boundary: int) -> None:
    """Add the border's outputs to those that a boundary would have put there.

    Along an axis these are one stretch: no longer than the middle, or all of them the outermost output.
    """
    target: list[slice] = []
    for i, (axis, middle) in enumerate(zip(box.spread, inner.spread, strict=True), start=2):
        if axis == middle:
            target.append(slice(None))
            continue
        ends = np.array([0, axis.out - 1]) + axis.before - middle.before
        low, high = borders.fold(ends, middle.out, boundary).tolist()
        if boundary == borders.EDGE and axis.out > 1:
            # One after the other: how a reduction groups its terms would depend on the shape.
            np.add.accumulate(strip, axis=i, out=strip)
            strip = strip[(slice(None),) * i + (slice(-1, None),)]
        step = 1 if low <= high else -1
        target.append(slice(low, high + step if high + step >= 0 else None, step))
    at: Any = (..., *target)
    y[at] += strip


# ── explaining ─────────────────────────────────────────────────────────────────────────────────


def explain(name: str, *args: Any) -> Explanation:
    """Say what `run` would do with the same arguments."""
    input, weight, bias, stride, padding, dilation, groups, mode, dtype, workers, _, *extra = args
    x, w, b = arrays(name, input, weight, bias)
    plan = planned(name, x, w, b, stride, padding, dilation, groups, mode, dtype, extra[0] if extra else None)
    threads = _threads.count(name, workers, plan.ops)
    costs = {route: plan.of.items * seconds for route, seconds in plan.costs.items()}
    reason = "the least predicted time" if len(costs) > 1 else "the only route for these shapes and types"
    blocks, points = {"phases": len(plan.boxes[0].parts)} if plan.boxes else {}, 0
    if plan.route == "FFT":
        of = plan.boxes[0].parts[0].of if plan.boxes else plan.of
        cut = channel_fft.cut(of, plan.sums, zeros=plan.boundary == 0 or bool(plan.boxes))
        points = prod(cut.points)
        blocks |= {"points": points, "rows": cut.hop[0], "columns": cut.hop[1], "blocks": channel_fft.count(of, cut)}
    return Explanation(
        name, plan.route, reason, costs, blocks, _kernels.level, threads, str(plan.dtype), plan.out, plan.terms, points
    )
