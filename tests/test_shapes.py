"""Shape rules against their definitions, by counting."""

from itertools import product

import numpy as np
import pytest

from sigresample import _shapes
from sigresample._shapes import Axis

SIZES = range(1, 6)
MODES = ("full", "same", "valid")


def windows():
    for n, k, mode, later in product(SIZES, SIZES, MODES, (False, True)):
        yield _shapes.window("convolve", (n,), (k,), mode, later_middle=later)


def all_axes():
    for window in windows():
        for swap, reverse in product((False, True), repeat=2):
            yield _shapes.axes(window, swap=swap, reverse=reverse)[0]


@pytest.mark.parametrize(("n", "k", "mode", "start", "out"), [
    (5, 3, "full", 0, 7), (5, 3, "same", 1, 5), (5, 3, "valid", 2, 3),
    (3, 5, "full", 0, 7), (3, 5, "same", 2, 3), (3, 5, "valid", 2, 3),
    (4, 2, "same", 0, 4), (1, 1, "full", 0, 1),
])  # fmt: skip
def test_window(n, k, mode, start, out):
    window = _shapes.window("convolve", (n,), (k,), mode)
    assert (window.start, window.out) == ((start,), (out,))


def test_window_of_correlate2d_takes_the_later_middle():
    assert _shapes.window("correlate2d", (4,), (2,), "same", later_middle=True).start == (1,)


def test_window_refuses():
    with pytest.raises(
        ValueError, match=r"^convolve: Acceptable mode flags are 'valid', 'same', or 'full', got 'all'$"
    ):
        _shapes.window("convolve", (1,), (1,), "all")
    with pytest.raises(ValueError, match=r"^correlate: For 'valid' mode, one must be .* got \(2, 3\) and \(3, 2\)$"):
        _shapes.window("correlate", (2, 3), (3, 2), "valid")


def test_axes_hold_the_convolution():
    """y[i] = sum_p x[first + i + p] * w[p], whoever is the data, forwards and backwards."""
    rng = np.random.default_rng(0)
    for window in windows():
        n, k = window.in1[0], window.in2[0]
        a, b = rng.integers(-9, 10, n), rng.integers(-9, 10, k)
        want = np.convolve(a, b)[window.start[0] : window.start[0] + window.out[0]]
        for swap in (False, True):
            axis = _shapes.axes(window, swap=swap, reverse=False)[0]
            x, w = (b, a[::-1]) if swap else (a, b[::-1])
            y = [sum(x[s] * w[p] for p in range(axis.taps) if 0 <= (s := axis.first + i + p) < axis.data)
                 for i in range(axis.out)]  # fmt: skip
            assert y == want.tolist()
            back = _shapes.axes(window, swap=swap, reverse=True)[0]
            x, w = x[::-1], w[::-1]
            y = [sum(x[s] * w[p] for p in range(back.taps) if 0 <= (s := back.first + i + p) < back.data)
                 for i in range(back.out)]  # fmt: skip
            assert y[::-1] == want.tolist()


def test_pairs_counts_the_products():
    for axis in all_axes():
        count = sum(0 <= axis.first + i + p < axis.data for i in range(axis.out) for p in range(axis.taps))
        assert _shapes.pairs(axis) == count


def test_an_outer_product_costs_its_products_and_no_more():
    for in1, in2 in [((1000, 1), (1, 1000)), ((1, 1000), (1000, 1)), ((1000, 1, 1), (1, 1000, 1))]:
        window = _shapes.window("convolve", in1, in2, "full")
        swap = _shapes.swapped(in1, in2)
        assert _shapes.products(_shapes.axes(window, swap=swap, reverse=False), bordered=False) == 10**6


def test_products_do_not_depend_on_the_order_of_arguments():
    rng = np.random.default_rng(1)
    for _ in range(300):
        ndim = rng.integers(1, 4)
        in1, in2 = (tuple(rng.integers(1, 30, ndim).tolist()) for _ in range(2))
        counts = set()
        for a, b in ((in1, in2), (in2, in1)):
            window = _shapes.window("convolve", a, b, "full")
            axes = _shapes.axes(window, swap=_shapes.swapped(a, b), reverse=False)
            counts.add(_shapes.products(axes, bordered=False))
        assert len(counts) == 1


