"""The main job on real input: an ECG resampled, a photograph resampled, blurred, sharpened and searched.

Each step runs once under `checked()`, which compares it with SciPy's own within both routes' error bounds, is then
timed beside SciPy's function of the same name, and is drawn into one picture.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .files import FileError, check_target, need, replacing, shown

Array = np.ndarray[Any, Any]

ECG_RATE, ECG_NEW_RATE = 360, 250
# The camera in the cameraman's hands, rows and columns.
TEMPLATE = (slice(112, 208), slice(232, 328))
# The routes that this choice of kernels is meant to take, one after the other.
ROUTES = ("direct", "separable", "overlap-save")
# Seconds that a reading lasts at least, so that microseconds are not lost in the clock, and that a turn of readings
# lasts, so that some of them fall into quiet moments of a busy machine.
READING, TURN = 1e-4, 2e-2


class Step(NamedTuple):
    """One call: what it does for a reader, the function's name, its arguments."""

    title: str
    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Row(NamedTuple):
    """What a step gave."""

    step: Step
    result: Array
    route: str
    ours: float
    threaded: float
    scipys: float
    difference: float
    within: bool

    @property
    def ratio(self) -> float:
        return self.scipys / self.ours

    @property
    def sizes(self) -> str:
        given = [str(arg) if isinstance(arg, int) else _size(arg) for arg in self.step.args]
        if self.step.function == "resample_poly":
            given = [given[0], "/".join(given[1:])]
        return f"{' by '.join(given)} -> {_size(self.result)}"


def run(out: str, repeat: int) -> int:
    """Run every step, print a line for each, draw the picture; return the exit status."""
    pywt_data = need("pywt.data", "the demo")
    need("matplotlib", "the demo")
    if not out.lower().endswith(".png"):
        raise FileError(f"{shown(out)}: the picture's name must end in .png")
    check_target(out, force=True)
    ecg, photo = pywt_data.ecg().astype(np.float64), pywt_data.camera().astype(np.float64)
    rows = _run_steps(ecg, photo, repeat)
    problems = _problems(rows)
    _draw(out, ecg, photo, rows)
    print(f"template found at row {_peak(rows[-1])[0]}, column {_peak(rows[-1])[1]}; picture: {shown(out)}")
    for problem in problems:
        print(f"sigresample demo: {problem}", file=sys.stderr)
    if not problems:
        print(f"routes {', '.join(ROUTES)} all taken; every result agrees with SciPy's within its error bound")
    return 1 if problems else 0


def _run_steps(ecg: Array, photo: Array, repeat: int) -> list[Row]:
    import scipy

    import sigresample

    plan = sigresample.explain(sigresample.convolve2d, photo, sharpening(), workers=-1)
    print(f"{plan.simd} kernels on one thread, and as many as a plain call takes (at most {plan.workers});", end=" ")
    print(f"SciPy {scipy.__version__} on one")
    heads = f"{'1 thread':>10}{'plain':>10}{'SciPy':>10}{'ratio':>8}{'difference':>12}"
    print(f"{'step':21}{'sizes':34}{'route':>12}{heads}")
    rows: list[Row] = []

    def take(title: str, function: str, *args: Any, **kwargs: Any) -> Array:
        rows.append(_measure(Step(title, function, args, kwargs), repeat))
        print(_line(rows[-1]), flush=True)
        return rows[-1].result

    take("ECG 360 -> 250 Hz", "resample_poly", ecg, 25, 36, padtype="line")
    taller = take("photo, more rows", "resample_poly", photo, 3, 2, axis=0, padtype="symmetric")
    take("photo, more columns", "resample_poly", taller, 3, 2, axis=1, padtype="symmetric")
    take("blur (Gaussian)", "convolve2d", photo, gaussian(13, 2.2), mode="same", boundary="symm")
    take("sharpen", "convolve2d", photo, sharpening(), mode="same", boundary="symm")
    template = photo[TEMPLATE]
    # Without its mean, a template does not simply find the brightest place.
    take("template search", "correlate", photo, template - template.mean(), mode="valid")
    return rows


def gaussian(size: int, sigma: float) -> Array:
    """Return a Gaussian kernel of sum 1: an outer product, which two passes of `size` taps compute."""
    taps = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / sigma) ** 2)
    taps /= taps.sum()
    return np.outer(taps, taps)


