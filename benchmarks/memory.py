"""Measure the extra memory of calls that work in place or in blocks: at most 5 % of input and output, plus 2 MiB.

Of the convolutions of sigresample.nn, 10 % of input, weight and output, plus 2 MiB; Winograd's and the FFT's routes
have their blocks beside.

    python benchmarks/memory.py [--json memory.json]

Each case runs in a process of its own, twice: with one worker and with all. What counts is the highest
resident set during the call, less the resident set before it, less the result. Linux only.

Beside them, what a whole process that filters one great image takes, from its start, Python and imports with it: its
highest resident set, less input and output, at most 256 MiB. And what caches make of a thousand calls of changing
length: the highest resident set after any but the first hundred, less that after the hundredth, at most 64 MiB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cases
import nn_cases
import numpy as np
import peers

import sigresample

Array = np.ndarray[Any, Any]

MIB = 2**20
SHARE, CHANNEL_SHARE, GRANT = 0.05, 0.1, 2 * MIB
# What routes over channels say that they hold at most, in MiB: once a call, and for each worker.
BLOCKS = {"Winograd": (5, 1), "FFT": (20, 5)}
STATUS = Path("/proc/self/status")
DIRECT, AUTO = {"method": "direct"}, {"method": "auto"}
GREAT = 256 * MIB  # for a whole process

CALLS, SETTLED, LONGEST, DRIFT = 1000, 100, 2**20, 64 * MIB

Spec = tuple[str, tuple[tuple[int, ...], ...], str, dict[str, Any], dict[str, Any]]
SPECS: tuple[Spec, ...] = (
    ("convolve2d", ((3000, 2000), (15, 15)), "float32", {"mode": "same"}, DIRECT),
    ("convolve2d", ((3000, 2000), (15, 15)), "float64", {"mode": "full"}, DIRECT),
    ("convolve2d", ((2000, 2000), (7, 7)), "complex64", {"mode": "valid"}, DIRECT),
    ("convolve2d", ((2000, 2000), (7, 7)), "complex128", {"mode": "full", "boundary": "symm"}, DIRECT),
    ("convolve2d", ((3000, 3000), (7, 7)), "int16", {"mode": "same", "boundary": "wrap"}, DIRECT),
    ("correlate2d", ((3000, 2000), (9, 5)), "float32", {"mode": "full", "boundary": "wrap"}, DIRECT),
    ("convolve2d", ((3000, 3000), (31, 1)), "float32", {"mode": "same"}, DIRECT),
    ("convolve2d", ((3000, 3000), (1, 31)), "float32", {"mode": "same"}, DIRECT),
    ("convolve", ((6_000_000,), (64,)), "float32", {}, DIRECT),
    ("convolve", ((3_000_000,), (64,)), "complex128", {}, DIRECT),
    ("convolve", ((6_000_000,), (64,)), "int32", {}, DIRECT),
    ("convolve", ((160, 160, 160), (5, 5, 5)), "float64", {}, DIRECT),
    ("correlate", ((160, 160, 160), (9, 1, 1)), "float64", {"mode": "same"}, DIRECT),
    ("upfirdn", ((161,), (6_000_000,)), "float32", {"up": 1, "down": 1}, {}),
    ("upfirdn", ((801,), (3_000_000,)), "float64", {"up": 3, "down": 2}, {}),
    ("upfirdn", ((321,), (2000, 3000)), "float32", {"up": 2, "down": 3, "axis": -1}, {}),
    ("upfirdn", ((321,), (2000, 3000)), "float32", {"up": 2, "down": 3, "axis": 0}, {}),
    ("upfirdn", ((161,), (100, 200, 150)), "complex64", {"up": 3, "down": 2, "axis": 1}, {}),
    ("upfirdn", ((161,), (4_000_000,)), "complex64", {"up": 1, "down": 2, "mode": "reflect"}, {}),
    ("resample_poly", ((4_410_000,),), "float32", {"up": 160, "down": 147}, {}),
    ("resample_poly", ((2_400_000, 2),), "float64", {"up": 147, "down": 160, "axis": 0}, {}),
    ("resample_poly", ((8, 480_000),), "float64", {"up": 1, "down": 3, "axis": 1, "padtype": "line"}, {}),
    # Overlap-save: what it takes is that of its blocks and the filter, which is little beside arrays as long as these.
    ("convolve", ((12_000_000,), (1024,)), "float32", {}, AUTO),
    ("convolve", ((24_000_000,), (8192,)), "float64", {}, AUTO),
    ("convolve2d", ((6000, 6000), (31, 31)), "float32", {"mode": "same"}, AUTO),
    ("convolve2d", ((3000, 3000), (63, 63)), "float64", {"mode": "same", "boundary": "wrap"}, AUTO),
    ("oaconvolve", ((1024, 24_000), (1, 1025)), "float32", {"axes": 1}, {}),
)


def case_of(spec: Spec) -> cases.Case:
    """Return the case, labelled by everything that tells it from the others."""
    function, shapes, dtype, arguments, ours = spec
    sizes = " by ".join("×".join(map(str, shape)) for shape in shapes)
    words = "".join(f", {name} {value}" for name, value in arguments.items())
    return cases.Case("memory", f"{function} {sizes}{words}", function, shapes, dtype, arguments, ours)


CASES = tuple(case_of(spec) for spec in SPECS) + nn_cases.MEMORY
IMAGE: Spec = ("convolve2d", ((16_384, 16_384), (101, 101)), "float32", {"mode": "same"}, AUTO)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure every case; return 1 if one takes more than it may."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every figure to this file")
    parser.add_argument("--only", default="", help="only the cases whose label contains this")
    parser.add_argument("--child", nargs=2, type=int, metavar=("CASE", "WORKERS"), help=argparse.SUPPRESS)
    parser.add_argument("--whole", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--drift", choices=sorted(CHANGING), help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        print(json.dumps(measure(CASES[options.child[0]], options.child[1])))
        return 0
    if options.whole:
        print(json.dumps(whole(case_of(IMAGE), peers.available_threads())))
        return 0
    if options.drift:
        print(json.dumps(drift(options.drift)))
        return 0
    if not STATUS.exists():
        print(f"this measures with {STATUS}, which only Linux has", file=sys.stderr)
        return 1
    figures = []
    for number, case in enumerate(CASES):
        if options.only not in case.label:
            continue
        for workers in sorted({1, peers.available_threads()}):
            figures.append(in_fresh_process("--child", str(number), str(workers)))
            print(line(figures[-1]), flush=True)
    if options.only in whole_process(case_of(IMAGE)):
        figures.append(in_fresh_process("--whole"))
        print(line(figures[-1]), flush=True)
    for name in CHANGING:
        if options.only in drifting(name):
            figures.append(in_fresh_process("--drift", name))
            print(line(figures[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(any(figure["extra"] > figure["allowed"] for figure in figures))


def in_fresh_process(*arguments: str) -> dict[str, Any]:
    """Measure one case in a process of its own."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip() or done.returncode}")
    figure: dict[str, Any] = json.loads(done.stdout)
    return figure


