"""upfirdn and resample_poly: against their definition, SciPy, their own laws, and what a caller may hand over."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from helpers import assert_close, assert_same_bytes, gamma
from hypothesis import given, settings
from hypothesis import strategies as st
from resampling_cases import AUDIO, CONTINUED, EXTENSIONS, PADTYPES, TYPES, bound, samples

from sigresample import _reference, checked
from sigresample.resampling import resample_poly, upfirdn

# 1 definition


@pytest.mark.parametrize("mode", EXTENSIONS)
@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
def test_upfirdn_matches_its_definition(mode, dtype, simd_level):
    """Windows inside, over either end, over both and many lengths outside: the kernel longer than the data."""
    rng = np.random.default_rng(0)
    for n, k in ((2, 1), (2, 30), (3, 8), (5, 5), (40, 7), (300, 61)):
        for up, down in ((1, 1), (3, 2), (2, 5), (4, 1)):
            h, x = samples(rng, k, dtype), samples(rng, (2, n), dtype)
            cval = 1.5 if mode == "constant" and up == 3 else 0
            got = upfirdn(h, x, up, down, mode=mode, cval=cval)
            assert got.dtype == dtype
            want = _reference.upfirdn(h, x, up, down, mode=mode, cval=cval, wide=True)
            args = (h, x, up, down, -1, mode, cval)
            assert_close(got, want, bound(_reference.upfirdn, args, -(-k // up), dtype))


@pytest.mark.parametrize("padtype", PADTYPES)
@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
def test_resample_poly_matches_its_definition(padtype, dtype):
    rng = np.random.default_rng(1)
    for n in (2, 5, 33):
        for up, down in ((3, 2), (2, 3), (6, 4), (1, 4)):
            taps, x = samples(rng, 21, dtype.lower()), samples(rng, (n, 2), dtype)
            got = resample_poly(x, up, down, window=taps, padtype=padtype)
            assert got.dtype == dtype
            args = (x, up, down, 0, taps, padtype)
            want = _reference.resample_poly(*args, wide=True)
            # a mean is a sum too
            assert_close(got, want, bound(_reference.resample_poly, args, 21 + n, dtype))


@pytest.mark.parametrize("dtype", ["f", "d"])
@pytest.mark.parametrize(("up", "down"), AUDIO, ids=str)
def test_designed_filters_are_scipys(up, down, dtype):
    """The designed taps are bit for bit SciPy's, so only the order of the sums is left to differ."""
    x = samples(np.random.default_rng(2), (5000, 2), dtype)
    for window in (("kaiser", 5.0), "hann", 3.5):
        with checked():
            resample_poly(x, up, down, window=window)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("other", TYPES)
def test_types_are_scipys(kind, other):
    rng = np.random.default_rng(3)
    x, h = samples(rng, 20, kind), samples(rng, 5, other)
    with checked():
        upfirdn(h, x, 2, 3)
        resample_poly(x, 3, 2)
        resample_poly(x, 3, 2, axis=-1, padtype="edge")
        if other != "?":  # SciPy cannot scale boolean taps
            resample_poly(x, 3, 2, window=h)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_any_axis(axis):
    x = samples(np.random.default_rng(4), (6, 7, 5), "f")
    with checked():
        upfirdn(np.ones(4, "f"), x, 3, 2, axis)
        resample_poly(x, 5, 3, axis)
        resample_poly(x, 5, 3, axis, padtype="median")


def test_same_where_nothing_changes():
    """up == down copies, whatever else is said, and keeps the type: nothing else is looked at."""
    for kind in (*TYPES, "g", "O", "M8[s]", ">f4"):
        x = np.arange(6).astype(kind).reshape(2, 3)
        y = resample_poly(x, 4, 4, axis=9, window="no such window", padtype="nor this")
        assert_kept = (y.dtype, y.tolist(), np.shares_memory(x, y))
        assert assert_kept == (x.dtype, x.tolist(), False)
    assert resample_poly(np.float64(5.0), 2, 2).shape == ()