def sharpening() -> Array:
    """Return a 5 by 5 unsharp mask, the image and twice what a blur takes from it: rank 2, and small."""
    kernel = -2 * gaussian(5, 1.0)
    kernel[2, 2] += 3
    return kernel


def _measure(step: Step, repeat: int) -> Row:
    import scipy.signal

    import sigresample

    ours = getattr(sigresample, step.function)
    scipys = getattr(scipy.signal, step.function)
    route = sigresample.explain(ours, *step.args, **step.kwargs).route
    try:
        with sigresample.checked():
            result = ours(*step.args, **step.kwargs)
        within = True
    except sigresample.CheckError:
        result = ours(*step.args, **step.kwargs)
        within = False
    reference = scipys(*step.args, **step.kwargs)
    within = within and result.shape == reference.shape and result.dtype == reference.dtype
    difference = float(np.abs(result - reference).max() / np.abs(reference).max()) if within else np.inf
    # SciPy runs on one thread here, so ours on one is what compares; on all it is what a plain call does.
    calls = [partial(call, *step.args, **step.kwargs) for call in (partial(ours, workers=1), ours, scipys)]
    one, threaded, theirs = best(calls, repeat)
    return Row(step, result, route, one, threaded, theirs, difference, within)


def best(calls: Sequence[Callable[[], object]], repeat: int) -> list[float]:
    """Return each call's least seconds; taken in turns, so that a slow phase of the machine hits all."""
    counts = [max(1, int(READING / max(_seconds(call, 1), 1e-9))) for call in calls]
    least = [np.inf] * len(calls)
    for _ in range(repeat):
        for i, (call, count) in enumerate(zip(calls, counts, strict=True)):
            end = time.perf_counter() + TURN
            while True:
                least[i] = min(least[i], _seconds(call, count))
                if time.perf_counter() >= end:
                    break
    return least


def _seconds(call: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def _line(row: Row) -> str:
    return (
        f"{row.step.title:21}{row.sizes:34}{row.route:>12}"
        f"{_time(row.ours):>10}{_time(row.threaded):>10}{_time(row.scipys):>10}"
        f"{row.ratio:>7.1f}x{row.difference:>12.1e}{'' if row.within else '  BEYOND ITS BOUND'}"
    )


def _size(array: Array) -> str:
    return "x".join(map(str, array.shape))


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} us"
    return f"{seconds * 1e3:.2f} ms" if seconds < 0.1 else f"{seconds:.4f} s"


def _peak(row: Row) -> tuple[int, int]:
    i, j = np.unravel_index(int(row.result.argmax()), row.result.shape)
    return int(i), int(j)


def _problems(rows: list[Row]) -> list[str]:
    problems = [f"{row.step.title}: beyond the error bound" for row in rows if not row.within]
    missing = [route for route in ROUTES if route not in {row.route for row in rows}]
    if missing:
        problems.append(f"no step took the route {', '.join(missing)}")
    cut = (TEMPLATE[0].start, TEMPLATE[1].start)
    if _peak(rows[-1]) != cut:
        problems.append(f"the template was cut at {cut} and found at {_peak(rows[-1])}")
    return problems


# ── the picture ──

# Okabe and Ito's colours: told apart by colour-blind readers and in grey.
BLUE, ORANGE = "#0072B2", "#D55E00"
DETAIL = (slice(64, 224), slice(136, 296))


