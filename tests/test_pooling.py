"""Pooling against its definitions, on all small shapes; laws; integers, halves, NaN and infinities."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from helpers import assert_same_bytes
from hypothesis import given
from hypothesis import strategies as st

from sigresample import _window_integers, _window_plans, _window_reference, _window_shapes, checked, explain, nn

Array = np.ndarray[Any, Any]

REAL = ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")


def values(rng: np.random.Generator, shape: Any, dtype: str) -> Array:
    kind = np.dtype(dtype).kind
    if kind == "b":
        return rng.random(shape) < 0.5
    if kind in "iu":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if kind == "c" else x).astype(dtype)


# ── shape rules ────────────────────────────────────────────────────────────────────────────────


def test_windows_lie_where_their_definition_puts_them() -> None:
    """Every output, every sample of its window, for all small numbers; refused just where there is nothing to pool."""
    met = 0
    for n, k, s, d, ceil in product(range(1, 8), range(1, 6), range(1, 5), range(1, 4), (False, True)):
        for p in range(k // 2 + 1):
            want = [list(_window_reference.within(w, 0, n)) for w in _window_reference.pooled(n, k, s, p, d, ceil)]
            of = (_window_shapes.Window(k, s, p, d),)
            if not want or not all(want):
                with pytest.raises(ValueError, match="f: (a|each) window must"):
                    _window_shapes.pooled("f", (n,), of, ceil)
                continue
            (along,) = _window_shapes.pooled("f", (n,), of, ceil)
            assert samples(along) == want
            met += 1
    assert met > 1000


def samples(of: _window_shapes.Along) -> list[list[int]]:
    if of.bounds is not None:
        return [list(range(*pair)) for pair in of.bounds]
    return [
        [p for t in range(of.taps) if 0 <= (p := of.first + i * of.stride + t * of.dilation) < of.data]
        for i in range(of.out)
    ]


def test_adaptive_windows_lie_where_their_definition_puts_them() -> None:
    for n, out in product(range(1, 14), range(18)):
        (along,) = _window_shapes.adaptive("f", (n,), (out,))
        assert samples(along) == [list(w) for w in _window_reference.adaptive(n, out)]
        assert along.taps == max((len(w) for w in samples(along)), default=1 if n % (out or n + 1) else n)


def test_taps_that_meet_no_sample_are_left_out() -> None:
    huge = 2**55
    assert nn.max_pool1d([[1.0, 3, 2]], huge, padding=huge // 2).tolist() == [[3.0]]
    assert nn.max_pool2d([[[1, 3, 2]]], (1, huge), 1, (0, huge // 2)).tolist() == [[[3, 3, 3, 3]]]
    assert nn.avg_pool1d([[2.0, 4]], huge, padding=huge // 2, count_include_pad=False).tolist() == [[3.0]]
    assert nn.avg_pool1d([[2.0, 4]], huge, padding=huge // 2).tolist() == [[6.0 / huge]]
    assert nn.max_pool1d([[1.0, 3, 2]], 2, 2**60, dilation=2).tolist() == [[2.0]]


# ── definitions ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ceil", [False, True])
def test_all_small_calls_are_their_definitions(ceil: bool) -> None:
    rng = np.random.default_rng(0)
    for n, k, s in product((1, 2, 3, 5, 7), (1, 2, 3, 4), (1, 2, 3)):
        x = rng.integers(-3, 3, (2, 2, n)).astype("f4")
        for p in range(k // 2 + 1):
            if n + 2 * p < k:
                continue
            with checked():
                nn.max_pool1d(x, k, s, p, 1, ceil, True)
                nn.avg_pool1d(x, k, s, p, ceil, True)
                nn.avg_pool1d(x, k, s, p, ceil, False)
            if not p:
                with checked():
                    nn.lp_pool1d(x, 2, k, s, ceil)


CALLS = [
    ("max_pool2d", (2, 3, 9, 11), {"kernel_size": 3, "stride": 2, "padding": 1, "return_indices": True}),
    ("max_pool2d", (2, 9, 11), {"kernel_size": (2, 3), "dilation": (3, 2), "padding": 1, "ceil_mode": True}),
    ("max_pool3d", (1, 2, 4, 5, 6), {"kernel_size": (2, 3, 2), "stride": 1, "return_indices": True}),
    ("avg_pool2d", (2, 3, 9, 11), {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
    ("avg_pool2d", (2, 9, 11), {"kernel_size": (2, 5), "ceil_mode": True, "divisor_override": -3}),
    ("avg_pool3d", (1, 2, 4, 5, 6), {"kernel_size": (2, 3, 2), "padding": (1, 1, 0)}),
    ("adaptive_max_pool1d", (2, 3, 11), {"output_size": 4, "return_indices": True}),
    ("adaptive_max_pool2d", (2, 3, 9, 11), {"output_size": (4, 13)}),
    ("adaptive_max_pool3d", (1, 2, 4, 5, 6), {"output_size": (None, 2, 4)}),
    ("adaptive_avg_pool1d", (2, 3, 11), {"output_size": 4}),
    ("adaptive_avg_pool2d", (2, 3, 9, 11), {"output_size": (4, None)}),
    ("adaptive_avg_pool3d", (1, 2, 4, 5, 6), {"output_size": 3}),
    (
        "fractional_max_pool2d",
        (2, 3, 9, 11),
        {"kernel_size": 2, "output_size": (5, 4), "return_indices": True, "rng": 1},
    ),
    (
        "stochastic_pool2d",
        (2, 3, 9, 11),
        {"kernel_size": 3, "stride": 2, "padding": 1, "rng": 1, "return_indices": True},
    ),
    ("stochastic_pool2d", (2, 9, 11), {"kernel_size": (2, 4), "deterministic": True, "ceil_mode": True}),
]
EVERY_CALL = [(name, shape, numbers, dtype) for name, shape, numbers in CALLS for dtype in REAL]


@pytest.mark.parametrize("name, shape, numbers, dtype", EVERY_CALL)
def test_every_type_is_its_definition(name: str, shape: Any, numbers: dict[str, Any], dtype: str) -> None:
    x = values(np.random.default_rng(1), shape, dtype)
    if name.startswith("stochastic"):
        x = np.where(x < 0, x.dtype.type(0), x)
    with checked():
        made = getattr(nn, name)(x, **numbers)
    y = made[0] if isinstance(made, tuple) else made
    floating = "avg" in name or numbers.get("deterministic")
    assert y.dtype == (np.float64 if floating and x.dtype.kind in "biu" else x.dtype)
    assert y.shape == explain(name, x, **numbers).shape


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("p", [1, 2, 3, 2.5, -1, np.inf, -np.inf])
def test_norms_are_their_definition(p: float, dtype: str) -> None:
    x = np.abs(values(np.random.default_rng(2), (2, 9, 11), dtype))
    with checked(), np.errstate(all="ignore"):
        y = nn.lp_pool2d(x, p, (2, 3), ceil_mode=True)
        nn.lp_pool1d(x, p, 3, 2)
    assert y.dtype == (np.float64 if x.dtype.kind in "biu" else x.dtype)


@pytest.mark.parametrize("dtype", [*REAL, "c8", "c16"])
def test_unpooling_is_its_definition(dtype: str) -> None:
    rng = np.random.default_rng(3)
    x = values(rng, (2, 3, 4, 5), dtype)
    with checked():
        y = nn.max_unpool2d(x, rng.integers(0, 99, x.shape), 2, output_size=(9, 11))
        z = nn.avg_unpool2d(x, 3, 2, 1)
        nn.max_unpool1d(x[0], rng.integers(0, 10, x[0].shape), 2)
        nn.max_unpool3d(x, rng.integers(0, 99, x.shape), 2)
    assert y.dtype == x.dtype
    assert z.dtype == (np.float64 if x.dtype.kind in "biu" else x.dtype)


@pytest.mark.parametrize("dtype", ["c8", "c16"])
def test_averages_of_complex_numbers(dtype: str) -> None:
    x = values(np.random.default_rng(4), (2, 3, 9, 11), dtype)
    with checked():
        y = nn.avg_pool2d(x, 3, 2, 1)
        nn.adaptive_avg_pool2d(x, (2, 5))
    assert_same_bytes(y.real, nn.avg_pool2d(x.real, 3, 2, 1))
    assert_same_bytes(y.imag, nn.avg_pool2d(x.imag, 3, 2, 1))


# ── integers ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", REAL[:9])
@pytest.mark.parametrize("result", ["i1", "u1", "u2", "i4", "i8", "u8"])
def test_integer_averages_are_the_rounded_quotients(dtype: str, result: str) -> None:
    """Up to the ends of the range, where sums leave 64 bits; by any divisor."""
    x = values(np.random.default_rng(5), (2, 3, 7, 8), dtype)
    with checked():
        for override in (None, 1, -3, 2**31, 2**62 - 1):
            y = nn.avg_pool2d(x, (2, 3), 1, 1, divisor_override=override, dtype=result)
            assert y.dtype == result
        nn.avg_pool2d(x, (2, 3), 1, 1, count_include_pad=False, dtype=result)
        nn.adaptive_avg_pool2d(x, 3, dtype=result)


def test_halves_are_rounded_to_even() -> None:
    x = [[0, 1, 1, 2, 2, 3, -1, 0, -1, -2]]
    assert nn.avg_pool1d(x, 2, dtype=int).tolist() == [[0, 2, 2, 0, -2]]
    assert nn.avg_pool1d(np.array([[1, 2, 3, 4]], "u1"), 4, dtype="u1").tolist() == [[2]]
    assert nn.avg_pool1d(np.array([[255, 254]], "u1"), 2, dtype="u1").tolist() == [[254]]


def test_extreme_integers() -> None:
    low, high = -(2**63), 2**63 - 1
    assert nn.avg_pool1d([[low, low, low]], 3, dtype="i8").tolist() == [[low]]
    assert nn.avg_pool1d([[high, high, high]], 3, dtype="i8").tolist() == [[high]]
    top = np.full((1, 5), 2**64 - 1, np.uint64)
    assert nn.avg_pool1d(top, 5, dtype="u8").tolist() == [[2**64 - 1]]
    assert nn.max_pool1d(top, 5).tolist() == [[2**64 - 1]]
    assert nn.max_pool1d([[low, low]], 2).tolist() == [[low]]


def test_the_three_ways_of_integer_averages_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(6).integers(-1000, 1000, (3, 1, 5, 6))
    plan = _window_plans.average("avg_pool2d", x.shape, x.dtype, 2, 1, 1, False, True, None, np.dtype(int))
    want = _window_integers.average(plan, x, 1)
    monkeypatch.setattr(_window_integers, "_most", lambda x: 2**62)
    np.testing.assert_array_equal(_window_integers.average(plan, x, 1), want)
    plan = plan._replace(divisors=2**40)
    np.testing.assert_array_equal(
        _window_integers.average(plan, x * 2**40, 1), nn.avg_pool2d(x, 2, 1, 1, divisor_override=1)
    )


# ── NaN, infinities, ties ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_the_last_nan_wins_and_the_first_of_ties(dtype: str) -> None:
    nan = np.nan
    x = np.array([[3, nan, 1, nan, 2, 5, 5, 5]], dtype)
    y, at = nn.max_pool1d(x, 4, return_indices=True)
    assert np.isnan(y[0, 0]) and y[0, 1] == 5
    assert at.tolist() == [[3, 5]]
    y, at = nn.max_pool1d(np.full((1, 3), -np.inf, dtype), 3, return_indices=True)
    assert (y.tolist(), at.tolist()) == ([[-np.inf]], [[0]])
    y, at = nn.max_pool1d(np.array([[-0.0, 0.0]], dtype), 2, return_indices=True)
    assert at.tolist() == [[0]] and np.signbit(y[0, 0])


@pytest.mark.uncheckable  # by a definition in Python it takes minutes
@pytest.mark.parametrize("window", [3, 9, 31])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_loud_sample_reaches_its_own_windows_alone(window: int, dtype: str) -> None:
    """However windows are put together, nothing is subtracted."""
    rng = np.random.default_rng(8)
    x = rng.random((2, 70, 67)).astype(dtype)
    quiet = nn.avg_pool2d(x, window, 1)
    for loud in (np.nan, np.inf, -np.inf, 1e30):
        spoilt = x.copy()
        spoilt[0, 35, 33] = loud
        got, most = nn.avg_pool2d(spoilt, window, 1), nn.max_pool2d(spoilt, window, 1)
        rows, columns = np.ogrid[: got.shape[1], : got.shape[2]]
        seen = (abs(rows + window // 2 - 35) <= window // 2) & (abs(columns + window // 2 - 33) <= window // 2)
        assert_same_bytes(got[0][~seen], quiet[0][~seen])
        assert_same_bytes(got[1], quiet[1])
        assert seen.sum() == window**2
        if not np.isfinite(loud):
            np.testing.assert_array_equal(got[0][seen], np.full(seen.sum(), loud))
        if not loud < 0:
            np.testing.assert_array_equal(most[0][seen], np.full(seen.sum(), loud, dtype))


# ── laws ───────────────────────────────────────────────────────────────────────────────────────


SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 12), st.integers(1, 12))


@given(SHAPES, st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_what_is_unpooled_is_pooled_again(shape: tuple[int, ...], k: int, seed: int) -> None:
    """Maxima return to their places, and are the maxima of what is there, if positive; averages of averages, too."""
    x = np.random.default_rng(seed).random(shape) + 0.5
    if min(shape[2:]) < k:
        return
    y, at = nn.max_pool2d(x, k, return_indices=True)
    back = nn.max_unpool2d(y, at, k, output_size=shape[2:])
    assert_same_bytes(nn.max_pool2d(back, k), y)
    assert_same_bytes(np.where(back != 0, x, 0.0), back)
    assert np.count_nonzero(back) == y.size
    means = nn.avg_pool2d(x, k)
    np.testing.assert_allclose(nn.avg_pool2d(nn.avg_unpool2d(means, k), k), means, rtol=1e-14)


@given(SHAPES, st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_relations(shape: tuple[int, ...], k: int, seed: int) -> None:
    """Adaptive pooling to a divisor is plain pooling; a maximum is the infinite norm; constants stay."""
    x = np.random.default_rng(seed).random(shape)
    wide = np.tile(x, (1, 1, k, k))
    assert_same_bytes(nn.adaptive_avg_pool2d(wide, shape[2:]), nn.avg_pool2d(wide, k))
    assert_same_bytes(nn.adaptive_max_pool2d(wide, shape[2:]), nn.max_pool2d(wide, k))
    assert_same_bytes(nn.lp_pool2d(wide, np.inf, k, 1), nn.max_pool2d(wide, k, 1))
    constant = np.full(shape, 0.75)
    assert (nn.avg_pool2d(constant, k, 1, k // 2, count_include_pad=False) == 0.75).all()
    assert (nn.avg_unpool2d(constant, k, 1) == 0.75).all()
    assert_same_bytes(nn.max_pool2d(x, 1, return_indices=True)[0], x)


def test_duplicates_the_last_in_row_major_order_wins() -> None:
    rng = np.random.default_rng(9)
    x = rng.standard_normal((3, 40, 50))
    at = rng.integers(0, 20, x.shape)
    want = np.zeros((3, 4000))
    for plane in range(3):
        for value, i in zip(x[plane].ravel(), at[plane].ravel(), strict=True):
            want[plane, i] = value
    for workers in (1, 2, 7):
        got = nn.max_unpool2d(x, at, (1, 2), output_size=(40, 100), workers=workers)
        assert_same_bytes(got.reshape(3, -1), want)


# ── drawing ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.uncheckable
def test_stochastic_pooling_draws_with_the_samples_as_probabilities() -> None:
    """Of many windows alike, each sample as often as its share: within 5 standard deviations."""
    window = np.array([[1.0, 0.0], [3.0, 4.0]])
    n = 20000
    x = np.tile(window, (1, 1, n))
    _, at = nn.stochastic_pool2d(x, 2, return_indices=True, rng=0)
    place = at[0, 0] // (2 * n) * 2 + at[0, 0] % 2
    for index, share in enumerate([1 / 8, 0, 3 / 8, 4 / 8]):
        assert abs((place == index).mean() - share) <= 5 * np.sqrt(share * (1 - share) / n)


def test_stochastic_pooling_of_the_odd_windows() -> None:
    nan, inf = np.nan, np.inf
    x = np.array([[[0, 0, 1, nan, inf, 2, inf, nan]]])
    y, at = nn.stochastic_pool2d(x, (1, 2), return_indices=True, rng=0)
    np.testing.assert_array_equal(y, [[[0, nan, inf, nan]]])
    assert at.tolist() == [[[0, 3, 4, 7]]]
    np.testing.assert_array_equal(nn.stochastic_pool2d(x, (1, 2), deterministic=True), [[[0, nan, inf, nan]]])
    huge = np.full((1, 2, 2), 1.7e308)
    assert nn.stochastic_pool2d(huge, 2, deterministic=True)[0, 0, 0] == pytest.approx(1.7e308, rel=1e-15)
    tiny = np.array([[[5e-324, 0.0]]])
    assert nn.stochastic_pool2d(tiny, (1, 2), rng=0).tolist() == [[[5e-324]]]
    ends = np.array([[[1.0, 0.0, 2.0, 0.0]]])
    for u, want in ((0.0, 0), (1 / 3 + 1e-9, 2), (1.0, 2)):
        _, at = nn.stochastic_pool2d(ends, (1, 4), return_indices=True, _random_samples=[[[u]]])
        assert at.tolist() == [[[want]]]


@pytest.mark.parametrize(
    "name, more",
    [("stochastic_pool2d", {"kernel_size": 3}), ("fractional_max_pool2d", {"kernel_size": 2, "output_size": 5})],
)
def test_one_seed_one_result(name: str, more: dict[str, Any]) -> None:
    x = np.random.default_rng(10).random((4, 3, 12, 13)).astype("f4")
    pool = getattr(nn, name)
    want = pool(x, **more, rng=5)
    for workers in (1, 2, 7):
        assert_same_bytes(pool(x, **more, rng=5, workers=workers), want)
    assert_same_bytes(pool(x, **more, rng=np.random.default_rng(5)), want)
    one = np.random.default_rng(5)
    assert_same_bytes(np.concatenate([pool(part, **more, rng=one) for part in (x[:1], x[1:])]), want)
    with checked():  # which draws once
        one = np.random.default_rng(5)
        assert_same_bytes(pool(x, **more, rng=one), want)
        assert one.random() != np.random.default_rng(5).random()
        pool(x, **more)
    assert (pool(x, **more, rng=6) != want).any()
