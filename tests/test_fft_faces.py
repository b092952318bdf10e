"""fftconvolve and oaconvolve: SciPy's calls, shapes, types and errors; exact integers; one meaning on every route."""

from itertools import product

import numpy as np
import pytest
import scipy.signal
from convolution_cases import sample
from helpers import assert_same_bytes, run_python, variants

import sigresample
from sigresample import _choose, explain
from sigresample._bounds import direct, transform

FACES = ("fftconvolve", "oaconvolve")
MODES = ("full", "same", "valid")
PADS = {"wrap": "wrap", "symm": "symmetric", "reflect": "reflect", "edge": "edge"}


def call(name, x, h, *args, **kwargs):
    return getattr(sigresample, name)(x, h, *args, **kwargs)


def outcome(function, *args, **kwargs):
    """What a call gives: a result, or the class and SciPy's sentence of an error."""
    with np.errstate(all="ignore"):
        try:
            return function(*args, **kwargs)
        except Exception as error:
            return type(error), str(error)


def assert_as_scipy(name, x, h, *args, **kwargs):
    """SciPy's dtype, shape and error; SciPy's values within the bounds of its transform and of ours."""
    theirs = outcome(getattr(scipy.signal, name), x, h, *args, **kwargs)
    ours = outcome(getattr(sigresample, name), x, h, *args, **kwargs)
    what = f"{name} {np.shape(x)} {np.shape(h)} {args} {kwargs}: {ours!r}, SciPy's {theirs!r}"
    if isinstance(theirs, tuple):
        assert isinstance(ours, tuple), what
        assert ours[0] is theirs[0], what
        assert theirs[1].replace("\n", "") in ours[1] + name, what
        return
    assert not isinstance(ours, tuple), what
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), what
    x, h = np.asarray(x), np.asarray(h)
    if theirs.size and theirs.dtype.kind in "fc":
        units = [float(np.finfo(a.dtype).eps) / 2 for a in (x, h, theirs) if a.dtype.kind in "fc"]
        norms = float(np.linalg.norm(x.astype("D").ravel()) * np.linalg.norm(h.astype("D").ravel()))
        limit = transform(4 * theirs.size + 4 * x.size + 4 * h.size, max(units), norms)
        terms = min(x.size, h.size)
        limit += direct(terms, theirs.dtype) * norms
        assert np.max(np.abs(ours.astype("D") - theirs.astype("D"))) <= limit, what
    else:
        np.testing.assert_array_equal(ours, theirs, what)


SHAPES = [
    ((1,), (1,)), ((7,), (1,)), ((1,), (7,)), ((7,), (3,)), ((3,), (7,)), ((5,), (5,)), ((300,), (41,)),
    ((90,), (2000,)), ((4, 5), (3, 2)), ((4, 5), (1, 2)),
    ((1, 5), (3, 2)), ((3, 9), (3, 4)), ((3, 4), (3, 9)), ((1, 1), (2, 3)),
    ((2, 3, 4), (2, 1, 3)), ((2, 3, 4), (2, 3, 4)), ((1, 3, 40), (5, 1, 7)), ((3, 2, 1), (3, 4, 5)),
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FACES)
def test_all_axes_are_scipys(name, mode):
    for (shape, taps), kinds in product(SHAPES, ("dd", "ff", "FD", "fF", "fi", "bB", "?d", "ee", "ef")):
        x, h = (sample(s, "d" if k == "e" else k, 3).astype(k) for s, k in zip((shape, taps), kinds, strict=True))
        if "i" in kinds or "b" in kinds:
            x, h = (a % 100 if a.dtype.kind == "i" else a for a in (x, h))  # SciPy's transform is not exact
        assert_as_scipy(name, x, h, mode)


AXES = [0, -1, (0,), [1], (0, 1), (1, 0), [-1, 0], np.array([1]), {1}, (2,), (-3,), (), [], (0, 0), (0, -2), 1.0, "0",
        None, True, np.int64(1), (1.0,), [[0]], (None,), object()]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FACES)
def test_axes_are_scipys(name, mode):
    for shapes in [((3, 4), (3, 2)), ((3, 4), (2, 4)), ((3, 4), (3, 4)), ((5, 4), (1, 3)), ((2, 2), (3, 3))]:
        x, h = (sample(shape, "d", 5) for shape in shapes)
        for axes in AXES:
            assert_as_scipy(name, x, h, mode, axes)
            assert_as_scipy(name, x, h, mode=mode, axes=axes)


