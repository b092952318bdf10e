"""Turn the runner's JSON into the README's table and benchmarks/RESULTS.md.

    python benchmarks/report.py results.json [--memory memory.json]

The README's table stands between the two marker comments; the rest of the file is left alone.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cases

START, END = "<!-- ratios: start -->", "<!-- ratios: end -->"
ROOT = Path(__file__).resolve().parent.parent
NAMES = {
    "cv2": "OpenCV filter2D",
    "cv2-separable": "OpenCV sepFilter2D, told the factors",
    "scipy": "SciPy",
    "fftconvolve": "SciPy fftconvolve",
    "oaconvolve": "SciPy oaconvolve",
    "numpy": "np.convolve",
    "numpy-outer": "np.outer",
    "cv2-resize": "OpenCV resize, channels last",
    "cv2-planes": "OpenCV resize, plane by plane",
    "torch": "PyTorch",
    "pillow": "Pillow",
    "soxr": "soxr HQ (another filter)",
    "one-worker": "one worker",
    "clean": "the same call, clean data",
    "swapped": "arguments swapped",
    "three": "3×3",
    "matmul": "NumPy matmul 2048³",
    "copy": "memory copy of the input",
}
# Another call of ours: below 1 it is no rival that wins.
NO_RIVALS = ("swapped", "clean", "three")
METHOD = (
    "Written by `benchmarks/report.py` from one run of `benchmarks/run.py`. Every ratio is the peer's time over ours "
    "in the same round, on one thread: the median over the rounds, and in brackets their quartiles. GFLOP/s count two "
    "operations for each product of the direct sum, whatever the route, those with samples outside the array too."
)
MEMORY = (
    "The highest resident set during a call, less the one before it, less the result; at most 5 % of input and output, "
    "plus 2 MiB; over channels 10 % of input, weight and output, plus 2 MiB and the blocks of Winograd's route or the "
    "FFT's. The system counts to about half a MiB. For a whole process: its highest resident set, Python and "
    "imports with it, less input and result. For many calls: the growth of the resident set after the first hundred."
)
CLOCKS = {
    "wall": "Times by the wall clock.",
    "thread": "The machine was in use: one-thread times are the thread's processor time, the others the wall clock's.",
}

Result = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Write the tables; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("json", type=Path)
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    parser.add_argument("--memory", type=Path, help="what benchmarks/memory.py wrote: adds its table")
    options = parser.parse_args(argv)
    results = json.loads(options.json.read_text(encoding="utf-8"))
    text = options.readme.read_text(encoding="utf-8")
    if START not in text or END not in text:
        print(f"{options.readme} has no lines {START} and {END} to write between", file=sys.stderr)
        return 1
    head, tail = text.split(START)[0], text.split(END)[1]
    options.readme.write_text(f"{head}{START}\n{readme_table(results)}\n{END}{tail}", encoding="utf-8")
    memory = json.loads(options.memory.read_text(encoding="utf-8")) if options.memory else []
    options.results.write_text(full_report(results, memory), encoding="utf-8")
    return 0


# ── figures ────────────────────────────────────────────────────────────────────────────────────


def mean(values: Iterable[float]) -> float:
    """Return the geometric mean."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))


def value(case: Result, peer: str) -> float | None:
    """Return a case's ratio to a peer; "best" is the fastest rival of the row, "swapped" the worse direction."""
    if peer == "best":
        row = next(row for row in cases.ROWS if row.key == case["row"])
        rivals = [case["peers"][name]["ratio"] for name in row.peers if name in case["peers"]]
        return min(rivals) if rivals else None
    if peer not in case["peers"]:
        return None
    ratio = float(case["peers"][peer]["ratio"])
    return min(ratio, 1 / ratio) if peer == "swapped" else ratio


def ratios(results: Result, key: str, peer: str, dtype: str | None = None, labels: Sequence[str] = ()) -> list[float]:
    """Return the ratios of a row's cases to a peer, of one dtype or both, of some labels or all."""
    found = [
        value(case, peer)
        for case in results["cases"]
        if case["row"] == key and dtype in (None, case["dtype"]) and (not labels or case["case"] in labels)
    ]
    return [ratio for ratio in found if ratio is not None]


