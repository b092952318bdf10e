"""The engine in pytest's header; every SIMD level as a fixture; the suite under SIGRESAMPLE_CHECK=1; its processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module

import pytest
from helpers import kernels
from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:
    # As many processes as cores, each with teams of threads: a thread that waits must sleep, or it keeps its
    # neighbour's from computing. The libraries read this as they are loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sigresample
from sigresample import _kernels, _threads, checking

KERNELS = kernels()

# Each loads all the libraries we are compared with.
MOST_PROCESSES = 8

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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """-n auto: a process for each core that this one may use, its quota counted."""
    return min(_threads.available(), MOST_PROCESSES)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under SIGRESAMPLE_CHECK=1, leave out the tests to which a check adds nothing: kernels are called by no face."""
    if checking.ASKED.get() is None:
        return

    def uncheckable(item: pytest.Item) -> bool:
        return item.path.stem.endswith("_kernel") or item.get_closest_marker("uncheckable") is not None

    config.hook.pytest_deselected(items=[item for item in items if uncheckable(item)])
    items[:] = [item for item in items if not uncheckable(item)]


# What a check adds depends on the call, not on the level that computes it: there the best one stands for all.
LEVELS = _kernels.available() if checking.ASKED.get() is None else _kernels.available()[:1]


@pytest.fixture(params=LEVELS)
def simd_level(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test once on every level that this machine can load."""
    level: str = request.param
    monkeypatch.setattr(_kernels, "level", level)
    for name in KERNELS:
        monkeypatch.setattr(_kernels, name, import_module(f"sigresample._kernels.{name}_{level}"))
    return level


@pytest.fixture(scope="module")
def one_torch_thread() -> Iterator[None]:
    """Keep PyTorch to one thread: calls of its are small, and as many processes as cores run them."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
