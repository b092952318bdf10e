"""The polyphase kernel at every SIMD level this CPU can load, against its definition, on all of its paths."""

from __future__ import annotations

import itertools
from importlib import import_module
from typing import NamedTuple

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, gamma

from sigresample import _kernels, _reference

MODES = dict(
    enumerate(
        ("constant", "symmetric", "edge", "smooth", "wrap", "reflect", "antisymmetric", "antireflect", "line"), start=1
    )
)
PLAIN, LANES, GROUPS = 1, 2, 3
PATHS = pytest.mark.parametrize("path", [PLAIN, LANES, GROUPS], ids=["plain", "lanes", "groups"])
# Roundings of one continued sample beyond the sum it enters: at most six operations make it.
CONTINUED = 6
WIDTHS = [1, 2, 3, 4, 7, 8, 16, 20, 33]


@pytest.fixture(params=_kernels.available())
def kernel(request):
    return import_module(f"sigresample._kernels.polyphase_{request.param}")


def samples(rng, shape, dtype):
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def table(h, up):
    """Row p holds h[p + k up], k descending; written out, not reshaped."""
    k = -(-len(h) // up)
    rows = np.zeros((up, k), h.dtype)
    for tap, value in enumerate(h):
        rows[tap % up, k - 1 - tap // up] = value
    return rows


class Case(NamedTuple):
    """Signals (rows, samples, width) and a filter."""

    x: np.ndarray
    h: np.ndarray
    up: int = 1
    down: int = 1
    mode: int = -1
    cval: complex = 0.0
    first: int = 0
    n_out: int | None = None

    @property
    def outputs(self):
        whole = ((self.x.shape[1] - 1) * self.up + len(self.h) - 1) // self.down + 1
        return whole - self.first if self.n_out is None else self.n_out


def run(kernel, case, workers=1, path=0):
    """Call the kernel on packed rows: what it leaves unwritten shows as NaN, what it writes beside as no NaN."""
    rows, n_in, width = case.x.shape
    reals = width * (2 if case.x.dtype.kind == "c" else 1)
    guard = 64
    flat = np.full(rows * case.outputs * width + 2 * guard, np.nan, case.x.dtype)
    y = flat[guard:-guard]
    taps = table(case.h, case.up)
    kernel.polyphase(
        case.x, taps, y, None, None, n_in, case.outputs, reals, reals, reals, case.up, case.down, case.first, case.mode,
        case.cval, workers, path, rows, n_in * reals, case.outputs * reals,
    )  # fmt: skip
    assert np.isnan(flat[:guard]).all(), "wrote before y"
    assert np.isnan(flat[-guard:]).all(), "wrote behind y"
    return y.reshape(rows, case.outputs, width)


DEFINED = {}


def definition(case):
    """Every output in the wider type, and the sum of its products' magnitudes; kept for the next level."""
    key = (case.x.tobytes(), case.h.tobytes(), case.x.dtype, case.x.shape, *case[2:])
    if key not in DEFINED:
        DEFINED[key] = defined(case)
    return DEFINED[key]


def defined(case):
    mode = MODES.get(case.mode, "constant")
    both = []
    for magnitude in (False, True):
        y = _reference.upfirdn(
            case.h, case.x, case.up, case.down, 1, mode, case.cval, wide=not magnitude, magnitude=magnitude
        )
        both.append(y[:, case.first : case.first + case.outputs])
    return both


def assert_defined(got, case):
    want, size = definition(case)
    terms = -(-len(case.h) // case.up) * (2 if case.h.dtype.kind == "c" else 1)
    # A complex result: the bound holds for each part.
    assert_close(got, want, np.sqrt(2) * gamma(terms + CONTINUED, got.dtype) * size)


@PATHS
@pytest.mark.parametrize("mode", [-1, *MODES], ids=["zeros", *MODES.values()])
def test_every_small_shape(kernel, mode, path):
    """1–5 samples by 1–7 taps at all ratios of 1–3: windows inside, over either end, over both, and far outside."""
    rng = np.random.default_rng(mode + 2)
    for n_in, k, up, down in itertools.product((1, 2, 3, 5), (1, 2, 4, 7), (1, 2, 3), (1, 2, 3)):
        if n_in == 1 and mode in (6, 8):
            continue
        case = Case(samples(rng, (2, n_in, 1), "d"), samples(rng, k, "d"), up, down, mode, 1.25 if mode == 1 else 0.0)
        if n_in == 1 and mode == 9:  # no second sample to lay a line through
            continue
        assert_defined(run(kernel, case, path=path), case)


HARD = [
    ("one long row", (1, 5000, 1), 37, 1, 1),
    ("more taps than a pass holds", (1, 150, 1), 3001, 1, 1),
    ("the same with phases", (1, 40, 1), 4501, 3, 2),
    ("many short rows", (203, 9, 1), 5, 3, 2),
    ("rows of one sample", (70, 1, 1), 9, 2, 1),
    ("audio", (1, 3000, 1), 3201, 160, 147),
    ("audio, stereo", (1, 3000, 2), 3201, 147, 160),
    ("windows far apart", (3, 2000, 1), 3, 1, 50),
    ("a period longer than the data", (2, 40, 3), 4001, 97, 89),
    ("a period longer than a pass", (5, 30, 8), 20003, 5003, 101),
    ("factors in common", (2, 300, 1), 50, 6, 4),
    ("all phases but one unused", (2, 300, 1), 50, 6, 6),
    ("wide", (2, 150, 37), 11, 2, 3),
]


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize(("shape", "k", "up", "down"), [c[1:] for c in HARD], ids=[c[0] for c in HARD])
def test_matches_definition(kernel, shape, k, up, down, dtype):
    rng = np.random.default_rng(5)
    case = Case(samples(rng, shape, dtype), samples(rng, k, dtype.lower()), up, down)
    whole = case.outputs
    part = case._replace(first=whole // 3, n_out=whole // 2)
    for path in (LANES, GROUPS):
        assert_defined(run(kernel, case, path=path), case)
        assert_defined(run(kernel, part, path=path), part)


@pytest.mark.parametrize("dtype", "FD")
@pytest.mark.parametrize("width", [1, 3, 4, 19])
def test_complex_taps(kernel, width, dtype):
    rng = np.random.default_rng(width)
    for mode in (-1, 1, 6):
        case = Case(
            samples(rng, (3, 70, width), dtype), samples(rng, 23, dtype), 3, 2, mode, 1.5 - 2j if mode == 1 else 0j
        )
        for path in (PLAIN, LANES):
            assert_defined(run(kernel, case, path=path), case)


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("width", WIDTHS)
def test_paths_and_workers_give_the_same_bytes(kernel, width, dtype):
    """Lanes or one at a time, one thread or seven, any cut, rows together or alone: every output is the same sum."""
    rng = np.random.default_rng(width)
    for mode, n_in, k, up, down in ((-1, 150, 31, 3, 2), (4, 20, 40, 1, 3), (8, 33, 21, 5, 1), (1, 700, 9, 2, 7)):
        case = Case(samples(rng, (9, n_in, width), dtype), samples(rng, k, dtype.lower()), up, down, mode, 0.75)
        want = run(kernel, case, path=PLAIN)
        for workers, path in ((1, LANES), (2, LANES), (7, LANES), (2, PLAIN), (1, GROUPS), (7, GROUPS), (7, 0)):
            assert_same_bytes(run(kernel, case, workers, path), want)
        alone = [run(kernel, case._replace(x=case.x[i : i + 1]), path=LANES) for i in (8, 0)]
        assert_same_bytes(np.concatenate(alone), want[[8, 0]])
        column = case._replace(x=np.ascontiguousarray(case.x[:, :, -1:]))
        assert_same_bytes(run(kernel, column, path=LANES), np.ascontiguousarray(want[:, :, -1:]))


# Ratios around those at which the groups change their ways: all windows of a group on the same samples, groups that
# repeat at once or after hundreds, samples that two vectors just hold or not.
RATIOS = [(1, 1), (1, 2), (2, 1), (2, 3), (3, 7), (7, 3), (4, 1), (8, 1), (16, 1), (48, 1), (160, 147), (147, 160)]


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize(("up", "down"), RATIOS)
def test_groups_give_the_same_bytes(kernel, up, down, dtype):
    """From no group to several blocks of passes, taps for one vector of samples to several, any first output."""
    rng = np.random.default_rng(up * 1000 + down)
    for k, outputs, first in itertools.product((1, 2, 9, 40), (20, 75, 600, 9000), (0, 1, 5)):
        n_in = outputs * down // up + k + 1
        x = samples(rng, (2 if outputs < 1000 else 1, n_in, 1), dtype)
        case = Case(x, samples(rng, k * up - up // 2, dtype.lower()), up, down, 8, first=first)
        want = run(kernel, case, path=PLAIN)
        assert_same_bytes(run(kernel, case, path=GROUPS), want)
        assert_same_bytes(run(kernel, case, 3, GROUPS), want)


def test_groups_read_no_sample_outside_the_data(kernel):
    """Next to the row lie infinities, in every place that a vector of a group might touch."""
    rng = np.random.default_rng(6)
    for dtype, (up, down), k in itertools.product("fd", RATIOS, (1, 3, 30)):
        h = samples(rng, k * up, dtype)
        row = samples(rng, (1, 150, 1), dtype)
        surrounded = np.full(150 + 128, np.inf, dtype)
        surrounded[64:-64] = row[0, :, 0]
        case = Case(row, h, up, down)
        y = np.empty(case.outputs, dtype)
        kernel.polyphase(
            surrounded[64:], table(h, up), y, None, None, 150, case.outputs, 1, 1, 1, up, down, 0, -1, 0.0, 1, GROUPS
        )  # fmt: skip
        assert_same_bytes(y[None, :, None], run(kernel, case, path=PLAIN))


def test_groups_serve_few_taps_and_lanes_many():
    """Chosen where they are faster; only the widest level of x86 has them, and only compiled by GCC."""
    for level in _kernels.available():
        cut = import_module(f"sigresample._kernels.polyphase_{level}").cut
        patterns = [cut(1, 10**6, 10**6 * 160 // 147, 1, 160, 147, k, 8, False, 1)["patterns"] for k in (3, 200)]
        assert patterns in ([20, 0], [0, 0]), level
        assert level == "v4" or patterns == [0, 0]


@pytest.mark.parametrize("dtype", "fD")
def test_levels_with_the_same_arithmetic_give_the_same_bytes(dtype):
    rng = np.random.default_rng(3)
    case = Case(samples(rng, (3, 800, 1), dtype), samples(rng, 333, dtype), 3, 2, 8)
    results = {
        level: run(import_module(f"sigresample._kernels.polyphase_{level}"), case) for level in _kernels.available()
    }
    for group in (("v3", "v4"), ("scalar", "v2")):
        made = [results[level] for level in group if level in results]
        for other in made[1:]:
            assert_same_bytes(other, made[0])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@PATHS
def test_a_non_finite_tap_meets_absent_samples_only_where_the_mode_says(kernel, bad, path):
    for n_in, k in ((30, 7), (3, 7)):
        for tap in range(k):
            h = np.ones(k)
            h[tap] = bad
            case = Case(np.ones((40, n_in, 1)), h)
            m = np.arange(case.outputs)
            present = (m - tap >= 0) & (m - tap < n_in)
            skipped = ~np.isfinite(run(kernel, case._replace(mode=0), path=path))
            assert (skipped == present[None, :, None]).all(), (n_in, tap)
            # mode -1: from the first window on that ends after the last sample, absent samples are zeros
            before = ~np.isfinite(run(kernel, case, path=path))
            assert (before == (present | (m >= n_in))[None, :, None]).all(), (n_in, tap)


@PATHS
def test_a_non_finite_sample_touches_its_windows_only(kernel, path):
    rng = np.random.default_rng(0)
    clean = Case(samples(rng, (1, 300, 1), "f"), samples(rng, 21, "f"), 3, 2)
    for at, value in ((0, np.nan), (150, np.inf), (299, -np.inf)):
        x = clean.x.copy()
        x[0, at] = value
        got = run(kernel, clean._replace(x=x), path=path)
        t = np.arange(clean.outputs) * 2
        touched = (t // 3 - 6 <= at) & (at <= t // 3)
        assert (~np.isfinite(got[0, :, 0]) == touched).all()
        assert_same_bytes(got[:, ~touched], run(kernel, clean, path=path)[:, ~touched])


def test_rows_anywhere_samples_anywhere(kernel):
    """Rows at offsets out of order, and samples further apart than they are wide."""
    rng = np.random.default_rng(1)
    for width, dtype in ((1, "f"), (3, "d"), (2, "f"), (16, "d"), (40, "f")):
        x = samples(rng, (4, 90, width + 3), dtype)
        h = samples(rng, 17, dtype)
        want = run(kernel, Case(np.ascontiguousarray(x[:, :, 1 : 1 + width]), h, 2, 3))
        n_out = want.shape[1]
        y = np.full((4, n_out, width + 1), 7, dtype)
        order = np.array([2, 0, 3, 1], np.intp)
        kernel.polyphase(
            x, table(h, 2), y, order * 90 * (width + 3) + 1, order[::-1].copy() * n_out * (width + 1), 90, n_out,
            width + 3, width + 1, width, 2, 3, 0, -1, 0.0, 2, LANES,
        )  # fmt: skip
        assert_same_bytes(np.ascontiguousarray(y[order[::-1], :, :width]), want[order])
        assert (y[:, :, width] == 7).all()


def test_nothing_to_do(kernel):
    h = np.ones(3)
    for case in (Case(np.ones((0, 5, 1)), h), Case(np.ones((2, 5, 0)), h), Case(np.ones((2, 5, 1)), h, n_out=0)):
        assert run(kernel, case).size == 0
    # an empty signal still has its surroundings
    for path in (PLAIN, LANES):
        assert run(kernel, Case(np.ones((2, 0, 1)), h, mode=1, cval=2.0), path=path).tolist() == [[[6.0], [6.0]]] * 2
        assert run(kernel, Case(np.ones((2, 0, 1)), h), path=path).tolist() == [[[0.0], [0.0]]] * 2


@pytest.mark.parametrize("itemsize", [4, 8])
def test_a_worker_needs_little_memory(kernel, itemsize):
    """Whatever the filter and the ratio, samples, sums and padding of a pass stay within 512 kB."""
    for k, (up, down), pairs in itertools.product(
        (1, 21, 5000, 10**6), ((1, 1), (160, 147), (8, 1), (1, 8), (10**5, 3), (3, 10**5)), (False, True)
    ):
        cut = kernel.cut(1, 10**7, 10**7 * up // down, 1, up, down, k, itemsize, pairs, 2)
        assert cut["bytes"] <= 2**19, (k, up, down, cut)
        assert (cut["bytes"] > 0) == (cut["blocks"] > 0)
