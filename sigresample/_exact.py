"""Exact sums of integers by transforms in double precision: split into digits, few enough bits each, where need be.

A transform's result rounds to the exact integer while its error is under a half; a quarter is allowed here. The bound
grows with the numbers, so large ones are written with a few balanced digits,

    x = sum_k X_k 2^(p k)      h = sum_l H_l 2^(q l)      x * h = sum_{k, l}  (X_k * H_l) 2^(p k + q l)

each of at most 2^(p - 1) or 2^(q - 1) in magnitude. Every product of digits is a transform that rounds exactly, and
they are added modulo 2^64: what wraps is right, and products that the result's bits do not hold are not made.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, inf, log2, sqrt
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
# transform(a, b): the wanted outputs of float64 arrays like the data and the taps, off by at most error_bound.
Transform = Callable[[Array, Array], Array]

C = 16.0  # of every transform's error bound: three transforms of at most 3 + sqrt(5) + 1 roundings a stage, under 16
MOST = 64  # digits of one bit each hold any number


class Size(NamedTuple):
    """How large the numbers are that one output, or one transform, can meet."""

    norm: float  # 2-norm
    largest: int  # magnitude
    nonzero: int  # how many are not 0


class Digits(NamedTuple):
    """How x and h are written: bits in a digit, and digits; and how many transforms that takes."""

    x_bits: int
    x_digits: int
    h_bits: int
    h_digits: int
    products: int


def error_bound(points: int, norm1: float, norm2: float, unit: float = 2.0**-53) -> float:
    """Return what no output of a convolution by transforms of that many points is off by."""
    return C * log2(points + 1) * unit * norm1 * norm2


def bits(dtype: np.dtype[Any]) -> int:
    """Return how many bits of a sum decide a result of an integer or boolean type."""
    return 64 if dtype.kind == "b" else 8 * dtype.itemsize


def size(x: Array, dtype: np.dtype[Any], repeats: int = 1) -> Size:
    """Return the size of an array as `split` will see it, where a boundary repeats a sample up to so many times."""
    x = _signed(x, dtype)
    largest = max(int(x.max(initial=0)), -int(x.min(initial=0)))
    nonzero = int(np.count_nonzero(x)) * repeats
    flat = x.ravel().astype(np.float64)
    norm = sqrt(float(np.einsum("i,i->", flat, flat)) * repeats)
    return Size(norm * (1 + 2.0**-20), largest, nonzero)  # the sum of squares is rounded, too


def plan(x: Size, h: Size, points: int, held: int) -> Digits | None:
    """Return the split with the fewest products for a result that holds so many bits, or None where there is none."""
    limit = 0.25 / error_bound(points, 1.0, 1.0)  # of the two norms' product
    best = None
    for n in range(1, MOST + 1):
        x_bits = _width(x) if n == 1 else ceil(_width(x) / n)
        norm = _norm(x, n, x_bits)
        allowed = limit / norm if norm else inf
        if h.norm < allowed:
            m, h_bits = 1, _width(h)
        else:
            h_bits = int(log2(allowed / sqrt(h.nonzero))) + 1 if allowed > sqrt(h.nonzero) else 0
            if h_bits < 1:
                continue
            m = ceil(_width(h) / h_bits)
            h_bits = ceil(_width(h) / m)
        made = Digits(x_bits, n, h_bits, m, _products(x_bits, n, h_bits, m, held))
        if best is None or made.products < best.products:
            best = made
        if m == 1 or x_bits == 1:  # more digits of x would not take fewer of h
            break
    return best


def convolve(x: Array, h: Array, dtype: np.dtype[Any], digits: Digits, transform: Transform) -> Array:
    """Return the exact sums in an integer or boolean type; what does not fit wraps, and any number but 0 is true.

    The same digit of x is handed over again and again, in a row, as the same array.
    """
    total: Array | None = None
    of_h = split(h, dtype, digits.h_bits, digits.h_digits)
    held = bits(dtype)
    for k, a in enumerate(split(x, dtype, digits.x_bits, digits.x_digits)):
        for j, b in enumerate(of_h):
            shift = k * digits.x_bits + j * digits.h_bits
            if shift < held:
                made = np.rint(transform(a, b)).astype(np.int64)
                total = made << shift if total is None else total + (made << shift)
    assert total is not None
    return np.not_equal(total, 0) if dtype.kind == "b" else total.astype(dtype, copy=False)


def split(x: Array, dtype: np.dtype[Any], width: int, digits: int) -> list[Array]:
    """Return balanced digits as float64, the lowest first, that add up to x modulo 2^64."""
    rest = _signed(x, dtype).astype(np.int64)
    made = []
    for _ in range(digits - 1):
        half = np.int64(1 << (width - 1))
        digit = ((rest + half) & np.int64((1 << width) - 1)) - half
        rest = (rest - digit) >> width
        made.append(digit.astype(np.float64))
    made.append(rest.astype(np.float64))
    return made


def _signed(x: Array, dtype: np.dtype[Any]) -> Array:
    """Return x modulo the result's 2^n as signed numbers, which are no larger than unsigned ones."""
    if dtype.kind == "b":
        return x.astype(bool).view(np.int8)
    return x.astype(dtype, copy=False).view(np.dtype(f"i{dtype.itemsize}"))


def _width(of: Size) -> int:
    """Return the bits of a signed number as large as the largest."""
    return of.largest.bit_length() + 1


def _norm(of: Size, digits: int, width: int) -> float:
    """Return what no digit's 2-norm exceeds."""
    return of.norm if digits == 1 else sqrt(of.nonzero) * 2.0 ** (width - 1)


def _products(x_bits: int, n: int, h_bits: int, m: int, held: int) -> int:
    return sum(min(m, ceil((held - k * x_bits) / h_bits)) for k in range(n) if k * x_bits < held)
