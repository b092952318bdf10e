"""Winograd's route at every SIMD level this CPU can load, against its definition and its bound."""

from fractions import Fraction
from importlib import import_module
from itertools import product

import numpy as np
import pytest
from kernel_cases import BOUNDARIES, folded, samples, wider

from sigresample import _kernels, _winograd_bounds
from sigresample._channel_shapes import Along, Correlation
from sigresample._routes import winograd

KINDS = ("constant", "wrap", "reflect", "edge")


@pytest.fixture(params=_kernels.available())
def level(request, monkeypatch):
    monkeypatch.setattr(_kernels, "winograd", import_module(f"sigresample._kernels.winograd_{request.param}"))
    return request.param


def correlation(data, dilation=1, pad=1, items=1, groups=1, inputs=1, outputs=1):
    """3 × 3 taps over (rows, columns) with the same padding all round."""
    ds = dilation if isinstance(dilation, tuple) else (dilation, dilation)
    axes = tuple(Along(n, 3, n + 2 * pad - 2 * d, -pad, 1, d) for n, d in zip(data, ds, strict=True))
    assert min(axis.out for axis in axes) > 0
    return Correlation(items, groups, inputs, outputs, axes)


def operands(of, dtype, seed=0):
    rng = np.random.default_rng(seed)
    x = samples(rng, (of.items, of.groups * of.inputs, *(axis.data for axis in of.axes)), dtype)
    return x, samples(rng, (of.groups * of.outputs, of.inputs, 3, 3), dtype)


def definition(x, w, of, boundary="constant", bias=None):
    """Every output as its sum of products, taps in order, in the precision of x."""
    where = []
    for axis in of.axes:
        at = axis.first + np.arange(axis.out)[:, None] + np.arange(3) * axis.dilation
        there = (at >= 0) & (at < axis.data) if boundary == "constant" else np.ones(at.shape, bool)
        where.append((np.where(there, at if boundary == "constant" else folded(at, axis.data, boundary), 0), there))
    (i, i_there), (j, j_there) = where
    y = np.zeros((of.items, of.groups * of.outputs, len(i), len(j)), x.dtype)
    with np.errstate(all="ignore"):
        for g, c, p, q in product(range(of.groups), range(of.inputs), range(3), range(3)):
            seen = x[:, g * of.inputs + c][:, i[:, p, None], j[:, q]]
            seen = np.where(i_there[:, p, None] & j_there[:, q], seen, 0)[:, None]
            outs = slice(g * of.outputs, (g + 1) * of.outputs)
            y[:, outs] += seen * w[outs, c, p, q][:, None, None]
        return y if bias is None else y + bias[:, None, None]


def place(of):
    return tuple(slice(axis.start, axis.start + axis.out) for axis in of.axes)


def direct(x, w, y, of, boundary, bias, workers):
    kind = next(name for name, number in BOUNDARIES.items() if number == boundary)
    y[:, :, *place(of)] = definition(x, w, of, kind, bias)


def refused(*_):
    raise AssertionError("finite data went to the direct route")


def run(x, w, of, boundary="constant", bias=None, workers=1, direct=refused, y=None):
    if y is None:
        y = np.full((of.items, of.groups * of.outputs, *(axis.out for axis in of.axes)), 77, x.dtype)
    winograd.run(x, w, y, of, BOUNDARIES[boundary], bias, workers, direct=direct)
    return y


def assert_within(got, x, w, of, boundary, bias=None):
    want = definition(x.astype(wider(x.dtype)), w.astype(wider(w.dtype)), of, boundary, bias)
    bound = _winograd_bounds.bound(x, w, of, BOUNDARIES[boundary], bias)
    worse = abs(got - want) > bound
    assert not worse.any(), f"{worse.sum()} outputs out of bound, the first at {np.argwhere(worse)[0]}"


