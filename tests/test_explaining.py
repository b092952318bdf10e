"""explain finds a function's plan, and prints it."""

from __future__ import annotations

from typing import Any

import pytest

import sigresample
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


@pytest.mark.parametrize("function", [len, convolve, "correlate", None, 3, [1], sigresample.explain], ids=repr)
def test_anything_else_is_an_error(only: Any, function: Any) -> None:
    with pytest.raises(TypeError, match="^explain: function must be one of convolve, got "):
        sigresample.explain(function, 1)


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
