"""explain finds a function's plan, and prints it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import spelled

import sigresample
import sigresample.nn  # whose functions enter the table that is set aside here, not the one in its place
from sigresample import explaining
from sigresample._face import face
from sigresample.explaining import Explanation

MADE = Explanation(
    "convolve", "fft", "cheapest", {"direct": 2.0, "fft": 3.5e-3}, {"rows": 8}, "v3", 2, "float64", (9, 9), 25, 1024
)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A single face, called convolve, that cannot be run."""
    monkeypatch.setattr(explaining, "PLANS", {})

    @face(plan=lambda x, *, workers=None: MADE._replace(workers=workers or 1))
    def convolve(x: Any, *, workers: int | None = None) -> Any:
        """Never run."""
        raise AssertionError(x, workers)

    return convolve


def test_a_function_its_name_and_scipys_are_explained_without_a_run(only: Any) -> None:
    import scipy.signal

    for function in (only, "convolve", scipy.signal.convolve):
        assert sigresample.explain(function, 1, workers=2) == MADE


def test_the_decorated_function_keeps_its_name_and_text(only: Any) -> None:
    assert (only.__name__, only.__doc__) == ("convolve", "Never run.")


def convolve(x: Any) -> Any:
    """Not ours, though it has the name of ours."""
    return x


@pytest.mark.parametrize("function", [len, convolve, "correlate", None, 3, [1], sigresample.explain], ids=spelled)
def test_anything_else_is_an_error(only: Any, function: Any) -> None:
    with pytest.raises(TypeError, match="^explain: function must be one of convolve, got "):
        sigresample.explain(function, 1)


IIR = ([1.0], [0.5], 1.0)
# Calls that SciPy's function computes, and why it is asked.
SCIPYS: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("decimate", (np.arange(50.0), 2), {}, "SciPy runs IIR filters"),
    ("decimate", (np.ones((60, 3), "F"), 7), {"axis": 0}, "SciPy runs IIR filters"),
    ("decimate", (np.ones((2, 60), "e"), 3, None, IIR), {}, "SciPy runs IIR filters"),
    ("decimate", (np.ones(60, "b"), 1, None, ([1.0, 2.0], [1.0])), {}, "q == 1 is a copy"),
    (
        "convolve",
        (np.ones((3, 4), "g"), np.ones((2, 2))),
        {"mode": "same"},
        "kernels do not compute {long} with float64",
    ),
    ("convolve", (np.ones(3, "O"), np.ones(2)), {}, "kernels do not compute object with float64"),
    ("convolve2d", (np.ones((0, 3)), np.ones((2, 2))), {}, "an array without elements gets SciPy's answer"),
    ("fftconvolve", (np.ones(9, "G"), np.ones(2)), {}, "kernels do not compute {wide} with float64"),
    ("oaconvolve", (np.ones(9, "O"), np.ones(2)), {}, "kernels do not compute object with float64"),
    ("resample", (np.ones((2, 9), "g"), 4), {"axis": 1, "window": "hann"}, "the kernels do not compute {long}"),
    ("resample", (np.ones(9, "h"), 5), {"domain": "freq"}, "the kernels do not compute int16"),
]


@pytest.mark.parametrize("name, args, kwargs, reason", SCIPYS)
def test_what_scipy_computes_has_its_type_shape_and_reason(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], reason: str
) -> None:
    import scipy.signal

    args = tuple(scipy.signal.dlti(*arg) if isinstance(arg, tuple) else arg for arg in args)
    plan, want = sigresample.explain(name, *args, **kwargs), getattr(sigresample, name)(*args, **kwargs)
    assert (plan.route, plan.dtype, plan.shape) == ("scipy", str(want.dtype), want.shape)
    assert plan.reason == reason.format(long=np.dtype("g"), wide=np.dtype("G"))


@pytest.mark.parametrize(
    "name, args",
    [
        ("decimate", (np.arange(20.0), 2)),  # too short for the default filter
        ("decimate", (np.arange(50.0), 0)),
        ("decimate", (np.arange(50.0), 2, None, "iir", 3)),
        ("convolve", (np.ones(0), np.ones(2))),
    ],
)
def test_what_scipy_refuses_says_why(name: str, args: tuple[Any, ...]) -> None:
    plan = sigresample.explain(name, *args)
    assert (plan.route, plan.dtype, plan.shape) == ("scipy", "", ())
    with pytest.raises(Exception) as refused:
        getattr(sigresample, name)(*args)
    assert plan.reason.startswith("SciPy's function refuses it: ")
    assert len(str(refused.value)) > 10


def test_types_that_nobody_computes_are_said_to_be_so() -> None:
    for name in ("upfirdn", "resample_poly"):
        plan = sigresample.explain(name, np.ones(9, "g"), *((np.ones(9),) if name == "upfirdn" else (3, 2)))
        assert (plan.route, plan.reason) == ("scipy", "a type that neither the kernels nor SciPy compute")


def test_the_costlier_polyphase_is_taken_for_a_reason() -> None:
    odd = 0
    for taps in (1, 2, 3, 5, 9, 17, 40):
        for n in (1, 5, 10, 30, 60, 120, 250, 500):
            for up, down in ((1, 1), (2, 3), (3, 2), (1, 4)):
                plan = sigresample.explain("upfirdn", np.ones(taps), np.ones(n), up, down)
                dearer = plan.costs[plan.route] > min(plan.costs.values())
                assert dearer == ("by the kernel's own count" in plan.reason), plan
                odd += dearer
    assert odd < 30  # of 224
    assert sigresample.explain("upfirdn", np.ones(5), np.ones(30), 2, 3).reason == "too little work to fill the lanes"


def test_an_explanation_prints_as_a_table() -> None:
    assert str(MADE).splitlines() == [
        "convolve: fft (cheapest)",
        "  result  float64 (9, 9), at most 25 products a value",
        "  runs    v3 kernels, 2 threads",
        "  FFT     1024 points",
        "  blocks  rows 8",
        "  -> fft        3.5 ms",
        "     direct        2 s",
    ]


def test_the_table_leaves_out_what_there_is_not() -> None:
    plain = MADE._replace(route="direct", costs={}, blocks={}, fft_length=0, workers=1)
    assert str(plain).splitlines()[1:] == [
        "  result  float64 (9, 9), at most 25 products a value",
        "  runs    v3 kernels, 1 thread",
    ]
