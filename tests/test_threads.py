"""How many workers a call gets, and that a fork, a quota and other threads are survived."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import run_python

from sigresample import _threads
from sigresample._kernels import _openmp

MUCH = 10**9


def test_none_means_one_thread_for_little_and_all_for_much() -> None:
    assert _threads.count("f", None, 0) == _threads.count("f", None, _threads.THRESHOLD - 1) == 1
    assert _threads.count("f", None, MUCH) == _threads.available()


@pytest.mark.parametrize("ops", [0, MUCH])
@pytest.mark.parametrize("workers", [1, 2, 7, np.int64(3), np.uint8(2)])
def test_a_number_is_honoured_as_given(workers: Any, ops: int) -> None:
    assert _threads.count("f", workers, ops) == int(workers)


def test_a_number_beyond_reason_starts_no_such_threads() -> None:
    assert _threads.count("f", 2**55, MUCH) == _threads.count("f", 10**30, 0) == _threads.MOST


def test_negative_numbers_count_back() -> None:
    most = _threads.available()
    assert _threads.count("f", -1, 0) == most
    assert _threads.count("f", -most, 0) == 1
    with pytest.raises(ValueError, match=f"^f: workers must be at least -{most} here, got -{most + 1}$"):
        _threads.count("f", -most - 1, 0)


def test_zero_is_an_error() -> None:
    with pytest.raises(ValueError, match="^f: workers must not be 0$"):
        _threads.count("f", 0, 0)


@pytest.mark.parametrize("workers", [True, np.True_, 1.0, "2", [1], np.array([1, 2])], ids=repr)
def test_what_is_no_integer_is_an_error(workers: Any) -> None:
    with pytest.raises(TypeError, match="^f: workers must be an integer or None, got "):
        _threads.count("f", workers, 0)


def _group(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("membership", "files", "want"),
    [
        ("0::/\n", {"cpu.max": "max 100000\n"}, None),
        ("0::/\n", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "5000 100000\n"}, 1),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "300000 100000"}, 3),
        ("0::/a/b\n", {"a/b/cpu.max": "400000 100000", "a/cpu.max": "300000 100000"}, 3),
        ("0::/gone\n", {"cpu.max": "100000 100000"}, 1),
        ("4:cpu,cpuacct:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ("4:cpu,cpuacct:/\n", {"cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ("4:cpu:/host/id\n", {"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "50000"}, 2),
        ("4:cpu:/j\n", {"cpu/j/cpu.cfs_quota_us": "50000", "cpu/j/cpu.cfs_period_us": "50000"}, 1),
        ("4:cpuset:/\n", {"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "50000"}, None),
        ("0::/\n", {"cpu.max": "what\n"}, None),
        ("0::/\n", {"cpu.max": "100000 0\n"}, None),
        ("no such line\n\n", {}, None),
        ("0::/../../etc\n", {}, None),
    ],
)
def test_the_quota_of_a_container_is_read(tmp_path: Path, membership: str, files: dict[str, str], want: Any) -> None:
    (tmp_path / "cgroup").write_text(membership)
    mount = _group(tmp_path / "mount", files)
    assert _threads.quota(str(tmp_path / "cgroup"), str(mount)) == want


def test_without_cgroups_there_is_no_quota(tmp_path: Path) -> None:
    assert _threads.quota(str(tmp_path / "none"), str(tmp_path)) is None


def test_the_least_limit_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"openmp": 5, "cpus": 6, "quota": 7}
    monkeypatch.setattr(_openmp, "max_threads", lambda: limits["openmp"])
    monkeypatch.setattr(_threads, "cpus", lambda: limits["cpus"])
    monkeypatch.setattr(_threads, "quota", lambda: limits["quota"])
    for name in limits:
        limits[name] = 3
        assert _threads.available() == 3
        limits[name] = 9
    limits.update(openmp=2, cpus=8)
    monkeypatch.setattr(_threads, "quota", lambda: None)
    assert _threads.available() == 2


def test_without_openmp_more_than_one_worker_warns_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_openmp, "version", lambda: 0)
    monkeypatch.setattr(_threads, "_unsaid", [True])
    with pytest.warns(RuntimeWarning, match="^f: this build has no OpenMP and runs on one thread, got workers=2$"):
        assert _threads.count("f", 2, MUCH) == 1
    assert _threads.count("f", 2, MUCH) == 1
    assert _threads.count("f", 1, MUCH) == 1


COUNT = "from sigresample import _threads; print(_threads.available())"


def test_omp_num_threads_is_obeyed(tmp_path: Path) -> None:
    assert run_python(COUNT, cwd=tmp_path, OMP_NUM_THREADS="1").stdout.strip() == "1"
    many = run_python(COUNT, cwd=tmp_path, OMP_NUM_THREADS="999").stdout.strip()
    assert int(many) <= _threads.cpus()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_affinity_is_obeyed(tmp_path: Path) -> None:
    one = f"import os; os.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}}); "
    assert run_python(one + COUNT, cwd=tmp_path, OMP_NUM_THREADS="4").stdout.strip() == "1"


def test_threadpoolctl_is_obeyed(tmp_path: Path) -> None:
    pytest.importorskip("threadpoolctl")
    code = """
from threadpoolctl import threadpool_limits
from sigresample import _threads
most = _threads.available()
for limit in range(1, most + 1):
    with threadpool_limits(limits=limit):
        assert _threads.count("f", None, 10**9) == limit
assert _threads.count("f", None, 10**9) == most
print(most)
"""
    run = run_python(code, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) == min(_threads.cpus(), _threads.quota() or _threads.MOST) or not _openmp.version()
