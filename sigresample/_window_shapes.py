"""Shape rules of windows that move over data: integers only, no arrays.

pooled      out = ⌊(data + 2 padding - reach + (stride - 1 if ceil_mode)) / stride⌋ + 1, of windows that reach over
            dilation (taps - 1) + 1 samples; one less where the last would start behind the data
adaptive    output i has the samples ⌊i data / out⌋ ... ⌈(i + 1) data / out⌉ - 1
unpooled    out = (data - 1) stride + taps - 2 padding, or as many as the caller wants within a stride of that
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from . import _errors
from ._channel_shapes import MOST, Sizes, each


class Along(NamedTuple):
    """One axis: output i has the samples first + i*stride + t*dilation, t < taps; those outside 0..data are absent.

    Where windows are irregular, `bounds` has the first sample of each output and the one behind its last, within the
    data; then `taps` is the most there are, `stride` is 0 and `dilation` 1.
    """

    data: int
    out: int
    taps: int
    first: int
    stride: int
    dilation: int
    bounds: tuple[tuple[int, int], ...] | None = None


class Window(NamedTuple):
    """One axis of pooling as it was asked for."""

    taps: int
    stride: int
    padding: int
    dilation: int


# An axis along which nothing moves.
NONE = Along(1, 1, 1, 0, 1, 1)

# Outputs of windows that are no equal steps apart: each is a pair of numbers here.
LONGEST = 2**24


def three(axes: tuple[Along, ...]) -> tuple[Along, Along, Along]:
    """Return three axes, those that lack in front."""
    d, h, w = (NONE,) * (3 - len(axes)) + axes
    return d, h, w


def windows(
    name: str, rank: int, kernel_size: Any, stride: Any, padding: Any = 0, dilation: Any = 1
) -> tuple[Window, ...]:
    """Return the windows along each axis, all numbers in their ranges; without a stride, side by side."""
    taps = each(name, "kernel_size", kernel_size, rank, 1)
    steps = taps if stride in (None, ()) else each(name, "stride", stride, rank, 1)
    pads = each(name, "padding", padding, rank, 0)
    dilations = each(name, "dilation", dilation, rank, 1)
    return tuple(map(Window, taps, steps, pads, dilations))


def pooled(name: str, data: Sizes, of: tuple[Window, ...], ceil: bool) -> tuple[Along, ...]:
    """Return the axes of pooling, refused where there is no window, or one without samples."""
    padded(name, of)
    axes = []
    for n, (k, s, p, d) in zip(data, of, strict=True):
        reach = d * (k - 1) + 1
        if reach + s > MOST:
            raise ValueError(_errors.CHANNEL_HUGE.format(name=name, argument="dilation and kernel_size", got=reach))
        out = (n + 2 * p - reach + (s - 1 if ceil else 0)) // s + 1
        if ceil and (out - 1) * s >= n + p:
            out -= 1
        if out < 1:
            raise ValueError(
                _errors.WINDOW_NONE.format(name=name, data=data, kernel=k, reach=reach, padding=p, stride=s)
            )
        along = trimmed(n, out, k, -p, s, d)
        if along.taps < 1 or not _all_meet(along):
            raise ValueError(_errors.WINDOW_EMPTY.format(name=name, data=n, kernel=k, padding=p, dilation=d))
        axes.append(along)
    return tuple(axes)


def padded(name: str, of: tuple[Window, ...]) -> None:
    """Refuse more padding than half a window, dilated or not: PyTorch's rule."""
    for window in of:
        if window.padding > window.taps // 2:
            raise ValueError(_errors.WINDOW_PADDING.format(name=name, kernel=window.taps, got=window.padding))


