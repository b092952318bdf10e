"""Convolution over channels by transforms of tiles, at every SIMD level this CPU can load, against the definition."""

from functools import cache
from importlib import import_module
from math import prod

import numpy as np
import pytest
from channel_fft_cases import bound, correlation, definition, operands
from helpers import assert_same_bytes
from kernel_cases import BOUNDARIES, samples

from sigresample import _kernels
from sigresample._bounds import unit
from sigresample._channel_shapes import Along, Correlation
from sigresample._routes import channel_fft

# Items, groups, inputs, outputs, data, taps, first, outputs along, points. One tile and many, tiles that end outside,
# taps longer than the data, points that are no multiple of a vector, more planes than lanes and fewer, every radix;
# odd numbers of outputs and tiles; more channels than are summed at once.
CASES = [
    (2, 1, 3, 5, (20, 23), (5, 7), (-2, -3), (20, 23), (8, 32)),
    (1, 2, 4, 6, (40, 37), (9, 3), (0, 0), (32, 35), (24, 8)),
    (2, 5, 1, 1, (31, 30), (11, 11), (-5, -5), (31, 30), (36, 24)),
    (1, 1, 37, 9, (11, 12), (3, 4), (-1, -1), (11, 11), (12, 16)),
    (3, 3, 2, 2, (9, 9), (3, 2), (-1, -1), (9, 10), (4, 8)),
    (1, 1, 2, 3, (7, 5), (10, 9), (-9, -8), (16, 13), (20, 24)),
    (1, 1, 2, 7, (5, 40), (1, 9), (0, -4), (5, 40), (4, 16)),
    (1, 1, 3, 4, (40, 3), (6, 1), (-40, 1), (90, 1), (40, 8)),
    (2, 1, 1, 1, (1, 1), (1, 1), (0, 0), (1, 1), (4, 8)),
    (1, 1, 2, 2, (30, 50), (15, 20), (-7, 3), (30, 25), (60, 48)),
    (2, 1, 3, 4, (100,), (9,), (-4,), (100,), (40,)),
    (1, 4, 2, 1, (50,), (17,), (-30,), (120,), (24,)),
    (1, 1, 20, 3, (33,), (33,), (-32,), (65,), (120,)),
]
SMALL = CASES[0], CASES[4], CASES[5], CASES[10]


@pytest.fixture(autouse=True)
def _channelfft(simd_level, monkeypatch):
    monkeypatch.setattr(_kernels, "channelfft", import_module(f"sigresample._kernels.channelfft_{simd_level}"))


def cut(of, case, boundary):
    points = case[-1] if len(of.axes) == 2 else (1, *case[-1])
    return channel_fft.make_cut(of, points, zeros=boundary == "constant")


def empty(x, of):
    return np.full((of.items, of.groups * of.outputs, *(axis.out for axis in of.axes)), 77, x.dtype)


def run(x, w, of, how=None, boundary="constant", bias=None, workers=1, **more):
    y = empty(x, of)
    channel_fft.run(x, w, y, of, BOUNDARIES[boundary], bias, workers, how=how, **more)
    return y


@cache
def wanted(dtype, boundary):
    """Every case with its result by definition: slow, and the same for all levels."""
    rng, made = np.random.default_rng(1), []
    for case in CASES:
        of = correlation(case)
        x, w, bias = operands(rng, of, dtype)
        made.append((case, of, x, w, bias, definition(x, w, of, boundary)))
    return made


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", "fdFD")
def test_matches_the_definition(dtype, boundary):
    for case, of, x, w, bias, want in wanted(dtype, boundary):
        how = cut(of, case, boundary)
        want = want + bias.reshape(-1, *(1 for _ in of.axes))
        for bias_given, target in ((bias, want), (None, want - bias.reshape(-1, *(1 for _ in of.axes)))):
            got = run(x, w, of, how, boundary, bias_given)
            assert (abs(got - target) <= bound(x, w, of, how.points) + 2 * unit(dtype) * abs(target)).all(), case


