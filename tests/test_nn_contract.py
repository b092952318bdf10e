"""The same bytes whatever the workers, the batch and the layout, on every route; and routes that agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from helpers import assert_same_bytes, run_python, variants

from sigresample import _channel_call, _channel_plans, _choose_channels, checked, explain, nn

Array = np.ndarray[Any, Any]

# Calls that some route other than the direct one can compute too, and calls that only that can.
CALLS: dict[str, tuple[str, tuple[int, ...], tuple[int, ...], dict[str, Any]]] = {
    "plain": ("conv2d", (5, 8, 17, 19), (6, 8, 3, 3), {"padding": 1}),
    "dilated": ("conv2d", (3, 4, 20, 18), (4, 4, 3, 3), {"padding": 2, "dilation": 2, "padding_mode": "reflect"}),
    "strided": ("conv2d", (3, 6, 19, 23), (8, 6, 5, 3), {"stride": (2, 3), "padding": (2, 1)}),
    "pointwise": ("conv2d", (4, 9, 11, 7), (17, 9, 1, 1), {}),
    "small": ("conv2d", (7, 16, 7, 7), (33, 16, 3, 3), {"padding": 1}),
    "depthwise": ("conv2d", (3, 6, 23, 31), (6, 1, 3, 3), {"padding": 1, "groups": 6}),
    "one channel": ("conv2d", (3, 1, 33, 29), (5, 1, 5, 5), {"padding": 2, "padding_mode": "circular"}),
    "large": ("conv2d", (3, 4, 40, 44), (4, 4, 15, 15), {"padding": 7, "padding_mode": "replicate"}),
    "groups": ("conv2d", (3, 6, 14, 15), (9, 2, 4, 2), {"groups": 3, "stride": 2}),
    "line": ("conv1d", (4, 5, 301), (7, 5, 9), {"padding": "same"}),
    "volume": ("conv3d", (2, 3, 7, 9, 8), (4, 3, 3, 2, 3), {"padding": 1, "stride": (1, 2, 1)}),
    "transposed": ("conv_transpose2d", (3, 6, 11, 9), (6, 5, 4, 4), {"stride": 2, "padding": 1}),
    "transposed, odd": ("conv_transpose2d", (3, 6, 11, 9), (6, 5, 3, 3), {"stride": (3, 2), "dilation": (2, 3)}),
    "transposed, grouped": ("conv_transpose2d", (3, 5, 12, 13), (5, 1, 4, 4), {"stride": 2, "padding": 1, "groups": 5}),
    "transposed, folded": ("conv_transpose2d", (3, 4, 9, 8), (4, 4, 3, 3), {"padding": 1, "padding_mode": "reflect"}),
    "transposed, plain": ("conv_transpose2d", (3, 8, 15, 16), (8, 6, 3, 3), {"padding": 1}),
    "transposed line": ("conv_transpose1d", (4, 5, 120), (5, 3, 7), {"stride": 3}),
    "transposed volume": ("conv_transpose3d", (2, 3, 5, 4, 6), (3, 2, 3, 3, 2), {"stride": 2}),
}
DTYPES = ("f4", "f8", "c8", "c16", "i4", "i8", "u1", "f2")


def arrays(name: str, dtype: str, seed: int = 0) -> tuple[Callable[..., Array], Array, Array, Array, dict[str, Any]]:
    function, x, w, numbers = CALLS[name]
    rng = np.random.default_rng(seed)

    def values(*shape: int) -> Array:
        made = rng.standard_normal(shape) * (50 if np.dtype(dtype).kind in "iu" else 1)
        return (made + 1j * rng.standard_normal(shape) if dtype[0] == "c" else made).astype(dtype)

    outputs = w[1] * numbers.get("groups", 1) if "transpose" in function else w[0]
    return getattr(nn, function), values(*x), values(*w), values(outputs), numbers


@pytest.fixture
def pin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Make every call take a route, where it can."""

    def pinned(route: str) -> None:
        def cheapest(costs: dict[str, float]) -> tuple[str, dict[str, float]]:
            return route if route in costs else "direct", costs

        monkeypatch.setattr(_channel_plans, "_cheapest", cheapest)
        _channel_plans.plan.cache_clear()

    yield pinned
    monkeypatch.undo()
    _channel_plans.plan.cache_clear()


