"""convolve, correlate, convolve2d, correlate2d against SciPy: definitions, laws, machine."""

from itertools import product

import numpy as np
import pytest
import scipy.signal
from convolution_cases import FUNCTIONS, IMAGES, assert_matches, assert_same_mask, ours, sample, scipys
from hypothesis import given, settings
from hypothesis import strategies as st

import sigresample.convolution as sr
from sigresample import _kernels, _plans
from sigresample._coerce import contiguous

MODES = ("full", "same", "valid")
BOUNDARIES = (("fill", 0), ("fill", 3), ("wrap", 0), ("symm", 0))
TYPES = "?bBhHiIlLqQfdFD"


@pytest.fixture
def level(simd_level):
    """Every set of kernels that this machine can run; plans are made for one of them."""
    _plans.plan.cache_clear()
    yield simd_level
    _plans.plan.cache_clear()


def outcome(function, *args, **kwargs):
    """Return a call's result, or the class of its exception."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return type(error)


# ── definition ──────────────────────────────────────────────────────────────────────────────────


def whole(shape, kind):
    """Return small whole numbers: sums of them are exact in every type."""
    rng = np.random.default_rng([3, *shape])
    x = rng.integers(0, 5, shape)
    return (x + 1j * rng.integers(0, 5, shape) if kind in "FD" else x).astype(kind)


def assert_equal_outcome(name, x, h, *args, **kwargs):
    got = outcome(ours, name, x, h, *args, **kwargs)
    want = outcome(scipys, name, x, h, *args)
    what = (name, x.shape, h.shape, args, kwargs, got, want)
    if isinstance(want, type):
        assert got is want, what
    else:
        assert not isinstance(got, type), what
        assert got.dtype == want.dtype, what
        assert np.array_equal(got, want), what


@pytest.mark.parametrize("name", ["convolve", "correlate"])
def test_every_small_signal(level, name):
    for n, k, mode, kinds in product(range(6), range(6), MODES, ("dd", "fF", "Dd", "hb", "Qi")):
        assert_equal_outcome(name, whole((n,), kinds[0]), whole((k,), kinds[1]), mode, method="direct")


@pytest.mark.parametrize("name", ["convolve", "correlate"])
@pytest.mark.parametrize("kinds", ["dd", "Fd", "BB"])
def test_every_small_pair_of_arrays(name, kinds):
    for shape in product(range(6), repeat=4):
        if shape[0] + shape[2] > 7 or (0 in shape and max(shape) > 2):
            continue
        for mode in MODES:
            x, h = whole(shape[:2], kinds[0]), whole(shape[2:], kinds[1])
            assert_equal_outcome(name, x, h, mode, method="direct")


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("kinds", ["ff", "DF", "hh"])
def test_every_small_pair_of_images(level, name, kinds):
    for shape in product((1, 2, 3, 5), repeat=4):
        for mode, boundary in product(MODES, BOUNDARIES):
            x, h = whole(shape[:2], kinds[0]), whole(shape[2:], kinds[1])
            assert_equal_outcome(name, x, h, mode, *boundary, method="direct")


@pytest.mark.parametrize("name", IMAGES)
def test_images_without_samples(name):
    for shape in product(range(3), repeat=4):
        if 0 not in shape:
            continue
        x, h = np.ones(shape[:2]), np.ones(shape[2:])
        for mode, boundary in product(MODES, ("fill", "wrap", "symm")):
            looks = len(h) > 0 and (len(x) == 0 or (x.size == 0 and h.size > 0))
            outputs = min(n + k - 1 for n, k in zip(x.shape, h.shape, strict=True)) > 0
            if boundary != "fill" and mode == "full" and looks and outputs:
                with pytest.raises(ValueError, match="cannot extend an array without samples"):  # ends SciPy's process
                    ours(name, x, h, mode, boundary)
            else:
                assert_equal_outcome(name, x, h, mode, boundary)


@pytest.mark.parametrize("ndim", [3, 4])
def test_more_dimensions(ndim):
    rng = np.random.default_rng(ndim)
    for trial in range(250):
        shapes = [tuple(np.where(rng.random(ndim) < 0.3, 1, rng.integers(1, 5, ndim)).tolist()) for _ in range(2)]
        kinds = ("dd", "Fd", "fF", "hi")[trial % 4]
        for name, mode, method in product(("convolve", "correlate"), MODES, ("direct", "fft")):
            x, h = (whole(s, k) for s, k in zip(shapes, kinds, strict=True))
            if method == "direct":
                assert_equal_outcome(name, x, h, mode, method=method)
            elif not isinstance(outcome(scipys, name, x, h, mode), type):
                assert_matches(name, x, h, mode, method=method)


HARD = [
    ((97,), (31,)), ((31,), (97,)), ((1009,), (2,)), ((3,), (700,)), ((5000,), (500,)),
    ((53, 67), (7, 5)), ((53, 67), (1, 30)), ((53, 67), (30, 1)), ((1, 200), (1, 9)), ((200, 1), (9, 1)),
    ((4, 3), (40, 30)), ((90, 1), (1, 80)), ((30, 80), (13, 13)), ((9, 60), (9, 60)),
    ((5, 6, 130), (1, 1, 40)), ((20, 30, 3), (5, 5, 1)), ((20, 30, 20), (5, 1, 1)), ((1, 20, 30), (4, 5, 5)),
    ((20, 30, 1), (5, 5, 4)), ((6, 20, 30), (3, 5, 5)), ((30, 4, 50), (7, 1, 7)),
]  # fmt: skip


@pytest.mark.parametrize("shapes", HARD, ids=str)
@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
def test_hard_shapes(shapes, method):
    for name, kinds in product(("convolve", "correlate"), ("ff", "dD", "Fd", "bB")):
        x, h = sample(shapes[0], kinds[0], 1), sample(shapes[1], kinds[1], 2)
        for mode in MODES:
            if mode != "valid" or not isinstance(outcome(scipys, name, x, h, mode), type):
                assert_matches(name, x, h, mode, method=method)


@pytest.mark.parametrize("shapes", [s for s in HARD if len(s[0]) == 2] + [((3, 2), (200, 90))], ids=str)
@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
def test_hard_images(shapes, method):
    for name, kinds, boundary in product(IMAGES, ("ff", "dD", "hh"), BOUNDARIES):
        x, h = sample(shapes[0], kinds[0], 1), sample(shapes[1], kinds[1], 2)
        if x.size * h.size < 2e6:
            assert_matches(name, x, h, "same", *boundary, method=method)


@pytest.mark.parametrize("kinds", ["ff", "dd", "FF", "Dd", "ii"])
def test_levels_agree_with_scipy_on_long_sums(level, kinds):
    for shapes in [((3000,), (200,)), ((90, 130), (11, 13)), ((2, 7, 300), (1, 1, 60))]:
        x, h = (sample(s, k, 4) for s, k in zip(shapes, kinds, strict=True))
        assert_matches("convolve", x, h, "same", method="direct")


def test_every_pair_of_types():
    for one, two in set(product(TYPES, repeat=2)) - {("?", "?")}:
        for shapes in [((9,), (4,)), ((4,), (9,)), ((6, 5), (2, 3)), ((2, 3), (6, 5))]:
            x, h = sample(shapes[0], one, 5), sample(shapes[1], two, 6)
            for name in FUNCTIONS if x.ndim == 2 else FUNCTIONS[:2]:
                for method in ("auto", "fft"):
                    assert_matches(name, x, h, "same", method=method)


@pytest.mark.uncheckable  # SciPy sums one-dimensional booleans only where it need not pad
def test_booleans():
    for shapes in [((9,), (4,)), ((4,), (9,)), ((6, 5), (2, 3)), ((2, 3), (6, 5)), ((30, 40), (20, 20))]:
        x, h = (sample(shape, "?", n) for n, shape in enumerate(shapes))
        for name, method in product(FUNCTIONS if x.ndim == 2 else FUNCTIONS[:2], ("auto", "direct", "fft")):
            got = ours(name, x, h, "same", method=method)
            assert got.dtype == bool
            assert np.array_equal(got, scipys(name, x.astype(int), h.astype(int), "same") != 0)


def test_many_true_products_stay_true():
    """256 of them are 0 modulo 256, and 65 536 modulo 65 536."""
    for n in (16, 256):
        x = np.ones((n, n), bool)
        assert ours("convolve2d", x, x, "valid").tolist() == [[True]]
        assert ours("convolve", x, x, "valid", method="fft").tolist() == [[True]]


def test_integers_are_exact_by_fft_or_not_taken_by_it():
    x = np.full(3000, 314159265, np.int64)
    want = scipys("convolve", x, x)
    for method in ("fft", "auto"):
        assert np.array_equal(ours("convolve", x, x, method=method), want)
    small = sample((3000,), "b", 7)
    assert np.array_equal(ours("convolve", small, small, method="fft"), scipys("convolve", small, small))


# ── NaN and infinities ──────────────────────────────────────────────────────────────────────────


def spoiled(rng, shape, kind, count):
    x = sample(shape, kind, int(rng.integers(1 << 30)))
    for _ in range(count):
        x.flat[rng.integers(x.size)] = (np.nan, np.inf, -np.inf)[rng.integers(3)]
    return x


def spread_over_a_batch(x, h):
    """Whether SciPy takes a whole batch, or would take one item of it, for the filter."""
    item = np.prod([n for n, k in zip(x.shape, h.shape, strict=True) if k > 1])
    return item < x.size and h.size > item


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("kinds", ["dd", "ff", "Df", "fF", "FF"])
def test_nonfinite_outputs_are_those_of_the_direct_sum(ndim, kinds):
    rng = np.random.default_rng([ndim, *map(ord, kinds)])
    for _ in range(40):
        shapes = [tuple(np.where(rng.random(ndim) < 0.2, 1, rng.integers(1, 7, ndim)).tolist()) for _ in range(2)]
        x, h = (spoiled(rng, s, k, rng.integers(3)) for s, k in zip(shapes, kinds, strict=True))
        for name, mode in product(FUNCTIONS if ndim == 2 else FUNCTIONS[:2], MODES):
            if isinstance(outcome(scipys, name, x, h, mode), type):
                continue
            if mode == "full" and name not in IMAGES and spread_over_a_batch(x, h):
                continue  # see test_what_one_item_holds_is_nothing_to_another
            for boundary in BOUNDARIES if name in IMAGES else [()]:
                assert_same_mask(name, x, h, mode, *boundary)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_nonfinite_long_filters():
    rng = np.random.default_rng(8)
    for shapes in [((300,), (100,)), ((30, 200), (1, 90)), ((40, 50), (9, 9)), ((3, 40, 50), (3, 9, 9))]:
        for spoil in ((1, 0), (0, 1)):
            x, h = (spoiled(rng, s, "d", c) for s, c in zip(shapes, spoil, strict=True))
            for mode in MODES:
                assert_same_mask("convolve", x, h, mode)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_auto_sums_only_the_spoiled_item_of_a_batch():
    x, h = sample((3, 20000), "d"), sample((1, 5000), "d", 1)
    clean = ours("convolve", x, h)
    x[1, 7000] = np.nan
    got = ours("convolve", x, h)
    assert np.array_equal(got[[0, 2]], clean[[0, 2]])
    assert np.isnan(got[1]).sum() == 5000


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_fft_by_request_warns_and_gives_the_direct_sum(bad):
    x = np.ones(100)
    x[50] = bad
    with pytest.warns(RuntimeWarning, match=r"^convolve: Use of fft convolution on input with NAN or inf"):
        got = sr.convolve(x, np.ones(5), method="fft")
    want = sr.convolve(x, np.ones(5), method="direct")
    np.testing.assert_array_equal(np.isfinite(got), np.isfinite(want))
    np.testing.assert_allclose(got, want, rtol=0, atol=16 * 8 * 2.0**-53 * 10 * 5**0.5)  # C log2(points) u |x| |h|


def test_fft_that_overflows_is_summed():
    x, h = np.full(64, 1e30, np.float32), np.full(9, 1e8, np.float32)
    h[1:] = 0
    got = sr.convolve(x, h, "valid", method="fft")
    assert np.isfinite(got).all()


# ── laws ────────────────────────────────────────────────────────────────────────────────────────

shapes_2d = st.tuples(st.integers(1, 12), st.integers(1, 12))


@given(shapes_2d, shapes_2d, st.sampled_from(["ii", "bH", "Dd", "ff"]), st.integers(0, 2**20))
@settings(max_examples=60, deadline=None)
def test_laws(shape, filter_shape, kinds, seed):
    """Commutes; 'same' and 'valid' are slices of 'full'; an impulse returns the filter; correlation turns it round."""
    x, h = sample(shape, kinds[0], seed), sample(filter_shape, kinds[1], seed + 1)
    full = ours("convolve", x, h)
    exact = full.dtype.kind in "iu"
    turned = ours("convolve", h, x)
    scale = np.finfo(full.dtype).eps * 1000 if not exact else 0
    assert np.allclose(full, turned, rtol=scale, atol=scale * 30) if not exact else np.array_equal(full, turned)
    start = [(k - 1) // 2 for k in filter_shape]
    same = full[start[0] : start[0] + shape[0], start[1] : start[1] + shape[1]]
    assert np.allclose(ours("convolve", x, h, "same"), same, rtol=scale, atol=scale * 30)
    impulse = np.ones((1, 1), x.dtype)
    assert np.array_equal(ours("convolve", impulse, h), h.astype(full.dtype))
    back = ours("correlate", x, h[::-1, ::-1].conj())
    assert np.allclose(back, full, rtol=scale, atol=scale * 30)


@given(shapes_2d, shapes_2d, st.sampled_from(["wrap", "symm"]))
@settings(max_examples=40, deadline=None)
def test_a_boundary_is_the_image_extended(shape, filter_shape, boundary):
    x, h = sample(shape, "h", 9), sample(filter_shape, "b", 10)
    pad = [(k - 1, k - 1) for k in filter_shape]
    extended = np.pad(x, pad, mode={"wrap": "wrap", "symm": "symmetric"}[boundary])
    want = scipys("convolve2d", extended, h, "valid")
    assert np.array_equal(ours("convolve2d", x, h, "full", boundary), want)


# ── machine ─────────────────────────────────────────────────────────────────────────────────────

CALLS = [
    ("convolve", (3000,), (40,), "dd", {}),
    ("convolve", (40, 3000), (1, 5), "ff", {}),
    ("correlate", (200, 310), (9, 7), "Ff", {}),
    ("convolve", (200, 310), (9, 7), "DD", {}),
    ("convolve", (20, 40, 50), (3, 5, 5), "dd", {}),
    ("convolve2d", (300, 200), (5, 5), "hh", {"boundary": "symm", "mode": "same"}),
    ("convolve", (64, 3000), (1, 900), "ff", {"method": "fft"}),
    ("convolve2d", (301, 203), (21, 21), "dd", {"boundary": "wrap", "method": "fft"}),
]


@pytest.mark.parametrize(("name", "shape", "filter_shape", "kinds", "how"), CALLS)
def test_workers_do_not_change_a_byte(name, shape, filter_shape, kinds, how):
    x, h = sample(shape, kinds[0], 11), sample(filter_shape, kinds[1], 12)
    one = ours(name, x, h, workers=1, **how).tobytes()
    assert all(ours(name, x, h, workers=n, **how).tobytes() == one for n in (2, 7, -1, None))


def test_unaligned_memory_is_not_given_to_a_kernel():
    raw = np.zeros(81, np.uint8)[1:].view(np.float64)
    assert not raw.flags.aligned
    assert contiguous(raw, raw.dtype).flags.aligned
    assert contiguous(raw.astype(">f8"), np.dtype(np.float64)).flags.aligned


def layouts(x):
    """Yield the same numbers in other layouts."""
    yield np.asfortranarray(x)
    yield np.repeat(x, 2, axis=-1)[..., ::2]
    yield x[..., ::-1].copy()[..., ::-1]
    yield x.astype(x.dtype.newbyteorder())
    raw = np.zeros(x.nbytes + 1, np.uint8)
    raw[1:] = np.frombuffer(x.tobytes(), np.uint8)
    yield raw[1:].view(x.dtype).reshape(x.shape)  # not aligned
    readonly = x.copy()
    readonly.flags.writeable = False
    yield readonly


@pytest.mark.parametrize(("name", "shape", "filter_shape", "kinds", "how"), CALLS)
def test_layouts_do_not_change_a_byte(name, shape, filter_shape, kinds, how):
    x, h = sample(shape, kinds[0], 11), sample(filter_shape, kinds[1], 12)
    want = ours(name, x, h, **how)
    for other, turned in zip(layouts(x), layouts(h), strict=True):
        kept = other.tobytes()
        for got in (ours(name, other, h, **how), ours(name, x, turned, **how)):
            assert got.dtype.isnative
            assert got.tobytes() == want.tobytes()
        assert other.tobytes() == kept


@pytest.mark.parametrize("batch_axis", [0, 1, 2])
@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
@pytest.mark.parametrize("kinds", ["ff", "Dd", "FF"])
def test_a_batch_is_its_items(batch_axis, method, kinds):
    for shapes in [((40, 60), (5, 7)), ((7, 3), (9, 20)), ((1, 300), (1, 40)), ((90, 1), (31, 1)), ((50, 50), (3, 3))]:
        for separable in (False, True):
            x = sample((*shapes[0], 5), kinds[0], 13)
            h = sample((*shapes[1], 1), kinds[1], 14)
            if separable:
                h = (h[:, :1] * h[:1]).astype(kinds[1])
            x, h = np.moveaxis(x, -1, batch_axis), np.moveaxis(h, -1, batch_axis)
            for name, args in (("convolve", (x, h)), ("convolve", (h, x)), ("correlate", (h, x))):
                at = 0 if args[0] is x else 1
                whole_batch = ours(name, *args, method=method)
                for i in range(5):
                    item = list(args)
                    item[at] = np.take(x, [i], batch_axis)
                    alone = ours(name, *item, method=method)
                    j = 4 - i if name == "correlate" and at else i  # a correlation reverses in2 on every axis
                    assert np.take(whole_batch, [j], batch_axis).tobytes() == alone.tobytes()
                flipped = list(args)
                flipped[at] = np.flip(x, batch_axis)
                assert np.flip(ours(name, *flipped, method=method), batch_axis).tobytes() == whole_batch.tobytes()


def test_fma_levels_agree_to_the_bit():
    """All levels that contract a product and a sum give the same bytes (docs/accuracy.md)."""
    from importlib import import_module

    with_fma = [name for name in _kernels.available() if name in ("v3", "v4", "neon")]
    results = set()
    for name in with_fma:
        with pytest.MonkeyPatch.context() as patch:
            for kernel in ("correlate", "polyphase"):
                patch.setattr(_kernels, kernel, import_module(f"sigresample._kernels.{kernel}_{name}"))
            x, h = sample((77, 211), "f", 15), sample((6, 5), "f", 16)
            results.add(ours("convolve", x, h, method="direct").tobytes())
    assert len(results) <= 1


def test_scipys_own_examples():
    """The calls of SciPy's documentation: a smoothed pulse, a gradient."""
    pulse = np.repeat([0.0, 1.0, 0.0], 100)
    window = scipy.signal.windows.hann(50)
    assert_matches("convolve", pulse, window, "same")
    scharr = np.array([[-3 - 3j, 0 - 10j, 3 - 3j], [-10 + 0j, 0, 10 + 0j], [-3 + 3j, 0 + 10j, 3 + 3j]])
    assert_matches("convolve2d", sample((60, 70), "d"), scharr, "same", "symm")


