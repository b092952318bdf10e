"""The method never changes the meaning: the cases that a transform, left to itself, gets wrong, on every route."""

import warnings

import numpy as np
import pytest
import scipy.signal
from convolution_cases import sample
from helpers import gamma

import sigresample as sr

# Every way to ask for one and the same sum.
ROUTES = [
    ("convolve", {"method": "auto"}),
    ("convolve", {"method": "direct"}),
    ("convolve", {"method": "fft"}),
    ("fftconvolve", {}),
    ("oaconvolve", {}),
]
IMAGES = [*ROUTES, ("convolve2d", {}), ("convolve2d", {"method": "direct"}), ("convolve2d", {"method": "fft"})]


def name_of(route):
    return " ".join([route[0], *route[1].values()])


def convolved(route, x, h, mode="full"):
    """A transform asked for by name warns of NaN and infinities, as SciPy's does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return getattr(sr, route[0])(x, h, mode, **route[1])


def direct(x, h, mode="full"):
    with np.errstate(all="ignore"):
        return scipy.signal.convolve(x, h, mode, method="direct")


# ── a large dynamic range, under auto ──────────────────────────────────────────────────────────


def test_eighty_one_decades():
    z = np.zeros(10010)
    z[-10:] = 10.0 ** (9 * np.arange(10))
    want = np.convolve(z[-10:], z[-10:])
    np.testing.assert_allclose(sr.convolve(z, z)[-19:], want, rtol=1e-13)


@pytest.mark.parametrize(("kind", "accuracy"), [("d", 1e-6), ("f", 1e-3)])
@pytest.mark.parametrize("taps", [200, 3000])
@pytest.mark.parametrize("where", [100, 150_000, 299_000])
def test_a_quiet_passage_stays_accurate_far_from_a_loud_burst(kind, accuracy, taps, where):
    """The stated accuracy, of max |h| times the largest sample under the filter, or a direct sum's bound."""
    x, h = sample((300_000,), kind), sample((taps,), kind, 1)
    x[where : where + 50] *= 1e9
    got = sr.convolve(x, h)
    # Exact enough for the quiet outputs: without the burst, one precision higher.
    quiet = x.astype(float)
    quiet[where : where + 50] = 0
    want = scipy.signal.fftconvolve(quiet, h.astype(float))
    apart = np.abs(got - want)
    apart[where : where + 50 + taps - 1] = 0
    magnitudes = scipy.signal.fftconvolve(np.abs(quiet), np.abs(h).astype(float))
    stated = accuracy * float(np.abs(h).max()) * np.abs(quiet).max()
    assert np.all(apart <= np.maximum(stated, gamma(taps + 1, kind) * magnitudes))


# ── NaN and infinities ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", "fd")
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_one_infinity_touches_as_many_outputs_as_there_are_taps(route, odd, kind):
    x, h = sample((20_000,), kind), sample((200,), kind, 1)
    x[12_345] = odd
    got, want = convolved(route, x, h, "same"), direct(x, h, "same")
    finite = np.isfinite(want)
    assert np.count_nonzero(~finite) == 200
    assert np.array_equal(got[~finite], want[~finite], equal_nan=True)
    assert np.isfinite(got[finite]).all()


@pytest.mark.uncheckable  # SciPy's sum of each takes a second
@pytest.mark.parametrize("route", IMAGES, ids=name_of)
def test_one_nan_touches_as_many_outputs_as_there_are_taps(route):
    x, h = sample((300, 300), "d"), sample((41, 41), "d", 1)
    x[120, 30] = np.nan
    got = convolved(route, x, h, "same")
    assert np.count_nonzero(np.isnan(got)) == 41**2
    assert np.isnan(got[100:141, 10:51]).all()
    assert np.isfinite(got).sum() == 300**2 - 41**2


