"""Polyphase sums by transforms: against the sums, and with their meaning."""

from importlib import import_module
from math import log2

import numpy as np
import pytest
from helpers import assert_same_bytes, variants
from resampling_cases import samples

import sigresample
from sigresample import _kernels, _polyphase_fft, _polyphase_jobs, _reference, explain, resample_poly, upfirdn
from sigresample._routes import polyphase_fft

# Three transforms and a product, as in test_blockfft_kernel.py; D products are added up in the middle.
C = 22
RATIOS = [(1, 1), (2, 1), (1, 2), (3, 2), (2, 3), (5, 1), (1, 7), (4, 6), (6, 4), (16, 15)]
TYPES = ["f", "d", "F", "D"]

# Each is compared with the sum here, and one of them under the check; the others take a second each to check.
pytestmark = pytest.mark.uncheckable


@pytest.fixture(params=_kernels.available())
def level(request, monkeypatch):
    """The kernel is looked up where it is called."""
    monkeypatch.setattr(_kernels, "blockfft", import_module(f"sigresample._kernels.blockfft_{request.param}"))


def job_of(h, x, up, down, axis=-1):
    return _polyphase_jobs.upfirdn_job(h, x, up, down, axis, "constant", 0)


def streams(job, points=None):
    """The plan of a job however small, with blocks of about some number of points."""
    s = job.shapes
    reals = 2 if job.dtype.kind == "c" else 1
    itemsize = job.dtype.itemsize // reals
    by = polyphase_fft._plan(s.n_in, s.n_out, s.up, s.down, s.taps, s.first, itemsize, reals, _kernels.level)
    if points is None:
        return by
    n = (3 - reals) * polyphase_fft.tables.good_length(max(points, by.taps) // (3 - reals) + 1)
    return by._replace(points=n, hop=n - by.taps + 1)


def transformed(job, by, workers=1):
    """The transforms alone."""
    s = job.shapes
    x = np.ascontiguousarray(job.x, job.dtype).reshape(s.rows, s.n_in, s.width)
    y = np.full((s.rows, s.n_out, s.width), 77, job.dtype)
    polyphase_fft.run(x, polyphase_fft.prepare(job.taps, by, job.dtype), by, y, workers)
    return y.reshape(s.out)


def bound(x, h, by):
    """What no output is off by: no block is louder than its largest sample throughout."""
    u = np.finfo(x.dtype).eps / 2
    norms = np.linalg.norm(h.astype(complex)) * abs(x).max() * (by.points * by.D) ** 0.5
    return (C * log2(by.points) + by.D) * u * norms


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_matches_the_definition(level, dtype, ratio):
    rng = np.random.default_rng(1)
    for taps, n, points in ((40, 700, 64), (7, 90, 24), (200, 30, 300), (61, 1501, 250)):
        x, h = samples(rng, n, dtype), samples(rng, taps, dtype if taps % 2 else dtype.lower())
        job = job_of(h, x, *ratio)
        by = streams(job, points)
        want = _reference.upfirdn(h, x, *ratio, wide=True)
        assert abs(transformed(job, by) - want).max() <= bound(x, h, by)


def test_any_first_output(level):
    """As resample_poly leaves them out: what the direct kernel gives from there on."""
    rng = np.random.default_rng(2)
    x, window = samples(rng, 900, "d"), samples(rng, 81, "d")
    for up, down in ((3, 2), (2, 3), (1, 4), (5, 1)):
        job = _polyphase_jobs.resample_job(x, up, down, 0, window, "constant", None)
        want = _reference.resample_poly(x, up, down, window=window, wide=True)
        by = streams(job, 100)
        assert job.shapes.first > 0
        assert abs(transformed(job, by) - want).max() <= bound(x, window * up, by)


@pytest.mark.parametrize("dtype", TYPES)
def test_same_bytes_alone_in_a_batch_and_for_any_workers(level, dtype):
    rng = np.random.default_rng(3)
    x, h = samples(rng, (3, 400, 7), dtype), samples(rng, 33, dtype.lower())
    for up, down in ((1, 1), (3, 2), (1, 2), (4, 1)):
        job = job_of(h, x, up, down, 1)
        by = streams(job, 64)
        made = transformed(job, by)
        for workers in (2, 3, 7):
            assert_same_bytes(transformed(job, by, workers), made)
        for i, j in np.ndindex(3, 7):
            assert_same_bytes(transformed(job_of(h, x[i, :, j], up, down), by), np.ascontiguousarray(made[i, :, j]))


# ---- Through the front door -----------------------------------------------------------------------------

N = 60_000


@pytest.fixture(params=["f", "d", "F"])
def signal(request):
    rng = np.random.default_rng(4)
    return samples(rng, N, request.param), samples(rng, 600, request.param.lower())


def directly(monkeypatch, function, *args, **kwargs):
    with monkeypatch.context() as patch:
        patch.setattr(_polyphase_fft, "faster", lambda *_: False)
        return function(*args, **kwargs)


def by_transforms(h, x, up, down, axis=-1):
    made = explain(upfirdn, h, x, up, down, axis)
    assert made.route == "overlap-save"
    assert made.fft_length == made.blocks["points"] * made.blocks["phases in"] > 0
    assert min(made.costs, key=made.costs.get) == "overlap-save"
    return made.blocks


@pytest.mark.parametrize("ratio", [(1, 1), (2, 1), (1, 2), (3, 2)])
def test_a_long_filter_goes_by_transforms(signal, ratio, monkeypatch):
    x, h = signal
    by_transforms(h, x, *ratio)
    by = streams(job_of(h, x, *ratio))
    want = directly(monkeypatch, upfirdn, h, x, *ratio)
    got = upfirdn(h, x, *ratio)
    assert got.dtype == want.dtype
    assert abs(got - want).max() <= 2 * bound(x, h, by)
    for _, y in variants(x):
        assert_same_bytes(upfirdn(h, y, *ratio), got)


def test_the_choice_is_one_signals_alone(signal):
    """A batch, an axis, a number of workers: the same bytes as one signal alone."""
    x, h = signal
    batch = np.stack([x, -x[::-1], 2 * x])
    for up, down in ((1, 1), (3, 2)):
        by_transforms(h, batch, up, down)
        got = upfirdn(h, batch, up, down, workers=2)
        across = upfirdn(h, batch.T, up, down, axis=0)
        for i, row in enumerate(batch):
            alone = upfirdn(h, row, up, down, workers=1)
            assert_same_bytes(got[i], alone)
            assert_same_bytes(np.ascontiguousarray(across[:, i]), alone)


def test_a_large_batch_is_looked_at_piece_by_piece(signal, monkeypatch):
    x, h = signal
    batch = np.stack([x, -x, 2 * x, x[::-1], 3 * x, -x[::-1]]).reshape(3, 2, N).swapaxes(1, 2)
    batch[1, 77, 1] = np.nan
    want = upfirdn(h, batch, 3, 2, axis=1)
    for piece in (1, 2 * N, 3 * N):
        monkeypatch.setattr(_polyphase_fft, "PIECE", piece)
        assert_same_bytes(upfirdn(h, batch, 3, 2, axis=1), want)


@pytest.mark.parametrize("mode", ["edge", "wrap", "line"])
def test_other_modes_and_few_products_stay_direct(signal, mode):
    x, h = signal
    assert explain(upfirdn, h, x, mode=mode).fft_length == 0
    assert explain(upfirdn, h, x, cval=1.0).fft_length == 0
    assert explain(upfirdn, h[:5], x).fft_length == 0
    assert explain(upfirdn, h[:200], x[:200]).fft_length == 0
    assert explain(upfirdn, h, x, 160, 147).fft_length == 0
    assert explain(upfirdn, np.ones(1 << 20, h.dtype), x, 16, 1).fft_length == 0


@pytest.mark.parametrize("ratio", [(1, 1), (3, 2), (1, 2)])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_touches_what_it_touches_in_the_sum(signal, ratio, value, monkeypatch):
    x, h = signal
    by_transforms(h, x, *ratio)
    x = np.stack([x, x])
    clean = upfirdn(h, x, *ratio)
    x[1, [3, N // 2, N // 2 + 7]] = value
    got, want = upfirdn(h, x, *ratio), directly(monkeypatch, upfirdn, h, x, *ratio)
    assert_same_bytes(got[0], clean[0])
    finite = np.isfinite(want)
    assert (np.isfinite(got) == finite).all()
    assert_same_bytes(got[~finite], want[~finite])
    by = streams(job_of(h, x, *ratio))
    assert abs(got[finite] - want[finite]).max() <= 2 * bound(x[0], h, by)


def test_taps_that_are_not_finite(signal, monkeypatch):
    x, h = signal
    h[17] = np.inf
    assert_same_bytes(upfirdn(h, x), directly(monkeypatch, upfirdn, h, x))


@pytest.mark.parametrize("ratio", [(1, 1), (3, 2), (1, 2), (2, 1)])
def test_a_burst_leaves_the_quiet_their_accuracy(signal, ratio, monkeypatch):
    """Every output that only sees the quiet is as near to the sum as tau of what it is worth."""
    x, h = signal
    loud = x.copy()
    loud[20_000:20_040] *= 1e11 if x.dtype.char == "d" else 1e6
    got, want = upfirdn(h, loud, *ratio), directly(monkeypatch, upfirdn, h, loud, *ratio)
    quiet = upfirdn(h, np.where(loud == x, x, 0), *ratio)
    up, down = ratio
    at = np.arange(got.size) * down // up
    far = (at < 19_900) | (at > 20_040 + 600 // up + 2)
    tau = {"f": 1e-3, "F": 1e-3, "d": 1e-6}[x.dtype.char]
    assert abs(got - want)[far].max() <= tau * abs(h).max() * abs(x).max()
    near = far & (abs(at - 20_020) < 700)
    assert near.any()
    assert abs(quiet - want)[near & (at < 19_900)].max() <= tau * abs(h).max() * abs(x).max()
    # A block that holds the burst is the sum itself.
    blocks = by_transforms(h, loud, *ratio)
    holds = np.flatnonzero(at >= 20_000)[0] // blocks["outputs"]
    assert (got == want)[holds * blocks["outputs"] : (holds + 1) * blocks["outputs"]].all()


def test_what_overflows_in_a_transform_goes_direct(signal, monkeypatch):
    """Sums that stay finite although the sum of a block's magnitudes does not."""
    x, h = signal
    big = float(np.finfo(x.dtype).max) / 64
    x = x / abs(x).max() * x.dtype.type(big)
    h = h / abs(h).sum().astype(h.dtype)
    got, want = upfirdn(h, x), directly(monkeypatch, upfirdn, h, x)
    assert np.isfinite(want).all()
    assert np.isfinite(got).all()
    assert abs(got / big - want / big).max() <= 1e-4


def test_no_signal_and_zeros(signal):
    _, h = signal
    assert upfirdn(h, np.zeros((0, N), h.dtype)).shape == (0, N + 599)
    assert not upfirdn(h, np.zeros(N, h.dtype), 3, 2).any()
    assert not upfirdn(np.zeros_like(h), np.ones(N, h.dtype), 3, 2).any()


@pytest.mark.parametrize("ratio", [(1, 1), (3, 2)])
def test_the_direct_method_always_sums(signal, ratio, monkeypatch):
    x, h = signal
    by_transforms(h, x, *ratio)
    plan = explain(upfirdn, h, x, *ratio, method="direct")
    assert plan.route == "polyphase"
    assert "overlap-save" not in plan.costs
    want = directly(monkeypatch, upfirdn, h, x, *ratio)
    assert_same_bytes(upfirdn(h, x, *ratio, method="direct"), want)
    with sigresample.checked():
        upfirdn(h, x, *ratio, method="direct")
    assert explain(resample_poly, x, 2, 1, window=h).route == "overlap-save"
    assert explain(resample_poly, x, 2, 1, window=h, method="direct").route == "polyphase"
    want = directly(monkeypatch, resample_poly, x, 2, 1, window=h)
    assert_same_bytes(resample_poly(x, 2, 1, window=h, method="direct"), want)


def test_a_method_is_one_of_two():
    for method in ("fft", "Direct", None, ["auto"], np.array(["auto", "direct"])):
        for call in (lambda m: upfirdn([1.0], [1.0], method=m), lambda m: resample_poly([1.0], 2, 1, method=m)):
            with pytest.raises(ValueError, match="(upfirdn|resample_poly): method must be 'auto' or 'direct', got"):
                call(method)
        with pytest.raises(ValueError, match="resample_poly: method must be 'auto' or 'direct', got"):
            resample_poly([1.0], 2, 2, method=method)


def test_resample_poly_by_transforms_is_checked(signal):
    x, h = signal
    assert explain(resample_poly, x, 3, 2, window=h).route == "overlap-save"
    with sigresample.checked():
        for up, down in ((3, 2), (1, 2), (2, 1)):
            resample_poly(x, up, down, window=h)
            resample_poly(x, up, down, window=h, padtype="mean")
            upfirdn(h, x, up, down)
