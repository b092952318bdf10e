"""Exceptions that are raised once more with our text, and warnings at the caller's line."""

import sys
import warnings
from inspect import currentframe

import numpy as np
import pytest
import scipy.signal

import sigresample as sr
from sigresample._raising import again


class Picky(KeyError):
    def __init__(self, one, other):
        super().__init__(one, other)


@pytest.mark.parametrize(
    "error, kind",
    [
        (ValueError("a"), ValueError),
        (np.linalg.LinAlgError("a"), np.linalg.LinAlgError),
        (np.exceptions.AxisError(3, 2), np.exceptions.AxisError),
        (UnicodeDecodeError("utf-8", b"a", 0, 1, "why"), UnicodeError),
        (KeyError("a"), LookupError),  # whose text would be quoted
        (Picky(1, 2), LookupError),
    ],
    ids=repr,
)
def test_an_error_keeps_its_class_as_far_as_that_takes_a_text(error, kind):
    made = again(error, "another text")
    assert type(made) is kind
    assert str(made) == "another text"


def test_dates_are_refused_in_words():
    dates = np.array(["2020-01-01"], "M8[D]")
    for call in (sr.convolve, sr.correlate):
        with pytest.raises(TypeError, match=rf"^{call.__name__}: .* got datetime64\[D\] of shape \(1,\) and int64"):
            call(dates, [1])
    with pytest.raises(TypeError, match=r"^decimate: .*got datetime64\[D\] of shape \(50,\), q=2, n=None and axis=-1"):
        sr.decimate(np.zeros(50, "M8[D]"), 2)
    with pytest.raises(TypeError, match=r"^upfirdn: .*got int64 of shape \(1,\) and datetime64\[D\] of shape \(1,\)"):
        sr.upfirdn(np.ones(1, np.int64), dates)


def test_what_scipys_transforms_refuse_says_what_it_was():
    halves = np.ones(9, ">f2" if sys.byteorder == "little" else "<f2")
    with pytest.raises(RuntimeError, match=r"^convolve: .* of shape \(9,\) and float64 of shape \(3,\)"):
        sr.convolve(halves, np.ones(3), method="fft")
    with sr.checked():  # computed by ours: docs/differences.md
        np.testing.assert_array_equal(sr.fftconvolve(halves, [1.0, 1.0])[1:-1], 2.0)
        assert sr.oaconvolve(halves, halves).dtype == np.float32


@pytest.mark.parametrize("checks", [False, True])
def test_a_warning_points_at_the_line_that_called(checks):
    x = np.array([1.0, np.nan, 2.0])
    convolver = sr.Convolver(np.ones(2), method="fft")
    calls = [
        lambda: sr.convolve(x, np.ones(2), method="fft"),
        lambda: sr.correlate2d(x[None], np.ones((1, 2)), method="fft"),
        lambda: convolver(x),
    ]
    line = currentframe().f_lineno - 4
    for i, call in enumerate(calls):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            if checks:
                with sr.checked():
                    call()
            else:
                call()
        assert [(each.category, each.filename, each.lineno) for each in seen] == [(RuntimeWarning, __file__, line + i)]


def test_choose_conv_method_answers_wherever_scipys_does():
    for in1, in2, mode in (
        (np.ones((3, 4)), np.ones((4, 3)), "valid"),
        (np.ones(3, object), np.ones(3), "FULL"),
        (np.ones(3, bool), np.ones(3, bool), "FULL"),
    ):
        assert sr.choose_conv_method(in1, in2, mode) == scipy.signal.choose_conv_method(in1, in2, mode) == "direct"
    for mode in ("FULL", ["full"]):
        with pytest.raises(
            ValueError, match="^choose_conv_method: Acceptable mode flags are 'valid', 'same', or 'full'"
        ):
            sr.choose_conv_method(np.ones(3), np.ones(3), mode)