# ── found by a first user ───────────────────────────────────────────────────────────────────────


@pytest.mark.filterwarnings("ignore:convolve. Use of fft", "ignore:correlate. Use of fft")
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(
    ("shape", "taps"),
    [((2, 2), (1, 3)), ((4, 307), (1, 714)), ((3, 1337), (1, 1620)), ((2, 20, 45), (1, 26, 37)), ((5, 8), (1, 3))],
)
@pytest.mark.parametrize("name", ["convolve", "correlate"])
def test_what_one_item_holds_is_nothing_to_another(name, shape, taps, bad):
    x, h = sample(shape, "d", 1), sample(taps, "d", 2)
    x.reshape(shape[0], -1)[0, 1] = bad
    for method in ("auto", "direct", "fft"):
        whole = ours(name, x, h, method=method)
        for i in range(shape[0]):
            alone = ours(name, x[i : i + 1], h, method=method)
            assert whole[i : i + 1].tobytes() == alone.tobytes()
        assert not np.isfinite(whole[0]).all()


def test_no_warning_of_ours_escapes():
    with np.errstate(all="raise"):
        assert np.array_equal(sr.convolve([1.0, 2, 3], [1e200, 1.0]), [1e200, 2e200, 3e200, 3])
        tiny = np.full((9, 9), 1e-200)
        tiny[0] = 1.0
        assert np.isfinite(sr.convolve2d(np.ones((60, 60)), tiny)).all()
        x, h = np.full(300, 1e30, "f"), np.ones(200, "f")
        assert np.isfinite(sr.convolve(x, h, method="fft")).all()


