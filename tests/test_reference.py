"""The definitions, against sums made by hand and against scipy.signal."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.signal

from sigresample import _reference as reference

pytestmark = pytest.mark.uncheckable  # no public function is called

FLOATS = ("f", "d", "F", "D")
INTEGERS = ("b", "B", "h", "i", "q", "Q")


def data(rng, shape, dtype):
    """Return random data: integers over the whole range of their type, floats around zero."""
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if dtype.kind == "c" else x).astype(dtype)


def assert_within(got, exact, magnitude, terms):
    """Check a sum of `terms` products made in got's precision: gamma_n sum |tap||sample|, complex products twice."""
    assert got.shape == exact.shape
    u = np.finfo(got.dtype).eps / 2
    n = 2 * (terms + 2) if got.dtype.kind == "c" else terms + 1
    bound = n * u / (1 - n * u) * magnitude
    assert np.all(np.abs(got - exact) <= bound), np.max(np.abs(got - exact) - bound)


# ── by hand ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("function", "mode", "want"),
    [
        (reference.convolve, "full", [1, 12, 123, 230, 300]),
        (reference.convolve, "same", [12, 123, 230]),
        (reference.convolve, "valid", [123]),
        (reference.correlate, "full", [100, 210, 321, 32, 3]),
        (reference.correlate, "same", [210, 321, 32]),
        (reference.correlate, "valid", [321]),
    ],
)
def test_one_dimension_by_hand(function, mode, want):
    assert function([1, 2, 3], [1, 10, 100], mode).tolist() == want


def test_correlation_conjugates_the_filter():
    assert reference.correlate([1j], [1j]).tolist() == [1]
    assert reference.correlate2d([[1j]], [[1j]]).tolist() == [[1]]
    assert reference.convolve([1j], [1j]).tolist() == [-1]


@pytest.mark.parametrize(
    ("boundary", "want"),
    [
        ("fill", [9, 9, 9, 9, 1, 2, 3, 9, 9, 9, 9]),
        ("wrap", [3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1]),
        ("symm", [3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1]),
        ("reflect", [1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3]),
        ("edge", [1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3]),
    ],
)
def test_boundaries_by_hand(boundary, want):
    # A delta wider than the row copies the row, and what the boundary puts beside it, to the output.
    delta = np.zeros((1, 9), int)
    delta[0, 4] = 1
    assert reference.convolve2d([[1, 2, 3]], delta, "full", boundary, 9).tolist() == [want]
    assert reference.convolve([1, 2, 3], delta[0], "full", boundary, 9).tolist() == want


@pytest.mark.parametrize("boundary", ["symm", "reflect", "edge", "wrap"])
def test_one_sample_stands_for_everything(boundary):
    assert reference.convolve2d([[5]], np.ones((3, 4), int), "full", boundary).tolist() == [[60] * 4] * 3


def test_upfirdn_by_hand():
    # Zeros inserted: 1 0 0 2 0 0 3; filtered by 1 2 4; every second one kept.
    assert reference.upfirdn([1.0, 2, 4], [1.0, 2, 3], 3, 2).tolist() == [1, 4, 4, 3, 12]


@pytest.mark.parametrize(
    ("mode", "want"),
    [
        ("constant", [7, 7, 7, 7, 1, 2, 4, 7, 7, 7, 7]),
        ("wrap", [4, 1, 2, 4, 1, 2, 4, 1, 2, 4, 1]),
        ("edge", [1, 1, 1, 1, 1, 2, 4, 4, 4, 4, 4]),
        ("smooth", [-3, -2, -1, 0, 1, 2, 4, 6, 8, 10, 12]),
        ("symmetric", [4, 4, 2, 1, 1, 2, 4, 4, 2, 1, 1]),
        ("reflect", [1, 2, 4, 2, 1, 2, 4, 2, 1, 2, 4]),
        ("antisymmetric", [4, -4, -2, -1, 1, 2, 4, -4, -2, -1, 1]),
        ("antireflect", [-5, -4, -2, 0, 1, 2, 4, 6, 7, 8, 10]),
        ("line", [-5, -3.5, -2, -0.5, 1, 2, 4, 5.5, 7, 8.5, 10]),
    ],
)
def test_extensions_by_hand(mode, want):
    assert reference.extended(np.array([1.0, 2, 4]), np.arange(-4, 7), mode, 7).tolist() == want


