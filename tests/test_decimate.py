"""decimate: SciPy's results for every kind of filter, types, layouts, errors, machines."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import scipy.signal
from helpers import assert_close, assert_same_bytes, gamma, variants
from hypothesis import given, settings
from hypothesis import strategies as st
from resampling_cases import TYPES, samples

from sigresample import CheckError, _filters, _kernels, _reference, checked, explain
from sigresample.decimation import decimate

dlti = scipy.signal.dlti
FIR: dict[str, tuple[Any, int | None]] = {
    "fir": ("fir", None),
    "fir, order 5": ("fir", 5),
    "fir, order 0": ("fir", 0),
    "odd number of taps": (dlti([1.0, 0.5, 0.25], [2.0]), None),
    "even number of taps": (dlti([1.0, 0.5], [1.0]), None),
    "complex taps": (dlti([1.0, 0.5j, 0.1], [1.0]), None),
    "a complex zero": (dlti([0.5j], [], 2.0), None),
}
IIR: dict[str, tuple[Any, int | None]] = {
    "iir": ("iir", None),
    "iir, order 3": ("iir", 3),
    "real poles": (dlti([1.0, 0.5], [1.0, -0.3]), None),
    "complex coefficients": (dlti([1 + 1j, 0.5], [1.0, 0.2]), None),
    "complex zero and pole": (dlti([0.5j], [0.2j], 1.0), None),
}


def scale(h, x, q, zero_phase):
    """Sum |h| |x| under every output."""
    h, x = np.abs(np.asarray(h)).astype("d"), np.abs(x.astype("D"))
    if zero_phase:
        return _reference.resample_poly(x, 1, q, -1, h) if q > 1 else x
    return _reference.upfirdn(h, x, 1, q)[..., : -(-x.shape[-1] // q)]


# 1 definition


@pytest.mark.parametrize("kind", FIR)
@pytest.mark.parametrize("dtype", "bef?FdDiQ")
def test_fir_filters_are_the_definition_and_scipys(kind, dtype):
    ftype, n = FIR[kind]
    rng = np.random.default_rng(1)
    for length in (1, 2, 5, 17, 100, 333):
        x = samples(rng, (2, length), dtype)
        for q in (2, 3, 7, 20):
            h = _filters.decimating(x.dtype, q, n, ftype)
            for zero_phase in (True, False):
                got = decimate(x, q, n, ftype, zero_phase=zero_phase)
                theirs = scipy.signal.decimate(x, q, n, ftype, zero_phase=zero_phase)
                assert (got.dtype, got.shape) == (theirs.dtype, theirs.shape)
                limit = np.sqrt(2) * gamma(2 * h.size + 4, got.dtype) * scale(h, x, q, zero_phase)
                assert_close(got, theirs, 2 * limit)
                if zero_phase:
                    want = _reference.resample_poly(x.astype(got.dtype), 1, q, -1, h, wide=True)
                else:
                    want = _reference.upfirdn(h, x.astype(got.dtype), 1, q, wide=True)[..., : got.shape[-1]]
                assert_close(got, want, limit)


@pytest.mark.parametrize("kind", IIR)
@pytest.mark.parametrize("dtype", "efdFDi")
def test_iir_filters_are_scipys(kind, dtype):
    ftype, n = IIR[kind]
    x = samples(np.random.default_rng(2), (3, 100), dtype)
    for zero_phase in (True, False):
        for axis, array in ((1, x), (0, np.ascontiguousarray(x.T))):
            got = decimate(array, 3, n, ftype, axis, zero_phase)
            assert_same_bytes(got, scipy.signal.decimate(array, 3, n, ftype, axis, zero_phase))
    assert explain(decimate, x, 3, n, ftype).route == "scipy"


@pytest.mark.parametrize("dtype", [*TYPES, "g", "G", "O"])
def test_types_are_scipys(dtype):
    x = (np.arange(60) % 7).astype(dtype)
    for ftype in ("iir", "fir", dlti([1.0, 0.5], [1.0])):
        for zero_phase in (True, False):
            with checked():
                try:
                    y = decimate(x, 3, ftype=ftype, zero_phase=zero_phase)
                    assert y.dtype == scipy.signal.decimate(x, 3, ftype=ftype, zero_phase=zero_phase).dtype
                except TypeError:  # on both sides
                    assert dtype in "gGO"


# 2 laws


@settings(max_examples=60)
@given(n=st.integers(1, 200), q=st.integers(2, 12), order=st.integers(0, 40), seed=st.integers(0, 99))
def test_what_is_kept_is_what_filtering_all_would_give(n, q, order, seed):
    x = samples(np.random.default_rng(seed), n, "d")
    h = _filters.decimating(x.dtype, q, order, "fir")
    whole = np.convolve(x, h)
    limit = 2 * gamma(h.size + 2, "d") * np.convolve(np.abs(x), np.abs(h))
    assert_close(decimate(x, q, order, "fir", zero_phase=False), whole[:n:q], limit[:n:q])
    half = order // 2
    assert_close(decimate(x, q, order, "fir"), whole[half : half + n : q], limit[half : half + n : q])


def test_a_constant_passes_the_fir_filter():
    for q in (2, 5, 13):
        assert_close(decimate(np.ones(1000), q, ftype="fir")[25:-25], np.ones(-(-1000 // q) - 50), 1e-14)


# 3 contract


@pytest.mark.parametrize("dtype", "fdFDie")
def test_layouts_and_axes_give_the_same_bytes(dtype):
    x = samples(np.random.default_rng(3), (4, 50, 3), dtype)
    for zero_phase in (True, False):
        for axis in (0, 1, -1):
            want = decimate(np.ascontiguousarray(np.moveaxis(x, axis, -1)), 4, 11, "fir", zero_phase=zero_phase)
            for name, given_x in variants(x):
                before = given_x.copy()
                got = decimate(given_x, 4, 11, "fir", axis, zero_phase)
                assert_same_bytes(np.moveaxis(got, axis, -1), want), name
                assert_same_bytes(given_x, before)
            out = np.empty_like(np.moveaxis(want, -1, axis), order="F")
            assert decimate(x, 4, 11, "fir", axis, zero_phase, out=out) is out
            assert_same_bytes(np.moveaxis(out, axis, -1), want)


def test_out_works_with_scipys_filters_too():
    x = samples(np.random.default_rng(4), 90, "f")
    out = np.empty(45, "f")
    assert decimate(x, 2, out=out) is out
    assert_same_bytes(out, scipy.signal.decimate(x, 2).copy())
    with pytest.raises(ValueError, match="decimate: out must have shape"):
        decimate(x, 2, out=out[1:])
    with pytest.raises(ValueError, match="decimate: out must not overlap"):
        decimate(x, 2, ftype="fir", out=x[:45])
    with pytest.raises(ValueError, match="decimate: out must have dtype"):
        decimate(x, 2, ftype="fir", out=np.empty(45))


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda x: decimate(x, 2.0), TypeError, "'float' object cannot be interpreted as an integer, got 2.0"),
    (lambda x: decimate(x, None), TypeError, "'NoneType' object"),
    (lambda x: decimate(x, 2, 3.0), TypeError, "n: 'float' object cannot be interpreted as an integer"),
    (lambda x: decimate(x, 2, ftype="FIR"), ValueError, "invalid ftype, got 'FIR'"),
    (lambda x: decimate(x, 2, ftype=None), ValueError, "invalid ftype, got None"),
    (lambda x: decimate(x, 2, ftype=scipy.signal.lti([1.0], [1.0, 2])), ValueError, "invalid ftype"),
    (lambda x: decimate(x, 0), ZeroDivisionError, "^decimate: .*division by zero: q must be at least 1, got .* q=0"),
    (lambda x: decimate(x, 0, ftype="fir"), ZeroDivisionError, "^decimate: .*division by zero: q must be .* q=0"),
    (lambda x: decimate(x, 3, axis=5), IndexError, r"^decimate: .*float64 of shape \(100,\), q=3, n=None and axis=5"),
    (lambda x: decimate(x, 3, axis=1.5), TypeError, "^decimate: tuple indices must be integers.* axis=1.5"),
    (lambda x: decimate(x, 3, -1), ValueError, "^decimate: Filter order must be a nonnegative integer, got .* n=-1"),
    (lambda x: decimate(x.astype("O"), 2), TypeError, "^decimate: .*got object of shape"),
    (lambda x: decimate(x, 2**70), np.linalg.LinAlgError, "^decimate: Singular matrix, got .*q=1180591620717411303424"),
    (lambda x: decimate(x, -1), ValueError, "decimate: filter critical frequencies must be greater than 0"),
    (lambda x: decimate(x, 1, ftype="fir"), ValueError, "decimate: Invalid cutoff frequency"),
    (lambda x: decimate(x, 2, -1, "fir"), ValueError, "decimate: Parameter Nx=0 is not a positive.* n=-1"),
    (lambda x: decimate(x[:27], 2), ValueError, "decimate: The length of the input vector x must be gr"),
    (lambda x: decimate(1.0, 2, ftype="fir"), IndexError, "decimate: tuple index out of range"),
    (lambda x: decimate(x, 2, ftype="fir", axis=5), IndexError, "decimate: tuple index out of range, got axis=5"),
    (lambda x: decimate(x, 2, ftype="fir", axis=0.0), TypeError, "decimate: tuple indices must be integers"),
    (lambda x: decimate(x, 2, ftype="fir", axis=True), ValueError, "decimate: axis must be an integer"),
    (lambda x: decimate(x, 2**55, ftype="fir"), (ValueError, MemoryError, OverflowError), "."),
    (lambda x: decimate(x, 2**70, ftype="fir"), (ValueError, MemoryError, OverflowError), "."),
    (lambda x: decimate(x, 2, workers=0), ValueError, "workers must not be 0"),
    (lambda x: decimate(x, 2, ftype="fir", workers=0), ValueError, "workers must not be 0"),
]  # fmt: skip


@pytest.mark.parametrize("call, error, text", ERRORS)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call(np.arange(100.0))


def test_odd_factors_orders_and_empty_signals():
    x = np.arange(50.0)
    with checked():
        for q in (np.int16(2), np.array(3), True):
            decimate(x, q)
            if q is not True:
                decimate(x, q, np.int64(5), "fir")
        for zero_phase in (True, False):
            assert decimate([], 2, ftype="fir", zero_phase=zero_phase).shape == (0,)
            assert decimate(np.ones((0, 50)), 2, ftype="fir", zero_phase=zero_phase).shape == (0, 25)
            assert decimate(np.ones((3, 0)), 2, ftype="fir", zero_phase=zero_phase).shape == (3, 0)
            assert decimate(x, 10**4, ftype="fir", zero_phase=zero_phase).shape == (1,)
        assert_same_bytes(decimate(np.arange(9), 1, ftype=dlti([1.0, 2.0], [1.0])), np.arange(9))  # SciPy's copy


def test_a_nan_stays_under_its_filter():
    for zero_phase in (True, False):
        x = np.ones(500)
        x[250] = np.nan
        got = decimate(x, 4, ftype="fir", zero_phase=zero_phase)
        want = scipy.signal.decimate(x, 4, ftype="fir", zero_phase=zero_phase)
        assert 15 < np.isnan(got).sum() < 25
        assert (np.isnan(got) == np.isnan(want)).all()


@pytest.mark.uncheckable  # of two wrong arguments, which one is told of first is nobody's promise
@settings(max_examples=200)
@given(
    x=st.one_of(st.lists(st.floats(width=32), max_size=40), st.floats(), st.none(), st.text(max_size=3)),
    q=st.one_of(st.integers(-2, 30), st.sampled_from([2**55, 2**70, None, 1.5, "2"])),
    n=st.one_of(st.none(), st.integers(-2, 30), st.sampled_from([1.5, "2"])),
    ftype=st.sampled_from(["fir", "iir", "", None, dlti([1.0, 2], [1.0]), dlti([], [0.5], 1.0), 5]),
    axis=st.one_of(st.integers(-3, 3), st.sampled_from([None, 0.0, 2**55, "a"])),
    zero_phase=st.sampled_from([True, False, None, "a"]),
    workers=st.sampled_from([None, 1, 2, 0, -1, 2**55, "a"]),
)
def test_whatever_is_passed_an_answer_or_an_exception(x, q, n, ftype, axis, zero_phase, workers):
    allowed = (ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError, MemoryError)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            told = f"shape {decimate(x, q, n, ftype, axis, zero_phase, workers=workers).shape}"
        except allowed as error:
            told = str(error)
    assert told


def test_checks_pass_and_a_wrong_kernel_is_found_out(monkeypatch):
    rng = np.random.default_rng(6)
    x = rng.standard_normal((2, 300))
    for ftype, n in FIR.values():
        for zero_phase in (True, False):
            for dtype in "fdFD":
                with checked():
                    decimate(x.astype(dtype), 3, n, ftype, zero_phase=zero_phase)
                    decimate(x.T.astype(dtype), 3, n, ftype, axis=0, zero_phase=zero_phase)
    right = _kernels.polyphase.polyphase

    def wrong(*args: Any) -> None:
        right(*args)
        args[2].reshape(-1)[-1] += 1e-6

    monkeypatch.setattr(_kernels.polyphase, "polyphase", wrong)
    for zero_phase in (True, False):
        with pytest.raises(CheckError, match="decimate: route"), checked():
            decimate(x, 3, ftype="fir", zero_phase=zero_phase)


# 4 machine


@pytest.mark.parametrize("dtype", "fD")
def test_workers_and_batches_give_the_same_bytes(dtype):
    x = samples(np.random.default_rng(5), (5, 4000), dtype)
    for zero_phase in (True, False):
        want = decimate(x, 4, ftype="fir", zero_phase=zero_phase, workers=1)
        for workers in (2, 7, None):
            assert_same_bytes(decimate(x, 4, ftype="fir", zero_phase=zero_phase, workers=workers), want)
        assert_same_bytes(np.stack([decimate(row, 4, ftype="fir", zero_phase=zero_phase) for row in x]), want)


def test_the_plan_says_what_runs():
    plan = explain(decimate, np.ones(1_000_000, "f"), 10, ftype="fir", workers=1)
    assert (plan.function, plan.route, plan.shape, plan.dtype) == ("decimate", "polyphase", (100_000,), "float32")
    assert plan.terms >= 201
    assert explain(decimate, np.ones(100), 2).route == "scipy"
    assert "SciPy" in explain(decimate, np.ones(100), 2).reason


def test_designed_filters_are_kept():
    _filters._hamming.cache_clear()
    first = decimate(np.arange(100.0), 5, ftype="fir")
    assert_same_bytes(decimate(np.arange(100.0), 5, ftype="fir"), first)
    assert _filters._hamming.cache_info().hits >= 1
    decimate(np.arange(100.0), 5, _filters._SHORT + 1, "fir")
    assert _filters._hamming.cache_info().currsize == 1
