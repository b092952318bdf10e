"""What convolve, correlate, convolve2d, correlate2d accept, refuse and promise: arguments, errors, out, memory."""

import contextlib
import tracemalloc
from itertools import product

import numpy as np
import pytest
import scipy.signal
from convolution_cases import FUNCTIONS, IMAGES, ours, sample, scipys
from helpers import run_python, spelled
from hypothesis import given, settings
from hypothesis import strategies as st

import sigresample.convolution as sr

LONG = np.longdouble


def arguments(name):
    shape = (6, 5) if name in IMAGES else (9,)
    return sample(shape, "d", 1), sample(shape[:1] + shape[1:], "d", 2)[:3]


# ── errors: SciPy's class and sentence, the function's name and the value ───────────────────────


@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors(name):
    x, h = arguments(name)
    word = getattr(sr, name)
    with pytest.raises(ValueError, match=rf"^{name}: Acceptable mode flags are 'valid', 'same', or 'full', got 'all'$"):
        word(x, h, "all")
    with pytest.raises(
        ValueError, match=rf"^{name}: Acceptable method flags are 'auto', 'direct', or 'fft', got 'dct'$"
    ):
        word(x, h, method="dct")
    with pytest.raises(ValueError, match=rf"^{name}: .*(dimensionality|2-D arrays), got \(\d+,.*\) and \(1, 2, 3\)$"):
        word(x, np.ones((1, 2, 3)))
    with pytest.raises(ValueError, match=rf"^{name}: workers must not be 0$"):
        word(x, h, workers=0)
    with pytest.raises(TypeError, match=rf"^{name}: workers must be an integer or None, got 'all'$"):
        word(x, h, workers="all")
    with pytest.raises(ValueError if name == "convolve" else TypeError, match=r"flags are 'valid'.* got \[\]$"):
        word(x, h, [])
    with pytest.raises(ValueError, match=r"flags are 'auto'.* got \[\]$"):
        word(x, h, method=[])


@pytest.mark.parametrize(("name", "sentence"), [
    ("convolve", "volume and kernel should have the same dimensionality"),
    ("correlate", "in1 and in2 should have the same dimensionality"),
    ("convolve2d", "convolve2d inputs must both be 2-D arrays"),
    ("correlate2d", "correlate2d inputs must both be 2-D arrays"),
])  # fmt: skip
def test_dimension_errors_have_scipys_sentence(name, sentence):
    with pytest.raises(ValueError, match=sentence):
        ours(name, np.ones((2, 2)), np.ones(2))
    with pytest.raises(ValueError, match=sentence):
        scipys(name, np.ones((2, 2)), np.ones(2))


@pytest.mark.parametrize("name", IMAGES)
def test_boundary_errors(name):
    x, h = arguments(name)
    with pytest.raises(ValueError, match=rf"^{name}: Acceptable boundary flags are 'fill', .* got 'mirror'$"):
        ours(name, x, h, "full", "mirror")
    with pytest.raises(TypeError, match=rf"^{name}: Acceptable boundary flags are 'fill', .* got \[\]$"):
        ours(name, x, h, "full", [])
    with pytest.raises(ValueError, match=rf"^{name}: For 'valid' mode, .* got \(2, 3\) and \(3, 2\)$"):
        ours(name, np.ones((2, 3)), np.ones((3, 2)), "valid")


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize(("alias", "boundary"), [("pad", "fill"), ("circular", "wrap"), ("symmetric", "symm")])
def test_boundary_aliases(name, alias, boundary):
    x, h = arguments(name)
    assert np.array_equal(ours(name, x, h, "same", alias), ours(name, x, h, "same", boundary))


@pytest.mark.uncheckable
@pytest.mark.parametrize("kind", "BifdFD?")
@pytest.mark.parametrize("fillvalue", [
    0, 1, 1.5, -1, 300, True, 2j, 1 + 0j, None, "3", "x", [2], [1, 2], float("nan"), 2**70, 2.0**40,
    np.float64(1.5), np.int64(2), np.array(2), np.array([3.0]), object(),
], ids=spelled)  # fmt: skip
@pytest.mark.filterwarnings("ignore")  # SciPy casts with warnings, some of them
def test_fillvalue_is_cast_as_scipy_does(fillvalue, kind):
    x, h = np.ones((2, 3), kind), np.ones((2, 2), kind if kind != "?" else "i")
    try:
        want = scipy.signal.convolve2d(x, h, "full", "fill", fillvalue)
    except (ValueError, TypeError) as error:
        with pytest.raises(type(error), match="^convolve2d: "):
            sr.convolve2d(x, h, "full", "fill", fillvalue)
    else:
        got = sr.convolve2d(x, h, "full", "fill", fillvalue, method="direct")
        assert np.array_equal(got, want, equal_nan=got.dtype.kind in "fc")


def test_booleans_are_filled_with_a_boolean():
    x = np.zeros((2, 2), bool)
    assert sr.convolve2d(x, ~x, "full", "fill", 1).tolist() == [[True] * 3, [True, False, True], [True] * 3]
    assert not sr.convolve2d(x, ~x, "full", "fill", 0).any()


