"""Shape rules of convolution over channels: integers only, no arrays.

    convolution             out = ⌊(in + before + after - d (k - 1) - 1) / s⌋ + 1
    transposed convolution  out = (in - 1) s - before - after + d (k - 1) + output_padding + 1

A convolution is one `Correlation`; a transposed one is a list of them, one for each phase of its outputs.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from math import gcd
from typing import Any, NamedTuple

import numpy as np

from . import _errors

Sizes = tuple[int, ...]
Pair = tuple[int, int]

WORDS = ("valid", "same", "same_upper", "same_lower")
MOST = 2**62  # sizes and positions up to here leave the kernels' own arithmetic room


class Along(NamedTuple):
    """One axis: y[start + i·leap] = Σ_p x[first + i·stride + p·dilation] w[p] for i < out."""

    data: int  # samples of x along the axis
    taps: int
    out: int  # outputs that this correlation computes
    first: int  # index of x under tap 0 of output 0, negative inside the padding
    stride: int = 1
    dilation: int = 1
    start: int = 0  # where output 0 lies in y, and how far apart the outputs lie
    leap: int = 1


class Correlation(NamedTuple):
    """y[n, g·O + o, …] = Σ_c Σ_p… x[n, g·C + c, …] w[g·O + o, c, p…]: N items, G groups, C inputs and O outputs."""

    items: int
    groups: int
    inputs: int  # of one group
    outputs: int
    axes: tuple[Along, ...]  # 1, 2 or 3


class Spread(NamedTuple):
    """One axis of a transposed convolution: y[t] = Σ x[i] w[p] over i·stride + p·dilation = t + before, t < out."""

    data: int
    taps: int
    out: int
    before: int
    after: int
    stride: int
    dilation: int


class Phase(NamedTuple):
    """A correlation along one axis, and which taps are its own, in its order."""

    along: Along
    taps: slice


# ── arguments ──────────────────────────────────────────────────────────────────────────────────


WHOLE = "an integer or a tuple of integers"


def fixed(name: str, argument: str, value: Any, depth: int = 2, takes: str = "") -> Any:
    """Return an argument in a form that can be compared: an int or, of some depth, a word or a tuple of such."""
    if type(value) is int:
        return value
    if isinstance(value, str) and depth:
        return str(value)
    takes = takes or (WHOLE if depth else "an integer")
    if isinstance(value, np.ndarray) and value.ndim:
        value = value.tolist()
    if isinstance(value, tuple | list) and depth:
        return tuple([fixed(name, argument, one, depth - 1, takes) for one in value])
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        return operator.index(value)
    except TypeError:
        text = _errors.CHANNEL_INTEGER.format(name=name, argument=argument, takes=takes, got=value)
        raise TypeError(text) from None


def each(name: str, argument: str, value: Any, rank: int, least: int) -> Sizes:
    """Return an argument's integer for each axis, from one for all or one for each."""
    values = value if isinstance(value, tuple) else (value,)
    if any(type(one) is not int for one in values):
        raise TypeError(_errors.CHANNEL_INTEGER.format(name=name, argument=argument, takes=WHOLE, got=value))
    if len(values) not in (1, rank):
        raise ValueError(_errors.CHANNEL_COUNT.format(name=name, argument=argument, rank=rank, got=value))
    if min(values) < least:
        rule = ("not be negative", "be positive")[least]
        raise ValueError(_errors.CHANNEL_SIGN.format(name=name, argument=argument, rule=rule, got=value))
    if max(values) > MOST:
        raise ValueError(_errors.CHANNEL_HUGE.format(name=name, argument=argument, got=value))
    return values if len(values) == rank else values * rank