@pytest.mark.parametrize("name", FACES)
def test_three_axes_are_scipys(name):
    for shapes in [((2, 3, 4), (2, 3, 4)), ((2, 5, 1), (2, 2, 3)), ((2, 5, 3), (1, 2, 3)), ((4, 1, 6), (4, 3, 2))]:
        x, h = (sample(shape, "d", 6) for shape in shapes)
        for axes, mode in product([0, 1, 2, (0, 1), (0, 2), (2, 1), (0, 1, 2)], MODES):
            broadcast = any(n == 1 < k for n, k in zip(*shapes, strict=True))
            if mode == "same" and broadcast:
                continue  # below
            assert_as_scipy(name, x, h, mode, axes)


@pytest.mark.parametrize("name", FACES)
def test_what_has_no_elements_or_dimensions(name):
    for x, h in [([], []), ([], [1]), ([1], []), (np.ones((0, 3)), np.ones((2, 2), "f")), (3, 4), (2.5, 1j), (3, [4])]:
        for mode in (*MODES, "no such mode", []):
            assert_as_scipy(name, x, h, mode)
    assert_as_scipy(name, np.ones((0, 3)), np.ones((2, 2)), "full", 7)
    assert_as_scipy(name, np.array(3), np.array(4))
    assert type(call(name, np.array(3), np.array(4))) is type(getattr(scipy.signal, name)(np.array(3), np.array(4)))


@pytest.mark.parametrize("name", FACES)
def test_errors_are_scipys(name):
    x = np.ones((3, 4))
    for mode in ("mirror", None, [], 3):
        assert_as_scipy(name, x, x, mode)
        assert_as_scipy(name, x, np.ones((1, 4)), mode)
    assert_as_scipy(name, x, np.ones(4))
    assert_as_scipy(name, x, np.ones((4, 3)), "valid")
    assert_as_scipy(name, x, np.ones((2, 5)), "valid")
    assert_as_scipy(name, x, np.ones((2, 5)), "full", 1)
    assert_as_scipy(name, x, "text")
    with pytest.raises(ValueError, match=rf"^{name}: Acceptable boundary flags are .*, got 'mirror'$"):
        call(name, x, x, boundary="mirror")
    with pytest.raises(ValueError, match=rf"^{name}: workers must not be 0$"):
        call(name, x, x, workers=0)
    for shape, dtype, message in [((6, 8), "d", "shape"), ((5, 7), "f", "dtype")]:
        with pytest.raises(ValueError, match=f"^{name}: out must have {message}"):
            call(name, x, np.ones((3, 4)), out=np.empty(shape, dtype))
    with pytest.raises(ValueError, match=f"^{name}: out must not overlap an input$"):
        call(name, x, np.ones((1, 2)), "same", out=x)


@pytest.mark.parametrize("name", FACES)
def test_same_broadcasts_a_batch_and_keeps_the_first_arrays_length_elsewhere(name):
    """Where SciPy drops the batch (its issue 21876)."""
    x, h = sample((1, 100), "d"), sample((7, 5), "d")
    got = call(name, x, h, "same", axes=1)
    assert got.shape == (7, 100)
    for i in range(7):
        assert_same_bytes(got[i], call(name, x[0], h[i], "same"))
    assert call(name, x, h, "same").shape == (1, 100)  # both axes are convolved along
    x, h = sample((2, 1, 6, 1), "d"), sample((1, 4, 3, 5), "d")
    got = call(name, x, h, "same", axes=(2,))
    assert got.shape == (2, 4, 6, 5)
    np.testing.assert_allclose(
        got[1, 2, :, 3], np.convolve(x[1, 0, :, 0], h[0, 2, :, 3], "same"), rtol=1e-13, atol=1e-13
    )
    assert call(name, x.astype("g"), h, "same", axes=(2,)).shape == (2, 4, 6, 5)
    np.testing.assert_allclose(call(name, x.astype("g"), h, "same", axes=2), got, rtol=1e-13, atol=1e-13)


