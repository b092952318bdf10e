"""Convolver: the bytes of convolve, whatever is prepared, whoever uses it, however it came here."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest
from convolution_cases import sample
from helpers import assert_same_bytes, variants

import sigresample
from sigresample import Convolver, convolve, convolver

MODES = ("full", "same", "valid")
BOUNDARIES = ("fill", "wrap", "symm", "reflect", "edge")
LENGTHS = (1, 2, 5, 40, 41, 1000, 40, 5000, 1, 1000)
FILTERS = {"one tap": (1,), "few": (5,), "many": (41,), "more": (700,)}


@pytest.mark.uncheckable  # convolve's own calls are checked elsewhere
@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("taps", FILTERS.values(), ids=FILTERS)
def test_the_bytes_are_convolves(taps, mode, method):
    """Also of the second call of a length, which finds the filter prepared; also where the data is the shorter."""
    for boundary, kinds in product(BOUNDARIES, ("dd", "ff", "Dd", "fF", "fi", "hh", "??")):
        h = sample(taps, kinds[1], 1)
        fixed = Convolver(h, mode, boundary, method=method)
        for seed, n in enumerate(LENGTHS):
            x = sample((n,), kinds[0], seed)
            assert_same_bytes(fixed(x), convolve(x, h, mode, method, boundary=boundary))


IMAGES = [((90, 80), "rank one"), ((5, 4), "rank one"), ((70, 60), "full"), ((1, 60), "full"), ((60, 1), "full")]


@pytest.mark.uncheckable  # convolve's own calls are checked elsewhere
@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("mode", ["full", "same"])
def test_the_bytes_of_images_and_stacks(mode, boundary):
    """Square filters, so that a row of one, met by data of one column, could be taken for a column."""
    for n in (3, 17):
        u, v = sample((n,), "d", 1), sample((n,), "d", 2)
        for h in (np.outer(u, v), sample((n, n), "d", 3)):
            fixed = Convolver(h, mode, boundary)
            for shape, _ in IMAGES * 2:
                for stack in ((), (3,), (2, 1)):
                    x = sample(stack + shape, "d", 4)
                    want = convolve(x, h.reshape((1,) * len(stack) + h.shape), mode, boundary=boundary)
                    assert_same_bytes(fixed(x), want)
                    assert_same_bytes(
                        fixed(x.astype("f")),
                        convolve(x.astype("f"), h.reshape((1,) * len(stack) + h.shape), mode, boundary=boundary),
                    )


@pytest.mark.parametrize(("axes", "given"), [(0, (0,)), (1, (1,)), (-1, (-1,)), (-2, (-2,)), ([2], (2,))])
def test_axes_of_a_row_of_taps(axes, given):
    h, x = sample((6,), "d"), sample((7, 8, 9), "d")
    fixed = Convolver(h, "same", axes=axes)
    assert fixed.axes == given
    shape = [1, 1, 1]
    shape[given[0]] = 6
    assert_same_bytes(fixed(x), convolve(x, h.reshape(shape), "same"))


def test_axes_of_an_image_of_taps():
    h, x = sample((3, 4), "d"), sample((7, 8, 9), "d")
    assert_same_bytes(Convolver(h, axes=(0, 2))(x), convolve(x, h[:, None, :]))
    assert_same_bytes(Convolver(h, axes=(2, 0))(x), convolve(x, h.T[:, None, :]))
    assert_same_bytes(Convolver(h, axes=(-1, -3))(x), convolve(x, h.T[:, None, :]))
    assert_same_bytes(Convolver(h, axes=(1, 0))(x[0]), convolve(x[0], h.T))


def test_what_is_prepared_is_used_and_bounded(monkeypatch):
    h = sample((300,), "d")
    fixed = Convolver(h, method="fft")
    assert fixed.nbytes == 0
    x = sample((3000,), "d")
    first = fixed(x)
    held = fixed.nbytes
    assert held > h.nbytes
    assert_same_bytes(fixed(x), first)
    assert fixed.nbytes == held
    sigresample.clear_cache()
    assert fixed.nbytes == 0
    assert_same_bytes(fixed(x), first)
    monkeypatch.setattr(convolver, "PREPARED_BYTES", 200_000)
    small = Convolver(h, method="fft")
    for n in range(1000, 60_000, 7919):
        x = sample((n,), "d")
        assert_same_bytes(small(x), convolve(x, h, method="fft"))
        assert small.nbytes <= 200_000


@pytest.mark.uncheckable  # the check's own plan looks for the factors too
def test_the_factors_of_a_filter_of_rank_one_are_found_once(monkeypatch):
    from sigresample._routes import separable

    calls = []
    found = separable.factors
    monkeypatch.setattr(separable, "factors", lambda w: calls.append(w) or found(w))
    x = sample((90, 90), "d")
    costs = {n: sigresample.explain(convolve, x, np.ones((n, n))).costs for n in (5, 7, 9, 13, 21)}
    n = next(n for n in costs if min(costs[n], key=costs[n].__getitem__) == "separable")
    for h in (np.outer(sample((n,), "d"), sample((n,), "d", 1)), sample((n, n), "d")):
        fixed = Convolver(h)
        calls.clear()
        want = convolve(x, h)
        asked = len(calls)
        assert asked == 1, "auto tries two passes here"
        assert_same_bytes(fixed(x), want)
        assert_same_bytes(fixed(x), want)
        assert len(calls) == asked + 1


def test_threads_share_one():
    h = sample((500,), "d")
    fixed = Convolver(h, "same", method="fft")
    arrays = [sample((n,), "d", i) for i, n in enumerate((3000, 700, 5001, 3000, 20_000, 499) * 4)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(fixed, arrays))
    for x, got in zip(arrays, results, strict=True):
        assert_same_bytes(got, convolve(x, h, "same", method="fft"))


@pytest.mark.parametrize("clone", [lambda c: pickle.loads(pickle.dumps(c)), copy.copy, copy.deepcopy])
def test_it_can_be_pickled_and_copied(clone):
    fixed = Convolver(sample((4, 5), "F"), "same", "reflect", axes=(0, -1), method="direct")
    x = sample((9, 3, 9), "D")
    want = fixed(x)
    other = clone(fixed)
    assert_same_bytes(other(x), want)
    assert repr(other) == repr(fixed)
    assert_same_bytes(other.h, fixed.h)
    assert not other.h.flags.writeable
    assert (other.mode, other.boundary, other.axes, other.method) == ("same", "reflect", (0, -1), "direct")
    long = Convolver(sample((4000,), "d"))
    long(sample((90_000,), "d"))
    assert len(pickle.dumps(long)) < long.h.nbytes + 1000


def test_the_callers_array_is_its_own_again():
    h = sample((9,), "d")
    kept = h.copy()
    fixed = Convolver(h)
    h[...] = np.nan
    assert_same_bytes(fixed(np.ones(20)), convolve(np.ones(20), kept))
    with pytest.raises(ValueError, match="read-only"):
        fixed.h[0] = 1
    with pytest.raises(AttributeError):
        fixed.mode = "same"


def test_every_layout_and_out_and_workers():
    h, x = sample((7,), "d"), sample((5, 300), "d")
    fixed = Convolver(h, "same")
    want = fixed(x)
    for _, other in variants(x):
        assert_same_bytes(fixed(other), want)
    for _, other in variants(h):
        assert_same_bytes(Convolver(other, "same")(x), want)
    y = np.empty_like(want)
    assert fixed(x, out=y, workers=2) is y
    assert_same_bytes(y, want)
    assert_same_bytes(fixed(x.tolist()), want)
    with pytest.raises(ValueError, match="^convolve: workers must not be 0$"):
        fixed(x, workers=0)
    with pytest.raises(ValueError, match="^convolve: out must have shape"):
        fixed(x, out=y[:, 1:])


def test_nan_touches_what_it_touches_in_convolve():
    h, x = sample((30,), "d"), sample((2000,), "d")
    fixed = Convolver(h, method="fft")
    fixed(x)
    x[700] = np.nan
    with pytest.warns(RuntimeWarning, match="Use of fft convolution"):
        got = fixed(x)
    assert np.flatnonzero(np.isnan(got)).tolist() == list(range(700, 730))
    h[3] = np.inf
    assert_same_bytes(Convolver(h)(x), convolve(x, h))


def test_types_that_are_scipys():
    h = np.arange(1, 4).astype("g")
    got = Convolver(h, "same", "edge")(np.arange(9.0))
    assert got.dtype == np.longdouble
    np.testing.assert_array_equal(got, convolve(np.arange(9.0), h, "same", boundary="edge"))


def test_it_says_what_it_is_and_would_do():
    h = np.ones((3, 5), "f")
    assert repr(Convolver(h)) == "Convolver(<float32 of shape (3, 5)>, mode='full', boundary='fill')"
    fixed = Convolver(h, "same", "wrap", axes=(1, 0), method="direct")
    text = "Convolver(<float32 of shape (3, 5)>, mode='same', boundary='wrap', axes=(1, 0), method='direct')"
    assert repr(fixed) == text
    plan = fixed.explain(np.ones((40, 50, 60), "f"))
    assert (plan.function, plan.route, plan.shape) == ("convolve", "direct", (40, 50, 60))


def test_it_is_compared_with_scipy_too(monkeypatch):
    from sigresample import _compute

    h, x = sample((9, 8), "d"), sample((30, 31), "d")
    with sigresample.checked():
        for mode, boundary in product(MODES, BOUNDARIES):
            Convolver(h, mode, boundary)(x, workers=1)
        with pytest.raises(ValueError, match="must not be 0"):
            Convolver(h)(x, workers=0)
    right = _compute.run
    monkeypatch.setattr(_compute, "run", lambda *args, **kwargs: (right(*args, **kwargs)[0] + 1, False))
    with sigresample.checked(), pytest.raises(sigresample.CheckError, match="^convolve: route .* gives"):
        Convolver(h)(x)


@pytest.mark.parametrize("h", [3, [], np.ones((2, 0))])
def test_no_filter(h):
    with pytest.raises(ValueError, match=r"^Convolver: h must have dimensions and elements, got shape \("):
        Convolver(h)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"mode": "mirror"}, ValueError, "Acceptable mode flags are 'valid', 'same', or 'full', got 'mirror'"),
        ({"mode": []}, ValueError, r"Acceptable mode flags are 'valid', 'same', or 'full', got \[\]"),
        ({"method": "fast"}, ValueError, "Acceptable method flags are 'auto', 'direct', or 'fft', got 'fast'"),
        ({"boundary": "mirror"}, ValueError, "Acceptable boundary flags are .*, got 'mirror'"),
        ({"boundary": []}, ValueError, r"Acceptable boundary flags are .*, got \[\]"),
        ({"axes": (0, 1)}, ValueError, r"axes must be 1, one for each dimension of h, got \(0, 1\)"),
        ({"axes": ()}, ValueError, r"axes must be 1, one for each dimension of h, got \(\)"),
        ({"axes": 1.0}, TypeError, "axes must be integers, got 1.0"),
        ({"axes": "0"}, TypeError, "axes must be integers, got '0'"),
    ],
)
def test_what_it_refuses_at_once(arguments, error, text):
    with pytest.raises(error, match=f"^Convolver: {text}$"):
        Convolver([1.0, 2.0], **arguments)


def test_what_it_refuses_of_an_array():
    with pytest.raises(ValueError, match=r"^Convolver: x must have at least the 2 dimensions of h, got shape \(3,\)$"):
        Convolver(np.ones((2, 2)))(np.ones(3))
    with pytest.raises(
        ValueError, match=r"^Convolver: axes=\(2,\) must lie within the dimensions of x, got shape \(3, 4\)"
    ):
        Convolver([1.0, 2.0], axes=2)(np.ones((3, 4)))
    with pytest.raises(
        ValueError, match=r"^Convolver: axes=\(0, -2\) must be different axes of x, got shape \(3, 4\)$"
    ):
        Convolver(np.ones((2, 2)), axes=(0, -2))(np.ones((3, 4)))
    with pytest.raises(ValueError, match="For 'valid' mode, one must be at least as large"):
        Convolver(np.ones((2, 3)), "valid")(np.ones((3, 2)))