def pads(name: str, padding: Any, rank: int) -> tuple[Pair, ...] | str:
    """Return the samples before and after each axis, or the word that says what to make them of."""
    if isinstance(padding, str):
        if padding not in WORDS:
            raise ValueError(_errors.CHANNEL_PADDING.format(name=name, known=WORDS, got=padding))
        return padding
    if not isinstance(padding, tuple) or not any(isinstance(one, tuple) for one in padding):
        return tuple((p, p) for p in each(name, "padding", padding, rank, 0))
    if len(padding) not in (1, rank):
        raise ValueError(_errors.CHANNEL_COUNT.format(name=name, argument="padding", rank=rank, got=padding))
    for one in padding:
        if isinstance(one, tuple) and len(one) != 2:
            raise ValueError(_errors.CHANNEL_PAIR.format(name=name, got=one))
    made = [each(name, "padding", one, 2, 0) for one in padding]
    pairs = tuple((before, after) for before, after in made)
    return pairs if len(pairs) == rank else pairs * rank


def _same(word: str, total: int) -> Pair:
    """Return how 'same' splits its padding: an odd sample goes behind, or by 'same_lower' in front."""
    less, more = total // 2, total - total // 2
    return (more, less) if word == "same_lower" else (less, more)


# ── convolution ────────────────────────────────────────────────────────────────────────────────


