"""NaN and infinities on routes that would spread them: placed by counting, as the direct sum places them."""

from importlib import import_module
from math import prod

import numpy as np
import pytest
import scipy.signal
from helpers import assert_same_bytes, variants
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import BOUNDARIES

from sigresample import _kernels, _nonfinite
from sigresample._shapes import Axis

NAMES = {number: name for name, number in BOUNDARIES.items()}
SPECIAL = (np.nan, np.inf, -np.inf)


def extended(x, axes, boundary, fill):
    """Return the samples that lie under some tap, and which of them are the data's."""
    before = [max(0, -a.first) for a in axes]
    behind = [max(0, a.first + a.out + a.taps - 1 - a.data) for a in axes]
    pad = list(zip(before, behind, strict=True))
    value = {"constant_values": fill} if boundary == 0 else {}
    wide, inside = np.pad(x, pad, NAMES[boundary], **value), np.pad(np.ones(x.shape, bool), pad)
    at = tuple(slice(a.first + b, a.first + b + a.out + a.taps - 1) for a, b in zip(axes, before, strict=True))
    return wide[at], inside[at]


def definition(x, h, axes, boundary, fill, present):
    wide, inside = extended(x, axes, boundary, fill)
    y = np.zeros([a.out for a in axes], np.result_type(x, h))
    with np.errstate(all="ignore"):
        for p in np.ndindex(*h.shape):
            at = tuple(slice(i, i + a.out) for i, a in zip(p, axes, strict=True))
            term = wide[at] * h[p]
            y += term if present else np.where(inside[at], term, 0)
    return y


def transform_of(axes, boundary, asked):
    """The sum by a transform of the extended data, as a route does it; `asked` keeps count."""

    def transform(a, b, fill):
        assert a.dtype == b.dtype and a.dtype.kind == "f"
        asked.append(a.dtype)
        wide, _ = extended(a, axes, boundary, fill)
        every = tuple(range(wide.ndim))
        spectra = (np.fft.rfftn(z, wide.shape, every) for z in (wide, np.flip(b)))
        full = np.fft.irfftn(np.multiply(*spectra), wide.shape, every)
        return full[tuple(slice(k.taps - 1, None) for k in axes)].astype(a.dtype)

    return transform


def check(x, h, axes, boundary=0, fill=0.0, absent=False, asked=None):
    """Hold the restored result to the definition wherever that is not finite, and to the transform's elsewhere."""
    present = bool(absent or boundary or fill != 0)
    want = definition(x, h, axes, boundary, fill, present)
    made = np.random.default_rng(0).standard_normal(want.shape).astype(want.dtype)
    y = made.copy()
    transform = transform_of(axes, boundary, [] if asked is None else asked)
    _nonfinite.restore(y, x, h, axes, boundary, fill, absent, transform)
    finite = np.isfinite(want)
    assert np.array_equal(y[finite], made[finite])
    if want.dtype.kind == "c":
        assert np.isnan(y[~finite]).all()
    else:
        assert np.array_equal(y[~finite], want[~finite], equal_nan=True)


def full(x, h, **changes):
    return tuple(Axis(n, k, n + k - 1, 1 - k)._replace(**changes) for n, k in zip(x.shape, h.shape, strict=True))


def valid(x, h):
    return tuple(Axis(n, k, n - k + 1, 0) for n, k in zip(x.shape, h.shape, strict=True))


# ── every mix, against the definition ──────────────────────────────────────────────────────────


@st.composite
def _calls(draw):
    axes = []
    longest = draw(st.sampled_from([(6, 4), (9, 9), (200, 3), (200, 150)]))
    for _ in range(1 if longest[0] > 9 else draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["sum", "sum", "sum", "batch", "bank"]))
        n, k = draw(st.integers(1, longest[0])), draw(st.integers(1, longest[1]))
        n, k = (1 if kind == "bank" else n), (1 if kind == "batch" else k)
        first = 0 if kind == "batch" else draw(st.integers(1 - k, n - 1))
        axes.append(Axis(n, k, n if kind == "batch" else draw(st.integers(1, n - first)), first))
    seed, shares = draw(st.integers(0, 2**32)), [draw(st.sampled_from([0, 0.02, 0.2, 0.7])) for _ in range(2)]
    return tuple(axes), seed, shares