def all_threads(results: Result, key: str, peer: str) -> list[float]:
    """Return the ratios on all threads, of "best" the lowest of a case's."""
    rivals = next(row for row in cases.ROWS if row.key == key).peers if peer == "best" else (peer,)
    found = []
    for case in results["cases"]:
        if case["row"] == key and "all" in case:
            reached = [ratio for ratio in (_on_all_threads(case, rival) for rival in rivals) if ratio is not None]
            found += [min(reached)] if reached else []
    return found


def _on_all_threads(case: Result, peer: str) -> float | None:
    """Return a case's ratio on all threads; a peer with one thread only is met with our speed-up."""
    if peer in case["all"]:
        return float(case["all"][peer]["ratio"])
    one = value(case, peer)
    if one is None or peer in ("cv2", "cv2-separable", "torch"):  # not timed again: it takes a second on one thread
        return None
    return one * float(case["all"]["speedup"]["ratio"])


def goals(results: Result) -> list[tuple[cases.Row, cases.Goal, float]]:
    """Return every goal for which there are figures, with what was reached."""
    reached = []
    for row in cases.ROWS:
        for goal in row.goals:
            found = ratios(results, row.key, goal.peer, goal.dtype, goal.labels)
            if found:
                reached.append((row, goal, min(found) if goal.statistic == "min" else mean(found)))
    return reached


# ── words ──────────────────────────────────────────────────────────────────────────────────────


def times(ratio: float) -> str:
    """Return a ratio in words: 12 ×."""
    return f"{ratio:.2f} ×" if ratio < 9.995 else f"{ratio:.1f} ×" if ratio < 99.95 else f"{ratio:.0f} ×"


def duration(seconds: float) -> str:
    """Return a time in the unit that leaves one to three digits before the point."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def name_of(row: cases.Row, peer: str) -> str:
    """Return a peer's name for a column "compared with"."""
    return "the fastest of " + ", ".join(NAMES[name] for name in row.peers) if peer == "best" else NAMES[peer]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def goal_line(row: cases.Row, goal: cases.Goal, reached: float) -> list[str]:
    """Return a line of the goals' table."""
    sizes = "from 11×11 up" if goal.labels == cases.LARGE else "; ".join(goal.labels)
    which = ", ".join(filter(None, [goal.dtype or "both types", sizes]))
    if goal.statistic == "min":
        which += ", no case below"
    if goal.peer == "matmul":
        want, got = f"{goal.least:.0%} of its speed", f"{reached:.0%}"
    else:
        want, got = times(goal.least), times(reached)
    return [row.title, name_of(row, goal.peer), which, want, got, "yes" if reached >= goal.least else "**no**"]


def summary(results: Result) -> str:
    """Return the goals and what was reached, for the terminal."""
    lines = [goal_line(*reached) for reached in goals(results)]
    return table(["work", "compared with", "over", "must reach", "reached", "met"], lines)


def machine_line(results: Result) -> str:
    """Return one sentence on machine, versions and date."""
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    environment = "".join(f", {name}={setting}" for name, setting in machine["environment"].items())
    return (
        f"{machine['cpu']}, {machine['processors']} processors, SIMD level {machine['simd']}, {machine['system']}, "
        f"Python {machine['python']}{environment}; {versions}; {results['date']}."
    )


def readme_table(results: Result) -> str:
    """Return the table of the promised rows, with a sentence above and the losses below."""
    lines = []
    for row in cases.ROWS:
        shown = ("best",) if any(goal.peer == "best" for goal in row.goals) else row.peers
        for peer in shown if row.promised else ():
            both = ratios(results, row.key, peer)
            if not both:
                continue
            by_type = [ratios(results, row.key, peer, dtype) for dtype in cases.DTYPES]
            threads = all_threads(results, row.key, peer)
            lines.append(
                [
                    row.title,
                    name_of(row, peer),
                    *(times(mean(found)) if found else "—" for found in by_type),
                    f"{times(min(both))} – {times(max(both))}",
                    times(mean(threads)) if threads else "—",
                ]
            )
    head = ["work", "compared with", "float32", "float64", "lowest – highest", "all threads"]
    above = (
        "How many times faster than the peer, in one run: geometric means over the sizes, on one thread; in the last "
        "column both use every thread they can.\n\n" + machine_line(results)
    )
    return "\n\n".join([above, table(head, lines), *_shares(results), _losses_sentence(results)])


def _shares(results: Result) -> list[str]:
    found = {dtype: ratios(results, "convolve2d", "matmul", dtype, cases.LARGE) for dtype in cases.DTYPES}
    parts = [f"{mean(values):.0%} in {dtype}" for dtype, values in found.items() if values]
    if not parts:
        return []
    return [f"From 11×11 up the direct 2-D kernel runs at {' and '.join(parts)} of the speed of NumPy's matmul."]