def test_roles_do_not_depend_on_the_batch():
    for batch in (1, 2, 100):
        assert not _shapes.swapped((batch, 9), (1, 4))
        assert _shapes.swapped((batch, 4), (1, 9))
        assert not _shapes.swapped((9, batch), (4, 1))
        assert not _shapes.swapped((5, 5, batch), (3, 5, 1))


def test_crop_keeps_one_filter_of_a_bank():
    window = _shapes.window("convolve", (1, 9), (4, 3), "same")
    cropped, index = _shapes.crop(window, correlates=False)
    assert cropped == ((1, 9), (1, 3), (0, 1), (1, 9))
    assert index == (slice(1, 2), slice(None))
    assert _shapes.crop(window, correlates=True)[1][0] == slice(2, 3)
    assert _shapes.crop(_shapes.window("convolve", (5, 9), (4, 3), "same"), correlates=False) is None


def geometry(shape, filter_shape, mode="full"):
    window = _shapes.window("convolve", shape, filter_shape, mode)
    return _shapes.axes(window, swap=False, reverse=False)


@pytest.mark.parametrize(("shape", "filter_shape", "rows", "cols", "group", "blocks"), [
    ((9,), (3,), 1, 9, 1, 1),
    ((8, 9), (3, 3), 8, 9, 1, 1),
    ((8, 9), (1, 3), 8, 9, 1, 1),            # a leading batch is rows
    ((5, 8, 9), (1, 1, 3), 40, 9, 1, 1),
    ((5, 8, 9), (1, 3, 3), 8, 9, 1, 1),      # and, with rows of taps, planes
    ((8, 9, 4), (3, 3, 1), 8, 9, 4, 1),      # a short trailing batch is a group
    ((8, 2), (3, 1), 1, 8, 2, 1),
    ((8, 64), (3, 1), 8, 64, 1, 1),          # a long one the columns
    ((6, 8, 9), (2, 3, 3), 8, 9, 1, 2),      # taps outside the planes: a call each
    ((6, 8, 9), (3, 1, 3), 6, 9, 1, 1),      # rows need not lie next to the columns
])  # fmt: skip
def test_planes(shape, filter_shape, rows, cols, group, blocks):
    cut = _shapes.planes(geometry(shape, filter_shape), 1, bordered=False)
    assert (cut.rows.data, cut.cols.data, cut.group, cut.blocks) == (rows, cols, group, blocks)
    elements = cut.rows.data * cut.cols.data * cut.group * np.prod([axis.data for axis in cut.outer])
    assert elements == np.prod(shape)


def test_planes_of_complex_data_are_twice_as_wide():
    axes = geometry((8, 9, 4), (3, 3, 1))
    real, complex_ = (_shapes.planes(axes, unit, bordered=False) for unit in (1, 2))
    assert (complex_.group, complex_.x_pitch, complex_.y_pitch) == (2 * real.group, 2 * real.x_pitch, 2 * real.y_pitch)


def test_filter_banks_come_first():
    axes = geometry((20, 1), (3, 5))
    assert _shapes.banks_last(axes, bordered=False) == (1, 0)
    assert _shapes.banks_last(axes, bordered=True) is None  # samples beyond the only one count
    assert _shapes.banks_last(geometry((1, 20), (5, 3)), bordered=False) is None


def test_transform_length_is_the_shortest_that_keeps_the_outputs():
    rng = np.random.default_rng(2)
    for window in windows():
        axis = _shapes.axes(window, swap=False, reverse=False)[0]
        a, b = rng.integers(1, 99, axis.data), rng.integers(1, 99, axis.taps)
        start, full = window.start[0], np.convolve(a, b)
        want = full[start : start + axis.out]

        def circular(length, full=full):
            return np.bincount(np.arange(len(full)) % length, full, length)

        length = _shapes.transform_length(axis, bordered=False)
        assert np.array_equal(circular(length)[start : start + axis.out], want)
        shorter = length - 1
        if shorter >= max(axis.data, axis.taps):
            assert not np.array_equal(circular(shorter)[start : start + axis.out], want)


def test_huge_shapes_need_no_memory():
    window = _shapes.window("convolve", (2**61,), (2**40,), "full")
    axis = _shapes.axes(window, swap=False, reverse=False)[0]
    assert axis.out == 2**61 + 2**40 - 1
    assert _shapes.pairs(axis) == 2**101
    assert _shapes.pairs(Axis(5, 3, 4, 100)) == 0
