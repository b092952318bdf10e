"""What many tests share: bounds that are derived, comparisons that raise, awkward forms of one array."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np


def gamma(n: int, dtype: Any) -> float:
    """n u / (1 - n u): the most that n roundings in a row amount to."""
    share = n * float(np.finfo(dtype).eps) / 2
    assert share < 1, f"{n} roundings say nothing in {np.dtype(dtype)}"
    return share / (1 - share)


def assert_close(got: Any, want: Any, bound: Any) -> None:
    """Same shape, same NaN and infinities, and every |got - want| within the bound there."""
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape, f"shape {got.shape}, wanted {want.shape}"
    wide = np.complex128 if got.dtype.kind == "c" or want.dtype.kind == "c" else np.float64
    y, z = got.astype(wide), want.astype(wide)
    odd = ~(np.isfinite(y) & np.isfinite(z))
    misplaced = odd & ~((np.isnan(y) & np.isnan(z)) | (y == z))
    _raise_first(misplaced, got, want, np.zeros(got.shape))
    with np.errstate(invalid="ignore"):
        apart = np.abs(y - z)
    _raise_first(~odd & ~(apart <= bound), got, want, np.broadcast_to(bound, got.shape))


def assert_same_bytes(got: np.ndarray[Any, Any], want: np.ndarray[Any, Any]) -> None:
    """Same dtype, shape and bytes; any NaN is as good as another."""
    assert (got.dtype, got.shape) == (want.dtype, want.shape), f"{got.dtype}{got.shape}, {want.dtype}{want.shape}"
    same = (got == want) & (np.signbit(got.real) == np.signbit(want.real)) if got.dtype.kind in "fc" else got == want
    if got.dtype.kind in "fc":
        same |= np.isnan(got) & np.isnan(want)
    _raise_first(~same, got, want, np.zeros(got.shape))


def _raise_first(bad: Any, got: Any, want: Any, bound: Any) -> None:
    if np.any(bad):
        at = np.unravel_index(int(np.argmax(bad)), np.shape(bad))
        index = tuple(int(i) for i in at)
        raise AssertionError(f"at {index}: {got[at]!r}, wanted {want[at]!r} within {bound[at]!r}; {bad.sum()} differ")


def variants(x: np.ndarray[Any, Any]) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Yield one array in every layout a caller may hand over: the values are equal, the memory is not."""
    yield "plain", x.copy()
    fixed = x.copy()
    fixed.flags.writeable = False
    yield "read-only", fixed
    yield "Fortran", np.asfortranarray(x)
    yield "big-endian", x.astype(x.dtype.newbyteorder(">"))
    spaced = np.zeros([2 * n for n in x.shape], x.dtype)
    every_other = spaced[(slice(None, None, 2),) * x.ndim]
    every_other[...] = x
    yield "strided", every_other
    back = (slice(None, None, -1),) * x.ndim
    yield "reversed", x[back].copy()[back]
    record = np.zeros(x.shape, [("pad", "u1"), ("x", x.dtype)])
    record["x"] = x
    yield "record field", record["x"]
    shifted = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    shifted[...] = x
    yield "unaligned", shifted


def spelled(value: Any) -> str:
    """Return a value's repr without its address: a test has one name in all processes that run the suite."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def kernels() -> list[str]:
    """Return the names of the kernels that are compiled once per SIMD level."""
    from sigresample import _kernels

    ending = f"_{_kernels.level}"
    return [name for name, held in vars(_kernels).items() if getattr(held, "__name__", "").endswith(f".{name}{ending}")]


def run_python(code: str, *, cwd: Any, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter, away from the sources, with only the given variables of ours set."""
    import os

    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SIGRESAMPLE_", "OMP_"))}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
