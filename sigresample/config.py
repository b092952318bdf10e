"""What was built, and what this machine runs of it."""

from __future__ import annotations

import sys
from os import environ
from typing import Any, Literal, overload

from . import _errors, _kernels, _threads, checking
from ._kernels import _openmp

# What changes how calls run, here or in the libraries below.
VARIABLES = ("SIGRESAMPLE_SIMD", "SIGRESAMPLE_CHECK", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OMP_PROC_BIND")


@overload
def show_config(mode: Literal["print"] = "print") -> None: ...
@overload
def show_config(mode: Literal["dict"]) -> dict[str, dict[str, Any]]: ...
def show_config(mode: str = "print") -> dict[str, dict[str, Any]] | None:
    """Show what was built and what this machine runs.

    Parameters
    ----------
    mode : {"print", "dict"}, optional
        Print it, or return it.

    Returns
    -------
    dict of str to dict, or None
        With ``mode="dict"``: the groups "versions", "simd", "threads", "checking" and "environment".

    Raises
    ------
    ValueError
        If `mode` is neither.

    See Also
    --------
    explain : What a call would do.

    Examples
    --------
    >>> import sigresample
    >>> config = sigresample.show_config("dict")
    >>> config["simd"]["level"] in config["simd"]["built"]
    True
    """
    if mode not in ("print", "dict"):
        raise ValueError(_errors.CONFIG_MODE.format(got=mode))
    config: dict[str, dict[str, Any]] = {
        "versions": _versions(),
        "simd": {
            "level": _kernels.level,
            "runs here": list(_kernels.available()),
            "built": list(_kernels.built()),
        },
        "threads": _thread_facts(),
        "checking": {"against SciPy": "off" if checking.ASKED.get() is None else "on"},
        "environment": {name: environ[name] for name in VARIABLES if name in environ},
    }
    if mode == "dict":
        return config
    for group, facts in config.items():
        print(f"{group}:" if facts else f"{group}: nothing set")
        for name, value in facts.items():
            print(f"  {name:14} {', '.join(value) if isinstance(value, list) else value}")
    return None


def _versions() -> dict[str, str]:
    # Not at the top: importing sigresample needs none of it.
    from importlib.metadata import version
    from platform import platform

    names = ("sigresample", "numpy", "scipy")
    found = {name: version(name) for name in names}
    return {**found, "python": sys.version.split()[0], "compiler": _openmp.compiler(), "platform": platform()}


def _thread_facts() -> dict[str, Any]:
    """Return the number of workers and every limit it is the least of."""
    openmp = _openmp.version()
    facts: dict[str, Any] = {
        "OpenMP": openmp or "not built in: one thread",
        "OpenMP allows": _openmp.max_threads(),
        "CPUs allowed": _threads.cpus(),
        "CPU quota": _threads.quota() or "none",
    }
    if _threads.forked():
        facts["forked"] = "one thread: the OpenMP runtime does not survive a fork"
    return {"workers": _threads.available(), **facts, "from": f"{_threads.THRESHOLD} multiply-adds"}
