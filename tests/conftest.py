"""The engine in pytest's header, every SIMD level as a fixture, and the suite under SIGRESAMPLE_CHECK=1."""

from __future__ import annotations

from importlib import import_module

import pytest
from hypothesis import settings

import sigresample
from sigresample import _kernels, _threads, checking

KERNELS = (
    "blockfft",
    "channelfft",
    "channels",
    "correlate",
    "gridding",
    "loudness",
    "nonfinite",
    "planes",
    "polyphase",
    "spectra",
    "tilefft",
    "winograd",
)

# The same examples in every run, and no limit of time: machines are shared.
settings.register_profile("sigresample", deadline=None, derandomize=True, database=None)
settings.load_profile("sigresample")


def pytest_report_header() -> str:
    checks = "off" if checking.ASKED.get() is None else "on"
    levels = ", ".join(_kernels.available())
    return (
        f"sigresample {sigresample.__version__}: level {_kernels.level} of {levels}; "
        f"{_threads.available()} workers; checks {checks}"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under SIGRESAMPLE_CHECK=1, leave out the tests that cannot be compared with SciPy as well."""
    if checking.ASKED.get() is None:
        return
    left = [item for item in items if item.get_closest_marker("uncheckable")]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture(params=_kernels.available())
def simd_level(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test once on every level that this machine can load."""
    level: str = request.param
    monkeypatch.setattr(_kernels, "level", level)
    for name in KERNELS:
        monkeypatch.setattr(_kernels, name, import_module(f"sigresample._kernels.{name}_{level}"))
    return level
