"""Transforms over channels: which correlations, what cuts and blocks, and which items are too uneven for them."""

from itertools import product
from math import log2, prod

import numpy as np
import pytest
from channel_fft_cases import definition, operands
from kernel_cases import BOUNDARIES, extended

from sigresample import _channel_range, _kernels
from sigresample._channel_shapes import Along, Correlation
from sigresample._dynamic_range import CORE, LEAST, ROOM
from sigresample._routes import channel_fft


def same(n, taps):
    return Along(n, taps, n, -(taps // 2))


def square(n, taps, inputs=8, outputs=8, groups=1, items=1):
    return Correlation(items, groups, inputs, outputs, (same(n, taps), same(n, taps)))


def test_what_the_route_takes():
    of = square(20, 5)
    assert all(channel_fft.takes(of, dtype) for dtype in "fdFD")
    assert not any(channel_fft.takes(of, dtype) for dtype in ("i4", "u8", "f2", "g"))
    assert channel_fft.takes(of._replace(axes=of.axes[:1]), "f")
    assert not channel_fft.takes(of._replace(axes=of.axes * 2), "f")
    assert not channel_fft.takes(of._replace(axes=(*of.axes, of.axes[0])), "f")
    for change in ({"stride": 2}, {"dilation": 2}, {"leap": 2}, {"taps": 0}):
        assert not channel_fft.takes(of._replace(axes=(of.axes[0], of.axes[1]._replace(**change))), "f")


@pytest.mark.parametrize("dtype", "fdFD")
def test_an_item_is_cut_the_same_in_any_batch(dtype):
    for of in (square(96, 15, 32, 32), square(20, 7, 1, 1, 40), Correlation(1, 1, 4, 4, (same(5000, 300),))):
        assert channel_fft.cut(of, dtype) == channel_fft.cut(of._replace(items=100), dtype)
        assert channel_fft.predict(of, dtype) == channel_fft.predict(of._replace(items=100), dtype) > 0


@pytest.mark.parametrize("dtype", "fdFD")
def test_every_cut_covers_all_outputs_with_points_enough(dtype):
    for of in (square(40, 9), square(3, 31), Correlation(1, 1, 2, 2, (same(70, 200),)), square(300, 300)):
        for zeros in (False, True):
            for cost, how in channel_fft.ranked(of, np.dtype(dtype), zeros, _kernels.level):
                assert cost > 0
                axes = of.axes if len(of.axes) == 2 else (Along(1, 1, 1, 0), *of.axes)
                for axis, n, hop in zip(axes, how.points, how.hop, strict=True):
                    assert n >= axis.taps and hop >= 1
                    assert hop <= n - axis.taps + 1 or (zeros and hop == axis.out)


@pytest.mark.parametrize("dtype", "fdFD")
def test_the_cheapest_is_found_at_a_glance(dtype):
    for of in (
        square(96, 15, 32, 32), square(256, 9, 3, 16), square(64, 31, 1, 1, 64), square(9, 5, 100, 100),
        Correlation(1, 1, 16, 16, (same(4096, 129),)), Correlation(1, 3, 2, 2, (same(100000, 5000),)),
    ):  # fmt: skip
        every = channel_fft.ranked(of, np.dtype(dtype), True, _kernels.level)
        assert channel_fft.predict(of, dtype) <= 1.05 * every[0][0]


def test_costs_grow_with_the_work():
    for dtype in "fdFD":
        sizes = [channel_fft.predict(square(n, 9), dtype) for n in (16, 64, 256)]
        assert sizes == sorted(sizes)
        channels = [channel_fft.predict(square(64, 9, n, n), dtype) for n in (2, 16, 64)]
        assert channels == sorted(channels)
        # Half of the transforms' cost and more is in the taps' number where there is one for each pair of channels.
        assert channel_fft.predict(square(64, 31, 16, 16), dtype) > channel_fft.predict(square(64, 3, 16, 16), dtype)


@pytest.mark.parametrize("workers", [1, 2, 7])
@pytest.mark.parametrize("dtype", "fdFD")
def test_blocks_are_bounded(dtype, workers):
    near, kept = channel_fft.NEAR_BYTES, channel_fft.KEPT_BYTES
    seen = set()
    for of in (
        square(96, 15, 32, 32), square(2000, 15, 16, 16), square(64, 31, 1, 1, 512), square(20, 5, 512, 512),
        square(96, 15, 32, 32, items=1000), square(8, 3, 3, 300, 5, 9), square(64, 9, 16, 3), square(64, 9, 3, 16),
    ):  # fmt: skip
        how = channel_fft.cut(of, dtype)
        block = channel_fft.block(of, dtype, how, workers)
        assert 1 <= block.groups <= of.groups and 1 <= block.outputs <= of.outputs
        assert block.groups == 1 or block.outputs == of.outputs
        number = channel_fft.count(of, how) * of.items
        spectrum = prod(how.points) * np.dtype(dtype).itemsize
        filters = spectrum * block.groups * block.outputs * of.inputs
        data = spectrum * block.groups * block.tiles * (of.inputs + block.outputs)
        four = spectrum * 4 * of.inputs
        seen.add(block.mode)
        if block.mode == channel_fft.TILES:
            assert filters <= max(channel_fft.FILTER_BYTES, four)
            assert block.tiles == 1 or data <= channel_fft.TILE_BYTES
        else:
            assert block.tiles == number and data <= kept and filters <= max(near, four)
            tasks = of.groups / block.groups if block.mode == channel_fft.GROUPS else of.outputs / block.outputs
            assert tasks > workers - 1 or number < workers
    assert len(seen) > 1


def test_points_fewer_than_taps():
    with pytest.raises(ValueError, match=r"channel_fft: points must be at least the taps, \(9, 9\), got \(8, 16\)"):
        channel_fft.make_cut(square(20, 9), (8, 16))


# ---- Uneven items ---------------------------------------------------------------------------------------


def core_of(w):
    """Where the large taps lie that all filters of note have in common."""
    along = tuple(range(2, w.ndim))
    tops = np.abs(w).max(along)
    large = np.abs(w) * CORE >= np.expand_dims(tops, along)
    told = tops * CORE >= tops.max(1, keepdims=True)
    core = []
    for axis in along:
        seen = large.any(tuple(i for i in along if i != axis))[told]
        core.append(slice(seen.argmax(-1).max(), seen.shape[-1] - seen[:, ::-1].argmax(-1).max()))
    return tops, tuple(core)


def worths(x, w, of, boundary):
    """What every output of a plane of one item is worth, for each output channel: of one group, two axes."""
    tops, core = core_of(w)
    rows, cols = of.axes
    under = rows.out + rows.taps - 1, cols.out + cols.taps - 1
    seen = np.array([extended(plane, rows.first, cols.first, *under, boundary, 0) for plane in np.abs(x)])
    windows = np.lib.stride_tricks.sliding_window_view(seen, (rows.taps, cols.taps), (1, 2))
    loudest = windows[(..., *core)].max((-2, -1))
    return (tops[:, :, None, None] * loudest).max(1), seen


def rule(x, w, of, how, boundary):
    """The most that a tile's rounding exceeds what it may be: the rule, tile by tile."""
    worth, seen = worths(x, w, of, boundary)
    norms = (np.abs(w.astype(complex)) ** 2).sum((2, 3))
    made = 0.0
    for i, j in product(*(range(0, axis.out, hop) for axis, hop in zip(of.axes, how.hop, strict=True))):
        reach = [hop + axis.taps - 1 for hop, axis in zip(how.hop, of.axes, strict=True)]
        energy = (seen[:, i : i + reach[0], j : j + reach[1]].astype(float) ** 2).sum((1, 2))
        points = prod(how.points)
        rounding = ROOM * np.finfo(x.dtype).eps / 2 * np.sqrt(log2(points) * (norms @ energy) / points)
        quiet = worth[:, i : i + how.hop[0], j : j + how.hop[1]]
        for o in range(len(w)):
            if (quiet[o] > 0).any():
                made = max(made, rounding[o] / (LEAST[x.dtype.char] * quiet[o][quiet[o] > 0].min()))
    return made


def uneven_cases(rng, dtype):
    """Items whose loudness wanders: evenly, a little, very much; in space and over channels."""
    for taps, n in ((5, 40), (9, 33), (3, 70)):
        for spread in (0.0, 1.0, 3.0, 6.0):
            of = Correlation(1, 1, 3, 2, (Along(n, taps, n - taps + 1, 0),) * 2)
            x, w, _ = operands(rng, of, dtype)
            small = np.exp(spread * rng.standard_normal((1, 3, 4, 4)))
            loud = np.kron(small, np.ones((1, 1, -(-n // 4), -(-n // 4))))[..., :n, :n]
            w = w * np.exp(spread / 3 * rng.standard_normal((2, 3, 1, 1)))
            yield of, (x * loud).astype(dtype), w.astype(dtype)


@pytest.mark.parametrize("dtype", "fdFD")
def test_what_is_left_to_transforms_meets_the_rule(dtype, simd_level):
    """Whatever the rule calls spoiled is found, and the rest is as accurate as it says."""
    rng = np.random.default_rng(1)
    found = []
    for boundary in ("constant", "reflect"):
        for of, x, w in uneven_cases(rng, dtype):
            how = channel_fft.cut(of, dtype, zeros=boundary == "constant")
            found.append(bool(_channel_range.uneven(x, w, of, BOUNDARIES[boundary], 1)[0]))
            if rule(x[0], w, of, how, boundary) > 1:
                assert found[-1]
            if not found[-1]:
                y = np.empty((1, 2, *(axis.out for axis in of.axes)), dtype)
                channel_fft.run(x, w, y, of, BOUNDARIES[boundary], None, 1)
                off = np.abs(y[0] - definition(x, w, of, boundary)[0])
                assert (off <= LEAST[np.dtype(dtype).char] * worths(x[0], w, of, boundary)[0]).all()
    assert not all(found) and (any(found) or dtype in "dD")


def test_even_items_are_left_to_transforms():
    """Noise, in any number of channels; what is cut off at zero; a channel, an item or all but a corner silent."""
    rng = np.random.default_rng(2)
    for dtype in "fdFD":
        for of in (square(50, 5, 8, 4, items=6), square(60, 15, 3, 2, 2, 6), Correlation(6, 1, 4, 4, (same(900, 99),))):
            x, w, _ = operands(rng, of, dtype)
            if dtype in "fd":
                x[1] = np.maximum(x[1], 0)
            x[2, 1], x[3], x[4][..., 20:], x[5] = 0, 0, 0, x[5] * np.array(1e-12, dtype)
            assert not _channel_range.uneven(x, w, of, 0, 1).any()
            assert not _channel_range.uneven(x, np.zeros_like(w), of, 0, 1).any()


def test_a_burst_and_what_it_drowns():
    rng = np.random.default_rng(3)
    of = square(48, 7, 4, 4, items=3)
    for dtype, size in (("f", 1e8), ("d", 1e14)):
        x, w, _ = operands(rng, of, dtype)
        x[1, 2, 20, 20] = size
        assert _channel_range.uneven(x, w, of, 0, 1).tolist() == [False, True, False]
        assert _channel_range.uneven(x[1:2], w, of._replace(items=1), 0, 2).tolist() == [True]
        # Under filters that are quieter by as much it is none.
        w[:, 2] /= np.array(size, dtype)
        assert not _channel_range.uneven(x, w, of, 0, 1).any()


def test_long_filters():
    """Whose windows are longer than the stretches whose energy is summed."""
    rng = np.random.default_rng(8)
    of = Correlation(3, 1, 2, 2, (same(9001, 3001),))
    x, w, _ = operands(rng, of, "f")
    x[1, :, 4000:] *= np.float32(1e9)
    assert _channel_range.uneven(x, w, of, 0, 1).tolist() == [False, True, False]


def test_groups_do_not_see_each_other():
    """A loud group beside a quiet one."""
    rng = np.random.default_rng(4)
    of = square(48, 7, 2, 2, 3)
    x, w, _ = operands(rng, of, "f")
    x[:, 2:4] *= 1e9
    w[4:] *= 1e-9
    assert not _channel_range.uneven(x, w, of, 0, 1).any()
    x[0, 0, 20, 20] = 1e9
    assert _channel_range.uneven(x, w, of, 0, 1).all()


def test_where_it_cannot_be_told_the_sum_is_direct():
    """Filters without a place that is large in all; numbers whose squares are lost."""
    rng = np.random.default_rng(5)
    of = square(48, 7, 2, 2)
    x, w, _ = operands(rng, of, "d")
    shifts = np.zeros_like(w)
    shifts[:, 0, 0, 0] = shifts[:, 1, 6, 6] = 1
    assert _channel_range.uneven(x, shifts, of, 0, 1).all()
    assert _channel_range.uneven(x * 2.0**900, w, of, 0, 1).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_numbers_of_any_kind_get_an_answer(value, simd_level):
    rng = np.random.default_rng(7)
    for dtype in "fdFD":
        with np.errstate(over="ignore"):
            value_ = np.array(value).astype(dtype)
        of = square(30, 5, 3, 2, items=2)
        x, w, _ = operands(rng, of, dtype)
        clean = _channel_range.uneven(x, w, of, 0, 1)[1]
        x[0, 1, 3, 3] = value_
        assert _channel_range.uneven(x, w, of, 0, 1)[1] == clean
        w[1, 1, 3, 3] = value_
        assert _channel_range.uneven(x, w, of, 0, 1).shape == (2,)


def test_nothing_is_uneven_in_nothing():
    for of in (square(0, 3), square(5, 3, items=0), square(5, 3, outputs=0), square(5, 3, inputs=0)):
        x, w, _ = operands(np.random.default_rng(6), of, "f")
        assert _channel_range.uneven(x, w, of, 0, 1).tolist() == [False] * of.items
