"""upfirdn and resample_poly: what a caller may hand over, and what the machine may do to a call."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from fractions import Fraction

import numpy as np
import pytest
import scipy.signal
from helpers import assert_same_bytes, run_python, variants
from hypothesis import given, settings
from hypothesis import strategies as st
from resampling_cases import PADTYPES, samples

from sigresample import _filters, checked
from sigresample.explaining import explain
from sigresample.resampling import resample_poly, upfirdn

# 3 contract


@pytest.mark.parametrize("dtype", ["f", "D", "h"])
def test_any_layout_same_bytes(dtype):
    rng = np.random.default_rng(7)
    x, h = samples(rng, (6, 50), dtype), samples(rng, 21, "f")
    for axis in (0, 1):
        want = upfirdn(h, x, 3, 2, axis), resample_poly(x, 3, 2, axis)
        for name, form in variants(x):
            before = form.copy()
            assert_same_bytes(upfirdn(h, form, 3, 2, axis), want[0])
            assert_same_bytes(resample_poly(form, 3, 2, axis), want[1])
            assert_same_bytes(np.array(form, dtype), np.array(before, dtype))  # untouched
            assert name
    for _, form in variants(h):
        assert_same_bytes(upfirdn(form, x, 3, 2), upfirdn(h, x, 3, 2))
        assert_same_bytes(resample_poly(x, 3, 2, 1, form), resample_poly(x, 3, 2, 1, h))
    repeated = np.broadcast_to(x[:, :1], (6, 50))  # strides of 0
    assert_same_bytes(upfirdn(h, repeated), upfirdn(h, repeated.copy()))
    assert_same_bytes(upfirdn(h, x.tolist()), upfirdn(h, np.array(x.tolist())))


def test_memory_mapped_input(tmp_path):
    x = np.random.default_rng(8).standard_normal((3, 400))
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    got = resample_poly(mapped, 3, 2, axis=1)
    assert type(got) is np.ndarray
    assert_same_bytes(got, resample_poly(x, 3, 2, axis=1))


def test_out():
    rng = np.random.default_rng(9)
    h, x = rng.standard_normal(5), rng.standard_normal((4, 30))
    for call, args in ((upfirdn, (h, x, 3, 2)), (resample_poly, (x, 3, 2, 1)), (resample_poly, (x, 2, 2))):
        want = call(*args)
        for given_out in (
            np.empty_like(want),
            np.empty((*want.shape, 2))[..., 0],
            np.asfortranarray(np.empty_like(want)),
        ):
            assert call(*args, out=given_out) is given_out
            assert_same_bytes(np.ascontiguousarray(given_out), want)
        with pytest.raises(ValueError, match=r"out must have shape .* got \(1,\)"):
            call(*args, out=np.empty(1))
        with pytest.raises(ValueError, match="out must have dtype float64, got float32"):
            call(*args, out=np.empty_like(want, "f"))
        with pytest.raises(TypeError, match="out must be a NumPy array, got list"):
            call(*args, out=[1.0])
        with pytest.raises(ValueError, match="must be writeable"):
            call(*args, out=np.broadcast_to(0.0, want.shape))
    with pytest.raises(ValueError, match="must not overlap"):
        upfirdn([1.0], x, out=x)
    assert_same_bytes(upfirdn(h, x, 3, 2, workers=None), upfirdn(h, x, 3, 2))


@pytest.mark.parametrize(
    ("call", "args", "error", "sentence"),
    [
        (upfirdn, ([[1]], [1.0]), ValueError, r"^upfirdn: h must be 1-D with non-zero length, got shape \(1, 1\)"),
        (upfirdn, ([], [1.0]), ValueError, r"h must be 1-D with non-zero length, got shape \(0,\)"),
        (upfirdn, ([1.0], [1.0], 0), ValueError, "Both up and down must be >= 1, got up=0"),
        (upfirdn, ([1.0], [1.0], 1, -3), ValueError, "Both up and down must be >= 1, got up=1, down=-3"),
        (upfirdn, ([1.0], [1.0], None), TypeError, "upfirdn: up: .*NoneType.*got None"),
        (upfirdn, ([1.0], [1.0], "a"), ValueError, "upfirdn: up: invalid literal .*got 'a'"),
        (upfirdn, ([1.0], [1.0], 1, np.inf), OverflowError, "upfirdn: down: cannot convert .*got inf"),
        (upfirdn, ([1.0], [1.0], 1, np.nan), ValueError, "upfirdn: down: cannot convert .*got nan"),
        (upfirdn, ([1.0], 5.0), IndexError, "tuple index out of range, got axis=-1 with 0 dimensions"),
        (upfirdn, ([1.0], [1.0], 1, 1, 1), IndexError, "tuple index out of range, got axis=1 with 1 dim"),
        (upfirdn, ([1.0], [1.0], 1, 1, None), TypeError, "not NoneType, got axis=None"),
        (upfirdn, ([1.0], [1.0], 1, 1, 0.0), TypeError, "not float, got axis=0.0"),
        (upfirdn, ([1.0], [[1.0]], 1, 1, True), ValueError, "axis must be an integer, got True"),
        (upfirdn, ([1.0], [1.0], 1, 1, 0, "foo"), ValueError, "Unknown mode: foo, got 'foo'"),
        (upfirdn, ([1.0], [1.0], 1, 1, 0, 3), AttributeError, "'int' object has no attribute 'lower', got mode=3"),
        (upfirdn, ([1.0], [1.0], 1, 1, 0, "edge", "a"), TypeError, "must be real number, not str, got cval='a'"),
        (upfirdn, ([1.0], [1.0], 1, 1, 0, "edge", "1.5"), TypeError, "must be real number, not str"),
        (upfirdn, ([1.0], [1.0], 1, 1, 0, "constant", 1j), TypeError, "must be real number, not complex"),
        (upfirdn, ([1.0], [1.0], 1, 1, 0, "constant", None), TypeError, "must be real number, not NoneType"),
        (upfirdn, ([1.0, 2], np.zeros(0), 4), ValueError, "negative dimensions are not allowed.* up=4"),
        (upfirdn, ([1.0, 2], [1.0, 2], 1, 2**63), OverflowError, "Python int too large to convert to C long"),
        (resample_poly, ([1.0, 2], 1.5, 1), ValueError, "^resample_poly: up must be an integer, got 1.5"),
        (resample_poly, ([1.0, 2], 1, "2"), ValueError, "down must be an integer, got '2'"),
        (resample_poly, ([1.0, 2], 0, 1), ValueError, "up and down must be >= 1, got up=0"),
        (resample_poly, ([1.0, 2], None, 1), TypeError, "resample_poly: up: .*got None"),
        (resample_poly, ([1.0, 2], 2, 1, 3), IndexError, "tuple index out of range, got axis=3"),
        (
            resample_poly,
            ([1.0, 2], 2, 1, 0, "hann", "foo"),
            ValueError,
            "padtype must be one of: maximum, mean, .*got 'foo'",
        ),
        (resample_poly, ([1.0, 2], 2, 1, 0, "hann", "edge", 1), ValueError, "cval has no effect when padtype is edge"),
        (resample_poly, ([1.0, 2], 2, 1, 0, np.ones((2, 2))), ValueError, "window must be 1-D, got 2"),
        (resample_poly, ([1.0, 2], 2, 1, 0, np.array(2.0)), IndexError, "tuple index out of range"),
        (resample_poly, ([1.0, 2], 2, 1, 0, "foo"), ValueError, "Invalid window name 'foo'"),
        (resample_poly, ([1.0, 2], 2, 1, 0, np.array([True])), TypeError, "multiply"),
        (resample_poly, ([1.0, 2], 200, 1, 0, np.ones(2, "b")), OverflowError, "out of bounds for int8"),
        (resample_poly, ([1.0, 2], 2, 1, 0, "hann", "constant", "a"), TypeError, "must be real number, not str"),
        (
            resample_poly,
            (np.zeros(0), 2, 1, 0, "hann", "minimum"),
            ValueError,
            r"^resample_poly: zero-size array.*, got padtype='minimum' and float64 of shape \(0,\)",
        ),
        (
            resample_poly,
            (np.ones(5, bool), 2, 1, 0, "hann", "maximum"),
            TypeError,
            r"^resample_poly: numpy boolean subtract.*, got padtype='maximum' and bool of shape \(5,\)",
        ),
        (resample_poly, (np.ones(5, object), 2, 1), TypeError, r"^resample_poly: .*, got object of shape \(5,\)"),
    ],
)
def test_errors_are_scipys(call, args, error, sentence):
    with pytest.raises(error, match=sentence):
        call(*args)
    if not (len(args) > 4 and args[4] is True):  # SciPy writes past the array there
        with pytest.raises(error):
            getattr(scipy.signal, call.__name__)(*args)


@pytest.mark.parametrize(
    ("call", "args", "least"),
    [
        (upfirdn, ([1.0, 2], [3.0], 1, 1, 0, "reflect"), "at least 2 samples .*got 1"),
        (upfirdn, ([1.0, 2], [[3.0, 4]], 1, 1, 0, "antireflect"), "at least 2 samples"),
        (upfirdn, ([1.0, 2], [], 1, 1, 0, "wrap"), "'wrap' needs at least 1 samples .*got 0"),
        (upfirdn, ([1.0, 2], [], 1, 1, 0, "edge"), "'edge' needs at least 1 samples"),
        (resample_poly, ([3.0], 2, 1, 0, "hann", "reflect"), "at least 2 samples"),
        (resample_poly, (np.zeros(0), 2, 1, 0, "hann", "wrap"), "at least 1 samples"),
        (resample_poly, (np.zeros(0), 2, 1, 0, "hann", "symmetric"), "at least 1 samples"),
    ],
)
def test_where_scipy_dies_we_raise(call, args, least):
    with pytest.raises(ValueError, match=rf"^{call.__name__}: mode .* {least}|^{call.__name__}: mode {least}"):
        call(*args)


def test_short_and_empty_signals():
    with checked():
        assert upfirdn([2.0], [3.0], mode="reflect").tolist() == [6.0]  # nothing to continue
        assert upfirdn([1, 2, 3], []).tolist() == [0.0, 0.0]
        assert upfirdn([1, 2, 3], [], cval=2).tolist() == [12.0, 12.0]
        assert upfirdn([np.nan, 1, 2], []).shape == (2,)
        assert upfirdn([1, 2], np.zeros((0, 3)), axis=1).shape == (0, 4)
        assert upfirdn([1, 2], np.zeros((3, 0)), axis=0, mode="wrap").shape == (4, 0)
        assert resample_poly(np.zeros((0, 3)), 2, 1, axis=1).shape == (0, 6)
        for padtype in ("constant", "edge", "reflect", "smooth", "line"):
            assert resample_poly(np.zeros((2, 0)), 2, 1, axis=1, padtype=padtype).shape == (2, 0)
        assert resample_poly([5.0], 3, 1, window=[]).tolist() == [0.0] * 3
        assert resample_poly([5.0, 6], 1, 2, window=[1]).shape == (1,)
    # SciPy reads past a single sample here: its continuation has no slope
    assert_same_bytes(upfirdn([1.0, 2], [3.0], mode="smooth"), upfirdn([1.0, 2], [3.0], mode="edge"))
    assert np.isnan(upfirdn([1.0, 2], [3.0], mode="line")).all()


def test_types_that_kernels_do_not_compute_are_scipys_to_refuse():
    for kind in ("g", "G", "O"):
        x = np.arange(4).astype(kind)
        for call, args in ((upfirdn, ([1, 2], x)), (upfirdn, (x, [1, 2])), (resample_poly, (x, 2, 1))):
            with pytest.raises(TypeError, match="No matching signature"):
                call(*args)
            assert explain(call, *args).route == "scipy"
    with pytest.raises(TypeError):
        upfirdn([1, 2], np.array(["2020-01-01"], "M8[D]"))


def test_numbers_of_other_kinds():
    x = np.arange(9.0)
    want = resample_poly(x, 3, 2)
    for three, two in ((3.0, 2.0), (np.int8(3), np.uint64(2)), (Fraction(3), Fraction(2)), (6, 4), (np.array(3), 2)):
        assert_same_bytes(resample_poly(x, three, two), want)
    assert_same_bytes(upfirdn([1, 2], x, 3.9, 2.1), upfirdn([1, 2], x, 3, 2))  # upfirdn truncates, as SciPy
    assert_same_bytes(upfirdn([1, 2], x, mode="WRAP"), upfirdn([1, 2], x, mode="wrap"))
    assert_same_bytes(upfirdn([1, 2], x, axis=np.int16(0)), upfirdn([1, 2], x))
    for zero in (0.0, -0.0, False, np.float32(0), 1e-400):
        assert_same_bytes(upfirdn([1, np.inf], x, cval=zero), upfirdn([1, np.inf], x))
    single = x.astype("f")
    assert_same_bytes(upfirdn(np.ones(3, "f"), single, cval=1e-60), upfirdn(np.ones(3, "f"), single))
    assert np.isinf(upfirdn(np.ones(3, "f"), single, cval=1e300)[0])
    assert upfirdn([1, 2], [1j, 2], cval=1j)[0] == 3j


HUGE = 2**55


@pytest.mark.parametrize(
    ("call", "args"),
    [
        (upfirdn, ([1.0, 2], [1.0, 2], HUGE)),
        (upfirdn, ([1.0, 2], [1.0, 2], 2**64)),
        (resample_poly, ([1.0, 2], HUGE, 1)),
        (resample_poly, ([1.0, 2], 1, HUGE)),
        (resample_poly, ([1.0, 2], 1, HUGE, 0, [1.0])),
        (resample_poly, ([1.0, 2], HUGE, 1, 0, [1.0])),
        (resample_poly, ([1.0, 2], 2**70, 1, 0, [1.0])),
    ],
)
def test_huge_factors_are_refused_at_once(call, args):
    with pytest.raises((ValueError, OverflowError, MemoryError)):
        call(*args)


def test_huge_factors_that_mean_little():
    assert upfirdn([1.0, 2, 3], [4.0, 5], down=HUGE).tolist() == [4.0]
    assert upfirdn([1.0, 2, 3], [4.0, 5], down=2**63 - 1).tolist() == [4.0]
    assert upfirdn([1.0, 2, 3], [4.0, 5], 2, 2**62).tolist() == [4.0]
    assert resample_poly([1.0, 2], HUGE, HUGE).tolist() == [1.0, 2.0]


@pytest.mark.uncheckable  # of two wrong arguments, which one is told of first is nobody's promise
@given(
    x=st.one_of(
        st.lists(st.floats(width=32), max_size=5), st.floats(), st.none(), st.text(max_size=3),
        st.integers(0, 3).map(lambda n: np.zeros((n, 2, 0))), st.integers(0, 3).map(lambda n: np.ones((2, n), "e")),
    ),
    h=st.one_of(st.lists(st.integers(-9, 9), max_size=5), st.none(), st.text(max_size=2)),
    up=st.one_of(st.integers(-2, 7), st.sampled_from([2**55, -(2**55), 2**64, None, 1.5, "2"])),
    down=st.one_of(st.integers(-2, 7), st.sampled_from([2**55, 2**63, None, 1.5, "2"])),
    axis=st.one_of(st.integers(-4, 4), st.sampled_from([None, 0.0, 2**55, "a"])),
    mode=st.one_of(st.sampled_from((*PADTYPES, "WRAP", "", None, 5)), st.text(max_size=3)),
    cval=st.sampled_from([0, 1.5, np.nan, None, "a", 1j]),
    workers=st.sampled_from([None, 1, 2, 0, -1, 2**55, "a", 1.5]),
)  # fmt: skip
@settings(deadline=None, max_examples=400)
def test_whatever_is_passed_an_answer_or_an_exception(x, h, up, down, axis, mode, cval, workers):
    allowed = (ValueError, TypeError, IndexError, OverflowError, AttributeError, MemoryError)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for call in (
            lambda: upfirdn(h, x, up, down, axis, mode, cval, workers=workers),
            lambda: resample_poly(x, up, down, axis, "hann", mode, cval, workers=workers),
            lambda: resample_poly(x, up, down, axis, h, mode, workers=workers),
        ):
            try:
                call()
            except allowed as error:
                told = str(error)
            else:
                told = "an answer"
            assert told


# 4 machine


@pytest.mark.parametrize("dtype", ["f", "D"])
def test_workers_and_batches_give_the_same_bytes(dtype):
    rng = np.random.default_rng(10)
    x, h = samples(rng, (5, 4000), dtype), samples(rng, 300, dtype)
    for call in (
        lambda x, axis, n: upfirdn(h, x, 3, 2, axis, workers=n),
        lambda x, axis, n: resample_poly(x, 160, 147, axis, padtype="line", workers=n),
        lambda x, axis, n: resample_poly(x, 3, 5, axis, padtype="mean", workers=n),
    ):
        want = call(x, 1, 1)
        for workers in (2, 7, -1, None):
            assert_same_bytes(call(x, 1, workers), want)
        assert_same_bytes(np.stack([call(row, 0, 2) for row in x]), want)
        assert_same_bytes(call(x[::-1], 1, 2)[::-1].copy(), want)
        assert_same_bytes(np.concatenate([call(x[:2], 1, 1), call(x[2:], 1, 1)]), want)
        assert_same_bytes(np.ascontiguousarray(call(np.ascontiguousarray(x.T), 0, 2).T), want)


def test_four_python_threads_at_once():
    x = np.random.default_rng(11).standard_normal((4, 50_000))
    want = [resample_poly(row, 160, 147) for row in x]
    _filters._cache.clear()
    got = [None] * 4

    def work(i):
        got[i] = [resample_poly(x[i], 160, 147, workers=2) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(4):
        for y in got[i]:
            assert_same_bytes(y, want[i])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_after_a_parallel_call(tmp_path):
    code = """