def _draw(out: str, ecg: Array, photo: Array, rows: list[Row]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # No pyplot: it would choose a backend for the whole process, and a window where there may be no screen.
    figure = Figure(figsize=(13, 13.4), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(
        "sigresample beside SciPy: each call's route, its time on one thread, SciPy's time, and their ratio",
        fontsize="x-large",
    )
    grid = figure.add_gridspec(3, 6, height_ratios=[0.75, 1, 1])
    _draw_ecg(figure.add_subplot(grid[0, :4]), ecg, rows[0])
    _draw_beat(figure.add_subplot(grid[0, 4:]), ecg, rows[0].result)
    panels = [figure.add_subplot(grid[1 + i // 3, 2 * (i % 3) : 2 * (i % 3) + 2]) for i in range(6)]
    _draw_photo(panels[0], photo)
    _draw_detail(panels[1], photo, "detail of the photograph\n", 1)
    _draw_detail(panels[2], rows[2].result, _title("rows and columns by 3/2", rows[1], rows[2]), 1.5)
    _draw_detail(panels[3], rows[3].result, _title("blurred by a 13x13 Gaussian", rows[3]), 1)
    _draw_detail(panels[4], rows[4].result, _title("sharpened by a 5x5 mask", rows[4]), 1)
    _draw_search(panels[5], rows[5])
    with replacing(out, force=True) as temp:
        figure.savefig(temp, format="png", dpi=110)


def _title(what: str, *rows: Row) -> str:
    ours, scipys = sum(row.ours for row in rows), sum(row.scipys for row in rows)
    ratio = scipys / ours
    times = f"{_time(ours)}, SciPy {_time(scipys)}: {ratio:.{0 if ratio >= 100 else 1}f} ×".replace(" us", " µs")
    return f"{what}: {rows[0].route}\n{times}"


def _draw_ecg(axes: Any, ecg: Array, row: Row) -> None:
    new = row.result
    axes.plot(np.arange(len(ecg)) / ECG_RATE, ecg, color=BLUE, lw=3.5, alpha=0.45, label=f"{ECG_RATE} Hz, {len(ecg)}")
    axes.plot(np.arange(len(new)) / ECG_NEW_RATE, new, color=ORANGE, lw=1.2, label=f"{ECG_NEW_RATE} Hz, {len(new)}")
    axes.set(xlabel="time (s)", ylabel="ECG (converter units)", title=_title("ECG by 25/36", row))
    axes.margins(x=0.01)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.355, 1), title="rate, samples")  # between two beats


def _draw_beat(axes: Any, ecg: Array, new: Array) -> None:
    beat = (int(np.argmax(ecg[200:-200])) + 200) / ECG_RATE
    axes.plot(np.arange(len(ecg)) / ECG_RATE, ecg, ".-", color=BLUE, lw=1, ms=5, label=f"{ECG_RATE} Hz")
    axes.plot(np.arange(len(new)) / ECG_NEW_RATE, new, "o", color=ORANGE, mfc="none", ms=7, label=f"{ECG_NEW_RATE} Hz")
    axes.set(xlim=(beat - 0.09, beat + 0.09), xlabel="time (s)", title="one beat, sample by sample\n")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")


def _draw_photo(axes: Any, photo: Array) -> None:
    axes.imshow(photo, cmap="gray", vmin=0, vmax=255)
    _outline(axes, DETAIL, BLUE, "detail", (DETAIL[1].start, DETAIL[0].start - 6), "left", "bottom")
    _outline(axes, TEMPLATE, ORANGE, "template", (TEMPLATE[1].stop, TEMPLATE[0].stop + 6), "right", "top")
    axes.set(title=f"the photograph, {_size(photo)}\n", xlabel="column", ylabel="row")


def _outline(axes: Any, part: tuple[slice, slice], colour: str, name: str, at: Any, ha: str, va: str) -> None:
    (top, bottom), (left, right) = ((side.start - 0.5, side.stop - 0.5) for side in part)
    axes.plot([left, right, right, left, left], [top, top, bottom, bottom, top], color=colour, lw=2)
    axes.text(*at, name, color="white", ha=ha, va=va, bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.5})


def _draw_detail(axes: Any, image: Array, title: str, scale: float) -> None:
    axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    ys, xs = ((scale * part.start - 0.5, scale * part.stop - 0.5) for part in DETAIL)
    axes.set(xlim=xs, ylim=ys[::-1], title=title, xlabel="column", ylabel="row")


def _draw_search(axes: Any, row: Row) -> None:
    i, j = _peak(row)
    image = axes.imshow(row.result / row.result.max(), cmap="cividis")
    axes.plot(j, i, "o", ms=18, mfc="none", mec="white", mew=4)
    axes.plot(j, i, "o", ms=18, mfc="none", mec=ORANGE, mew=2)
    box = {"facecolor": ORANGE, "edgecolor": "none", "pad": 1.5}
    axes.text(j, i + 30, f"found at row {i}, column {j}", color="white", ha="center", va="top", bbox=box)
    axes.set(title=_title(f"search, {_size(row.step.args[1])}", row), xlabel="column of its corner", ylabel="row")
    axes.figure.colorbar(image, ax=axes, shrink=0.8, label="correlation, share of its peak")
