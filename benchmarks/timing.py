"""Timing of several calls in turn: A B C, A B C, …, so that a slow spell of the machine hits all of them."""

from __future__ import annotations

import gc
import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

Call = Callable[[], Any]
Clock = Callable[[], int]
WALL = time.perf_counter_ns
# The calling thread's own processor time: for one-thread ratios on a machine that others use.
THREAD = time.thread_time_ns


class Effort(NamedTuple):
    """How long a case may take."""

    rounds: int  # at most
    at_least: int  # rounds, of a call slower than its share
    share: float  # seconds a call may be given in all rounds together
    loop: float  # seconds that one reading lasts at least


SLOW = 0.6  # seconds
FULL = Effort(rounds=11, at_least=3, share=0.3, loop=0.003)
QUICK = Effort(rounds=5, at_least=1, share=0.05, loop=0.002)
SMOKE = Effort(rounds=1, at_least=1, share=0.0, loop=0.0)


def reading(call: Call, loops: int, clock: Clock = WALL) -> float:
    """Return the seconds of one call, from `loops` of them."""
    turns = itertools.repeat(None, loops)
    start = clock()
    for _ in turns:
        call()
    return max(clock() - start, 1) / loops / 1e9


def in_turn(
    calls: dict[str, Call], effort: Effort, clock: Clock = WALL, first: dict[str, float] | None = None
) -> dict[str, list[float]]:
    """Return the seconds of each call, round by round; a slow call drops out after its share of time.

    The caller has run each call before: code is loaded, plans are made, tables are cached. `first` is what that took;
    a call slower than SLOW, on which nothing of that weighs, is not run again: its first run is its one reading.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        times: dict[str, list[float]] = {name: [] for name in calls}
        loops, rounds = {}, {}
        for name, call in calls.items():
            once = (first or {}).get(name, 0.0)
            if once > SLOW:
                times[name], rounds[name] = [once], 0
                continue
            if once < SLOW / 10:
                once = min(reading(call, 1, clock), reading(call, 1, clock))
            loops[name] = max(1, round(effort.loop / once))
            rounds[name] = min(effort.rounds, max(effort.at_least, int(effort.share / (once * loops[name]))))
        for turn in range(max(rounds.values())):
            for name, call in calls.items():
                if turn < rounds[name]:
                    times[name].append(reading(call, loops[name], clock))
        return times
    finally:
        if collecting:
            gc.enable()


def ratio(times: list[float], ours: list[float], factor: float = 1.0) -> dict[str, float]:
    """Return median, quartiles and number of the per-round ratios times / ours, each multiplied by `factor`."""
    ratios = sorted(factor * a / b for a, b in zip(times, ours, strict=False))
    if len(ratios) > 2:
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    else:
        low, middle, high = ratios[0], statistics.median(ratios), ratios[-1]
    return {"ratio": middle, "low": low, "high": high, "rounds": len(ratios), "seconds": statistics.median(times)}
