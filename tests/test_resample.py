"""resample: the definition and SciPy, every route, types, layouts, errors, machines."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from helpers import assert_close, assert_same_bytes, variants
from hypothesis import given, settings
from hypothesis import strategies as st
from resampling_cases import ROUTES, TYPES, fourier_bound, samples

from sigresample import (
    _fourier_resample,
    _kernels,
    _long_fft,
    _reference,
    _workspace,
    checked,
    explain,
)
from sigresample.resampling import resample


@pytest.fixture(params=ROUTES)
def route(request, monkeypatch):
    """Which of both transforms goes over a grid."""
    monkeypatch.setattr(_fourier_resample, "_choice", lambda n, num, wide: ROUTES[request.param])
    return request.param


# 1 definition


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("domain", ["time", "freq"])
def test_every_small_pair_of_lengths_is_the_definition(dtype, domain):
    rng = np.random.default_rng(1)
    for n in range(1, 10):
        for num in range(1, 12):
            x, window = samples(rng, n, dtype), rng.standard_normal(n)
            for weights in (None, window, window + 1j):
                got = resample(x, num, window=weights, domain=domain)
                want = _reference.resample(x, num, 0, weights, domain, wide=True)
                theirs = scipy.signal.resample(x, num, window=weights, domain=domain)
                assert (got.dtype, got.shape) == (theirs.dtype, theirs.shape)
                limit = fourier_bound(x, num, weight=1.0 if weights is None else np.abs(weights).max(), domain=domain)
                assert_close(got, want, limit)
                assert_close(got, theirs, limit)


LENGTHS = [(97, 101), (101, 97), (64, 97), (97, 64), (120, 11), (11, 120), (251, 250), (250, 251), (360, 90), (2, 499)]


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("n, num", [*LENGTHS, (997, 1999), (2003, 1009), (4099, 31), (50_021, 7)])
def test_every_route_agrees_with_scipy(route, n, num, dtype):
    rng = np.random.default_rng(n)
    x, weights = samples(rng, (3, n), dtype), rng.standard_normal(n)
    for domain in ("time", "freq"):
        for window in (None, weights):
            got = resample(x, num, axis=1, window=window, domain=domain)
            want = scipy.signal.resample(x, num, axis=1, window=window, domain=domain)
            assert got.dtype == want.dtype
            assert_close(
                got, want, fourier_bound(x, num, 1, 1.0 if window is None else np.abs(window).max(), domain=domain)
            )


WINDOWS: dict[str, Callable[[int], Any]] = {
    "name": lambda n: "hann",
    "tuple": lambda n: ("kaiser", 3.0),
    "array": lambda n: np.random.default_rng(n).uniform(0.5, 1, n),
    "integers": lambda n: np.arange(n) % 3 + 1,
    "callable": lambda n: lambda f: 1 / (1 + f**2),
}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("n, num", [(267, 282), (97, 64), (6000, 3001), (3001, 6000)])
@pytest.mark.parametrize("kind, domain", [("F", "time"), ("F", "freq"), ("f", "freq")])
def test_a_window_that_widens_the_result_widens_the_work(n, num, kind, domain, window):
    x, weights = samples(np.random.default_rng(n), n, kind), WINDOWS[window](n)
    wide = x.astype(np.complex128 if domain == "time" else kind.replace("F", "D").replace("f", "d"))
    got, want = (resample(each, num, window=weights, domain=domain) for each in (x, wide))
    assert got.dtype == want.dtype == scipy.signal.resample(x, num, window=weights, domain=domain).dtype == "D"
    assert_close(
        got, scipy.signal.resample(wide, num, window=weights, domain=domain), fourier_bound(wide, num, weight=3)
    )
    with checked():
        resample(x, num, window=weights, domain=domain)
    assert resample(x, num, window=np.ones(n, "f"), domain=domain).dtype == np.complex64


@pytest.mark.parametrize("kind, most", [("f", 1e-6), ("d", 1e-12)])
def test_the_stated_accuracy_holds_at_the_sizes_that_are_promised(kind, most):
    rng = np.random.default_rng(4)
    for n, num in ((441_000, 480_000), (262_144, 233_543), (100_003, 50_021), (2**18, 2**16)):
        x = samples(rng, n, kind)
        got, want = resample(x, num), scipy.signal.resample(x.astype("d"), num)
        assert np.abs(got - want).max() <= most * np.abs(want).max()


# 2 laws


@settings(max_examples=60)
@given(n=st.integers(1, 400), more=st.integers(0, 300), seed=st.integers(0, 99), dtype=st.sampled_from("dD"))
def test_up_and_down_again_is_the_signal(n, more, seed, dtype):
    x = samples(np.random.default_rng(seed), n, dtype)
    assert_close(resample(resample(x, n + more), n), x, 2 * fourier_bound(x, n + more))


@settings(max_examples=60)
@given(n=st.integers(1, 300), num=st.integers(1, 300), seed=st.integers(0, 99))
def test_real_and_complex_input_agree(n, num, seed):
    x = samples(np.random.default_rng(seed), n, "d")
    for window in (None, "hann", lambda f: np.exp(f)):
        limit = fourier_bound(x, num, weight=2.0)
        want = resample(x, num, window=window)  # a window that is not even leaves the complex one an imaginary part
        assert_close(resample(x + 0j, num, window=window).real, want, limit)
        assert_close(resample(scipy.fft.fft(x), num, window=window, domain="freq").real, want, 2 * limit)


def test_a_sine_is_sampled_elsewhere():
    for n, num in ((100, 317), (1009, 353), (9000, 10_007)):
        t, new = np.arange(n) / n, np.arange(num) / num
        assert_close(resample(np.sin(14 * np.pi * t), num), np.sin(14 * np.pi * new), fourier_bound(np.ones(n), num))


# 3 contract


@pytest.mark.parametrize("dtype", [*TYPES, "g", "G", "O", "M8[D]"])
def test_types_are_scipys(dtype):
    x = np.arange(1, 13) % 7
    x = x.astype(dtype) if dtype != "M8[D]" else x.astype("i8").astype(dtype)
    refused = 0
    for how in ({}, {"window": np.ones(12)}, {"window": np.ones(12, "f")}, {"domain": "freq"}, {"t": [0, 2]}):
        for num in (5, 12, 20):
            with checked():
                try:
                    resample(x, num, **how)
                except TypeError:  # SciPy's, of spectra that are integers
                    refused += how == {"domain": "freq"}
                    assert how == {"domain": "freq"}
    assert refused < 3 or x.dtype.kind == "M"


def test_windows_and_times():
    rng = np.random.default_rng(5)
    for n in (7, 12, 50):
        x = rng.standard_normal((2, n))
        for window in (
            "hann",
            ("kaiser", 5.0),
            3.0,
            lambda f: 1 / (1 + f**2),
            lambda f: np.where(f < 0.2, 1.0, 0.0),
            rng.random(n) + 1j,
        ):
            for dtype in "fdFD":
                with checked():
                    y, new = resample(x.astype(dtype), 9, np.array([3.0, 3.5]), axis=1, window=window)
                assert y.shape == (2, 9)
                assert_same_bytes(new, scipy.signal.resample(x[0], 9, np.array([3.0, 3.5]))[1])
    days = np.array(["2020-01-01", "2020-01-03"], "M8[D]")
    assert_same_bytes(resample(np.ones(8), 4, days)[1], scipy.signal.resample(np.ones(8), 4, days)[1])


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda x: resample(x, 0), ValueError, r"invalid number of data points \(0\) specified.*num=0"),
    (lambda x: resample(x, -1), ValueError, "invalid number of data points"),
    (lambda x: resample([], 5), ValueError, "invalid number of data points.*0 samples"),
    (lambda x: resample(x, 32.0), TypeError, "'float' object cannot be interpreted as an integer, got num=32.0"),
    (lambda x: resample(x, None), TypeError, "num=None"),
    (lambda x: resample(1.0, 5), IndexError, "tuple index out of range"),
    (lambda x: resample(x[None], 5, axis=2), np.exceptions.AxisError, "^resample: source: axis 2 is out of .* axis=2"),
    (lambda x: resample(x[None], 5, axis=(3,)), np.exceptions.AxisError, r"^resample: .*axis 3 is out.*axis=\(3,\)"),
    (lambda x: resample(x[None], 5, axis=(0, 1)), ValueError, r"^resample: `source` and .*got axis=\(0, 1\)"),
    (lambda x: resample(x[None], 5, axis=("a",)), TypeError, r"axis=\('a',\)"),
    (lambda x: resample(x[None], 5, axis=0.0), TypeError, "axis=0.0"),
    (lambda x: resample(x, 5, domain="foo"), ValueError, r"Parameter domain='foo' not in \('time', 'freq'\)!"),
    (lambda x: resample(x, 5, window=np.ones(7)), ValueError, r"window.shape=\(7,\) != \(8,\), i.e., window length"),
    (lambda x: resample(x, 5, window=np.float64(3)), ValueError, r"window.shape=\(\) != \(8,\)"),
    (lambda x: resample(x, 5, window=[1] * 8), ValueError, "must be a tuple, a string or a float!"),
    (lambda x: resample(x, 5, window="bad"), ValueError, "Invalid window name 'bad'"),
    (lambda x: resample(x, 5, window=lambda f: f[:3]), ValueError, r"window.shape=\(3,\)"),
    (lambda x: resample(x + 0j, 5, window=lambda f: f[:3]), ValueError, "broadcast"),
    (lambda x: resample(x, 5, window=lambda f: 1.0), TypeError, "not subscriptable"),
    (lambda x: resample(x, 5, window=np.ones(8, int)), TypeError, "resample: Cannot cast .* window of int64"),
    (lambda x: resample(x, 5, [1.0]), IndexError, r"^resample: t must hold the times of at least two .*got t=\[1.0\]"),
    (lambda x: resample(x, 5, 3), TypeError, "^resample: t must hold .*not subscriptable, got t=3"),
    (lambda x: resample(x, 5, "ab"), TypeError, "^resample: t must hold .*got t='ab'"),
    (lambda x: resample(x, 5, workers=0), ValueError, "workers must not be 0"),
    (lambda x: resample(x, 5, out=np.empty(6)), ValueError, r"out must have shape \(5,\)"),
    (lambda x: resample(x, 5, out=np.empty(5, "f")), ValueError, "out must have dtype float64"),
    (lambda x: resample(x, 5, out=x[:5]), ValueError, "out must not overlap"),
    (lambda x: resample(x.astype("e"), 2**62), (ValueError, MemoryError), "."),
    (lambda x: resample(x, 2**70), ValueError, "^resample: Maximum allowed dimension exceeded, got num=11805916207174"),
    (lambda x: resample(x, 2**62), ValueError, "^resample: Maximum allowed dimension exceeded, got num=46116860184273"),
    (lambda x: resample(x, 2**57 - 13), (ValueError, MemoryError), "."),  # whose factors would take minutes to find
]  # fmt: skip


@pytest.mark.parametrize("call, error, text", ERRORS)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call(np.arange(8.0))


def test_an_axis_alone_in_a_tuple_or_list():
    x = np.random.default_rng(3).standard_normal((5, 7))
    with checked():
        for axis in ((0,), [1], (-1,)):
            y, new = resample(x, 3, [0.0, 1.0], axis=axis)
            assert_same_bytes(y, resample(x, 3, axis=axis[0]))
            assert_same_bytes(new, scipy.signal.resample(x, 3, [0.0, 1.0], axis=axis)[1])


def test_odd_numbers_and_axes_that_scipy_takes():
    x = np.arange(8.0)
    with checked():
        for num in (np.int8(5), np.array(5), True):
            resample(x, num)
        for axis in (1, -2, None, 0.0):  # of a 1-D signal no axis is looked at
            resample(x, 5, axis=axis)
        assert resample(np.zeros((0, 4)), 5, axis=1).shape == (0, 5)
        assert resample(np.zeros((4, 0)), 5, axis=0).shape == (5, 0)


@pytest.mark.parametrize("dtype", "fdFDei")
def test_layouts_and_axes_give_the_same_bytes(dtype):
    x = samples(np.random.default_rng(6), (4, 30, 3), dtype)
    for axis in (0, 1, -1):
        want = resample(np.ascontiguousarray(np.moveaxis(x, axis, -1)), 17, axis=-1)
        for name, given_x in variants(x):
            before = given_x.copy()
            got = resample(given_x, 17, axis=axis)
            assert_same_bytes(np.moveaxis(got, axis, -1), want), name
            assert_same_bytes(given_x, before)
        out = np.empty_like(np.moveaxis(want, -1, axis), order="F")
        assert resample(x, 17, axis=axis, out=out) is out
        assert_same_bytes(np.moveaxis(out, axis, -1), want)


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("n, num", [(100, 37), (1009, 509), (10_007, 9973), (16_384, 12_000)])
def test_workers_and_batches_give_the_same_bytes(n, num, dtype):
    x = samples(np.random.default_rng(7), (5, n), dtype)
    want = resample(x, num, axis=1, workers=1)
    for workers in (2, 7, None):
        assert_same_bytes(resample(x, num, axis=1, workers=workers), want)
    assert_same_bytes(np.stack([resample(row, num) for row in x]), want)
    assert_same_bytes(resample(x[::-1], num, axis=1)[::-1], want)
    assert_same_bytes(np.ascontiguousarray(resample(np.ascontiguousarray(x.T), num, axis=0).T), want)


def test_a_batch_in_pieces_gives_the_same_bytes(monkeypatch):
    x = samples(np.random.default_rng(8), (7, 300), "d")
    want = [resample(x, num, axis=1) for num in (200, 211)]
    monkeypatch.setattr(_fourier_resample, "AT_ONCE", 1000)
    for num, whole in zip((200, 211), want, strict=True):
        assert_same_bytes(resample(x, num, axis=1), whole)


@pytest.mark.parametrize("dtype", "fdFD")
def test_one_nan_spoils_its_own_signal_alone(route, dtype):
    x = samples(np.random.default_rng(9), (3, 300), dtype)
    for at in (0, 17, 299):
        spoiled = x.copy()
        spoiled[1, at] = np.nan
        got, clean = resample(spoiled, 211, axis=1), resample(x, 211, axis=1)
        assert np.isnan(got[1]).all()
        assert_same_bytes(got[[0, 2]], clean[[0, 2]])
        spoiled[1, at] = np.inf
        got = resample(spoiled, 211, axis=1)
        assert not np.isfinite(got[1]).any()
        assert_same_bytes(got[[0, 2]], clean[[0, 2]])


def test_checks_pass_on_calls_of_every_kind():
    rng, done = np.random.default_rng(10), 0
    for _ in range(150):
        shape = tuple(rng.integers(1, 60, rng.integers(1, 3)))
        x = samples(rng, shape, rng.choice(list(TYPES)))
        if x.dtype.kind in "fc" and rng.random() < 0.2:
            x.flat[0] = rng.choice([np.nan, np.inf])
        window = [None, "hann", ("tukey", 0.3), lambda f: f + 1][rng.integers(4)]
        axis, num = int(rng.integers(len(shape))), int(rng.integers(1, 90))
        with np.errstate(all="ignore"), warnings.catch_warnings(), checked():
            warnings.simplefilter("ignore")
            try:
                resample(x, num, axis=axis, window=window, domain=["time", "freq"][rng.integers(2)])
                done += 1
            except TypeError:  # on both sides
                assert x.dtype.kind in "biu"
    assert done > 100


@pytest.mark.parametrize("kernel", ["join", "split", "weigh", "interpolate"])
def test_a_wrong_kernel_is_found_out(monkeypatch, kernel):
    from sigresample import CheckError

    module = _kernels.gridding if kernel == "interpolate" else _kernels.spectra
    right = getattr(module, kernel)

    def wrong(*args: Any) -> None:
        right(*args)
        spoiled = args[0] if kernel == "weigh" else args[1]
        spoiled.reshape(-1)[0] += 0.01 * np.abs(spoiled).max()

    monkeypatch.setattr(module, kernel, wrong)
    n = 10_007 if kernel in ("weigh", "interpolate") else 10_000
    with pytest.raises(CheckError, match="resample"), checked():
        resample(np.random.default_rng(0).standard_normal(n), n - 8)


# 4 machine


def test_the_plan_says_what_runs():
    smooth = explain(resample, np.ones(441_000, "f"), 480_000, workers=1)
    assert (smooth.route, smooth.shape, smooth.dtype) == ("whole FFT", (480_000,), "float32")
    assert smooth.blocks == {"forward": 441_000, "inverse": 480_000}
    prime = explain(resample, np.ones(262_144), 233_543, workers=2)
    assert (prime.route, prime.workers) == ("gridded FFT", 2)
    assert prime.blocks["forward"] == 262_144
    assert prime.blocks["inverse"] % 8 == 0
    assert prime.costs["gridded FFT"] < prime.costs["whole FFT"]
    assert explain(resample, np.ones(5, "g"), 3).route == "scipy"


@pytest.mark.parametrize("n", [65_536, 65_537])
@pytest.mark.parametrize("dtype", "fd")
def test_no_length_is_a_cliff(n, dtype):
    """Predicted, for a clock would not do here; benchmarks/ measures it."""
    x = np.broadcast_to(np.zeros((), dtype), n)
    seconds = [min(explain(resample, x, num).costs.values()) for num in range(60_000, 60_200)]
    assert max(seconds) <= 3 * np.median(seconds)


def test_the_choice_does_not_see_workers_or_batches():
    plans = [
        explain(resample, np.broadcast_to(0.0, shape), 10_007, axis=1, workers=workers)
        for shape in ((1, 9973), (50, 9973))
        for workers in (1, 2)
    ]
    assert len({(plan.route, *plan.blocks.values()) for plan in plans}) == 1


def test_workspaces_are_kept_within_bounds_and_grow_to_what_was_wanted():
    _workspace.clear()
    for n in (10_000, 20_000, 15_000):
        resample(np.ones(n), n // 2)
    assert len(_workspace._free) == 1
    assert _workspace._free[0].size >= 8 * 20_000
    first, second = _workspace.Workspace.lent(), _workspace.Workspace.lent()
    assert not np.shares_memory(first.empty((9,), np.dtype("d")), second.empty((9,), np.dtype("d")))
    assert not np.shares_memory(first.empty((9,), np.dtype("d")), first.empty((9,), np.dtype("f")))
    huge = _workspace.Workspace(np.empty(_workspace.KEPT_BYTES, np.uint8))
    huge.wanted = 2 * _workspace.KEPT_BYTES
    for space in (first, second, huge):
        space.give_back()
    assert sum(kept.size for kept in _workspace._free) <= _workspace.KEPT_BYTES
    _workspace.clear()
    assert not _workspace._free


def test_results_do_not_lie_in_a_workspace():
    x = np.random.default_rng(12).standard_normal(20_011)
    for num in (10_007, 16_384):
        first = resample(x, num)
        kept = first.copy()
        resample(-x, num)
        assert_same_bytes(first, kept)


def test_tables_are_kept_within_bounds():
    _long_fft._cache.clear()
    for n in range(8192, 8192 + 8 * 200, 8):
        _long_fft._roots(n, np.dtype("D"))
    assert 0 < _long_fft._cache.nbytes <= _long_fft.CACHE_BYTES
    _long_fft._cache.clear()
    assert not _long_fft._cache


def test_four_python_threads_at_once():
    x = np.random.default_rng(11).standard_normal((4, 20_011))
    want = [resample(row, 10_007) for row in x]
    got: list[Any] = [None] * 4

    def work(i: int) -> None:
        got[i] = [resample(x[i], 10_007, workers=2) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(4):
        for y in got[i]:
            assert_same_bytes(y, want[i])


def test_rough_factors_by_hand():
    found = [_fourier_resample.rough(n) for n in (1, 2, 11, 2**10 * 11**3, 13, 26, 169, 199 * 239 * 2, 65_537)]
    assert found == [0, 0, 0, 0, 13, 13, 26, 438, 65_537]