def cases():
    """Odd sizes, dilations and channels, each with others."""
    rng = np.random.default_rng(3)
    for n, size in enumerate(range(1, 14)):
        for dilation in range(1 + n % 2, 6, 2):
            rows, cols = size, 1 + (5 * n + 3 * dilation) % 13
            items, groups, inputs, outputs = rng.integers(1, [4, 4, 8, 10])
            yield correlation((rows, cols), dilation, dilation, items, groups, inputs, outputs)
    yield correlation((30, 70), 1, 0, 2, 1, 5, 9)
    yield correlation((40, 33), (2, 3), 3, 1, 2, 3, 6)
    yield correlation((5, 200), (1, 4), 4, 1, 1, 20, 7)


def test_the_matrices_are_winograds():
    """In rational numbers: the three transforms of any tile are the correlation."""
    data = np.array([[Fraction(v) for v in row] for row in _winograd_bounds.DATA])  # each is a binary fraction
    A, B = Fraction(5, 8), Fraction(3, 2)
    points = [Fraction(0), A, -A, B, -B]
    weights = [[p**k / np.prod([p - q for q in points if q != p]) for k in range(3)] for p in points] + [[0, 0, 1]]
    results = [[*(p**k for p in points), Fraction(k == 3)] for k in range(4)]
    x = [Fraction(v) for v in (3, -7, 11, 2, -5, 13)]
    taps = [Fraction(v) for v in (2, -3, 5)]
    got = np.array(results) @ ((np.array(weights) @ taps) * (data @ x))
    assert list(got) == [sum(x[i + p] * taps[p] for p in range(3)) for i in range(4)]
    for mine, fractions in ((_winograd_bounds.WEIGHTS, weights), (_winograd_bounds.RESULTS, results)):
        np.testing.assert_allclose(mine, np.array(fractions, float), rtol=1e-15)


@pytest.mark.parametrize("boundary", KINDS)
@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
def test_results_lie_within_their_bound(level, dtype, boundary):
    for seed, of in enumerate(cases()):
        x, w = operands(of, dtype, seed)
        bias = samples(np.random.default_rng(seed), (len(w),), dtype) if seed % 2 else None
        assert_within(run(x, w, of, boundary, bias), x, w, of, boundary, bias)


@pytest.mark.parametrize("dtype", ["f", "d"])
def test_magnitudes_apart(level, dtype):
    """Loud samples and taps beside quiet ones, down to the smallest numbers there are."""
    of = correlation((19, 23), 1, 1, 2, 1, 6, 5)
    tiny = float(np.log10(np.finfo(dtype).tiny))
    for seed, (low, high) in enumerate([(-6, 6), (tiny - 6, tiny + 3), (tiny / 2 - 6, tiny / 2 + 3)]):
        rng = np.random.default_rng(seed)
        x, w = operands(of, "d", seed)
        x = (x * 10 ** rng.uniform(low, high, x.shape)).astype(dtype)
        w = (w * 10 ** rng.uniform(*((-3, 3) if seed == 1 else (low, high)), w.shape)).astype(dtype)
        assert_within(run(x, w, of), x, w, of, "constant")


def test_the_bound_is_of_the_size_of_the_sums():
    """Of ones, at most 63 times what C + 27 roundings amount to, and of a quiet item nothing of a loud one's."""
    of = correlation((12, 12), 1, 1, 2, 1, 4, 3)
    x, w = np.ones((2, 4, 12, 12), "f"), np.ones((3, 4, 3, 3), "f")
    x[1] *= 1e6
    bound = _winograd_bounds.bound(x, w, of, 0)
    assert (bound[0] <= 63 * 36 * 31 * 2.0**-24 * 1.001).all()
    np.testing.assert_allclose(bound[1], bound[0] * 1e6, rtol=1e-5)
    assert _winograd_bounds.bound(np.zeros_like(x), w, of, 0).max() < 1e-36


@pytest.mark.parametrize("boundary", KINDS)
def test_far_outside(level, boundary):
    for data, first in [((2, 3), (-40, 55)), ((1, 1), (-7, -9)), ((4, 9), (30, -60))]:
        axes = tuple(Along(n, 3, 17, at, 1, d) for n, at, d in zip(data, first, (1, 3), strict=True))
        of = Correlation(2, 1, 3, 5, axes)
        x, w = operands(of, "f", 1)
        assert_within(run(x, w, of, boundary), x, w, of, boundary)


