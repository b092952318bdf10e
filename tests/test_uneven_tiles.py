"""Which of Winograd's tiles would lose what is quiet in them, and that the calls keep it."""

import numpy as np
import pytest

from sigresample import _channel_range, explain, nn
from sigresample._channel_shapes import Along, Correlation
from sigresample._dynamic_range import LEAST

TYPES = ["f", "d", "F", "D"]


def items(rng, shape, dtype):
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if dtype in "FD" else x).astype(dtype)


def shapes(n, inputs, outputs, rows, cols, dilation, groups=1):
    axes = tuple(Along(m, 3, m, -dilation, 1, dilation) for m in (rows, cols))
    return Correlation(n, groups, inputs, outputs, axes)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("inputs", [3, 8, 40])
def test_even_items_have_no_such_tile(dtype, inputs):
    rng = np.random.default_rng(1)
    x, w = items(rng, (3, inputs, 21, 18), dtype), items(rng, (4, inputs, 3, 3), dtype)
    assert _channel_range.uneven_tiles(x, w, shapes(3, inputs, 4, 21, 18, 1), 0, 1) is None
    x[1] = 0
    x[2, :, 5:9] = 0  # samples of zeros do not count
    assert _channel_range.uneven_tiles(x, w, shapes(3, inputs, 4, 21, 18, 1), 0, 2) is None


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("boundary", [0, 1, 3, 4])
def test_the_tiles_that_hold_a_loud_sample_and_no_more(dtype, dilation, boundary):
    rng = np.random.default_rng(2)
    x, w = items(rng, (2, 9, 30, 26), dtype), items(rng, (4, 9, 3, 3), dtype)
    x[1, :, 0, 11] *= 1e9 if dtype in "fF" else 1e16
    found = _channel_range.uneven_tiles(x, w, shapes(2, 9, 4, 30, 26, dilation), boundary, 1)
    assert not found[0].any()
    starts = [np.concatenate([np.arange(r, m, 4 * dilation) for r in range(dilation)]) for m in (30, 26)]
    want = np.zeros(found[1].shape, bool)
    for i, top in enumerate(starts[0]):
        for j, left in enumerate(starts[1]):
            under = [first - dilation + dilation * np.arange(6) for first in (top, left)]
            for at, m in zip(under, (30, 26), strict=True):
                if boundary == 1:
                    at %= m
                elif boundary == 3:
                    at[:] = np.abs((at - (m - 1)) % (2 * m - 2) - (m - 1))
                elif boundary == 4:
                    at[:] = at.clip(0, m - 1)
            want[i, j] = 0 in under[0] and 11 in under[1]
    np.testing.assert_array_equal(found[1], want)
    assert want.any()


@pytest.mark.uncheckable  # by a definition in Python they take half a minute
@pytest.mark.parametrize("dtype", "fd")
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("loud", [1e2, 1e4, 1e9, 1e18])
def test_what_a_loud_sample_does_not_touch_keeps_its_accuracy(dtype, dilation, loud):
    """Within the share of its worth, the largest tap times the largest sample under it, that rounding may have."""
    rng = np.random.default_rng(3)
    x, w = items(rng, (2, 64, 40, 40), dtype), items(rng, (64, 64, 3, 3), dtype)
    x[0, :, 10, 11] *= loud
    how = {"padding": dilation, "dilation": dilation}
    assert explain(nn.conv2d, x, w, **how).route == "Winograd"
    got = nn.conv2d(x, w, **how)
    quiet = x.copy()
    quiet[0, :, 10, 11] = 0
    want = nn.conv2d(quiet.astype("d"), w.astype("d"), **how)
    far = np.ones((40, 40), bool)
    far[np.ix_(*(at + dilation * np.arange(-1, 2) for at in (10, 11)))] = False
    worth = np.abs(w).max() * np.abs(quiet).max(axis=1).min(initial=9, where=np.abs(quiet).max(axis=1) > 0)
    assert np.abs(got - want)[0][:, far].max() <= LEAST[dtype] * worth
    assert nn.conv2d(x[1:], w, **how).tobytes() == got[1:].tobytes()
    assert nn.conv2d(x[:1], w, workers=2, **how).tobytes() == got[:1].tobytes()


def test_what_is_not_finite_is_not_uneven():
    rng = np.random.default_rng(4)
    x, w = items(rng, (3, 16, 12, 12), "f"), items(rng, (4, 16, 3, 3), "f")
    x[0, 0, 3, 3], x[1, 2, 5, 5] = np.nan, np.inf
    found = _channel_range.uneven_tiles(x, w, shapes(3, 16, 4, 12, 12, 1), 0, 1)
    assert found is None or not found[2].any()
    for shape in ((0, 16, 5, 5), (2, 16, 0, 5)):
        empty = np.zeros(shape, "f")
        assert _channel_range.uneven_tiles(empty, w, shapes(shape[0], 16, 4, *shape[2:], 1), 0, 1) is None
