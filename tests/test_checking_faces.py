"""The public functions under the check: right ones pass, and a wrong kernel or route is named."""

from __future__ import annotations

import inspect
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import sigresample as sr
from sigresample import CheckError, _kernels

RNG = np.random.default_rng(3)
PLANE, SMALL = RNG.standard_normal((20, 30)), RNG.standard_normal((3, 5))
X, TAPS = RNG.standard_normal(300), RNG.standard_normal(40)


@pytest.fixture(autouse=True)
def same_numbers_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test draws from the start of one sequence, alone or among others."""
    monkeypatch.setitem(globals(), "RNG", np.random.default_rng(3))


def spoiled(kernel: Any, name: str) -> Any:
    """The kernel with one output off: the last one in memory."""

    def wrong(*args: Any) -> None:
        getattr(kernel, name)(*args)
        names = list(inspect.signature(getattr(kernel, name)).parameters)
        y = args[names.index("y")]
        y.reshape(-1)[-1] += 1

    return wrong


@pytest.fixture
def wrong_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, names in (("correlate", ["correlate", "separable"]), ("polyphase", ["polyphase"])):
        kernel = getattr(_kernels, module)
        wrong = {name: spoiled(kernel, name) for name in names}
        monkeypatch.setattr(_kernels, module, SimpleNamespace(**{**vars(kernel), **wrong}))


SPOILED = {
    "convolve": lambda: sr.convolve(X, TAPS, method="direct"),
    "correlate": lambda: sr.correlate(PLANE, SMALL, "same", "direct"),
    "convolve2d": lambda: sr.convolve2d(PLANE.astype(np.float32), SMALL.astype(np.float32), method="direct"),
    "correlate2d": lambda: sr.correlate2d(np.arange(12).reshape(3, 4), np.eye(2, dtype=int), method="direct"),
    "upfirdn": lambda: sr.upfirdn(TAPS, X, 3, 2),
    "resample_poly": lambda: sr.resample_poly(X, 3, 2),
}


@pytest.mark.uncheckable
@pytest.mark.parametrize("name", SPOILED)
def test_a_wrong_kernel_is_named(name: str, wrong_kernels: None) -> None:
    wrong = SPOILED[name]()
    text = f"^{name}: route .* gives .* at index .* scipy.signal.{name} gives "
    with sr.checked(), pytest.raises(CheckError, match=text) as error:
        SPOILED[name]()
    index = error.value.index
    assert index is not None
    assert error.value.ours == wrong[index]
    assert abs(wrong[index] - error.value.theirs - 1) < 1e-4


BOUNDARIES = ("wrap", "symm", "reflect", "edge")


def samples(shape: Any, dtype: str, spoil: float) -> Any:
    """Numbers of a type, some too large for comfort, one in ten arrays with a NaN or an infinity."""
    if dtype == "?":
        return RNG.random(shape) > 0.5
    if np.dtype(dtype).kind in "iu":
        info, limit = np.iinfo(dtype), int(RNG.choice([5, 100, 2**31, 2**62]))
        return RNG.integers(max(info.min, -limit), min(info.max, limit), shape, dtype=dtype, endpoint=True)
    x = RNG.standard_normal(shape) * 10.0 ** RNG.integers(-3, 4)
    x = np.asarray(x + 1j * RNG.standard_normal(shape) if dtype in "FDG" else x).astype(dtype)
    if x.size and RNG.random() < spoil:
        x.reshape(-1)[RNG.integers(x.size)] = RNG.choice([np.nan, np.inf, -np.inf])
    return x


def types() -> list[str]:
    every = RNG.choice(list("?bBhHiIlLqQefdgFDG"), 2)
    return [str(t) for t in (every if RNG.random() < 0.4 else RNG.choice(list("fdFD"), 2))]


@pytest.mark.parametrize("name", ["convolve", "correlate", "convolve2d", "correlate2d"])
def test_convolutions_of_every_kind_pass(name: str) -> None:
    done = 0
    for _ in range(150):
        ndim = 2 if name.endswith("2d") else int(RNG.choice([1, 1, 2, 3]))
        top = {1: 300, 2: 25, 3: 8}[ndim]
        shapes = [RNG.integers(1, most, ndim) for most in (top, top if RNG.random() < 0.3 else 6)]
        x, h = (samples(shape, dtype, 0.1) for shape, dtype in zip(shapes, types(), strict=True))
        options: dict[str, Any] = {"mode": str(RNG.choice(["full", "same", "valid"]))}
        options["method"] = str(RNG.choice(["auto", "direct", "fft"]))
        if name.endswith("2d"):
            options["fillvalue"] = int(RNG.choice([0, 2]))
        options["boundary"] = str(RNG.choice([*BOUNDARIES, "fill", "fill"]))
        done += passes(name, x, h, **options)
    assert done > 75


@pytest.mark.parametrize("name", ["fftconvolve", "oaconvolve"])
def test_convolutions_along_axes_of_every_kind_pass(name: str) -> None:
    done = 0
    for _ in range(150):
        ndim = int(RNG.choice([1, 2, 2, 3]))
        top = {1: 300, 2: 25, 3: 8}[ndim]
        shapes = [RNG.integers(1, most, ndim) for most in (top, top if RNG.random() < 0.3 else 6)]
        axes = [int(axis) for axis in RNG.permutation(ndim)[: int(RNG.integers(1, ndim + 1))]]
        for axis in set(range(ndim)) - set(axes):  # in pairs, or one of them meets all
            shapes[1][axis] = RNG.choice([1, shapes[0][axis]])
            shapes[0][axis] = RNG.choice([1, shapes[0][axis], shapes[0][axis]])
        x, h = (samples(shape, dtype, 0.1) for shape, dtype in zip(shapes, types(), strict=True))
        mode, boundary = (str(RNG.choice(words)) for words in (["full", "same", "valid"], [*BOUNDARIES, "fill"]))
        done += passes(name, x, h, mode, axes if len(axes) < ndim or RNG.random() < 0.5 else None, boundary=boundary)
    assert done > 75


def passes(name: str, *args: Any, **options: Any) -> bool:
    """Return whether both sides gave a result; where both raise, that is no disagreement either."""
    with np.errstate(all="ignore"), warnings.catch_warnings(), sr.checked():
        warnings.simplefilter("ignore")
        try:
            getattr(sr, name)(*args, **options)
        except (ValueError, TypeError, OverflowError):
            return False
    return True


MODES = [
    "constant", "symmetric", "edge", "smooth", "wrap", "reflect", "antisymmetric", "antireflect", "line",
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_upfirdn_of_every_kind_passes(mode: str) -> None:
    done = 0
    for _ in range(40):
        shape = RNG.integers(1, 40, int(RNG.choice([1, 2])))
        taps, x = (samples(s, t, 0.1) for s, t in zip((int(RNG.integers(1, 60)), shape), types(), strict=True))
        up, down = (int(n) for n in RNG.integers(1, 9, 2))
        done += passes("upfirdn", taps, x, up, down, int(RNG.integers(-len(shape), len(shape))), mode, 1.5)
    assert done > 15


@pytest.mark.parametrize("padtype", [*MODES, "mean", "median", "maximum", "minimum"])
def test_resample_poly_of_every_kind_passes(padtype: str) -> None:
    done = 0
    for _ in range(25):
        shape = RNG.integers(1, 40, int(RNG.choice([1, 2])))
        x = samples(shape, types()[0], 0.05)
        window: Any = [("kaiser", 5.0), "hann", samples(31, "d", 0), samples(8, "f", 0)][RNG.integers(4)]
        up, down = (int(n) for n in RNG.integers(1, 9, 2))
        cval = 1.5 if padtype == "constant" else None
        axis = int(RNG.integers(0, len(shape)))
        done += passes("resample_poly", x, up, down, axis, window, padtype, cval)
    assert done > 15


@pytest.mark.parametrize("mode", ["reflect", "antireflect"])
@pytest.mark.parametrize("dtype", ["f", "D"])
def test_one_sample_under_one_tap_a_phase_is_not_continued(mode: str, dtype: str) -> None:
    """It ended the process: the period of a reflection is 0."""
    x = samples((8, 1), dtype, 0)
    taps = samples(29, "f", 0)
    for up, down in ((34, 8), (29, 1), (40, 3)):
        np.testing.assert_array_equal(sr.upfirdn(taps, x, up, down, 1, mode), sr.upfirdn(taps, x, up, down, 1))
    with pytest.raises(ValueError, match="at least 2 samples"):
        sr.upfirdn(taps, x, 28, 1, 1, mode)


def test_what_a_first_user_found_to_be_no_disagreement() -> None:
    x, h = RNG.standard_normal(100), RNG.standard_normal(20)
    x[50] = 1e20
    with sr.checked():
        assert sr.convolve(x, h).shape == (119,)
        assert not np.isfinite(sr.convolve([1e200] * 3, [1e200, -1e200])).all()
        assert sr.convolve(np.longdouble(1e308) * 10, np.float64(3.0)) > 1e308
        assert sr.choose_conv_method(np.ones((5, 5)), np.ones(5)) == "direct"
        batch = RNG.standard_normal((2, 20, 45))
        batch[0, 3, 3] = np.nan
        assert np.isfinite(sr.correlate(batch, RNG.standard_normal((1, 26, 37)), method="direct")[1]).all()
        assert np.isinf(sr.convolve2d(np.ones((3, 3)), np.ones((2, 2)), fillvalue=np.inf)).sum() == 12


@pytest.mark.parametrize("name", ["fftconvolve", "oaconvolve"])
def test_checks_know_what_is_no_sum(name):
    x = np.ones((17, 1, 1), np.float32)
    x[0] = np.nan
    with sr.checked():
        got = getattr(sr, name)(x, np.full((1, 1, 1), 2, np.int8), "same")
    assert got.dtype == np.float32
    assert np.isnan(got).sum() == 1


def test_checks_leave_measured_times_alone():
    with sr.checked():
        method, times = sr.choose_conv_method(np.ones(300), np.ones(3), measure=True)
    assert method == min(times, key=times.__getitem__)