def values(rng, shape, share, kind, only):
    """Numbers of one sign or both with a few zeros, and a share of what is `only` allowed besides."""
    x = np.asarray(rng.integers(rng.integers(-2, 2), 3, shape), float)
    odd = rng.random(shape) < share
    x[odd] = rng.choice(only, int(odd.sum()))
    if np.dtype(kind).kind == "c":
        x = np.stack([x.ravel(), rng.permutation(x.ravel())], axis=-1).view(complex).reshape(shape)
    return x.astype(kind)


@given(
    _calls(),
    st.sampled_from("fdFD"),
    st.sampled_from([(0, 0.0, False), (0, 0.0, True), (0, 2.5, True), (0, np.nan, True), (0, -np.inf, True)]
                    + [(b, 0.0, True) for b in (1, 2, 3, 4)]),
    st.lists(st.sampled_from(SPECIAL), min_size=1, max_size=3, unique=True),
    st.sampled_from([2, 10, 128]),
)  # fmt: skip
def test_every_mix_is_the_direct_sums(call, kind, outside, only, limit):
    axes, seed, shares = call
    rng = np.random.default_rng(seed)
    x = values(rng, [a.data for a in axes], shares[0], kind, only)
    h = values(rng, [a.taps for a in axes], shares[1], kind.lower() if seed % 2 else kind, only)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_nonfinite, "LIMIT", limit)
        patch.setattr(_nonfinite, "SCATTER", seed % 5 * 8)
        patch.setattr(_nonfinite, "MEET", (1e-9, 1)[seed % 3 > 0])  # the rest by the kernel, or by a transform
        check(x, h, axes, *outside)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("n", "k"), [((70,), (9,)), ((9,), (70,)), ((12, 9), (5, 4)), ((6, 5, 7), (2, 3, 3))], ids=str)
def test_as_scipys_direct_sum(n, k, seed):
    """'full', where SciPy takes the longer array for the data: in one dimension what is absent is no term."""
    rng = np.random.default_rng(seed)
    x, h = (values(rng, shape, (0.1, 0)[seed % 3 == i], "d", SPECIAL) for i, shape in enumerate((n, k)))
    with np.errstate(all="ignore"):
        want = scipy.signal.convolve(x, h, method="direct")
    if prod(k) > prod(n):
        x, h = h, x
    axes, y = full(x, h), np.zeros(want.shape)
    _nonfinite.restore(y, x, np.flip(h), axes, 0, 0, len(n) > 1, transform_of(axes, 0, []))
    odd = ~np.isfinite(want)
    assert np.array_equal(y, np.where(odd, want, 0), equal_nan=True)


# ── how many outputs, and what it costs ────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", "fdFD")
def test_one_infinity_touches_as_many_outputs_as_there_are_taps(kind):
    rng = np.random.default_rng(1)
    x, h = rng.standard_normal(20_000).astype(kind), rng.standard_normal(200).astype(kind)
    x[7000] = np.inf
    y = np.zeros(20_199, kind)
    _nonfinite.restore(y, x, h, full(x, h), 0, 0, False, None)
    assert np.count_nonzero(~np.isfinite(y)) == 200
    assert not np.isfinite(y[7000:7200]).any()


def test_one_nan_touches_as_many_outputs_as_there_are_taps():
    x, h = np.zeros((300, 300), np.float32), np.ones((41, 41), np.float32)
    x[100, 250] = np.nan
    y = np.zeros((300, 300), np.float32)
    axes = tuple(a._replace(out=300, first=-20) for a in full(x, h))
    _nonfinite.restore(y, x, h, axes, 0, 0, True, None)
    assert np.count_nonzero(np.isnan(y)) == 41**2
    assert np.isnan(y[80:121, 230:271]).all()


@pytest.mark.parametrize(
    ("kind", "n", "k", "asks"), [("f", 6000, 3000, "f"), ("d", 6000, 3000, "d"), ("f", 400_000, 120_000, "d")]
)
def test_terms_of_one_sign_are_told_by_one_transform_in_the_precision_it_takes(kind, n, k, asks):
    """Half of the samples are -inf, and few of the taps negative, far from the others: no few terms tell."""
    rng = np.random.default_rng(2)
    x, h = rng.standard_normal(n).astype(kind), np.ones(k, kind)
    x[rng.random(n) < 0.5] = -np.inf
    h[:10:2] = -1
    asked = []
    check_one_sign(x, h, asked)
    assert "".join(dtype.char for dtype in asked) == asks