def routes(name: str, dtype: str) -> list[str]:
    function, x, w, b, numbers = arrays(name, dtype)
    return list(explain(function, x, w, b, **numbers).costs)


PAIRS = [(name, dtype, route) for name in CALLS for dtype in DTYPES for route in routes(name, dtype)]


def test_every_route_is_met() -> None:
    assert {route for _, _, route in PAIRS} == set(_choose_channels.ROUTES)


@pytest.mark.uncheckable  # ten calls of each kind, by a definition in Python
@pytest.mark.parametrize("name, dtype, route", PAIRS)
def test_same_bytes_for_workers_batches_and_layouts(name: str, dtype: str, route: str, pin: Any) -> None:
    function, x, w, b, numbers = arrays(name, dtype)
    pin(route)
    want = function(x, w, b, **numbers, workers=1)
    for workers in (2, 7):
        assert_same_bytes(function(x, w, b, **numbers, workers=workers), want)
    for item in range(len(x)):
        assert_same_bytes(function(x[item], w, b, **numbers), want[item])
    assert_same_bytes(function(x[::-1], w, b, **numbers, workers=3)[::-1], want)
    assert_same_bytes(function(np.concatenate([x, x]), w, b, **numbers)[len(x) :], want)
    for _, made in variants(x):
        assert_same_bytes(function(made, w, b, **numbers), want)


@pytest.mark.parametrize("name, dtype, route", [pair for pair in PAIRS if pair[1] in ("f4", "f8", "c16", "i4", "f2")])
def test_every_route_lies_within_its_bound_of_the_definition(name: str, dtype: str, route: str, pin: Any) -> None:
    function, x, w, b, numbers = arrays(name, dtype)
    pin(route)
    with checked():
        function(x, w, b, **numbers)


@pytest.mark.uncheckable
@pytest.mark.parametrize("name", CALLS)
def test_nan_and_infinities_are_the_direct_sums_on_every_route(name: str, pin: Any) -> None:
    function, x, w, b, numbers = arrays(name, "f4")
    x[0, 0].ravel()[7], x[1, -1].ravel()[3], x[1, 0].ravel()[-1] = np.nan, np.inf, -np.inf
    spoilt = w.copy()
    spoilt[0, 0].ravel()[0] = np.inf
    for taps in (w, spoilt):
        pin("direct")
        want = function(x, taps, b, **numbers)
        for route in routes(name, "f4"):
            pin(route)
            got = function(x, taps, b, **numbers)
            np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
            np.testing.assert_array_equal(np.where(np.isinf(got), got, 0), np.where(np.isinf(want), want, 0))


@pytest.mark.parametrize("groups", [1, 2])
def test_taps_brought_into_order_in_runs_give_the_same_bytes(groups: int, pin: Any, monkeypatch: Any) -> None:
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(n).astype("f4") for n in ((3, 12, 9, 10), (12, 10, 4, 4), (10 * groups,)))
    pin("direct")
    want = nn.conv_transpose2d(x, w, b, 2, groups=groups)
    for size in (1, 1000, 3000):
        monkeypatch.setattr(_channel_call, "TAPS_BYTES", size)
        assert_same_bytes(nn.conv_transpose2d(x, w, b, 2, groups=groups), want)


def test_levels_give_the_same_bytes(tmp_path: Any) -> None:
    """All levels with fused multiply-add agree, to the bit, on each route that they take."""
    from sigresample import _kernels

    code = (
        "import hashlib, numpy as np; from sigresample import nn, _channel_plans as p;"
        "p._cheapest = lambda costs: ('direct', costs);"
        "r = np.random.default_rng(0); x = r.standard_normal((2, 6, 21, 23)).astype('f4');"
        "w = r.standard_normal((8, 6, 3, 3)).astype('f4'); t = r.standard_normal((6, 8, 4, 4));"
        "y = nn.conv2d(x, w, padding=1, stride=1); z = nn.conv_transpose2d(x, t, stride=2);"
        "d = nn.conv2d(x, w[:6, :1], groups=6);"
        "print(hashlib.sha256(y.tobytes() + z.tobytes() + d.tobytes()).hexdigest())"
    )
    fused = [level for level in _kernels.available() if level in ("v4", "v3", "neon")]
    made = {run_python(code, cwd=tmp_path, SIGRESAMPLE_SIMD=level).stdout for level in fused}
    assert len(made) == min(1, len(fused))