def trimmed(data: int, out: int, taps: int, first: int, stride: int, dilation: int) -> Along:
    """Return an axis without the taps that meet no sample in any output: there may be 2**50 of them."""
    absent = max(0, -((first + (out - 1) * stride) // dilation))
    end = min(taps, (data - 1 - first) // dilation + 1)
    taps = end - absent
    # What one output or one tap never uses must not overflow a kernel's arithmetic.
    return Along(data, out, taps, first + absent * dilation, stride if out > 1 else 1, dilation if taps > 1 else 1)


def _all_meet(of: Along) -> bool:
    """Return whether each output has a sample: only dilated windows in the padding may step over all of them."""
    for i in range(min(of.out, -(of.first // of.stride))):  # those that begin in front
        start = of.first + i * of.stride
        tap = -(start // of.dilation)
        if tap >= of.taps or start + tap * of.dilation >= of.data:
            return False
    return True


def adaptive(name: str, data: Sizes, outs: Sizes) -> tuple[Along, ...]:
    """Return the axes of pooling to a given size."""
    axes = []
    for n, out in zip(data, outs, strict=True):
        if out and n % out == 0:
            axes.append(Along(n, out, n // out, 0, n // out if out > 1 else 1, 1))
            continue
        if out > LONGEST:
            raise ValueError(_errors.WINDOW_LONG.format(name=name, data=n, most=LONGEST, got=out))
        bounds = tuple((i * n // out, -(-(i + 1) * n // out)) for i in range(out))
        axes.append(Along(n, out, max((b - a for a, b in bounds), default=1), 0, 0, 1, bounds))
    return tuple(axes)


def adaptive_size(name: str, data: Sizes, size: Any) -> Sizes:
    """Return an output size for each axis: one number for all, or for each a number or None, which leaves it."""
    rank = len(data)
    if isinstance(size, tuple) and len(size) != rank:
        raise ValueError(_errors.WINDOW_SIZES.format(name=name, rank=rank, got=size))
    if isinstance(size, tuple) and rank > 1:
        size = tuple(n if one is None else one for n, one in zip(data, size, strict=True))
    return each(name, "output_size", size, rank, 0)


def unpooled(name: str, data: Sizes, of: tuple[Window, ...], output_size: Any, covered: bool = False) -> Sizes:
    """Return the lengths of what was pooled to these lengths; batch and channels may lead those that are wanted.

    With `covered`, each window must have a sample there.
    """
    usual = tuple((n - 1) * w.stride + w.taps - 2 * w.padding for n, w in zip(data, of, strict=True))
    size = usual
    if output_size is not None:
        rank = len(data)
        if not isinstance(output_size, tuple) or len(output_size) not in (rank, rank + 2):
            raise ValueError(_errors.UNPOOL_SIZES.format(name=name, rank=rank, more=rank + 2, got=output_size))
        size = each(name, "output_size", output_size[-rank:], rank, 0)
    for i, (n, m, w, length) in enumerate(zip(size, usual, of, data, strict=True)):
        least = max(m - w.stride + 1, (length - 1) * w.stride - w.padding + 1 if covered else 0, int(covered))
        if not least <= n < m + w.stride:
            text = _errors.CHANNEL_OUTPUT_SIZE
            raise ValueError(text.format(name=name, least=least, most=m + w.stride - 1, axis=i, got=n))
    if max(size) > MOST:
        raise ValueError(_errors.CHANNEL_HUGE.format(name=name, argument="output_size", got=size))
    return size


def spread(data: Sizes, of: tuple[Window, ...], size: Sizes) -> tuple[Along, ...]:
    """Return the axes of pooling from `size` to `data`, of which each pixel is to be given back."""
    return tuple(trimmed(n, out, w.taps, -w.padding, w.stride, 1) for n, out, w in zip(size, data, of, strict=True))


def work(axes: tuple[Along, ...], planes: int) -> int:
    """Return what pooling costs, in multiply-adds: it moves its samples and does some comparisons or additions."""
    samples = prod(axis.data for axis in axes)
    outs = prod(axis.out for axis in axes)
    taps = sum(min(axis.taps, 8) for axis in axes)
    return planes * (4 * samples + outs * taps)