@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
def test_nan_and_infinity_sit_where_scipy_puts_them(dtype):
    """In data, and in taps, where SciPy multiplies them by the zeros behind the data but not by those before it."""
    rng = np.random.default_rng(5)
    for up, down, n, k in ((1, 1, 40, 5), (3, 2, 25, 14), (2, 3, 6, 20), (1, 1, 3, 9), (160, 147, 400, 3201)):
        for place in range(0, n, max(1, n // 9)):
            for bad in (np.nan, np.inf, -np.inf):
                x, h = samples(rng, n, dtype), samples(rng, k, dtype.lower())
                x[place] = bad
                assert_same_places(upfirdn(h, x, up, down), scipy.signal.upfirdn(h, x, up, down))
                assert_same_places(resample_poly(x, up, down), scipy.signal.resample_poly(x, up, down))
                x, h = samples(rng, n, dtype), samples(rng, k, dtype)
                h[place * k // n] = bad
                with np.errstate(invalid="ignore"):
                    assert_same_places(upfirdn(h, x, up, down), scipy.signal.upfirdn(h, x, up, down))


def assert_same_places(got, want):
    if got.dtype.kind == "c":
        assert (np.isfinite(got) == np.isfinite(want)).all()
    else:
        assert (np.isnan(got) == np.isnan(want)).all()
        assert (got[np.isinf(want)] == want[np.isinf(want)]).all()
        assert (np.isinf(got) == np.isinf(want)).all()


# 2 laws


@given(st.integers(1, 60), st.integers(1, 40), st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_insert_zeros_filter_and_drop(n, k, up, down, seed):
    rng = np.random.default_rng(seed)
    h, x = rng.standard_normal(k), rng.standard_normal(n)
    spread = np.zeros((n - 1) * up + 1)
    spread[::up] = x
    want = np.convolve(spread, h)[::down]
    sizes = np.convolve(np.abs(spread), np.abs(h))[::down]
    assert_close(upfirdn(h, x, up, down), want, 2 * gamma(n + k, "d") * sizes)


@given(st.sampled_from(EXTENSIONS), st.integers(2, 12), st.integers(1, 30), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_pad_filter_crop(mode, n, k, seed):
    """Filtering a signal that is padded far enough, and cropping, is filtering in that mode."""
    rng = np.random.default_rng(seed)
    h, x = rng.standard_normal(k), rng.standard_normal(n)
    at = np.arange(-k, n + k)
    padded = _reference.extended(x.astype("g"), at, mode).astype("d")
    want = upfirdn(h, padded)[k : k + n + k - 1]
    sizes = upfirdn(np.abs(h), _reference.extended(x, at, mode, magnitude=True))[k : k + n + k - 1]
    assert_close(upfirdn(h, x, mode=mode), want, 2 * gamma(k + CONTINUED, "d") * sizes)


def test_linear_in_both_and_delayed_with_the_input():
    rng = np.random.default_rng(6)
    h, g, x, z = (rng.standard_normal(n) for n in (9, 9, 50, 50))
    sizes = upfirdn(np.abs(h) + np.abs(g), np.abs(x) + 2 * np.abs(z), 3, 2)
    tight = 4 * gamma(9, "d") * sizes
    assert_close(upfirdn(h, x + 2 * z, 3, 2), upfirdn(h, x, 3, 2) + 2 * upfirdn(h, z, 3, 2), tight)
    assert_close(upfirdn(h + g, x, 3, 2), upfirdn(h, x, 3, 2) + upfirdn(g, x, 3, 2), tight)
    # two samples later in is three outputs later out, and not a bit of it changes
    assert_same_bytes(upfirdn(h, np.concatenate((np.zeros(2), x)), 3, 2)[3:], upfirdn(h, x, 3, 2))
    assert_same_bytes(upfirdn(h, np.array([1.0])), h)


@pytest.mark.parametrize(
    "padtype", ["edge", "line", "mean", "median", "minimum", "maximum", "symmetric", "reflect", "wrap"]
)
def test_a_constant_stays_constant(padtype):
    taps = np.array([0.25, 0.5, 0.25])
    got = resample_poly(np.full(9, 3.0), 2, 1, window=taps, padtype=padtype)
    assert_close(got, np.full(18, 3.0), 3.0 * gamma(12, "d"))