def check_one_sign(x, h, asked):
    """Hold infinities of one sign, under taps without zeros, to how many of them taps of either sign meet."""
    assert not np.isposinf(x).any()
    assert h.all()
    axes = valid(x, h)
    marks = np.isneginf(x).astype(float)
    size = len(x) + len(h)
    spectrum = np.fft.rfft(marks, size)

    def met(taps):
        made = np.fft.irfft(spectrum * np.fft.rfft(taps[::-1].astype(float), size), size)
        return np.rint(made[len(h) - 1 : len(x)]) > 0

    up, down = met(h < 0), met(h > 0)
    want = np.where(up & down, np.nan, np.where(up, np.inf, np.where(down, -np.inf, 0)))
    y = np.zeros(axes[0].out, x.dtype)
    _nonfinite.restore(y, x, h, axes, 0, 0, False, transform_of(axes, 0, asked))
    assert np.array_equal(y, want, equal_nan=True)


@pytest.mark.parametrize("share", [1e-4, 0.01, 0.3, 1])
@pytest.mark.parametrize("odd", [(np.nan,), (np.inf, -np.inf), (-np.inf,), SPECIAL], ids=str)
def test_numbers_at_random_take_no_transform(odd, share):
    rng = np.random.default_rng(3)
    x, h = rng.standard_normal((300, 400)), rng.standard_normal((25, 21))
    at = rng.random(x.shape) < share
    x[at] = rng.choice(odd, int(at.sum()))
    asked = []
    axes = tuple(a._replace(out=a.data, first=-(a.taps // 2)) for a in full(x, h))
    check(x, h, axes, absent=True, asked=asked)
    assert not asked


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_longest_filtered_axis_may_stand_anywhere(axis):
    rng = np.random.default_rng(4)
    x = rng.standard_normal([150 if a == axis else 3 for a in range(3)])
    h = rng.standard_normal([70 if a == axis else 2 for a in range(3)])
    x.flat[rng.integers(0, x.size, 9)] = np.inf
    check(x, h, full(x, h), absent=True)
    h.flat[rng.integers(0, h.size, 3)] = -np.inf
    check(x, h, valid(x, h))


@pytest.mark.parametrize("kind", "fdFD")
def test_clean_takes_any_layout(kind):
    x = values(np.random.default_rng(5), (17, 9), 0.3, kind, SPECIAL)
    parts = x.view(x.real.dtype)
    want = np.where(np.isfinite(parts), parts, 0).view(x.dtype)
    for _, same in variants(x):
        assert_same_bytes(_nonfinite.clean(same), want)


def test_a_result_of_any_layout_is_restored():
    x, h = np.ones((9, 8)), np.ones((3, 2))
    x[4, 4] = np.inf
    want = np.zeros((11, 9))
    want[4:7, 4:6] = np.inf
    for name, y in variants(np.zeros((11, 9))):
        if y.flags.writeable:
            _nonfinite.restore(y, x, h, full(x, h), 0, 0, True, None)
            assert np.array_equal(y, want), name


@pytest.mark.parametrize("level", _kernels.available())
@pytest.mark.parametrize("kind", "fd")
def test_every_level_says_the_same(monkeypatch, level, kind):
    monkeypatch.setattr(_kernels, "nonfinite", import_module(f"sigresample._kernels.nonfinite_{level}"))
    rng = np.random.default_rng(6)
    x, h = rng.standard_normal((90, 130)).astype(kind), rng.standard_normal((9, 70)).astype(kind)
    for share in (0.002, 0.2):  # added one by one; met one after the other
        x[rng.random(x.shape) < share] = rng.choice(SPECIAL)
        check(x, h, full(x, h), absent=True)
    monkeypatch.setattr(_nonfinite, "MEET", 1)  # by a transform
    check(x, np.abs(h) - 1e-3, full(x, h), absent=True)