def measure(case: cases.Case, workers: int) -> dict[str, Any]:
    """Return what one call takes beyond its input and its result."""
    arrays = tuple(filled(shape, case.dtype) for shape in case.shapes)
    # Imports, thread stacks and cached tables are no part of a call: a small one of the same kind brings them in.
    small = case.warming() if isinstance(case, nn_cases.Convolution) else case.shrunk(200)
    peers.ours(small, tuple(filled(shape, case.dtype) for shape in small.shapes), workers)()
    call = peers.ours(case, arrays, workers)
    forget_peak()
    before, peak_before = resident("VmRSS"), resident("VmHWM")
    result = call()
    extra = resident("VmHWM") - before - result.nbytes
    if any(result.dtype != array.dtype for array in arrays):
        raise RuntimeError(f"{case.label}: the input is not of the result's type {result.dtype}")
    size = sum(array.nbytes for array in arrays) + result.nbytes
    return {
        "case": case.label,
        "dtype": case.dtype,
        "workers": workers,
        "size": size,
        "extra": extra,
        # What the peak was above the resident set already before the call: above zero where it cannot be reset.
        "blind": peak_before - before,
        "allowed": allowed(case, arrays, size, workers),
    }


def allowed(case: cases.Case, arrays: tuple[Array, ...], size: int, workers: int) -> int:
    """Return the most that a call may take beyond its input and its result."""
    if not isinstance(case, nn_cases.Convolution):
        return int(SHARE * size) + GRANT
    route = sigresample.explain(case.function, *arrays, **case.arguments, workers=workers).route
    once, each = BLOCKS.get(route, (0, 0))
    return int(CHANNEL_SHARE * size) + GRANT + (once + each * workers) * MIB


