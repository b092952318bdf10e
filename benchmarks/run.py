"""Time sigresample beside its peers: one process, one run, one thread; all threads after that.

    python benchmarks/run.py [--rows convolve2d,tiny] [--quick] [--json results.json]
    python benchmarks/report.py results.json        writes the tables

A ratio is the peer's time over ours in the same round; its median over the rounds is what counts.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cases
import numpy as np
import peers
import report
import timing

import sigresample
from sigresample import _kernels

# "Same result" between peers: their rounding, not a difference in the job.
CLOSE = {"float32": 1e-4, "float64": 1e-10, "uint8": 0.0}
SMOKE_SIDE = 24  # longest axis with --smoke


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", default="", help="comma-separated; all of " + ", ".join(r.key for r in cases.ROWS))
    parser.add_argument("--quick", action="store_true", help="fewer sizes and rounds: about a minute")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every figure to this file")
    parser.add_argument("--smoke", action="store_true", help="tiny arrays, one round: that it runs, not how fast")
    parser.add_argument(
        "--thread-time",
        action="store_true",
        help="one-thread ratios from the thread's processor time instead of the wall clock: for a machine in use",
    )
    options = parser.parse_args(argv)
    try:
        chosen = cases.select(tuple(filter(None, options.rows.split(","))), options.quick)
    except ValueError as error:
        parser.error(str(error))
    if options.smoke:
        chosen = [case.shrunk(SMOKE_SIDE) for case in chosen]
        peers.MATMUL = SMOKE_SIDE
    effort = timing.SMOKE if options.smoke else timing.QUICK if options.quick else timing.FULL
    results = run(chosen, effort, timing.THREAD if options.thread_time else timing.WALL)
    results["quick"] = options.quick
    print(report.summary(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def run(chosen: list[cases.Case], effort: timing.Effort, clock: timing.Clock = timing.WALL) -> dict[str, Any]:
    """Time the cases and return everything that a report needs."""
    rows = {row.key: row for row in cases.ROWS}
    wanted = {name for case in chosen for name in (*rows[case.row].peers, *rows[case.row].ceilings)}
    absent = peers.missing(wanted)
    for name, reason in absent.items():
        print(f"skipped: {name}: {reason}", file=sys.stderr)
    wanted -= absent.keys()
    start, results = time.perf_counter(), []
    before = os.getloadavg()[0]
    for number, case in enumerate(chosen, 1):
        names = [name for name in (*rows[case.row].peers, *rows[case.row].ceilings) if name in wanted]
        with peers.without_gradients():
            figures = measure(case, names, effort, timing.WALL if case.row in cases.TWO_WORKERS else clock)
        results.append(figures)
        shown = "  ".join(f"{name} {figure['ratio']:.2f}" for name, figure in figures["peers"].items())
        print(f"{number}/{len(chosen)} {case.row}: {case.label} {case.dtype}  {shown}", file=sys.stderr, flush=True)
    return {
        "machine": machine(),
        "versions": peers.versions(wanted),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "seconds": time.perf_counter() - start,
        "load": [before, os.getloadavg()[0]],
        "effort": effort._asdict(),
        "clock": "wall" if clock is timing.WALL else "thread",
        "skipped": absent,
        "cases": results,
    }


def measure(case: cases.Case, names: list[str], effort: timing.Effort, clock: timing.Clock) -> dict[str, Any]:
    """Time one case: ours and the peers in turn on one thread, then those that can on all threads."""
    arrays = case.arrays()
    prepared = {name: peers.PEERS[name].prepare(case, arrays) for name in names}
    rivals = {name: call for name, call in prepared.items() if call is not None}
    workers = 2 if case.row in cases.TWO_WORKERS else None if case.row in cases.TINY else 1
    mine = peers.ours(case, arrays, workers)
    with one_blas_thread():
        peers.set_threads(1)
        want = mine()
        first = {}
        for name, call in rivals.items():
            start = clock()
            got = call()
            first[name] = (clock() - start) / 1e9
            agree(case, name, got, want)
        times = timing.in_turn({"ours": mine, **rivals}, effort, clock, first)
    products = case.multiply_adds()
    figures: dict[str, Any] = {
        "row": case.row,
        "case": case.label,
        "dtype": case.dtype,
        "ours": timing.ratio(times["ours"], times["ours"])["seconds"],
        "products": products,
        "route": sigresample.explain(case.function, *arrays, **case.arguments, **case.ours, workers=workers).route,
        "peers": {name: timing.ratio(times[name], times["ours"], share(name, products)) for name in rivals},
    }
    if case.row not in cases.ONE_READING:
        figures["all"] = all_threads(case, arrays, set(rivals), times, effort)
    return figures


def share(name: str, products: int) -> float:
    """Return the work of our call over the work of the peer's: 1, but for the matrix product."""
    return products / peers.MATMUL**3 if name == "matmul" else 1.0


def all_threads(
    case: cases.Case, arrays: peers.Arrays, names: set[str], one: dict[str, list[float]], effort: timing.Effort
) -> dict[str, Any]:
    """Time ours on all threads beside ours on one, and beside the peers that can use them."""
    threads = peers.available_threads()
    calls: dict[str, peers.Call] = {"ours": peers.ours(case, arrays, None), "one": peers.ours(case, arrays, 1)}
    for name in names:
        # A peer that takes a second on one thread is not waited for again.
        if peers.PEERS[name].threads and min(one[name]) < 1:
            call = peers.PEERS[name].prepare(case, arrays)
            if call is not None:
                calls[name] = call
    peers.set_threads(threads)
    for call in calls.values():
        call()
    times = timing.in_turn(calls, effort._replace(share=effort.share / 2, rounds=(effort.rounds + 1) // 2))
    peers.set_threads(1)
    figures = {name: timing.ratio(times[name], times["ours"]) for name in calls}
    return {"threads": threads, "speedup": figures.pop("one"), "seconds": figures.pop("ours")["seconds"], **figures}


def agree(case: cases.Case, name: str, got: Any, want: Any) -> None:
    """Raise if a peer did another job than ours: then the ratio would mean nothing."""
    if not peers.PEERS[name].same:
        return
    if isinstance(want, tuple):
        for one, other in zip(got, want, strict=True):
            agree(case, name, one, other)
        return
    got, want = np.asarray(got), np.asarray(want)
    scale = np.max(np.abs(want), initial=0)
    close = CLOSE[case.dtype] if want.dtype.kind == "f" else 0
    if got.shape != want.shape or np.max(np.abs(got - want), initial=0) > close * scale:
        raise RuntimeError(f"{case.row}, {case.label}, {case.dtype}: {name} computes something else than sigresample")


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep NumPy's matrix product on one thread; without threadpoolctl that ceiling is skipped."""
    try:
        import threadpoolctl
    except ImportError:
        yield
        return
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        yield


def machine() -> dict[str, Any]:
    """Describe the machine as far as the figures depend on it."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    return {
        "cpu": model,
        "processors": peers.available_threads(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "simd": _kernels.level,
        "environment": {
            name: os.environ[name]
            for name in ("OPENBLAS_CORETYPE", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "SIGRESAMPLE_SIMD")
            if name in os.environ
        },
    }


if __name__ == "__main__":
    sys.exit(main())