@pytest.mark.parametrize("dtype", ["d", "g", "O"])
def test_an_empty_image_crashes_nothing(dtype):
    with pytest.raises(ValueError, match="cannot extend an array without samples"):
        sr.convolve2d(np.zeros((0, 3), dtype), np.ones((2, 2)), boundary="wrap")


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_a_fill_value_that_the_boundary_ignores():
    assert sr.convolve2d(np.ones((2, 1)), np.ones((1, 2)), "full", "wrap", 1 + 2j).sum() == 8


def test_out_that_overlaps_itself_is_refused():
    out = np.lib.stride_tricks.as_strided(np.zeros(8), (8, 8), (0, 8), writeable=True)
    with pytest.raises(ValueError, match="out must not overlap itself"):
        sr.convolve(np.ones((7, 7)), np.ones((2, 2)), out=out)
    out = np.zeros((16, 16))[::2, ::-2]
    assert sr.convolve(np.ones((7, 7)), np.ones((2, 2)), out=out) is out
    assert out.sum() == 196


def test_scipys_errors_come_with_the_function_and_what_it_got():
    with pytest.raises(ValueError, match=r"^convolve: a cannot be empty, got float64 of shape \(0,\)"):
        sr.convolve([], [1.0], method="direct")
    assert sr.choose_conv_method(np.ones((5, 5)), np.ones(5)) == "direct"