# ── what is not for the kernels ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["e", "g", "G", "O"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_other_types_get_scipys_answer_or_error(name, kind):
    x, h = (a.astype(kind) for a in arguments(name))
    method = {} if name in IMAGES else {"method": "direct"}
    try:
        want = getattr(scipy.signal, name)(x, h, **method)
    except ValueError:
        with pytest.raises(ValueError, match=r"Unsupported type|not available"):
            ours(name, x, h, **method)
        return
    got = ours(name, x, h, **method)
    assert got.dtype == want.dtype
    assert np.array_equal(got, want)
    out = np.empty(want.shape, want.dtype)
    assert ours(name, x, h, out=out, **method) is out
    assert np.array_equal(out, want)


def test_zero_dimensions_are_multiplied():
    assert sr.convolve(2, 3) == 6
    assert sr.correlate(2j, 3j) == 6
    assert sr.convolve(2, 3, "no mode", "no method") == 6  # SciPy does not look at them either
    out = np.empty((), int)
    assert sr.convolve(2, 3, out=out) is out
    assert out == 6


class Described:
    """An object that is no array but says how to be one."""

    def __array__(self, dtype=None, copy=None):
        return np.array([1.0, 2.0, 3.0], dtype)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_array_likes():
    want = [1.0, 3.0, 5.0, 3.0]
    masked = np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])
    for x in ([1, 2, 3], (1.0, 2, 3), Described(), masked, np.array([1, 2, 3], ">f8"), np.float32([1, 2, 3])):
        got = sr.convolve(x, [1, 1])
        assert type(got) is np.ndarray
        assert got.tolist() == want
    assert type(sr.convolve2d(np.matrix([[1, 2]]), [[1]])) is np.ndarray


def test_array_api_is_scipys_affair(tmp_path):
    """With SCIPY_ARRAY_API set, SciPy refuses masked arrays: so do we."""
    code = (
        "import numpy as np, scipy.signal, sigresample\n"
        "for f in (scipy.signal.convolve, sigresample.convolve):\n"
        "    assert f([1, 2], np.array([1])).tolist() == [1, 2]\n"
        "    try: f(np.ma.array([1, 2]), [1])\n"
        "    except TypeError: print('refused')\n"
    )
    done = run_python(code, cwd=tmp_path, SCIPY_ARRAY_API="1")
    assert done.stdout.split() == ["refused", "refused"], done.stderr


def test_memmap_and_record_field(tmp_path):
    x = sample((40, 50), "d")
    mapped = np.memmap(tmp_path / "x", np.float64, "w+", shape=x.shape)
    mapped[...] = x
    records = np.zeros(x.shape, [("a", "u1"), ("b", "f8")])
    records["b"] = x
    h = sample((3, 3), "d")
    want = sr.convolve2d(x, h, "same")
    for other in (mapped, records["b"], np.broadcast_to(x[:1], x.shape)):
        expected = want if other is not None and other.strides[0] else sr.convolve2d(np.array(other), h, "same")
        assert sr.convolve2d(other, h, "same").tobytes() == expected.tobytes()


# ── out ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("method", ["direct", "fft"])
def test_out(name, method):
    x, h = arguments(name)
    for a, b in ((x, h), (h, x), (x > 0, h > 0)):
        want = ours(name, a, b, method=method)
        for out in (
            np.empty_like(want),
            np.empty(want.shape[::-1], want.dtype).T,
            np.empty((2, *want.shape), want.dtype)[1],
        ):
            assert ours(name, a, b, method=method, out=out) is out
            assert np.array_equal(out, want)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_out_errors(name):
    x, h = arguments(name)
    y = ours(name, x, h, "same")
    with pytest.raises(TypeError, match=rf"^{name}: out must be a NumPy array, got list$"):
        ours(name, x, h, "same", out=[])
    with pytest.raises(ValueError, match=rf"^{name}: out must have shape"):
        ours(name, x, h, "full", out=y)
    with pytest.raises(ValueError, match=rf"^{name}: out must have dtype float64, got float32$"):
        ours(name, x, h, "same", out=y.astype(np.float32))
    with pytest.raises(ValueError, match=rf"^{name}: out must not overlap an input$"):
        ours(name, x, h, "same", out=x)
    y.flags.writeable = False
    with pytest.raises(ValueError, match=rf"^{name}: out must be writeable"):
        ours(name, x, h, "same", out=y)


def test_out_is_never_a_view():
    """Where the roles swap, a fresh correlation is a reversed view, as SciPy's; a given array is filled in order."""
    for kinds in ("ff", "Df", "hh"):
        x, h = sample((70_000,), kinds[0]), sample((5,), kinds[1])
        fresh = sr.correlate(h, x, method="direct")
        out = np.empty_like(fresh, order="C")
        assert sr.correlate(h, x, method="direct", out=out) is out
        assert np.array_equal(out, fresh)
        assert np.array_equal(out, sr.correlate(x, h, method="direct")[::-1].conj())