@pytest.mark.parametrize("dtype", "fdFD")
def test_points_that_the_cost_chooses(dtype):
    for case, of, x, w, _, want in wanted(dtype, "constant"):
        how = channel_fft.cut(of, dtype)
        assert (abs(run(x, w, of) - want) <= bound(x, w, of, how.points)).all(), case


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_outputs_anywhere(boundary):
    """Far before the planes, across their edges, inside alone, and far behind them."""
    rng = np.random.default_rng(2)
    for at in (-200, -14, -2, 0, 3, 26, 150):
        of = Correlation(1, 1, 2, 2, (Along(23, 5, 17, at), Along(31, 6, 40, at)))
        x, w, _ = operands(rng, of, "d")
        how = channel_fft.make_cut(of, (16, 32), zeros=boundary == "constant")
        got, want = run(x, w, of, how, boundary), definition(x, w, of, boundary)
        assert (abs(got - want) <= bound(x, w, of, how.points)).all()


@pytest.mark.parametrize("dtype", ["f", "d", "D"])
def test_one_tile_as_short_as_it_may_be(dtype):
    """What wraps round is zeros: outputs in every place of the plane, one tile of the points that it needs."""
    rng = np.random.default_rng(3)
    for first in (-11, -8, -4, 0, 5):
        for out in (1, 15, 24):
            for data in (8, 16):
                of = Correlation(1, 1, 2, 1, (Along(data, 9, out, first), Along(data, 12, out, first)))
                x, w, _ = operands(rng, of, dtype)
                ranked = channel_fft.ranked(of, np.dtype(dtype), True, _kernels.level)
                how = min((how for _, how in ranked if how.hop == (out, out)), key=lambda how: prod(how.points))
                assert channel_fft.count(of, how) == 1
                got, want = run(x, w, of, how), definition(x, w, of)
                assert (abs(got - want) <= bound(x, w, of, how.points)).all()