@pytest.mark.parametrize("kind", "fdFD")
@pytest.mark.parametrize("where", ["data", "taps", "both"])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("shapes", [((3000,), (300,)), ((60, 70), (20, 15)), ((12, 14, 9), (5, 4, 6))], ids=str)
@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_every_mix_is_the_direct_sums(route, shapes, mode, where, kind):
    rng = np.random.default_rng(7)
    x, h = (sample(shape, kind, i) for i, shape in enumerate(shapes))
    for array, name in ((x, "data"), (h, "taps")):
        array.flat[rng.integers(0, array.size, 3)] = 0
        if where in (name, "both"):
            array.flat[rng.integers(0, array.size, 2)] = np.inf
            array.flat[rng.integers(0, array.size, 1)] = rng.choice([np.nan, -np.inf])
    got, want = convolved(route, x, h, mode), direct(x, h, mode)
    finite = np.isfinite(want)
    assert np.array_equal(np.isfinite(got), finite)
    if kind in "fd":
        assert np.array_equal(got[~finite], want[~finite], equal_nan=True)
    scale = np.abs(want[finite]).max(initial=0) + 1
    assert np.abs(got[finite] - want[finite]).max(initial=0) <= 1e3 * np.finfo(kind).eps * scale


def test_an_item_does_not_see_its_neighbours_infinities():
    x, h = sample((4, 5000), "d"), sample((1, 300), "d", 1)
    clean = sr.convolve(x, h)
    x[2, 2500] = np.inf
    got = sr.convolve(x, h)
    assert np.array_equal(np.isfinite(got).all(axis=1), [True, True, False, True])
    assert got[[0, 1, 3]].tobytes() == clean[[0, 1, 3]].tobytes()


# ── integers and booleans ──────────────────────────────────────────────────────────────────────


def exact_of(route, want):
    """fftconvolve and oaconvolve return integers as float64, as SciPy's do."""
    return want if route[0].startswith("convolve") else want.astype(np.float64)


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_products_near_the_end_of_int64(route):
    rng = np.random.default_rng(9)
    x = rng.integers(2**31 - 5, 2**31 + 5, 3000) * rng.choice([-1, 1], 3000)
    h = np.zeros(400, np.int64)
    h[[0, 399]] = 2**31 - 1, -(2**31) + 3  # at most two products of 2^62 an output
    got, want = convolved(route, x, h), np.convolve(x, h)
    if got.dtype.kind == "f":  # of fftconvolve and oaconvolve: nothing wraps
        want = h[0] * np.r_[x, [0] * 399].astype(object) + h[399] * np.r_[[0] * 399, x].astype(object)
    assert np.array_equal(got, exact_of(route, want))


@pytest.mark.parametrize("route", [route for route in ROUTES if route[0] == "convolve"], ids=name_of)
@pytest.mark.parametrize("kind", "bBhHiIqQ")
def test_integers_wrap_as_scipys_direct_sum(route, kind):
    info, rng = np.iinfo(kind), np.random.default_rng(10)
    x, h = (rng.integers(info.min, info.max, n, kind, endpoint=True) for n in (3000, 500))
    assert np.array_equal(convolved(route, x, h), direct(x, h))
    x, h = (rng.integers(info.min, info.max, n, kind, endpoint=True) for n in ((60, 50), (21, 30)))
    assert np.array_equal(convolved(route, x, h), direct(x, h))


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_three_true_in_3000(route):
    x, h = np.zeros(3000, bool), np.zeros(3000, bool)
    x[[3, 1500, 2999]] = h[[0, 77, 2999]] = True
    want = np.convolve(x.astype(int), h.astype(int))
    if route[0] == "convolve":
        want = want != 0
    assert np.array_equal(convolved(route, x, h), want)


# ── dtype and shape ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("kinds", ["ff", "fd", "fF", "dF", "fh", "Fi", "hB", "??", "?f", "Qq"])
@pytest.mark.parametrize("shapes", [((500,), (40,)), ((40,), (500,)), ((30, 40), (9, 8)), ((3, 200), (1, 50))], ids=str)
def test_one_dtype_and_one_shape(shapes, kinds, mode):
    x, h = (sample(shape, kind, i) for i, (shape, kind) in enumerate(zip(shapes, kinds, strict=True)))
    made = [sr.convolve(x, h, mode, method=method) for method in ("auto", "direct", "fft")]
    want = direct(x, h, mode) if kinds != "??" else direct(x.astype(int), h.astype(int), mode).astype(bool)
    assert {y.dtype for y in made} == {np.result_type(x, h)}
    assert {y.shape for y in made} == {want.shape}
    if x.dtype.kind in "fc" and h.dtype.kind in "fc":
        for name in ("fftconvolve", "oaconvolve"):
            y = getattr(sr, name)(x, h, mode)
            assert (y.dtype, y.shape) == (np.result_type(x, h), want.shape)
