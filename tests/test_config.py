"""show_config says what is built and what runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import run_python

import sigresample
from sigresample import _kernels, _threads
from sigresample._kernels import _openmp


def test_the_dict_holds_what_the_machinery_says() -> None:
    config = sigresample.show_config("dict")
    assert list(config) == ["versions", "simd", "threads", "checking", "environment"]
    assert config["versions"]["sigresample"] == sigresample.__version__
    assert config["simd"]["level"] == _kernels.level
    assert config["simd"]["built"] == list(_kernels.built())
    assert config["threads"]["workers"] == _threads.available()


def test_it_prints_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert sigresample.show_config() is None
    printed = capsys.readouterr().out
    for text in ("versions:", "numpy", f"level          {_kernels.level}", "workers", "against SciPy"):
        assert text in printed


def test_another_mode_is_an_error() -> None:
    with pytest.raises(ValueError, match="^show_config: mode must be 'print' or 'dict', got 'yaml'$"):
        sigresample.show_config("yaml")  # type: ignore[call-overload]


def test_a_build_without_openmp_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_openmp, "version", lambda: 0)
    assert sigresample.show_config("dict")["threads"]["OpenMP"] == "not built in: one thread"


def test_pins_and_checks_are_shown(tmp_path: Path) -> None:
    code = "import sigresample; sigresample.show_config()"
    run = run_python(code, cwd=tmp_path, SIGRESAMPLE_SIMD="scalar", SIGRESAMPLE_CHECK="1")
    assert "against SciPy  on" in run.stdout
    assert "level          scalar" in run.stdout
    assert "SIGRESAMPLE_SIMD scalar" in run.stdout
