"""The samples outside an array: every function, route and dimension against numpy.pad and the 'valid' part."""

from itertools import product

import numpy as np
import pytest
import scipy.signal
from convolution_cases import FUNCTIONS, IMAGES, sample
from helpers import assert_close, assert_same_bytes, gamma, run_python, variants

import sigresample
from sigresample import explain
from sigresample._bounds import transform

PADS = {"wrap": "wrap", "symm": "symmetric", "reflect": "reflect", "edge": "edge"}
OURS = {name: (*PADS, "fill") if name not in IMAGES else ("reflect", "edge") for name in FUNCTIONS}


def definition(name, x, h, mode, boundary):
    """The array extended by numpy.pad, and what SciPy's direct sum makes of it without any boundary; and sum |x||h|."""
    pad = [(k - 1, k - 1) for k in h.shape]
    wide = np.pad(x, pad, mode=PADS.get(boundary, "constant"))
    if x.dtype.kind in "fc" or h.dtype.kind in "fc":
        wide, h = (a.astype(np.result_type(a, np.longdouble)) for a in (wide, h))
    taps = h.conj()[(slice(None, None, -1),) * h.ndim] if name.startswith("correlate") else h
    with np.errstate(all="ignore"):
        want = scipy.signal.convolve(wide, taps, "valid", method="direct")
    size = scipy.signal.convolve(np.abs(wide).astype(float), np.abs(taps).astype(float), "valid", method="direct")
    if mode == "same":
        starts = [k // 2 if name == "correlate2d" else (k - 1) // 2 for k in h.shape]
        middle = tuple(slice(s, s + n) for s, n in zip(starts, x.shape, strict=True))
        want, size = want[middle], size[middle]
    return want, size, wide


def assert_defined(name, x, h, mode, boundary, **kwargs):
    want, size, wide = definition(name, x, h, mode, boundary)
    dtype = np.result_type(x, h)
    got = getattr(sigresample, name)(x, h, mode, boundary=boundary, **kwargs)
    assert got.dtype == dtype
    if dtype.kind in "biu":
        np.testing.assert_array_equal(got, want.astype(dtype), f"{name} {x.shape} {h.shape} {mode} {boundary}")
        return
    plan = explain(name, x, h, mode, boundary=boundary, **kwargs)
    if plan.fft_length:
        norms = float(np.linalg.norm(wide.ravel().astype(complex)) * np.linalg.norm(h.ravel()))
        limit = transform(plan.fft_length, np.finfo(dtype).eps / 2, norms)
    else:  # two passes meet every tap to 8 units, and add a rounding for each row
        limit = gamma(2 * (h.size + 10) if dtype.kind == "c" else h.size + 10, dtype) * 2**0.5 * size
    assert_close(got, want, limit)


SHAPES = {
    1: [((1,), (1,)), ((1,), (4,)), ((2,), (1,)), ((2,), (7,)), ((5,), (2,)), ((40,), (7,)), ((3,), (300,))],
    2: [((1, 1), (3, 2)), ((1, 7), (4, 3)), ((5, 1), (2, 9)), ((6, 5), (1, 3)), ((7, 20), (3, 1)), ((2, 3), (11, 14))],
    3: [((2, 3, 4), (3, 2, 3)), ((5, 1, 6), (3, 2, 1)), ((3, 4, 20), (2, 3, 1)), ((1, 2, 3), (5, 1, 7))],
    4: [((2, 3, 2, 3), (2, 2, 3, 2)), ((2, 2, 3, 17), (3, 1, 2, 1)), ((3, 2, 1, 2), (1, 4, 3, 1))],
}


@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
@pytest.mark.parametrize("ndim", SHAPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_boundary_is_the_array_extended(name, ndim, method):
    if name in IMAGES and ndim != 2:
        return
    for (shape, taps), mode, boundary in product(SHAPES[ndim], ("full", "same"), OURS[name]):
        for kinds in ("dd", "Fd", "fF", "bh"):
            x, h = sample(shape, kinds[0], 1), sample(taps, kinds[1], 2)
            assert_defined(name, x, h, mode, boundary, method=method)


@pytest.mark.parametrize("boundary", PADS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_filter_of_rank_one_takes_two_passes(name, boundary):
    shape = (90, 70) if name in IMAGES else (2, 90, 70)
    x, h = sample(shape, "d"), np.outer(sample((21,), "d"), sample((17,), "d"))
    h = h.reshape((1,) * (len(shape) - 2) + h.shape)
    plan = explain(name, x, h, "same", boundary=boundary)
    assert plan.costs["separable"] < plan.costs["direct"]
    assert_defined(name, x, h, "same", boundary)


@pytest.mark.parametrize("boundary", PADS)
def test_a_filter_of_twenty_times_the_image(boundary):
    x, h = sample((3, 2), "i"), sample((61, 50), "i")
    for name, mode in product(("convolve", "correlate2d"), ("full", "same")):
        assert_defined(name, x, h, mode, boundary)


@pytest.mark.parametrize("boundary", PADS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_valid_sees_no_boundary(name, boundary):
    for shape, taps in [((7, 6), (3, 2)), ((2, 3), (5, 3))]:
        x, h = sample(shape, "d"), sample(taps, "d")
        assert_same_bytes(
            getattr(sigresample, name)(x, h, "valid", boundary=boundary), getattr(sigresample, name)(x, h, "valid")
        )


@pytest.mark.parametrize("alias", [("pad", "fill"), ("circular", "wrap"), ("symmetric", "symm")])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_scipys_other_names(name, alias):
    x, h = sample((7, 6), "d"), sample((3, 4), "d")
    results = [getattr(sigresample, name)(x, h, "same", boundary=word) for word in alias]
    assert_same_bytes(*results)


@pytest.mark.parametrize("boundary", PADS)
@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
def test_the_bytes_depend_on_one_item_only(boundary, method):
    for shape, taps in [
        ((9, 30), (1, 5)),
        ((3, 8, 9, 11), (1, 3, 2, 4)),
        ((4, 5, 40), (3, 3, 1)),
        ((3, 900), (1, 200)),
    ]:
        x, h = sample(shape, "d"), sample(taps, "d")
        batch = taps.index(1)
        how = {"boundary": boundary, "method": method}
        whole = sigresample.convolve(x, h, "same", workers=1, **how)
        assert_same_bytes(sigresample.convolve(x, h, "same", workers=2, **how), whole)
        for i in range(shape[batch]):
            at = (slice(None),) * batch + (slice(i, i + 1),)
            assert_same_bytes(sigresample.convolve(x[at], h, "same", **how), whole[at])
        for _, other in variants(x):
            assert_same_bytes(sigresample.convolve(other, h, "same", **how), whole)
        y = np.empty_like(whole)
        assert sigresample.convolve(x, h, "same", out=y, **how) is y
        assert_same_bytes(y, whole)


@pytest.mark.parametrize("boundary", PADS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_nan_touches_the_same_outputs_on_every_route(name, boundary):
    x, h = sample((30, 28), "d"), sample((9, 8), "d")
    x[2, 3], x[29, 20] = np.nan, np.inf
    want = definition(name, x, h, "full", boundary)[0]
    for method in ("auto", "direct", "fft"):
        with np.errstate(all="ignore"):
            if method == "fft":
                with pytest.warns(RuntimeWarning, match="Use of fft convolution"):
                    got = getattr(sigresample, name)(x, h, boundary=boundary, method=method)
            else:
                got = getattr(sigresample, name)(x, h, boundary=boundary, method=method)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
        odd = np.isinf(want)
        np.testing.assert_array_equal(got[odd], want[odd])
        assert np.isfinite(got).sum() == np.isfinite(want).sum() > 0


@pytest.mark.parametrize("kind", ["g", "G", "O", "e"])
@pytest.mark.parametrize("boundary", PADS)
def test_what_kernels_do_not_compute_is_extended_too(boundary, kind):
    x, h = np.arange(7.0).astype(kind), np.arange(1.0, 4.0).astype(kind)
    for name, mode in product(("convolve", "correlate"), ("full", "same")):
        got = getattr(sigresample, name)(x, h, mode, boundary=boundary)
        want = getattr(sigresample, name)(x.astype(complex), h.astype(complex), mode, boundary=boundary)
        assert got.dtype.char == kind
        np.testing.assert_array_equal(got.astype(complex), want)  # small whole numbers, exact in any type
        y = np.empty_like(got)
        assert getattr(sigresample, name)(x, h, mode, boundary=boundary, out=y) is y
        np.testing.assert_array_equal(y, got)


@pytest.mark.parametrize("boundary", ["reflect", "edge"])
@pytest.mark.parametrize("name", IMAGES)
def test_long_double_images_are_extended_too(name, boundary):
    x, h = sample((5, 4), "d"), sample((2, 3), "d")
    for mode in ("full", "same"):
        want = definition(name, x, h, mode, boundary)[0]
        got = getattr(sigresample, name)(x.astype("g"), h, mode, boundary, 7)
        np.testing.assert_allclose(got, want, rtol=0, atol=gamma(7, "g") * 100)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_no_boundary_is_refused(name):
    x = np.ones((3, 3))
    for word in ("mirror", 1, None):
        with pytest.raises(ValueError, match=rf"^{name}: Acceptable boundary flags are .* got {word!r}$"):
            getattr(sigresample, name)(x, x, boundary=word)
    with pytest.raises(TypeError, match=rf"^{name}: Acceptable boundary flags are .* got \[\]$"):
        getattr(sigresample, name)(x, x, boundary=[])


@pytest.mark.parametrize("boundary", PADS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_goes_on(name, boundary):
    with pytest.raises(ValueError, match=rf"^{name}: boundary '{boundary}' cannot extend an array without samples"):
        getattr(sigresample, name)(np.ones((0, 3)), np.ones((2, 2)), boundary=boundary)
    for shapes in [((0, 3), (1, 2)), ((3, 3), (0, 2)), ((0, 0), (0, 0))]:
        x, h = map(np.ones, shapes)
        outcomes = []
        for words in ({}, {"boundary": boundary}):
            try:
                with np.errstate(all="ignore"):  # SciPy counts the operations of nothing
                    outcomes.append(getattr(sigresample, name)(x, h, "same", **words).shape)
            except ValueError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]


def test_two_numbers_have_no_outside():
    assert sigresample.convolve(3, 4, boundary="reflect") == 12


@pytest.mark.parametrize("name", ["convolve", "correlate"])
def test_arrays_that_scipy_takes_as_they_are_have_no_boundary(tmp_path, name):
    code = f"""
import numpy as np, sigresample
class Foreign(np.ndarray):
    pass
x = np.ones(3).view(Foreign)
try:
    sigresample.{name}(x, x, boundary="edge")
except TypeError as error:
    print(error)
"""
    done = run_python(code, cwd=tmp_path, SCIPY_ARRAY_API="1")
    assert done.stdout.strip() == f"{name}: boundary='edge' is for NumPy arrays, got Foreign and Foreign", done.stderr


@pytest.mark.parametrize("boundary", PADS)
def test_checks_know_the_boundaries(boundary):
    rng = np.random.default_rng(3)
    with sigresample.checked():
        for name, mode in product(FUNCTIONS, ("full", "same", "valid")):
            for shape, taps, kind in [
                ((7, 6), (3, 4), "d"),
                ((2, 3), (9, 5), "f"),
                ((40, 33), (21, 20), "D"),
                ((5, 6), (2, 2), "?"),
            ]:
                if mode == "valid" and kind == "f":
                    continue
                x, h = sample(shape, kind), sample(taps, kind)
                getattr(sigresample, name)(x, h, mode, boundary=boundary)
        sigresample.convolve(rng.standard_normal((3, 4, 5)), rng.standard_normal((2, 3, 1)), boundary=boundary)
        with pytest.raises(ValueError, match="same dimensionality"):
            sigresample.convolve(np.ones(3), np.ones((3, 3)), boundary=boundary)


def test_checks_find_a_wrong_boundary(monkeypatch):
    from sigresample import _call, convolution

    right = _call.run
    monkeypatch.setattr(convolution._call, "run", lambda *args: right(*args[:7], "wrap", 0))
    with sigresample.checked(), pytest.raises(sigresample.CheckError, match="convolve: route direct gives"):
        sigresample.convolve([1.0, 2.0, 3.0], [1.0, 1.0], boundary="edge")


@pytest.mark.uncheckable  # what is computed by transforms is compared with the sum here
@pytest.mark.filterwarnings("ignore:convolve. Use of fft")
@pytest.mark.parametrize("boundary", ["wrap", "symm", "reflect", "edge"])
@pytest.mark.parametrize(("shape", "taps"), [((6, 84), (98, 91)), ((3, 9, 10), (12, 9, 7))])
def test_a_filter_larger_than_the_data_meets_their_nan(shape, taps, boundary):
    """Its roles are not exchanged, whatever SciPy's sum with zeros outside would do."""
    x, h = sample(shape, "d"), sample(taps, "d", 1)
    x[(2,) * x.ndim] = np.nan
    h[(1,) * x.ndim] = np.inf
    want = sigresample.convolve(x, h, method="direct", boundary=boundary)
    for method in ("auto", "fft"):
        got = sigresample.convolve(x, h, method=method, boundary=boundary)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
        np.testing.assert_array_equal(got == np.inf, want == np.inf)