def test_importing_it_is_light(tmp_path: Any) -> None:
    code = (
        "import sys, sigresample; assert 'sigresample.nn' not in sys.modules; before = set(sys.modules);"
        "import sigresample.nn; new = set(sys.modules) - before;"
        "assert sigresample.nn is sys.modules['sigresample.nn'];"
        "print(*sorted(name for name in new if not name.startswith('sigresample')))"
    )
    run = run_python(code, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    # Fractions, which weights of resizes are made of, take 2 ms.
    assert set(run.stdout.split()) <= {"_decimal", "decimal", "fractions", "numbers"}


def test_extra_memory_is_bounded(tmp_path: Any) -> None:
    """What is converted, converted piece by piece; what is not, not copied."""
    code = (
        "import tracemalloc, numpy as np; from sigresample import nn;"
        "x = np.zeros((64, 8, 32, 32), 'KIND'); w = np.zeros((8, 8, 3, 3), 'KIND'); f = nn.NAME;"
        "y = f(x, w, padding=1, workers=1); tracemalloc.start(); f(x, w, padding=1, out=y, workers=1);"
        "print(tracemalloc.get_traced_memory()[1] / (x.nbytes + y.nbytes + w.nbytes), 2**21 / (x.nbytes + y.nbytes))"
    )
    for kind in ("f4", "f2", "i1", ">f8"):
        for name in ("conv2d", "conv_transpose2d"):
            run = run_python(code.replace("KIND", kind).replace("NAME", name), cwd=tmp_path)
            assert run.returncode == 0, run.stderr
            extra, spare = map(float, run.stdout.split())
            assert extra < 0.1 + 2 * spare, (kind, name)


@pytest.mark.parametrize("kind", ["f2", "i1", "u2", "i8", "?", ">i4"])
@pytest.mark.parametrize(
    "how", [{}, {"stride": 3}, {"padding": (9, 2)}, {"dilation": (2, 1), "padding": 3}, {"groups": 2}]
)
def test_a_large_item_of_another_type_is_cut_into_bands(kind: str, how: dict[str, Any], monkeypatch: Any) -> None:
    """Whatever the bands: integers exactly, halves as their floats are rounded."""
    rng = np.random.default_rng(11)
    for shape, taps in (((2, 4, 37, 9), (6, 4, 3, 3)), ((4, 23), (6, 4, 5)), ((1, 4, 11, 6, 5), (2, 4, 2, 3, 1))):
        groups = how.get("groups", 1)
        given = {name: value for name, value in how.items() if not isinstance(value, tuple) or len(taps) == 4}
        x = rng.integers(-9, 9, shape).astype(kind)
        w = rng.integers(-9, 9, (taps[0], taps[1] // groups, *taps[2:])).astype(kind)
        function = getattr(nn, f"conv{len(taps) - 2}d")
        whole = function(x, w, **given)
        for piece in (1, 700, 5000):
            monkeypatch.setattr("sigresample._channel_call.PIECE", piece)
            for workers in (1, 2):
                got = function(x[..., ::-1][..., ::-1], w, workers=workers, **given)
                np.testing.assert_array_equal(got, whole)
            monkeypatch.undo()


def test_a_large_item_without_results() -> None:
    assert nn.conv1d(np.zeros((0, 2, 2**20), "i2"), np.zeros((3, 2, 5), "i2")).shape == (0, 3, 2**20 - 4)


def test_bands_of_a_large_item_take_little_memory(tmp_path: Any) -> None:
    code = (
        "import tracemalloc, numpy as np; from sigresample import nn;"
        "x = np.zeros((1, 64, 112, 112), 'i2'); w = np.zeros((64, 64, 3, 3), 'i2');"
        "y = nn.conv2d(x, w, padding=1, workers=1); tracemalloc.start(); nn.conv2d(x, w, padding=1, out=y, workers=1);"
        "print(tracemalloc.get_traced_memory()[1], x.nbytes + y.nbytes + w.nbytes)"
    )
    run = run_python(code, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    extra, size = map(int, run.stdout.split())
    assert extra < 0.1 * size + 2**21