def convolution(
    name: str, data: Sizes, taps: Sizes, stride: Any, padding: Any, dilation: Any
) -> tuple[tuple[Along, ...], tuple[Pair, ...]]:
    """Return the axes of a convolution and their padding, refused where the kernel does not fit into padded data."""
    rank = len(data)
    strides = each(name, "stride", stride, rank, 1)
    dilations = each(name, "dilation", dilation, rank, 1)
    given = pads(name, padding, rank)
    if given == "same" and max(strides) > 1:
        raise ValueError(_errors.CHANNEL_SAME_STRIDED.format(name=name, got=stride))
    axes, around = [], []
    for i, (n, k, s, d) in enumerate(zip(data, taps, strides, dilations, strict=True)):
        reach = d * (k - 1) + 1
        if isinstance(given, str):
            before, after = _same(given, max((-(-n // s) - 1) * s + reach - n, 0)) if given != "valid" else (0, 0)
        else:
            before, after = given[i]
        padded = n + before + after
        if max(padded, reach) > MOST:
            raise ValueError(_errors.CHANNEL_HUGE.format(name=name, argument="padded input", got=max(padded, reach)))
        if padded < reach:
            raise ValueError(
                _errors.CHANNEL_KERNEL.format(
                    name=name, kernel=taps, reach=reach, padded=padded, data=data, dilation=dilation, padding=padding
                )
            )
        out = (padded - reach) // s + 1
        # What one output or one tap never uses must not overflow a kernel's arithmetic.
        axes.append(Along(n, k, out, -before, s if out > 1 else 1, d if k > 1 else 1))
        around.append((before, after))
    return tuple(axes), tuple(around)


# ── transposed convolution ─────────────────────────────────────────────────────────────────────


def transposed(
    name: str,
    data: Sizes,
    taps: Sizes,
    stride: Any,
    padding: Any,
    output_padding: Any,
    dilation: Any,
    output_size: Any = None,
) -> tuple[Spread, ...]:
    """Return the axes of a transposed convolution."""
    rank = len(data)
    strides = each(name, "stride", stride, rank, 1)
    dilations = each(name, "dilation", dilation, rank, 1)
    extra = each(name, "output_padding", output_padding, rank, 0)
    given = pads(name, padding, rank)
    if given == "same" and max(strides) > 1:
        raise ValueError(_errors.CHANNEL_SAME_STRIDED.format(name=name, got=stride))
    for o, s, d in zip(extra, strides, dilations, strict=True):
        if o >= s and o >= d:
            raise ValueError(_errors.CHANNEL_OUTPUT_PADDING.format(name=name, got=o, stride=s, dilation=d))
    wanted = None if output_size is None else _wanted(name, output_size, rank, extra)
    axes = []
    for i, (n, k, s, d) in enumerate(zip(data, taps, strides, dilations, strict=True)):
        full = (n - 1) * s + d * (k - 1) + 1
        if isinstance(given, str) and given != "valid":
            size = n * s if wanted is None else wanted[i]
            before, after = _same(given, max(full - size, 0))
            least, most = (n - 1) * s + 1, n * s
        else:
            before, after = (0, 0) if isinstance(given, str) else given[i]
            least = full - before - after
            size, most = least + extra[i] if wanted is None else wanted[i], least + s - 1
        if wanted is not None and not least <= size <= most:
            raise ValueError(
                _errors.CHANNEL_OUTPUT_SIZE.format(name=name, axis=i, least=max(least, 1), most=most, got=size)
            )
        if max(full, before, after, size) > MOST:
            raise ValueError(_errors.CHANNEL_HUGE.format(name=name, argument="padded output", got=full))
        if size < 1:
            raise ValueError(_errors.CHANNEL_NO_OUTPUT.format(name=name, got=size, data=data, padding=padding))
        axes.append(Spread(n, k, size, before, after, s, d if k > 1 else 1))
    return tuple(axes)


def _wanted(name: str, output_size: Any, rank: int, extra: Sizes) -> Sizes:
    """Return output_size along the axes; batch and channels may lead it, as in PyTorch's layers."""
    if any(extra):
        raise ValueError(_errors.CHANNEL_TWO_SIZES.format(name=name, got=output_size, extra=extra))
    if isinstance(output_size, tuple) and len(output_size) in (rank + 1, rank + 2):
        output_size = output_size[-rank:]
    return each(name, "output_size", output_size, rank, 0)


def phases(axis: Spread) -> list[Phase]:
    """Return the correlations that make the outputs, those with taps.

    Position u = t + before meets the taps p with p·d ≡ u (mod s): one in s / gcd(s, d), whose samples step back by
    d / gcd(s, d).
    Turned round, they are a correlation.
    """
    n, k, s, d, low, high = *axis[:2], axis.stride, axis.dilation, axis.before, axis.before + axis.out
    shared = gcd(s, d)
    step, back = s // shared, d // shared
    made = []
    for tap in range(min(k, step)):
        u = low + (tap * d - low) % s
        if u >= high:
            continue
        mine = -(-(k - tap) // step)
        first = (u - tap * d) // s - (mine - 1) * back
        last = tap + (mine - 1) * step
        out = -(-(high - u) // s)
        along = Along(n, mine, out, first, 1, back if mine > 1 else 1, u - low, s if out > 1 else 1)
        made.append(Phase(along, slice(last, None, -step)))
    return made


def present(phase: Phase) -> Iterator[Phase]:
    """Yield a phase in parts whose taps all meet samples: what is absent is no term of a transposed convolution."""
    of, taps = phase.along, range(phase.taps.start + 1)[phase.taps]
    runs: list[list[int]] = []  # first output, outputs, first tap, end of taps
    for i in _edges(of):
        at = of.first + i
        low = max(0, -(at // of.dilation))
        high = min(of.taps, -(-(of.data - at) // of.dilation))
        if runs and runs[-1][2:] == [low, high]:
            runs[-1][1] = i - runs[-1][0] + 1
        else:
            runs.append([i, 1, low, high])
    for i, out, low, high in runs:
        if low < high:
            along = of._replace(
                taps=high - low, out=out, first=of.first + i + low * of.dilation, start=of.start + i * of.leap
            )
            yield Phase(along, slice(taps[low], None if taps[high - 1] == 0 else taps[high - 1] - 1, phase.taps.step))


def _edges(of: Along) -> Iterator[int]:
    """Yield the outputs of a phase in order; of those in the middle, which meet all taps, the first and the last."""
    front = max(0, -of.first)
    behind = min(of.out, of.data - of.first - (of.taps - 1) * of.dilation)
    yield from range(min(front + 1, of.out) if front < behind else of.out)
    if front < behind:
        yield from range(max(front + 1, behind - 1), of.out)


# ── public ─────────────────────────────────────────────────────────────────────────────────────


def conv_output_size(
    input_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> int | Sizes:
    """Return how many samples a convolution gives along each axis.

    ``⌊(input_size + before + after - dilation * (kernel_size - 1) - 1) / stride⌋ + 1``

    Parameters
    ----------
    input_size, kernel_size : int or tuple of int
        Lengths along each axis.
    stride, dilation : int or tuple of int, optional
        Steps from one output to the next, and from one tap to the next.
    padding : int, str or tuple, optional
        Samples on both sides; or for each axis a number or a pair (before, after); or "valid" (none), "same" (as
        many as keep the length), "same_upper" or "same_lower" (``⌈input_size / stride⌉`` outputs, an odd sample
        behind or in front).

    Returns
    -------
    int or tuple of int
        A tuple where one of the first two is.

    Raises
    ------
    ValueError
        If a number is out of range, or the kernel does not fit into the padded input.
    TypeError
        If one is no integer.

    See Also
    --------
    conv_transpose_output_size : The same for the transposed convolution.

    Examples
    --------
    >>> from sigresample.nn import conv_output_size
    >>> conv_output_size(224, 7, stride=2, padding=3)
    112
    >>> conv_output_size((5, 5), 4, padding=2)
    (6, 6)
    """
    name = "conv_output_size"
    data, taps, rest, scalar = _sizes(name, input_size, kernel_size, stride=stride, padding=padding, dilation=dilation)
    out = tuple(axis.out for axis in convolution(name, data, taps, **rest)[0])
    return out[0] if scalar else out


def conv_transpose_output_size(
    input_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, dilation: Any = 1
) -> int | Sizes:
    """Return how many samples a transposed convolution gives along each axis.

    ``(input_size - 1) * stride - before - after + dilation * (kernel_size - 1) + output_padding + 1``

    Parameters
    ----------
    input_size, kernel_size : int or tuple of int
        Lengths along each axis.
    stride, dilation : int or tuple of int, optional
        Steps of the convolution that is transposed.
    padding : int, str or tuple, optional
        That convolution's padding, which is cut off here: a number, for each axis a number or a pair (before,
        after), or a word; "same_upper" and "same_lower" give ``input_size * stride`` outputs.
    output_padding : int or tuple of int, optional
        Samples more at the end: of the lengths from which that convolution makes `input_size`, which one.

    Returns
    -------
    int or tuple of int
        A tuple where one of the first two is.

    Raises
    ------
    ValueError
        If a number is out of range, `output_padding` is not below `stride` or `dilation`, or no output is left.
    TypeError
        If one is no integer.

    See Also
    --------
    conv_output_size : The same for the convolution.

    Examples
    --------
    >>> from sigresample.nn import conv_transpose_output_size
    >>> conv_transpose_output_size(28, 4, stride=2, padding=1)
    56
    >>> conv_transpose_output_size((2, 2), 3, stride=2)
    (5, 5)
    """
    name = "conv_transpose_output_size"
    data, taps, rest, scalar = _sizes(
        name, input_size, kernel_size,
        stride=stride, padding=padding, output_padding=output_padding, dilation=dilation,
    )  # fmt: skip
    out = tuple(axis.out for axis in transposed(name, data, taps, **rest))
    return out[0] if scalar else out


def _sizes(name: str, input_size: Any, kernel_size: Any, **rest: Any) -> tuple[Sizes, Sizes, dict[str, Any], bool]:
    """Return the lengths of all axes, the other arguments to be compared, and whether there is only one length."""
    data, taps = fixed(name, "input_size", input_size), fixed(name, "kernel_size", kernel_size)
    rest = {argument: fixed(name, argument, value) for argument, value in rest.items()}
    rank = max(len(size) if isinstance(size, tuple) else 1 for size in (data, taps))
    scalar = not isinstance(data, tuple) and not isinstance(taps, tuple)
    sizes = (each(name, "input_size", data, rank, 1), each(name, "kernel_size", taps, rank, 1))
    return *sizes, rest, scalar