# ── memory and time ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.uncheckable
@pytest.mark.parametrize(("name", "shape", "filter_shape"), [
    ("convolve", (3_000_000,), (5,)), ("convolve", (3_000_000,), (100,)), ("correlate", (5,), (3_000_000,)),
    ("convolve", (1500, 2000), (1, 40)), ("convolve", (1500, 2000), (40, 1)), ("convolve2d", (1500, 2000), (3, 3)),
    ("correlate2d", (1500, 2000), (7, 7)), ("convolve", (30, 300, 300), (3, 3, 3)),
    ("convolve", (1_500_000, 2), (30, 1)),
])  # fmt: skip
def test_extra_memory(name, shape, filter_shape):
    x, h = sample(shape, "f"), sample(filter_shape, "f")
    ours(name, x[:9], h[:9], method="direct")
    tracemalloc.start()
    y = ours(name, x, h, method="direct")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - y.nbytes <= 0.05 * (x.nbytes + h.nbytes + y.nbytes) + 2 * 2**20


def test_inputs_are_never_written():
    for name, kinds in product(FUNCTIONS, ("dd", "Df", "??")):
        x, h = (a.astype(k) for a, k in zip(arguments(name), kinds, strict=True))
        x.flags.writeable = h.flags.writeable = False
        kept = x.tobytes(), h.tobytes()
        for method in ("direct", "fft"):
            for args in ((x, h), (h, x)):
                ours(name, *args, method=method)
        assert (x.tobytes(), h.tobytes()) == kept


def test_shapes_that_no_memory_holds():
    huge = np.broadcast_to(np.float64(1), (2**55,))
    with pytest.raises((MemoryError, ValueError)):
        sr.convolve(huge, [1.0, 2.0])
    with pytest.raises((MemoryError, ValueError)):
        sr.convolve2d(huge.reshape(2**30, 2**25), np.ones((2, 2)))


# ── hostile arguments ───────────────────────────────────────────────────────────────────────────

anything = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.complex_numbers(), st.text(max_size=5),
    st.binary(max_size=5), st.lists(st.integers(-9, 9), max_size=4),
    st.lists(st.lists(st.floats(), max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=1), st.integers(), max_size=1),
    st.sampled_from([np.nan, np.ones((0, 3)), np.ones((2, 0, 3)), np.ones(3, "M8[s]"), np.array("a"), object(), int]),
)  # fmt: skip


@given(st.sampled_from(FUNCTIONS), anything, anything, st.one_of(st.sampled_from(["full", "same", "valid"]), anything),
       st.one_of(st.sampled_from(["auto", "direct", "fft"]), anything),
       st.one_of(st.none(), st.integers(-3, 9), anything), anything)  # fmt: skip
@settings(max_examples=400, deadline=None)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.uncheckable
def test_nothing_a_caller_passes_crashes(name, in1, in2, mode, method, workers, out):
    # IndexError: SciPy's, for an empty array by 'fft'.
    with contextlib.suppress(ValueError, TypeError, IndexError, OverflowError, MemoryError):
        ours(name, in1, in2, mode, method=method, workers=workers, out=out)


# ── the two small functions ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_correlation_lags(mode):
    for n, k in product(range(9), repeat=2):
        got, want = sr.correlation_lags(n, k, mode), scipy.signal.correlation_lags(n, k, mode)
        assert got.dtype == want.dtype
        assert got.tolist() == want.tolist()
    # Of 'same', SciPy's lags are one off its own correlation where n is odd and k even: so are ours.
    if mode != "same":
        x = np.zeros(9)
        x[6] = 1
        h = np.array([1.0, 0, 0])
        lag = sr.correlation_lags(9, 3, mode)[np.argmax(sr.correlate(x, h, mode))]
        assert lag == 6


def test_correlation_lags_refuses():
    with pytest.raises(ValueError, match=r"^correlation_lags: Mode half is invalid"):
        sr.correlation_lags(3, 2, "half")


def test_choose_conv_method():
    long, short = np.ones(100_000), np.ones(5)
    assert sr.choose_conv_method(long, short) == "direct"
    assert sr.choose_conv_method(long, long) == "fft"
    assert sr.choose_conv_method(long > 0, short > 0) == "direct"
    assert sr.choose_conv_method(np.full(10**5, 10**9), np.full(10**5, 10**9)) == "fft"  # in digits, exact
    assert sr.choose_conv_method(short.astype(LONG), short.astype(LONG)) == "direct"
    spoiled = np.where(long > 0, np.nan, 0)
    assert sr.choose_conv_method(long, spoiled) == "fft"
    with pytest.raises(ValueError, match="^choose_conv_method: Acceptable mode flags"):
        sr.choose_conv_method(long, short, "all")


def test_choose_conv_method_measures():
    method, times = sr.choose_conv_method(np.ones(2000), np.ones(3), measure=True)
    assert method == min(times, key=times.get)
    assert set(times) == {"fft", "direct"}
    assert method == "direct"