def test_magnitudes_by_hand():
    assert reference.convolve([1, -2], [-3, 4j], magnitude=True).tolist() == [3, 10, 8]
    # Straight on from 1, -2: at -1 stands 2*1 - (-2), whose parts add up to 4.
    assert reference.extended(np.array([1.0, -2]), np.arange(-1, 2), "smooth", magnitude=True).tolist() == [4, 1, 2]


def test_wide_integers_are_exact_and_narrow_ones_wrap():
    big = np.array([2**62, 2**62, 3], np.int64)
    assert reference.convolve(big, big, "valid", wide=True).tolist() == [2**124 + 6 * 2**62]
    assert reference.convolve(big, big, "valid").tolist() == [-(2**63)]
    assert reference.convolve(np.uint8([200]), np.uint8([2])).tolist() == [144]
    assert reference.convolve([True, True], [True, True]).tolist() == [True, True, True]
    assert reference.convolve([True, True], [True, True], wide=True).tolist() == [1, 2, 1]


@pytest.mark.parametrize("dtype", FLOATS)
def test_wide_floats_keep_what_the_narrow_sum_loses(dtype):
    tiny = np.finfo(dtype).eps / 8
    x = np.array([1, tiny, -1], dtype)
    exact = reference.convolve(x, np.ones(3, dtype), "valid", wide=True)
    assert exact.dtype.char == {"f": "d", "d": "g", "F": "D", "D": "G"}[dtype]
    if np.finfo(exact.dtype).eps < tiny:  # long double is no wider than double on some platforms
        assert exact == tiny
    assert reference.convolve(x, np.ones(3, dtype), "valid") == 0


def test_resample_poly_by_hand():
    # Linear interpolation: taps 1/2 1 1/2 over two, which resample_poly multiplies by two.
    taps = np.array([0.25, 0.5, 0.25])
    assert reference.resample_poly([2.0, 4, 8], 2, 1, window=taps).tolist() == [2, 3, 4, 6, 8, 4]
    assert reference.resample_poly([2.0, 4, 8], 2, 1, window=taps, padtype="edge").tolist() == [2, 3, 4, 6, 8, 8]
    assert reference.resample_poly([2.0, 4, 8], 2, 1, window=taps, padtype="minimum").tolist() == [2, 3, 4, 6, 8, 5]


# ── against scipy.signal ───────────────────────────────────────────────────────────────────────

SHAPES = {
    1: [((1,), (1,)), ((5,), (2,)), ((2,), (5,)), ((7,), (4,)), ((6,), (6,))],
    2: [((1, 1), (1, 1)), ((5, 4), (2, 3)), ((3, 2), (5, 4)), ((6, 1), (1, 5)), ((4, 4), (4, 4))],
    3: [((3, 4, 5), (2, 1, 3)), ((2, 3, 1), (4, 3, 2))],
}
MODES = ("full", "same", "valid")


def allowed(mode, x, h):
    """Return whether SciPy accepts the mode for these shapes."""
    return (
        mode != "valid"
        or all(n >= k for n, k in zip(x, h, strict=True))
        or all(n <= k for n, k in zip(x, h, strict=True))
    )


def cases(pairs):
    return [(mode, x, h) for mode in MODES for x, h in pairs if allowed(mode, x, h)]


DENSE = cases([pair for pairs in SHAPES.values() for pair in pairs])
IMAGES = cases([*SHAPES[2], ((2, 3), (9, 11))])


@pytest.mark.parametrize("name", ["convolve", "correlate"])
@pytest.mark.parametrize("dtype", FLOATS + INTEGERS)
@pytest.mark.parametrize(("mode", "x", "h"), DENSE, ids=str)
def test_dense_against_scipy(name, mode, dtype, x, h):
    rng = np.random.default_rng(1)
    x, h = data(rng, x, dtype), data(rng, h, dtype)
    got = getattr(scipy.signal, name)(x, h, mode, "direct")
    ours = getattr(reference, name)
    assert ours(x, h, mode).dtype == got.dtype
    if got.dtype.kind in "iu":
        np.testing.assert_array_equal(ours(x, h, mode), got)
        return
    exact, magnitude = ours(x, h, mode, wide=True), ours(x, h, mode, magnitude=True, wide=True)
    assert_within(got, exact, magnitude, h.size)
    assert_within(ours(x, h, mode), exact, magnitude, h.size)