@pytest.mark.parametrize("dtype", ["f", "d", "F"])
def test_same_bytes_for_any_workers_and_batch(level, dtype):
    for of in (correlation((31, 45), 1, 1, 5, 2, 4, 6), correlation((7, 7), 2, 2, 9, 1, 3, 5)):
        x, w = operands(of, dtype)
        bias = w[:, 0, 0, 0].copy()
        whole = run(x, w, of, "reflect", bias)
        for workers in (2, 7):
            assert run(x, w, of, "reflect", bias, workers).tobytes() == whole.tobytes()
        back = run(x[::-1].copy(), w, of, "reflect", bias)
        assert back[::-1].tobytes() == whole.tobytes()
        for item in range(of.items):
            alone = run(x[item : item + 1], w, of._replace(items=1), "reflect", bias)
            assert alone.tobytes() == whole[item].tobytes()


@pytest.mark.parametrize("dtype", ["f", "d", "D"])
def test_levels_with_fma_agree_to_the_byte(dtype, monkeypatch):
    results = {}
    for name in _kernels.available():
        monkeypatch.setattr(_kernels, "winograd", import_module(f"sigresample._kernels.winograd_{name}"))
        results[name] = b"".join(run(*operands(of, dtype), of, "wrap").tobytes() for of in list(cases())[::4])
    for group in (("v4", "v3", "neon"), ("v2", "scalar")):
        assert len({results[name] for name in group if name in results}) <= 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dilation", [1, 3])
def test_one_sample_that_is_not_finite_touches_what_the_direct_sum_touches(level, dilation, bad):
    of = correlation((23, 26), dilation, dilation, 3, 1, 4, 5)
    for seed, at in enumerate([(0, 0), (11, 12), (22, 25), (3, 20)]):
        x, w = operands(of, "f", seed)
        w[2, 1] = 0  # under taps of zero an infinity is a NaN, on every route
        clean = run(x, w, of)
        x[1, 1, *at] = bad
        got, want = run(x, w, of, direct=direct), definition(x, w, of)
        assert 0 < (~np.isfinite(want[1])).sum() <= 5 * 9
        assert np.isnan(got).tobytes() == np.isnan(want).tobytes()
        infinite = np.isinf(want)
        assert infinite.tobytes() == np.isinf(got).tobytes()
        assert (got[infinite] == want[infinite]).all()
        assert got[[0, 2]].tobytes() == clean[[0, 2]].tobytes()


@pytest.mark.parametrize("dilation", [1, 2])
def test_few_samples_that_are_not_finite_leave_most_of_an_item_alone(level, dilation):
    of = correlation((60, 70), dilation, dilation, 2, 1, 2, 3)
    x, w = operands(of, "f")
    x[1, 0, 2, 3] = x[1, 1, 55, 66] = np.nan
    again = []

    def counted(*args):
        again.append(args[3].axes[0].out * args[3].axes[1].out)
        direct(*args)

    got, want = run(x, w, of, direct=counted), definition(x, w, of)
    assert len(again) == 2
    assert sum(again) <= 2 * (8 * dilation) ** 2
    assert np.isnan(got).tobytes() == np.isnan(want).tobytes()


@pytest.mark.parametrize("boundary", KINDS)
@pytest.mark.parametrize("dtype", ["f", "D"])
def test_weights_that_are_not_finite(level, dtype, boundary):
    of = correlation((9, 14), 1, 2, 2, 2, 3, 4)
    for bad in (np.nan, np.inf):
        x, w = operands(of, dtype)
        w[5, 2, 0, 1] = bad
        x[0, :, 4] = 0
        got, want = run(x, w, of, boundary, direct=direct), definition(x, w, of, boundary)
        assert not np.isfinite(want[:, 5]).any()
        assert (np.isfinite(got) == np.isfinite(want)).all()
        assert (np.isnan(got) == np.isnan(want)).all()


