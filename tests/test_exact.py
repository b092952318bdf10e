"""Integers by transforms: exact, wrapped as SciPy's direct sum wraps them, however large."""

from math import log2

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from sigresample import _exact
from sigresample._exact import Digits, Size

INTEGERS = "bBhHiIqQ"


def transform_of(shape, worst=None):
    """Full convolution by a real transform; `worst` keeps what its inputs may be off by."""
    every = tuple(range(len(shape)))

    def transform(a, b):
        assert a.dtype == b.dtype == np.float64
        if worst is not None:
            norms = [np.linalg.norm(z) for z in (a, b)]
            worst.append(_exact.error_bound(int(np.prod(shape)), *norms))
        return np.fft.irfftn(np.fft.rfftn(a, shape, every) * np.fft.rfftn(b, shape, every), shape, every)

    return transform


def exactly(x, h, dtype):
    """The full convolution in Python's integers, wrapped."""
    shape = [n + k - 1 for n, k in zip(x.shape, h.shape, strict=True)]
    y = np.zeros(shape, object)
    for p in np.ndindex(*h.shape):
        at = tuple(slice(i, i + n) for i, n in zip(p, x.shape, strict=True))
        y[at] += x.astype(object) * int(h[p])
    if dtype.kind == "b":
        return y != 0
    n = 8 * dtype.itemsize
    low = 0 if dtype.kind == "u" else -(1 << (n - 1))
    return ((y - low) % (1 << n) + low).astype(dtype)


def check(x, h):
    dtype = np.result_type(x, h)
    shape = [n + k - 1 for n, k in zip(x.shape, h.shape, strict=True)]
    sizes = _exact.size(x, dtype), _exact.size(h, dtype)
    digits = _exact.plan(*sizes, int(np.prod(shape)), _exact.bits(dtype))
    assert digits is not None
    worst = []
    got = _exact.convolve(x, h, dtype, digits, transform_of(shape, worst))
    assert got.dtype == dtype
    assert np.array_equal(got, exactly(x, h, dtype))
    assert max(worst) < 0.25
    assert len(worst) == digits.products
    return digits


@given(
    st.sampled_from(INTEGERS),
    st.sampled_from(
        [((1,), (1,)), ((7,), (3,)), ((40,), (60,)), ((300,), (20,)), ((3, 4, 2), (2, 4, 3)), ((9, 8), (2, 9))]
    ),
    st.integers(0, 2**32),
    st.sampled_from(["any", "extremes", "small", "positive"]),
)
def test_all_integer_types_wrap_as_python_says(kind, shapes, seed, how):
    rng = np.random.default_rng(seed)
    info = np.iinfo(kind)
    x, h = (
        {
            "any": lambda s: rng.integers(info.min, info.max, s, kind, endpoint=True),
            "extremes": lambda s: rng.choice(np.array([info.min, info.max, 0], kind), s),
            "small": lambda s: rng.integers(0, 4, s).astype(kind),
            "positive": lambda s: rng.integers(info.max // 2, info.max, s, kind, endpoint=True),
        }[how](s)
        for s in shapes
    )
    check(x, h)


@pytest.mark.parametrize(("kind1", "kind2"), [("b", "B"), ("B", "h"), ("I", "b"), ("q", "I"), ("?", "H"), ("i", "?")])
def test_mixed_types(kind1, kind2):
    rng = np.random.default_rng(3)
    x, h = (rng.integers(-(2**40), 2**40, n).astype(kind) for n, kind in ((200, kind1), (90, kind2)))
    check(x, h)


def test_products_near_the_end_of_int64():
    x = np.array([2**31, -(2**31), 2**31 - 1, 3], np.int64) * 2**0
    assert check(np.tile(x, 50), np.tile(x[::-1], 30)).products > 1
    check(np.full(500, 2**62, np.int64), np.array([1, -1, 1], np.int64))
    check(np.full(40, -(2**63), np.int64), np.full(40, -(2**63), np.int64))
    check(np.full(40, 2**64 - 1, np.uint64), np.full(40, 2**63, np.uint64))


def test_as_scipys_direct_sum():
    rng = np.random.default_rng(5)
    x, h = rng.integers(0, 2**16, (40, 50), np.uint16), rng.integers(0, 2**16, (7, 9), np.uint16)
    want = scipy.signal.convolve(x, h, method="direct")
    digits = _exact.plan(_exact.size(x, want.dtype), _exact.size(h, want.dtype), want.size, 16)
    assert digits.products == 1
    assert np.array_equal(_exact.convolve(x, h, want.dtype, digits, transform_of(want.shape)), want)


def test_booleans_are_counted():
    x, h = np.zeros(3000, bool), np.zeros(3000, bool)
    x[[5, 700, 2999]] = h[[0, 1, 2999]] = True
    assert check(x, h).products == 1
    assert check(np.ones(300, bool), np.ones(300, bool)).products == 1


def test_zeros():
    assert check(np.zeros(5, np.int64), np.zeros(3, np.int64)).products == 1
    assert check(np.zeros(5, np.int64), np.full(3, 2**62)).products == 1


def test_one_product_while_the_bound_allows():
    """16 log2(L) 2^-53 |x| |h| under a quarter."""
    limit = 0.25 * 2.0**53 / (16 * log2(1024 + 1))
    for share, split in ((0.99, False), (1.01, True)):
        side = (limit * share) ** 0.5
        of = Size(side, int(side / 8), 64)
        assert (_exact.plan(of, of, 1024, 64).products > 1) == split


def test_digits_that_the_result_does_not_hold_are_not_made():
    full = Size(2.0**63 * 2**10, 2**63, 2**20)
    all_bits, low = (_exact.plan(full, full, 2**21, bits) for bits in (64, 32))
    assert all_bits == Digits(11, 6, 11, 6, 21) or all_bits.products < 36
    assert low.products < all_bits.products


def test_digits_add_up():
    rng = np.random.default_rng(0)
    x = np.r_[rng.integers(-(2**63), 2**63 - 1, 1000), -(2**63), 2**63 - 1, -1, 0, 1]
    for bits, digits in ((33, 2), (22, 3), (13, 5), (1, 64)):
        made = _exact.split(x, x.dtype, bits, digits)
        assert len(made) == digits
        assert max(np.abs(d).max() for d in made) <= 2.0 ** (bits - 1)
        total = sum((d.astype(np.int64) << (bits * k) for k, d in enumerate(made)), np.zeros_like(x))
        assert np.array_equal(total, x)


def test_nothing_fits_an_endless_transform():
    of = Size(2.0**25, 1, 2**50)
    assert _exact.plan(of, of, 2**51, 64) is None