@pytest.mark.parametrize("name", ["convolve2d", "correlate2d"])
@pytest.mark.parametrize("boundary", ["fill", "wrap", "symm", "pad", "circular", "symmetric"])
@pytest.mark.parametrize(("mode", "x", "h"), IMAGES, ids=str)
def test_images_against_scipy(name, mode, boundary, x, h):
    rng = np.random.default_rng(2)
    for dtype, fill in itertools.product((*FLOATS, *INTEGERS), (0, 3)):
        image, taps = data(rng, x, dtype), data(rng, h, dtype)
        got = getattr(scipy.signal, name)(image, taps, mode, boundary, fill)
        ours = getattr(reference, name)
        if got.dtype.kind in "iu":
            np.testing.assert_array_equal(ours(image, taps, mode, boundary, fill), got)
            continue
        exact = ours(image, taps, mode, boundary, fill, wide=True)
        magnitude = ours(image, taps, mode, boundary, fill, wide=True, magnitude=True)
        assert_within(got, exact, magnitude, taps.size)
        assert_within(ours(image, taps, mode, boundary, fill), exact, magnitude, taps.size)


@pytest.mark.parametrize("boundary", ["symm", "reflect", "edge", "wrap"])
@pytest.mark.parametrize(("x", "h"), [((4, 5), (3, 2)), ((2, 3), (9, 8)), ((1, 4), (6, 5))], ids=str)
def test_boundaries_are_numpy_pad_and_valid(boundary, x, h):
    rng = np.random.default_rng(3)
    image, taps = rng.integers(-9, 9, x), rng.integers(-9, 9, h)
    pad = np.pad(
        image,
        [(k - 1, k - 1) for k in h],
        {"symm": "symmetric", "reflect": "reflect", "edge": "edge", "wrap": "wrap"}[boundary],
    )
    want = scipy.signal.convolve2d(pad, taps, "valid")
    np.testing.assert_array_equal(reference.convolve2d(image, taps, "full", boundary), want)


@pytest.mark.parametrize("name", ["convolve", "correlate"])
@pytest.mark.parametrize(("mode", "x", "h"), DENSE, ids=str)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_non_finite_values_touch_what_they_touch_in_scipy(name, mode, x, h, bad):
    rng = np.random.default_rng(4)
    for where in ("signal", "filter"):
        a, b = data(rng, x, "d"), data(rng, h, "d")
        (a if where == "signal" else b).flat[0] = bad
        with np.errstate(invalid="ignore"):
            ours, scipys = getattr(reference, name)(a, b, mode), getattr(scipy.signal, name)(a, b, mode, "direct")
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(scipys))
        np.testing.assert_array_equal(np.isposinf(ours), np.isposinf(scipys))


RATIOS = [(1, 1), (1, 2), (2, 1), (3, 2), (2, 3), (5, 7), (1, 8), (8, 1), (20, 3)]