@pytest.mark.parametrize("n", [4, 8, 12, 16, 20, 24, 32, 36, 40, 48, 60, 64, 72, 80, 96, 100, 108, 120, 128, 144, 240])
def test_every_length(n):
    """Taps at the corners: the product itself, with every length down and along."""
    rng = np.random.default_rng(n)
    for points in ((n, 16), (16, 2 * n)):
        taps = tuple(k // 2 for k in points)
        axes = tuple(Along(2 * k, t, 2 * k - t + 1, 0) for k, t in zip(points, taps, strict=True))
        of = Correlation(1, 1, 1, 1, axes)
        w = np.zeros((1, 1, *taps))
        w[..., 0, 0], w[..., 0, -1], w[..., -1, 0], w[..., -1, -1] = 1, -2, 3, -4
        x = samples(rng, (1, 1, *(axis.data for axis in axes)), "d")
        got = run(x, w, of, channel_fft.make_cut(of, points))
        low, right = slice(None, axes[0].out), slice(None, axes[1].out)
        rows, cols = slice(taps[0] - 1, None), slice(taps[1] - 1, None)
        want = x[..., low, right] - 2 * x[..., low, cols] + 3 * x[..., rows, right] - 4 * x[..., rows, cols]
        assert (abs(got - want) <= bound(x, w, of, points)).all()


@pytest.mark.parametrize("dtype", ["f", "d", "F"])
def test_same_bytes_for_any_workers_and_items(dtype):
    rng = np.random.default_rng(4)
    for case in SMALL:
        of = correlation(case)._replace(items=3)
        x, w, bias = operands(rng, of, dtype)
        how = cut(of, case, "symmetric")
        alone = [run(item[None], w, of._replace(items=1), how, "symmetric", bias).tobytes() for item in x]
        for workers in (1, 2, 7):
            together = run(x, w, of, how, "symmetric", bias, workers)
            assert [y.tobytes() for y in together] == alone
            back = run(np.ascontiguousarray(x[::-1]), w, of, how, "symmetric", bias, workers)
            assert [y.tobytes() for y in back] == alone[::-1]


@pytest.mark.parametrize("bytes_", [0, 1 << 12, 1 << 16])
def test_same_bytes_for_any_blocks(bytes_, monkeypatch):
    """Some outputs, some groups, some tiles at a time."""
    rng = np.random.default_rng(5)
    made = []
    for case in (CASES[0], CASES[2], CASES[3], CASES[4], CASES[11]):
        of = correlation(case)
        x, w, bias = operands(rng, of, "f")
        made.append((x, w, of, cut(of, case, "edge"), "edge", bias))
    want = [run(*arguments) for arguments in made]
    for names in (("NEAR_BYTES",), ("NEAR_BYTES", "KEPT_BYTES", "FILTER_BYTES", "TILE_BYTES"), ("KEPT_BYTES",)):
        with monkeypatch.context() as patch:
            for name in names:
                patch.setattr(channel_fft, name, bytes_)
            for arguments, y in zip(made, want, strict=True):
                for workers in (1, 2):
                    assert_same_bytes(run(*arguments, workers), y)


def test_levels_of_a_kind_agree_to_the_byte(monkeypatch):
    """A lane never sees its neighbours: the width of a vector changes nothing, only whether it fuses."""
    rng = np.random.default_rng(6)
    for case in SMALL:
        of, results = correlation(case), {}
        x, w, bias = operands(rng, of, "f")
        how = cut(of, case, "reflect")
        for level in _kernels.available():
            monkeypatch.setattr(_kernels, "channelfft", import_module(f"sigresample._kernels.channelfft_{level}"))
            results[level] = run(x, w, of, how, "reflect", bias).tobytes()
        for group in (("v4", "v3"), ("v2", "scalar")):
            assert len({results[level] for level in group if level in results}) <= 1


@pytest.mark.parametrize("dtype", ["f", "D"])
def test_reads_and_writes_nothing_outside(dtype):
    """NaN right up to the first and the last sample and tap; sentinels around the outputs, which lie within y."""
    rng = np.random.default_rng(7)
    for case in SMALL:
        of = correlation(case)
        x, w, _ = operands(rng, of, dtype)
        around = []
        for of_array in (x, w):
            arena = np.full(of_array.size + 200, np.nan, dtype)
            arena[100:-100] = of_array.ravel()
            around.append(arena[100:-100].reshape(of_array.shape))
        of = of._replace(axes=tuple(axis._replace(start=i + 2) for i, axis in enumerate(of.axes)))
        whole = tuple(axis.start + axis.out + 3 for axis in of.axes)
        shape = of.items, of.groups * of.outputs, *whole
        arena = np.full(prod(shape) + 200, 42, dtype)
        y = arena[100:-100].reshape(shape)
        how = cut(of, case, "constant")
        channel_fft.run(*around, y, of, 0, None, 2, how=how)
        inside = y[:, :, *(slice(axis.start, axis.start + axis.out) for axis in of.axes)]
        assert (abs(inside - definition(x, w, of)) <= bound(x, w, of, how.points)).all()
        inside[...] = 42
        assert (arena == 42).all()


class Direct:
    """The definition, as a route that notes which arrays of one item it was given."""

    def __init__(self):
        self.calls = []

    def __call__(self, x, w, y, of):
        assert of.items == len(x) == len(y) == 1
        self.calls.append(x)
        with np.errstate(all="ignore"):
            y[...] = definition(x, w, of).astype(y.dtype)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_an_item_that_no_transform_serves_is_summed_directly(value, workers):
    """NaN, infinities, and what overflows; the bytes of the others are theirs."""
    rng = np.random.default_rng(8)
    of = correlation(CASES[0])._replace(items=4)
    x, w, _ = operands(rng, of, "f")
    clean, direct = run(x, w, of), Direct()
    assert run(x, w, of, direct=direct).tobytes() == clean.tobytes() and not direct.calls
    x[2, 1, 7, 8] = value
    x[2, 1, 9, 8] = value
    got = run(x, w, of, direct=direct, workers=workers)
    assert [np.may_share_memory(call, x[2]) for call in direct.calls] == [True]
    assert got[[0, 1, 3]].tobytes() == clean[[0, 1, 3]].tobytes()
    with np.errstate(all="ignore"):
        assert_same_bytes(got[2:3], definition(x[2:3], w, of._replace(items=1)).astype("f"))
    # Without a direct route the others are still themselves.
    assert run(x, w, of, workers=workers)[[0, 1, 3]].tobytes() == clean[[0, 1, 3]].tobytes()


def test_items_set_apart_and_filters_that_are_not_finite():
    rng = np.random.default_rng(9)
    of = correlation(CASES[0])._replace(items=3)
    x, w, bias = operands(rng, of, "d")
    clean, direct = run(x, w, of, bias=bias), Direct()
    got = run(x, w, of, bias=bias, direct=direct, apart=np.array([False, True, False]))
    assert len(direct.calls) == 1 and got[[0, 2]].tobytes() == clean[[0, 2]].tobytes()
    assert got[1].tobytes() == definition(x, w, of)[1].astype("d").tobytes()
    w[1, 1, 2, 2] = np.nan
    got = run(x, w, of, direct=direct)
    assert len(direct.calls) == 4
    assert np.isnan(got[:, 1]).all() and np.isfinite(got[:, [0, 2, 3, 4]]).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_bias_that_is_not_finite_is_no_overflow(value):
    rng = np.random.default_rng(10)
    of = correlation(CASES[0])
    x, w, bias = operands(rng, of, "f")
    clean, direct = run(x, w, of, bias=bias), Direct()
    bias[3] = value
    got = run(x, w, of, bias=bias, direct=direct)
    assert not direct.calls
    assert got[:, [0, 1, 2, 4]].tobytes() == clean[:, [0, 1, 2, 4]].tobytes()
    assert_same_bytes(got[:, 3], np.full_like(got[:, 3], value))


def test_empty_operands():
    rng = np.random.default_rng(11)
    of = correlation(CASES[0])
    x, w, bias = operands(rng, of, "f")
    assert run(x[:0], w, of._replace(items=0)).shape == (0, 5, 20, 23)
    none = of._replace(inputs=0)
    for given, want in ((bias, bias), (None, np.zeros_like(bias))):
        got = run(x[:, :0], w[:, :0], none, bias=given)
        assert (got == want[:, None, None]).all()
    assert run(x, w[:0], of._replace(outputs=0)).shape == (2, 0, 20, 23)
    rows, cols = of.axes
    for axes in ((rows._replace(out=0), cols), (rows, cols._replace(out=0))):
        assert run(x, w, of._replace(axes=axes)).size == 0
    for axes, no in (
        ((rows._replace(data=0), cols), x[:, :, :0]),
        ((rows, cols._replace(data=0)), np.ascontiguousarray(x[..., :0])),
    ):
        for boundary in BOUNDARIES:
            got = run(no, w, of._replace(axes=axes), None, boundary, bias)
            assert (got == bias[:, None, None]).all()


def test_a_burst_in_a_channel_of_an_item_stays_in_its_tile():
    rng = np.random.default_rng(12)
    of = Correlation(2, 1, 3, 2, (Along(60, 5, 56, 0), Along(90, 7, 84, 0)))
    x, w, _ = operands(rng, of, "f")
    how = channel_fft.make_cut(of, (16, 32))
    clean = run(x, w, of, how)
    x[1, 2, 50, 80] = 1e12
    got = run(x, w, of, how)
    assert got[0].tobytes() == clean[0].tobytes()
    assert got[1, :, :36, :52].tobytes() == clean[1, :, :36, :52].tobytes()
    assert abs(got[1, 0, 48, 78]) > 1e9