@pytest.mark.parametrize("dtype", ["f", "d"])
def test_finite_data_whose_transform_overflows_goes_direct(level, dtype):
    of = correlation((15, 15), 1, 1, 2, 1, 3, 4)
    x, w = operands(of, dtype)
    x[1, 2, 7, 7] = np.finfo(dtype).max / 2
    w = np.clip(w, -1, 1)
    want = definition(x, w, of)
    assert np.isfinite(want).all()
    got = run(x, w, of, direct=direct)
    assert np.isfinite(got).all()
    np.testing.assert_allclose(got[1, :, 6:9, 6:9], want[1, :, 6:9, 6:9], rtol=1e-5)


def test_what_no_output_needs_is_not_looked_at(level):
    """Rows and columns of x beyond the last tap of the last output."""
    of = correlation((12, 12), 2, 0, 1, 1, 3, 4)
    of = of._replace(axes=tuple(axis._replace(out=3, first=1) for axis in of.axes))
    x, w = operands(of, "f")
    clean = run(x, w, of)
    x[..., 0, :] = x[..., :, 0] = np.nan
    x[..., 8:, :] = x[..., :, 8:] = np.inf
    assert run(x, w, of).tobytes() == clean.tobytes()


def test_nothing_is_written_outside_the_result(level):
    for dtype, dilation in product("fD", (1, 2)):
        of = correlation((11, 18), dilation, dilation, 2, 1, 3, 5)
        whole = run(*operands(of, dtype), of)
        of = of._replace(axes=tuple(axis._replace(start=at) for axis, at in zip(of.axes, (2, 5), strict=True)))
        y = run(*operands(of, dtype), of, y=np.full((2, 5, 16, 26), 42, dtype))
        inside = np.zeros(y.shape, bool)
        inside[:, :, *place(of)] = True
        assert (y[~inside] == 42).all()
        assert y[inside].tobytes() == whole.tobytes()


def test_empty_sums_and_results(level):
    of = correlation((5, 6), 1, 1, 2, 1, 0, 3)
    bias = np.array([1, 2, 3], "f")
    x, w = operands(of, "f")
    assert (run(x, w, of, bias=bias) == bias[:, None, None]).all()
    assert (run(x, w, of) == 0).all()
    of = correlation((5, 6), 1, 1, 0, 1, 2, 3)
    assert run(*operands(of, "f"), of).shape == (0, 3, 5, 6)
    of = correlation((5, 6), 1, 1, 1, 1, 2, 3)
    rows, cols = of.axes
    of = of._replace(axes=(rows, cols._replace(out=0)))
    assert run(*operands(of, "f"), of).shape == (1, 3, 5, 0)


def test_a_type_it_does_not_know_is_refused(level):
    of = correlation((5, 6))
    x, w = (a.astype("i") for a in operands(of, "f"))
    with pytest.raises(TypeError, match="winograd kernel: no such dtype: int32"):
        run(x, w, of)


def test_what_the_route_takes():
    of = correlation((9, 9), 2)
    rows, cols = of.axes
    assert all(winograd.takes(of, np.dtype(char)) for char in "fdFD")
    assert not winograd.takes(of, np.dtype("i"))
    for other in (
        (rows,), (rows, cols, cols), (rows, cols._replace(taps=5)), (rows._replace(stride=2), cols),
        (rows, cols._replace(leap=2)), (rows, cols._replace(dilation=2**60)), (rows._replace(first=-(2**60)), cols),
    ):  # fmt: skip
        assert not winograd.takes(of._replace(axes=other), np.dtype("f"))


@pytest.mark.parametrize("name", _kernels.available())
def test_predicted_seconds_grow_with_all_but_the_items(name, monkeypatch):
    monkeypatch.setattr(_kernels, "level", name)
    of = correlation((30, 40), 1, 1, 1, 2, 16, 24)
    more = [of._replace(groups=4), of._replace(inputs=32), of._replace(outputs=48)]
    more += [of._replace(axes=(of.axes[0]._replace(out=60), of.axes[1]))]
    for dtype in map(np.dtype, "fdFD"):
        least = winograd.predict(of, dtype)
        assert 0 < least < 1
        assert all(winograd.predict(larger, dtype) > least for larger in more)
        assert winograd.predict(of._replace(items=100), dtype) == least