@pytest.mark.parametrize("mode", reference.EXTENSIONS)
@pytest.mark.parametrize(("up", "down"), RATIOS)
def test_upfirdn_against_scipy(mode, up, down):
    rng = np.random.default_rng(5)
    for dtype, n, k, cval in itertools.product("fD", (1, 2, 3, 8), (1, 9, 41), (0, 2.5)):
        if n == 1 and mode in ("reflect", "antireflect", "smooth", "line"):
            continue  # a crash, a read past the array, or a NaN, in SciPy
        x, h = data(rng, (2, n), dtype), data(rng, k, dtype)
        got = scipy.signal.upfirdn(h, x, up, down, -1, mode, cval)
        exact = reference.upfirdn(h, x, up, down, -1, mode, cval, wide=True)
        magnitude = reference.upfirdn(h, x, up, down, -1, mode, cval, wide=True, magnitude=True)
        # An extended sample is itself up to four roundings, and up to `distance` additions of a slope.
        roundings = 4 + (k // up + n if mode in ("smooth", "antireflect", "line") else 0)
        assert_within(got, exact, magnitude, -(-k // up) + roundings)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_upfirdn_along_an_axis(axis):
    rng = np.random.default_rng(6)
    x, h = data(rng, (3, 4, 5), "d"), data(rng, 7, "d")
    for mode in reference.EXTENSIONS:
        got = scipy.signal.upfirdn(h, x, 3, 2, axis, mode)
        magnitude = reference.upfirdn(h, x, 3, 2, axis, mode, wide=True, magnitude=True)
        assert_within(got, reference.upfirdn(h, x, 3, 2, axis, mode, wide=True), magnitude, 3 + 12)


@pytest.mark.parametrize("dtypes", [("f", "d"), ("d", "f"), ("f", "F"), ("b", "b"), ("i", "f"), ("F", "d"), ("q", "h")])
def test_upfirdn_result_type(dtypes):
    h, x = np.ones(3, dtypes[0]), np.ones(4, dtypes[1])
    got = reference.upfirdn(h, x, 2, 3)
    want = scipy.signal.upfirdn(h, x, 2, 3)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def test_an_infinity_meets_the_zeros_that_fill_the_last_phases():
    want = scipy.signal.upfirdn([1.0, 2, 3], [np.inf, 1], 2)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(reference.upfirdn([1.0, 2, 3], [np.inf, 1], 2), want)


@pytest.mark.parametrize("padtype", [*reference.EXTENSIONS, "mean", "median", "minimum", "maximum"])
@pytest.mark.parametrize(("up", "down"), [(3, 2), (2, 3), (25, 36), (8, 1), (1, 5), (4, 4)])
def test_resample_poly_against_scipy(padtype, up, down):
    rng = np.random.default_rng(7)
    for dtype, shape, axis, k in [
        ("d", (40,), 0, 61),
        ("f", (40, 2), 0, 10),
        ("D", (2, 31), 1, 121),
        ("d", (5,), 0, 201),
    ]:
        x, taps = data(rng, shape, dtype), rng.standard_normal(k).astype(dtype.lower())
        if np.iscomplexobj(x) and padtype in ("median", "minimum", "maximum"):
            continue
        how = {"axis": axis, "window": taps, "padtype": padtype}
        got = scipy.signal.resample_poly(x, up, down, **how)
        exact = reference.resample_poly(x, up, down, **how, wide=True)
        magnitude = reference.resample_poly(x, up, down, **how, wide=True, magnitude=True)
        assert_within(got, exact, magnitude, k // min(up, k) + k + 12)


def test_an_empty_array_has_nothing_to_extend():
    with pytest.raises(ValueError, match="cannot extend an empty array"):
        reference.convolve2d(np.ones((0, 2)), np.ones((2, 2)), "full", "wrap")
    assert reference.convolve2d(np.ones((0, 2)), np.ones((2, 2)), "full", "fill", 3).tolist() == [[12] * 3]


def test_errors():
    with pytest.raises(ValueError, match="For 'valid' mode, one must be at least"):
        reference.convolve(np.ones((2, 3)), np.ones((3, 2)), "valid")
    with pytest.raises(ValueError, match="unknown extension mode 'mirror'"):
        reference.upfirdn([1.0], [1.0], mode="mirror")


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("axes", [None, 0, 1, -1, (0, 1), [1]])
def test_fftconvolve_against_scipy(mode, axes):
    rng = np.random.default_rng(9)
    for shape, taps in [((5, 6), (5, 3)), ((4, 6), (1, 3)), ((3, 4), (3, 4)), ((1, 5), (2, 3)), ((3, 7), (3, 2))]:
        for dtypes in ("dd", "fD", "hh", "?B"):
            x, h = ((rng.standard_normal(s) * 9).astype(k) for s, k in zip((shape, taps), dtypes, strict=True))
            try:
                want = scipy.signal.fftconvolve(x, h, mode, axes)
            except ValueError:
                continue
            got = reference.fftconvolve(x, h, mode, axes)
            if mode == "same" and axes not in (None, (0, 1)) and shape[0] < taps[0]:
                continue  # SciPy's drops the batch
            assert (got.shape, got.dtype) == (want.shape, want.dtype)
            np.testing.assert_allclose(
                got, want, rtol=0, atol=1e-3 if "f" in dtypes else 1e-9
            )  # SciPy transforms each in its own precision


def test_fftconvolve_of_integers_is_exact():
    x, h = np.array([[2**62, 1], [3, -5]]), np.array([[2**62, -1], [7, 11]])
    want = [[float(2**124), float(1 - 1), -1.0], [21.0, float(3 * 11 - 35), -55.0]]
    want[0][1] = float(-(2**62) + 2**62)
    assert reference.fftconvolve(x, h, axes=1).tolist() == want
    assert reference.fftconvolve(x, h, axes=1, boundary="edge", mode="same").shape == (2, 2)
