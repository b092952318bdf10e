"""How many workers a call gets.

None means all threads that this process may use: the least of what OpenMP allows (OMP_NUM_THREADS,
threadpoolctl), of the CPUs it may run on, and of its container's CPU quota. A team is never resized and
no setting outside this module is touched: a call runs on that many threads, or on one.
"""

from __future__ import annotations

import operator
import os
from functools import cache
from pathlib import Path
from typing import Any

from . import _errors, _raising
from ._kernels import _openmp

# Multiply-adds below which a second thread costs more than it saves: a tenth of a millisecond of one thread's
# work. Waking a team costs a microsecond at best, a fifth of a millisecond when it has slept, and a whole time
# slice where another process holds the CPU.
THRESHOLD = 4_000_000

# A number given by the caller is honoured up to here (or up to the CPUs there are). Where the system refuses
# a thread, the OpenMP runtime ends the process: 10**9 workers must not. Bytes never depend on the number.
MOST = max(64, os.cpu_count() or 1)

# The OpenMP runtime of GCC does not survive a fork: its threads are gone in the child and a parallel loop
# waits for them for ever. Another library may have started them, so every forked child keeps to one thread.
# (Pausing the runtime before each fork would also do, but it stops threads that are not ours alone.)
_forked = False

_unsaid = [True]


def available() -> int:
    """Return how many threads this process may use now."""
    return 1 if _forked else min(_openmp.max_threads(), cpus(), quota() or MOST)


def count(name: str, workers: Any, ops: int) -> int:
    """Return the threads for a call of `ops` multiply-adds: the caller's number, or all, or one."""
    if workers is None:
        return 1 if ops < THRESHOLD else available()
    n = _integer(name, workers)
    if n < 0:
        most = available()
        if n < -most:
            raise ValueError(_errors.WORKERS_LOW.format(name=name, most=most, got=n))
        return most + 1 + n
    if n > 1 and not _openmp.version():
        _warn_once(name, n)
        return 1
    return 1 if _forked else min(n, MOST)


def forked() -> bool:
    """Return whether this process was forked from one that had loaded sigresample."""
    return _forked


@cache
def cpus() -> int:
    """Return how many CPUs this process may run on, as they were at the first call."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # no affinity on this system
        return os.cpu_count() or 1


@cache
def quota(membership: str = "/proc/self/cgroup", mount: str = "/sys/fs/cgroup") -> int | None:
    """Return the CPUs that the cgroups of this process allow, rounded up, or None when they set no limit."""
    try:
        lines = Path(membership).read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    limits = []
    for line in lines:
        number, controllers, group = (*line.split(":", 2), "", "")[:3]
        if number == "0" and not controllers:
            limits += [_quota_v2(folder) for folder in _upwards(Path(mount), group)]
        elif "cpu" in controllers.split(","):
            # A container sees its own group at the mount point, whatever path the host gave it.
            limits += [_quota_v1(folder) for folder in _upwards(Path(mount, "cpu"), group)]
    known = [limit for limit in limits if limit is not None]
    return min(known, default=None)


def _upwards(mount: Path, group: str) -> list[Path]:
    """Return the folder of a cgroup and those of all groups around it: each may hold a lower limit."""
    inner = mount / group.lstrip("/")
    return [inner, *(folder for folder in inner.parents if folder.is_relative_to(mount))]


def _quota_v2(folder: Path) -> int | None:
    try:
        limit, period = (folder / "cpu.max").read_text().split()
        return None if limit == "max" else _whole(int(limit), int(period))
    except (OSError, ValueError):
        return None


def _quota_v1(folder: Path) -> int | None:
    try:
        limit = int((folder / "cpu.cfs_quota_us").read_text())
        period = int((folder / "cpu.cfs_period_us").read_text())
        return None if limit <= 0 else _whole(limit, period)
    except (OSError, ValueError):
        return None


def _whole(limit: int, period: int) -> int | None:
    return max(1, -(-limit // period)) if period > 0 else None


def _integer(name: str, workers: Any) -> int:
    try:
        if isinstance(workers, bool):
            raise TypeError
        n = operator.index(workers)
    except TypeError:
        raise TypeError(_errors.WORKERS_TYPE.format(name=name, got=workers)) from None
    if n == 0:
        raise ValueError(_errors.WORKERS_ZERO.format(name=name))
    return n


def _warn_once(name: str, n: int) -> None:
    try:
        _unsaid.pop()  # of threads that come at once, one gets it
    except IndexError:
        return
    _raising.warn(_errors.WORKERS_NO_OPENMP.format(name=name, got=n))


def _after_fork() -> None:
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