import os, numpy as np
from sigresample.resampling import upfirdn
x, h = np.ones(200_000), np.ones(50)
want = upfirdn(h, x, workers=2)
pid = os.fork()
if pid == 0:
    os._exit(0 if (upfirdn(h, x, workers=2) == want).all() else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    run = run_python("import warnings; warnings.simplefilter('ignore')\n" + code, cwd=tmp_path, timeout=60)
    assert run.returncode == 0, run.stderr
    assert run.returncode != -signal.SIGSEGV


def test_designed_filters_are_kept_within_bounds():
    _filters._cache.clear()
    x = np.ones(10)
    first = resample_poly(x, 3, 2)
    held = dict(_filters._cache)
    assert len(held) == 1
    assert_same_bytes(resample_poly(x, 3, 2), first)
    assert dict(_filters._cache) == held
    (table,) = held.values()
    assert not table.flags.writeable
    for rate in range(2001, 2161):
        resample_poly(x, rate, 7)
        assert sum(kept.nbytes for kept in _filters._cache.values()) <= _filters.CACHE_BYTES
    assert (3, 2, ("kaiser", 5.0)) not in {key[:3] for key in _filters._cache}  # the oldest went first
    resample_poly(x, 3, 2, window=("kaiser", np.array(5.0)))  # a window that is no key
    assert {type(key[2][1]) for key in _filters._cache} == {float}


def test_extra_memory_is_small(tmp_path):
    """A long native signal along either axis: a few per cent beside input and output, no copy of the signal."""
    code = """
import numpy as np
from sigresample.resampling import resample_poly, upfirdn

def peak():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM"))

def filtered(x, axis, out=None):
    return upfirdn(np.ones(321), x, 3, 4, axis, out=out, workers=2)

def resampled(x, axis, out=None):
    return resample_poly(x, 3, 4, axis, out=out, workers=2)

for shape, axis in (((4_000_000,), 0), ((1_000_000, 4), 0), ((4, 1_000_000), 1)):
    x = np.ones(shape)
    for call in (filtered, resampled):
        out = call(x, axis)  # warm: SciPy is loaded, the filter designed
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")  # the peak starts again from what is held now
        before = peak()
        call(x, axis, out)
        extra = peak() - before
        assert extra <= 0.05 * (x.nbytes + out.nbytes) + 2 * 2**20, (shape, axis, call, extra)
"""
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("this system does not let a process restart its peak")
    run = run_python(code, cwd=tmp_path, timeout=100)
    assert run.returncode == 0, run.stderr


def test_the_plan_says_what_runs():
    long = explain(resample_poly, np.ones(441_000, "f"), 160, 147, workers=1)
    assert (long.route, long.shape, long.dtype, long.terms, long.workers) == ("polyphase", (480_000,), "float32", 21, 1)
    assert long.blocks["blocks"] > 0
    assert long.costs["polyphase"] < long.costs["scalar polyphase"]
    short = explain(upfirdn, np.ones(5), np.ones(12))
    assert (short.route, short.shape, short.terms, short.workers) == ("scalar polyphase", (16,), 5, 1)
    assert short.blocks["blocks"] == 0
    assert explain(resample_poly, np.ones(3, "b"), 5, 5).route == "copy"
    with pytest.raises(ValueError, match="workers must not be 0"):
        resample_poly(np.ones(5), 3, 2, workers=0)
    with pytest.raises(ValueError, match="workers must not be 0"):
        resample_poly(np.ones(5), 2, 2, workers=0)