def whole_process(case: cases.Case) -> str:
    """Return the label of a case measured from the start of its process."""
    return f"{case.label}, whole process"


def whole(case: cases.Case, workers: int) -> dict[str, Any]:
    """Return what this process has taken at most, once it has made one call, beyond the input and the result."""
    arrays = tuple(filled(shape, case.dtype) for shape in case.shapes)
    result = peers.ours(case, arrays, workers)()
    size = sum(array.nbytes for array in arrays) + result.nbytes
    return {
        "case": whole_process(case), "dtype": case.dtype, "workers": workers, "size": size,
        "extra": resident("VmHWM") - size, "blind": 0, "allowed": GREAT,
    }  # fmt: skip


def _convolve(x: Array, other: int) -> object:
    return sigresample.convolve(x, x[: max(1, other % 65536)], workers=1)


def _whole(x: Array, other: int) -> object:
    return sigresample.convolve(x, x, method="fft", workers=1)


def _resample(x: Array, other: int) -> object:
    return sigresample.resample(x, other, workers=1)


def _fixed(x: Array, other: int, held: dict[str, sigresample.Convolver] = {}) -> object:  # noqa: B006  (kept on purpose)
    if x.dtype.char not in held:
        held[x.dtype.char] = sigresample.Convolver(filled((5000,), x.dtype.char))
    return held[x.dtype.char](x, workers=1)


# Each is called with data and another length.
CHANGING: dict[str, Callable[[Array, int], object]] = {
    "convolve": _convolve,
    "convolve with itself": _whole,
    "resample": _resample,
    "Convolver": _fixed,
}


def drifting(name: str) -> str:
    """Return the label of a series of calls."""
    return f"{name}: {CALLS} calls of changing length"


def drift(name: str, calls: int = CALLS, settled: int = SETTLED) -> dict[str, Any]:
    """Return by how much the resident set grows over calls of changing lengths, in both precisions."""
    rng = np.random.default_rng(2)
    data = [filled((LONGEST,), dtype) for dtype in ("float32", "float64")]
    after = []
    for number in range(calls):
        n, other = (int(LONGEST ** rng.uniform(0.4, 1)) for _ in range(2))
        CHANGING[name](data[number % 2][:n], other)
        after.append(resident("VmRSS"))
    return {
        "case": drifting(name), "dtype": "float32 and float64", "workers": 1, "size": 0,
        "extra": max(after[settled:]) - after[settled - 1], "blind": 0, "allowed": DRIFT,
    }  # fmt: skip


def filled(shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    """Return random data made block by block, so that making it leaves no peak behind."""
    rng = np.random.default_rng(1)
    x = np.empty(shape, dtype)
    flat, block = x.reshape(-1), 65536
    for start in range(0, flat.size, block):
        part = flat[start : start + block]
        part[...] = 100 * rng.standard_normal(part.size)
    return x


def forget_peak() -> None:
    """Set the kernel's high-water mark back to the present resident set, where it allows that."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError as error:
        print(f"the peak cannot be reset: {error}", file=sys.stderr)


def resident(name: str) -> int:
    """Return VmRSS or VmHWM in bytes."""
    for text in STATUS.read_text(encoding="ascii").splitlines():
        if text.startswith(name + ":"):
            return int(text.split()[1]) * 1024
    raise RuntimeError(f"{STATUS} has no {name}")


def line(figure: dict[str, Any]) -> str:
    """Return a figure as a line of text."""
    word = "ok" if figure["extra"] <= figure["allowed"] else "TOO MUCH"
    extra, allowed = figure["extra"] / MIB, figure["allowed"] / MIB
    blind = f" (blind to {figure['blind'] / MIB:.1f})" if figure["blind"] > MIB else ""
    what = f"{figure['case']}, {figure['dtype']}, {figure['workers']} worker(s)"
    return f"{extra:8.2f} MiB of {allowed:6.2f}{blind}  {word:8}  {what}"


if __name__ == "__main__":
    sys.exit(main())