PAIRS = [((4, 300), (4, 60), 1), ((50, 5), (9, 5), 0), ((5, 4), (5, 40), 1), ((3, 20, 2, 9), (3, 4, 2, 3), (1, 3)),
         ((2, 900), (2, 700), 1), ((4, 6, 30), (4, 1, 7), 2), ((3, 1, 30), (3, 5, 7), 2)]  # fmt: skip


@pytest.mark.parametrize("kinds", ["dd", "Ff", "fF", "hq", "nan", "nan tap"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FACES)
def test_each_pair_gets_the_bytes_it_has_alone(name, mode, kinds):
    for shape, taps, axes in PAIRS:
        x, h = (sample(s, "d" if "nan" in kinds else kind) for s, kind in zip((shape, taps), kinds, strict=False))
        if "nan" in kinds:
            (h if kinds == "nan tap" else x)[(0,) * x.ndim] = np.nan
        axes_ = [axes] if isinstance(axes, int) else list(axes)
        pairs = [i for i in range(x.ndim) if i not in axes_ and x.shape[i] == h.shape[i]]
        got = call(name, x, h, mode, axes)
        for index in np.ndindex(*(shape[i] for i in pairs)):
            at: list = [slice(None)] * x.ndim
            for axis, i in zip(pairs, index, strict=True):
                at[axis] = slice(i, i + 1)
            assert_same_bytes(call(name, x[tuple(at)], h[tuple(at)], mode, axes), got[tuple(at)])
        assert_same_bytes(call(name, x, h, mode, axes, workers=2), got)
        for (_, a), (_, b) in zip(variants(x), variants(h), strict=True):
            assert_same_bytes(call(name, a, b, mode, axes), got)
        y = np.asfortranarray(np.empty_like(got))
        assert call(name, x, h, mode, axes, out=y) is y
        assert_same_bytes(y, got)


@pytest.mark.parametrize("boundary", PADS)
def test_a_bank_under_a_boundary_is_each_filter_alone(boundary):
    x, h = sample((1, 50), "D"), sample((9, 7), "d")
    got = sigresample.fftconvolve(x, h, "same", 1, boundary=boundary)
    for i in range(9):
        assert_same_bytes(got[i : i + 1], sigresample.fftconvolve(x, h[i : i + 1], "same", 1, boundary=boundary))
    assert_same_bytes(sigresample.fftconvolve(x, h, "same", 1, boundary=boundary, workers=2), got)


# Integers


def exact(x, h, mode):
    """The sums in Python's own integers, each rounded once."""
    return np.convolve(x.astype(object), h.astype(object), mode).astype(float)


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("kinds", ["bb", "BH", "hI", "ii", "qq", "Qq", "QQ", "??", "?Q", "bQ"])
def test_integers_are_exact_to_the_last_bit(name, kinds):
    rng = np.random.default_rng(7)
    for n, k in [(1, 2), (5, 3), (40, 17), (700, 300), (3, 3)]:
        x, h = (
            rng.integers(0, 2, m).astype(bool)
            if kind == "?"
            else rng.integers(np.iinfo(kind).min, np.iinfo(kind).max, m, dtype=kind, endpoint=True)
            for m, kind in zip((n, k), kinds, strict=True)
        )
        for mode in ("full", "same", "valid"):
            if (n, k) == (1, 2):  # the product of two axes of one: NumPy's own type, as in SciPy
                assert_as_scipy(name, x, h, mode)
                continue
            got = call(name, x, h, mode)
            assert got.dtype == np.float64
            np.testing.assert_array_equal(got, exact(x, h, mode), f"{n} {k} {mode}")


@pytest.mark.parametrize("name", FACES)
def test_the_extremes_of_integers(name):
    low, high = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    x = np.array([low, high, -1, low, 0, high])
    for h in (x[:3], np.array([high, high]), np.array([low, low]), np.array([2**62, 1, -(2**62)])):
        np.testing.assert_array_equal(call(name, x, h), exact(x, h, "full"))
    big = np.array([2**64 - 1, 2**64 - 1, 1], np.uint64)
    np.testing.assert_array_equal(call(name, big, big[:2]), exact(big, big[:2], "full"))
    images = np.full((3, 3), low), np.full((2, 2), high)
    np.testing.assert_array_equal(call(name, *images, "valid"), np.full((2, 2), float(4 * low * high)))


@pytest.mark.parametrize("name", FACES)
def test_three_true_among_many_booleans(name):
    x = np.zeros(3000, bool)
    x[[10, 1500, 2900]] = True
    got = call(name, x, x)
    assert (got.dtype, got.sum(), got[20], got[1510]) == (np.float64, 9.0, 1.0, 2.0)


@pytest.mark.parametrize("name", FACES)
def test_integers_with_a_boundary_and_pairs(name):
    x, h = sample((3, 9), "q"), sample((3, 5), "q")
    for boundary, axes in product(PADS, (1, None)):
        got = call(name, x, h, "same", axes, boundary=boundary)
        pad = [(0 if axes == 1 else 2, 0 if axes == 1 else 2), (4, 4)]
        wide = np.pad(x, pad, mode=PADS[boundary])
        if axes == 1:
            want = np.stack([exact(a, b, "valid") for a, b in zip(wide, h, strict=True)])[:, 2:11]
        else:
            want = sum(
                np.array(
                    [[int(wide[i + 2 - p, j + 4 - q]) * int(h[p, q]) for j in range(13)] for i in range(5)], object
                )
                for p in range(3)
                for q in range(5)
            ).astype(float)[1:4, 2:11]
        np.testing.assert_array_equal(got, want)


# Boundaries, NaN, types, routes


@pytest.mark.parametrize("boundary", PADS)
@pytest.mark.parametrize("name", FACES)
def test_a_boundary_goes_on_along_the_axes_only(name, boundary):
    for shape, taps, axes in [
        ((3, 8), (1, 5), 1),
        ((3, 8), (3, 5), 1),
        ((1, 8), (3, 5), 1),
        ((6, 1), (4, 3), 0),
        ((4, 1), (3, 2), None),
    ]:
        x, h = sample(shape, "d"), sample(taps, "d")
        axes_ = (0, 1) if axes is None else (axes,)
        pad = [(k - 1, k - 1) if i in axes_ else (0, 0) for i, k in enumerate(taps)]
        wide = np.pad(x, pad, mode=PADS[boundary])
        for mode in ("full", "same"):
            got = call(name, x, h, mode, axes, boundary=boundary)
            want = scipy.signal.fftconvolve(wide, h, "valid", axes)
            if mode == "same":
                want = want[
                    tuple(
                        slice((k - 1) // 2, (k - 1) // 2 + n) if i in axes_ else slice(None)
                        for i, (n, k) in enumerate(zip(shape, taps, strict=True))
                    )
                ]
            np.testing.assert_allclose(got, want, rtol=0, atol=transform(256, 2.0**-53, 100.0))
            long = call(name, x.astype("g"), h, mode, axes, boundary=boundary)
            np.testing.assert_allclose(long, want, rtol=0, atol=transform(256, 2.0**-53, 100.0))
        valid = call(name, x, h[..., :1], "valid", axes, boundary=boundary)
        assert_same_bytes(valid, call(name, x, h[..., :1], "valid", axes))


@pytest.mark.parametrize("name", FACES)
def test_an_infinity_touches_what_it_is_a_term_of(name):
    rng = np.random.default_rng(8)
    x, h = rng.standard_normal(20_000), rng.standard_normal(200)
    x[7000] = np.inf
    with np.errstate(all="ignore"):
        got = call(name, x, h)
    assert np.flatnonzero(~np.isfinite(got)).tolist() == list(range(7000, 7200))
    np.testing.assert_array_equal(got[7000:7200], np.inf * np.sign(h))
    image = rng.standard_normal((90, 80))
    image[40, 30] = np.nan
    got = call(name, image, rng.standard_normal((41, 41)), "same")
    assert np.isnan(got).sum() == 41 * 41


@pytest.mark.parametrize("name", FACES)
def test_the_sums_are_convolves(name):
    """Where both have the same axes and type, also the same bytes."""
    for (shape, taps), mode in product(SHAPES, ("full", "valid")):
        if all(1 in pair for pair in zip(shape, taps, strict=True)):
            continue
        x, h = sample(shape, "f"), sample(taps, "F")
        try:
            want = sigresample.convolve(x, h, mode)
        except ValueError:
            continue  # 'valid' and a batch axis
        assert_same_bytes(call(name, x, h, mode), want)


@pytest.mark.parametrize("name", FACES)
def test_a_plan_says_what_runs(name, monkeypatch):
    monkeypatch.setattr(_choose, "costs", lambda *_: ({"direct": 1.0, "whole FFT": 0.5}, None))
    sigresample.clear_cache()
    try:
        plan = explain(name, np.ones((2, 100)), np.ones((2, 9)), axes=1)
        assert (plan.route, plan.shape, plan.dtype, plan.function) == ("whole FFT", (2, 108), "float64", name)
        assert plan.fft_length >= 108
        plan = explain(name, np.ones(100, "B"), np.ones(9, "B"))
        assert (plan.route, plan.dtype) == ("whole FFT", "float64")
    finally:
        sigresample.clear_cache()
    assert explain(name, [1], [2]).route == "product"
    assert explain(name, [], [2]).shape == (0,)
    assert explain(name, 1, 2).shape == ()
    assert explain(name, np.ones(3, "g"), np.ones(3)).route == "scipy"
    with pytest.raises(ValueError, match="exceeds dimensionality"):
        explain(name, [1], [2], "full", 4)


@pytest.mark.parametrize("kind", "gGOM")
@pytest.mark.parametrize("name", FACES)
def test_other_types_are_scipys_affair(name, kind):
    x = np.array([1, 2, 3, 4]).astype("M8[D]" if kind == "M" else kind)
    for mode in (*MODES, "no such mode"):
        assert_as_scipy(name, x, x[:2], mode)
        y = outcome(call, name, x, x[:2], mode)
        if not isinstance(y, tuple):
            out = np.empty_like(y)
            assert call(name, x, x[:2], mode, out=out) is out
            np.testing.assert_array_equal(out, y)


@pytest.mark.parametrize("name", FACES)
def test_foreign_arrays_are_scipys_affair(tmp_path, name):
    code = f"""
import numpy as np, sigresample
class Foreign(np.ndarray):
    pass
x = np.ones(3).view(Foreign)
try:
    sigresample.{name}(x, x)
except Exception as error:
    print(type(error).__name__)
try:
    sigresample.{name}(x, x, boundary="edge")
except TypeError as error:
    print(error)
"""
    done = run_python(code, cwd=tmp_path, SCIPY_ARRAY_API="1")
    want = f"TypeError\n{name}: boundary='edge' is for NumPy arrays, got Foreign and Foreign\n"
    assert done.stdout.endswith(want.partition("\n")[2]), done.stderr


# Checks


@pytest.mark.parametrize("name", FACES)
def test_checks_pass_what_is_right(name):
    rng = np.random.default_rng(4)
    with sigresample.checked():
        for (shape, taps), kinds, mode in product(SHAPES, ("dd", "fF", "Bq", "?f", "gd"), MODES):
            x, h = (rng.integers(0, 2**20, s).astype(k) for s, k in zip((shape, taps), kinds, strict=True))
            for axes in (None, -1):
                outcome(call, name, x, h, mode, axes)  # an error is SciPy's too, or the check raises another
                result = outcome(call, name, x, h, mode, axes, boundary="edge")
                assert not (isinstance(result, tuple) and result[0] is sigresample.CheckError), result
                result = outcome(call, name, x, h, mode, axes)
                assert not (isinstance(result, tuple) and result[0] is sigresample.CheckError), result
        x = rng.standard_normal(300)
        x[17] = np.nan
        assert np.isnan(call(name, x, rng.standard_normal(50))).sum() == 50
        big = np.array([2**62, 2**62 - 1, 3])
        call(name, big, big)
        with pytest.raises(ValueError, match="incompatible shapes"):
            call(name, np.ones((3, 4)), np.ones((2, 4)), axes=1)


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("by", [1e-6, np.nan])
def test_checks_find_what_is_wrong(name, by, monkeypatch):
    from sigresample import _frequency

    right = _frequency.run

    def wrong(*args):
        y = right(*args)
        y[(3,) * y.ndim] += by
        return y

    monkeypatch.setattr(_frequency, "run", wrong)
    rng = np.random.default_rng(4)
    image = rng.standard_normal((4, 50)), rng.standard_normal((4, 9))
    for args, how in [((image[0][0], image[1][0]), {}), (image, {"axes": 1}), (image, {"axes": 1, "boundary": "wrap"})]:
        with (
            sigresample.checked(),
            pytest.raises(sigresample.CheckError, match=rf"^{name}: .* scipy.signal.{name} gives"),
        ):
            call(name, *args, **how)