def losses(results: Result) -> list[tuple[Result, str, float]]:
    """Return every case that a rival wins, with the ratio."""
    rows = {row.key: row for row in cases.ROWS}
    lost = []
    for case in results["cases"]:
        for peer in rows[case["row"]].peers:
            ratio = value(case, peer)
            if ratio is not None and ratio < 1 and peer not in NO_RIVALS:
                lost.append((case, peer, ratio))
    return lost


def _losses_sentence(results: Result) -> str:
    rows = {row.key: row for row in cases.ROWS}
    rivals = {key: set(row.peers).difference(NO_RIVALS) for key, row in rows.items()}
    count = sum(len(rivals[case["row"]].intersection(case["peers"])) for case in results["cases"])
    lost = losses(results)
    if not lost:
        return f"Of {count} comparisons none was lost; all of them are in benchmarks/RESULTS.md."
    names = sorted({f"{case['row']} against {NAMES[peer]}" for case, peer, _ in lost})
    return f"Of {count} comparisons {len(lost)} were lost: {'; '.join(names)}. All are in benchmarks/RESULTS.md."


# ── the full report ────────────────────────────────────────────────────────────────────────────


def full_report(results: Result, memory: Sequence[Result] = ()) -> str:
    """Return RESULTS.md."""
    before, after = results["load"]
    parts = [
        "# Measured speed",
        METHOD,
        machine_line(results),
        f"Run time {results['seconds']:.0f} s; load average {before:.2f} at the start, {after:.2f} at the end. "
        + CLOCKS[results["clock"]]
        + (" A quick run: some sizes are left out, though the goals are stated for all." if results["quick"] else ""),
        "## Goals",
        summary(results),
        "## Where a peer is faster",
        _losses_table(results),
    ]
    if results["skipped"]:
        lines = [f"- {NAMES[name]}: {reason}" for name, reason in results["skipped"].items()]
        parts += ["## Skipped", "\n".join(lines)]
    for row in cases.ROWS:
        found = [case for case in results["cases"] if case["row"] == row.key]
        if found:
            parts += [f"## {row.title}", _case_table(row, found)]
    if memory:
        parts += ["## Extra memory", MEMORY, _memory_table(memory)]
    return "\n\n".join(parts) + "\n"


def _memory_table(memory: Sequence[Result]) -> str:
    lines = [
        [
            figure["case"],
            figure["dtype"],
            str(figure["workers"]),
            f"{max(figure['extra'], 0) / 2**20:.1f} MiB",
            f"{figure['allowed'] / 2**20:.1f} MiB",
        ]
        for figure in memory
    ]
    return table(["call", "type", "workers", "extra", "at most"], lines)


def _losses_table(results: Result) -> str:
    lost = losses(results)
    if not lost:
        return "Nowhere in this run."
    lines = [
        [case["row"], case["case"], case["dtype"], NAMES[peer], times(ratio)]
        for case, peer, ratio in sorted(lost, key=lambda line: line[2])
    ]
    return table(["row", "case", "type", "peer", "its time over ours"], lines)


def _case_table(row: cases.Row, found: list[Result]) -> str:
    columns = [name for name in (*row.peers, *row.ceilings) if any(name in case["peers"] for case in found)]
    threaded = any("all" in case for case in found)
    head = ["case", "type", "route", "ours", "GFLOP/s", *(NAMES[name] for name in columns)]
    if threaded:
        head.append("all threads over one")
    lines = []
    for case in found:
        rate = f"{2 * case['products'] / case['ours'] / 1e9:.1f}"
        line = [case["case"], case["dtype"], case["route"], duration(case["ours"]), rate]
        line += [_cell(name, case["peers"].get(name)) for name in columns]
        if threaded:
            line.append(times(case["all"]["speedup"]["ratio"]) if "all" in case else "—")
        lines.append(line)
    return table(head, lines)


def _cell(name: str, figure: dict[str, float] | None) -> str:
    if figure is None:
        return "—"
    if name in ("matmul", "copy"):
        return f"{figure['ratio']:.0%}"
    return f"{times(figure['ratio'])} [{figure['low']:.2f}, {figure['high']:.2f}]"


if __name__ == "__main__":
    sys.exit(main())
