"""Which blocks of a transform are too uneven for it: against the rule, sample by sample."""

from itertools import product
from math import fsum

import numpy as np
import pytest
import scipy.signal

from sigresample import _dynamic_range, _kernels, convolve, convolve2d, upfirdn
from sigresample._dynamic_range import CORE, LEAST, ROOM, ratios
from sigresample._shapes import Axis, Blocks

PAD = {0: "constant", 1: "wrap", 2: "symmetric", 3: "reflect", 4: "edge"}


def literally(x, w, axes, blocks, boundary=0, fill=0):
    """The rule for one item: each block's expected rounding over what its quietest output is worth."""
    large = np.argwhere(np.abs(w) * CORE >= np.abs(w).max())
    low, high = large.min(0), large.max(0) + 1
    before = [max(0, -axis.first) for axis in axes]
    after = [
        max(0, -(-axis.out // hop) * hop + points + axis.first - axis.data)
        for axis, hop, points in zip(axes, blocks.hop, blocks.points, strict=True)
    ]
    value = {} if boundary else {"constant_values": fill}
    wide = np.pad(x, list(zip(before, after, strict=True)), PAD[boundary], **value)
    wide = np.abs(wide.astype(complex))
    made = np.zeros(blocks.number(axes))
    norm = np.linalg.norm(w.astype(complex)) / np.abs(w).max()
    points = np.prod(blocks.points)
    for block in product(*map(range, made.shape)):
        # of the block, in the extended data
        starts = [b * hop + axis.first + pad for b, hop, axis, pad in zip(block, blocks.hop, axes, before, strict=True)]
        under = _cut(wide, starts, [hop + axis.taps - 1 for hop, axis in zip(blocks.hop, axes, strict=True)])
        energy = np.log2(points) * (under**2).sum() / points
        outs = [min(hop, axis.out - b * hop) for b, hop, axis in zip(block, blocks.hop, axes, strict=True)]
        worths = [_cut(wide, starts + low + at, high - low).max() for at in product(*map(range, outs))]
        worths = [worth for worth in worths if worth > 0]
        rounding = ROOM * np.finfo(x.dtype).eps / 2 * np.sqrt(energy) * norm
        made[block] = rounding / (LEAST[x.dtype.char] * min(worths)) if worths else 0
    return made


def _cut(x, starts, sizes):
    return x[tuple(slice(start, start + n) for start, n in zip(starts, sizes, strict=True))]


def row(n, taps, out, points, first=0):
    return (Axis(n, taps, out, first),), Blocks((points,), (points - taps + 1,))


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("boundary", PAD)
def test_never_below_the_rule(dtype, boundary):
    rng = np.random.default_rng(5)
    for n, taps, points in ((300, 40, 128), (1000, 9, 64), (90, 130, 256), (777, 1, 16)):
        axes, blocks = row(n, taps, n, points, -(taps // 2))
        x = (rng.standard_normal(n) * np.exp(3 * rng.standard_normal(n))).astype(dtype)
        w = rng.standard_normal(taps).astype(dtype)
        got = ratios(x, w, axes, blocks, boundary, 0, 1)
        want = literally(x, w, axes, blocks, boundary)
        if boundary == 0:  # what lies outside is silence, of which the rim of a core may see more than its quarters do
            got, want = got[1:-1], want[1:-1]
        assert (got >= want * 0.99).all()


@pytest.mark.parametrize("shape", [(500,), (60, 45)])
def test_an_even_signal_meets_the_rule(shape):
    rng = np.random.default_rng(6)
    x = rng.choice([-1.0, 1.0], shape)
    w = rng.choice([-1.0, 1.0], (7,) * len(shape))
    axes = tuple(Axis(n, 7, n - 6, 0) for n in shape)
    blocks = Blocks((32,) * len(shape), (26,) * len(shape))
    got = ratios(x, w, axes, blocks, 0, 0, 2)
    inside = tuple(slice(0, -1) for _ in shape)  # energies are summed in stretches, which reach further
    assert (got >= literally(x, w, axes, blocks) * 0.999).all()
    even = ROOM * 2.0**-53 * np.sqrt(np.log2(32 ** len(shape))) * np.sqrt(w.size) / 1e-6
    assert (got[inside] <= even * np.sqrt(1.5) ** len(shape) * 1.001).all()


def test_a_burst_spoils_the_blocks_that_see_it_alone():
    x = np.random.default_rng(7).standard_normal(20000)
    x[9000:9010] *= 1e9
    w = np.hanning(101)
    axes, blocks = row(x.size, 101, x.size - 100, 1024)
    spoiled = np.flatnonzero(ratios(x, w, axes, blocks, 0, 0, 1) > 1)
    stretches = [(b * 924 // 256 * 256, -(-(b * 924 + 1024) // 256) * 256) for b in range(22)]
    seeing = [b for b, (start, stop) in enumerate(stretches) if start < 9010 and stop > 9000]
    assert spoiled.tolist() == seeing


def test_silence_does_not_count():
    x = np.zeros(4096)
    x[1024:2048] = np.random.default_rng(8).standard_normal(1024)
    axes, blocks = row(x.size, 64, x.size, 256, -63)
    got = ratios(x, np.ones(64), axes, blocks, 0, 0, 1)
    assert (got < 1e-3).all()
    assert (got[:4] == 0).all()
    assert (ratios(x, np.zeros(64), axes, blocks, 0, 0, 1) == 0).all()
    for dims in (1, 2, 3):  # nothing to be drowned
        nothing = np.zeros((4,) * dims), tuple(Axis(9, 4, 9, -2) for _ in range(dims))
        cut = Blocks((16,) * dims, (13,) * dims)
        assert _dynamic_range.glance(np.ones((9,) * dims), *nothing, cut, 0, 0, 1)[:3] == (True, True, True)
        assert not _dynamic_range.rims(np.ones((9,) * dims), *nothing, cut)


def test_parts_add_their_energies():
    rng = np.random.default_rng(9)
    n, taps, points = 3000, 400, 256
    x, w = rng.standard_normal(n), rng.standard_normal(taps)
    axes, blocks = (Axis(n, taps, n - taps + 1, 0),), Blocks((points,), (points // 2,), 4)
    got = ratios(x, w, axes, blocks, 0, 0, 1)
    u, top = 2.0**-53, np.abs(w).max()
    core = np.flatnonzero(np.abs(w) * CORE >= top)
    for block in range(len(got)):
        starts = block * 128 + 128 * np.arange(4)
        energies = [(x[s : s + points] ** 2).sum() for s in starts]
        norms = [(w[i : i + 128] ** 2).sum() / top**2 for i in range(0, taps, 128)]
        rounding = ROOM * u * np.sqrt(8 * np.dot(energies, norms) / points)
        outs = range(block * 128, min(block * 128 + 128, n - taps + 1))
        worth = min(np.abs(x[i + core[0] : i + core[-1] + 1]).max() for i in outs)
        assert rounding / (1e-6 * worth) <= got[block] * 1.001
        assert got[block] < 1


def test_huge_and_tiny_values():
    axes, blocks = row(1000, 50, 951, 256)
    x = np.random.default_rng(10).standard_normal(1000)
    base = ratios(x, np.ones(50), axes, blocks, 0, 0, 1)
    for scale in (2.0**100, 2.0**-100):
        got = ratios((x * scale).astype(np.float32), np.ones(50, np.float32), axes, blocks, 0, 0, 1)
        single = ratios(x.astype(np.float32), np.ones(50, np.float32), axes, blocks, 0, 0, 1)
        np.testing.assert_allclose(got, single, rtol=1e-3)
    np.testing.assert_allclose(ratios(x * 2.0**400, np.ones(50), axes, blocks, 0, 0, 1), base, rtol=1e-6)
    for scale in (2.0**900, 2.0**-900):  # where squares are lost, the direct sum is called for
        assert (ratios(x * scale, np.ones(50), axes, blocks, 0, 0, 1) == np.inf).all()


def test_items_of_a_batch_do_not_see_each_other():
    rng = np.random.default_rng(11)
    x = rng.standard_normal((3, 2, 700)).astype("f")
    x[1] *= 1e20
    axes, blocks = row(700, 30, 700, 128, -10)
    w = rng.standard_normal(30).astype("f")
    got = ratios(x, w, axes, blocks, 2, 0, 2)
    for index in np.ndindex(3, 2):
        alone = ratios(x[index], w, axes, blocks, 2, 0, 1)
        np.testing.assert_array_equal(got[index], alone)


@pytest.mark.parametrize("boundary", PAD)
@pytest.mark.parametrize("shape", [(3000,), (90, 110)])
def test_a_glance_is_never_more_lenient(shape, boundary):
    rng = np.random.default_rng(12)
    glanced = 0
    for trial in range(60):
        decades = 10.0 ** (trial / 6)
        x = (rng.standard_normal(shape) * np.where(rng.random(shape) < 0.01, decades, 1)).astype("f")
        taps = (11,) * len(shape)
        w = rng.standard_normal(taps).astype("f")
        axes = tuple(Axis(n, 11, n, -5) for n in shape)
        blocks = Blocks((64,) * len(shape), (54,) * len(shape))
        if _dynamic_range.glance(x, w, axes, blocks, boundary, 0, 1).even:
            glanced += 1
            assert (ratios(x, w, axes, blocks, boundary, 0, 1) <= 1).all()
    assert 0 < glanced < 60


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("shape, taps", [((3000,), (400,)), ((90, 110), (31, 40)), ((12, 40, 50), (3, 11, 17))])
def test_rims_are_found_and_no_more(shape, taps, dtype):
    """Against the rule, window by window: every output that zeros cut off and that is worth too little is in a rim."""
    rng = np.random.default_rng(14)
    met = 0
    for trial in range(30):
        decay = np.exp(-np.arange(taps[-1]) / 15) if trial % 3 else np.ones(taps[-1])
        w = (rng.standard_normal(taps) * decay[:: -1 if trial % 2 else 1]).astype(dtype)
        x = rng.standard_normal(shape).astype(dtype)
        axis, quiet = trial % len(shape), int(rng.integers(1, 9))
        ends = [slice(None)] * len(shape)
        ends[axis] = slice(0, quiet) if trial % 4 < 2 else slice(-quiet, None)
        x[tuple(ends)] *= 10.0 ** -rng.integers(0, 12)
        axes = tuple(Axis(n, k, n + k - 1, 1 - k) for n, k in zip(shape, taps, strict=True))
        blocks = Blocks(tuple(2 * k + 40 for k in taps), tuple(k + 41 for k in taps))
        glance = _dynamic_range.glance(x, w, axes, blocks, 0, 0, 1)
        rims = _dynamic_range.rims(x, w, axes, blocks)
        assert _dynamic_range.rims(x, w, axes, blocks, 2, glance.look, glance.most) == rims
        if glance.level:
            assert not rims
        # The outermost outputs of the axis, whose windows hold but what was made quiet of it.
        look = _dynamic_range._look(x, w, blocks)
        first = axes[axis].first
        (start, stop), n = look.core[axis], shape[axis]
        last = trial % 4 >= 2
        at = n - 1 - start - first if last else 1 - stop - first
        worth = np.abs(x[tuple(ends)]).max()
        loud = look.unit * np.sqrt(look.squares) * np.abs(x).max() * (2 if dtype in "FD" else 1) * 2
        if 0 <= at < axes[axis].out and quiet < look.chunk[axis] and worth * 1.5 < loud / 40:
            met += 1
            assert any(rim.axis == axis and rim.start <= at < rim.start + rim.outputs for rim in rims)
    assert met > 3


@pytest.mark.parametrize("dtype", "fd")
@pytest.mark.parametrize("scale", ["tiny", "max", 1])
def test_what_is_found_of_taps(dtype, scale):
    """The largest, the squares over its square, and the core: the same for any number of workers."""
    info = np.finfo(dtype)
    for n in (1, 7, 65_536, 200_003):
        w = np.random.default_rng(n).standard_normal(n)
        w = (w / abs(w).max() * (scale if scale == 1 else float(getattr(info, scale)))).astype(dtype)
        w[: n // 3] = 0
        found = [_kernels.loudness.taps(w, 1, n, 16.0, workers) for workers in (1, 2, 3)]
        assert found[0] == found[1] == found[2]
        top, squares, core = found[0]
        assert top == abs(w).max()
        # Each square, in double precision, is off by three roundings at most, and each sum by as many as it has terms.
        want = fsum((w.astype(np.longdouble) / top) ** 2)
        assert abs(squares - want) <= (3 + n / 8 + 10) * 2.0**-53 * want
        large = np.flatnonzero(abs(w) >= top / 16)
        assert core == ((0, 1), (large[0], large[-1] + 1))


def test_a_quiet_start_keeps_its_accuracy():
    """A filter that rises at once sees the first samples alone."""
    h = np.exp(-np.arange(1001) / 50)
    x = np.random.default_rng(0).standard_normal(40000)
    x[:30] *= 1e-12
    for data, taps in ((x, h), (x[::-1], h[::-1])):
        got, want = convolve(data, taps), convolve(data, taps, method="direct")
        ends = slice(0, 30) if data is x else slice(-30, None)
        assert (np.abs(got - want)[ends] <= 1e-13 * np.abs(want)[ends].max()).all()
    image = np.random.default_rng(1).standard_normal((300, 300))
    image[:4], image[:, -3:] = image[:4] * 1e-10, image[:, -3:] * 1e-11
    taps = np.random.default_rng(2).standard_normal((41, 41))
    got, want = (convolve2d(image, taps, method=method) for method in ("auto", "direct"))
    for rim in (np.s_[:4, :-45], np.s_[5:-45, -3:]):
        assert np.abs(got - want)[rim].max() <= 1e-13 * np.abs(want[rim]).max()


def test_a_quiet_start_of_a_long_filter_of_upfirdn():
    h = np.exp(-np.arange(4001) / 50)
    x = np.random.default_rng(0).standard_normal(40000)
    x[:20] *= 1e-12
    for up, down in ((1, 1), (2, 1), (3, 2)):
        got, want = upfirdn(h, x, up, down), scipy.signal.upfirdn(h, x, up, down)
        n = 20 * up // down
        assert np.abs(got - want)[:n].max() <= 1e-12 * np.abs(want[:n]).max()


@pytest.mark.parametrize("dtype", "fdFD")
def test_a_glance_sees_the_loudest_and_the_quietest(dtype):
    """Against a loop over chunks, at the level in use, whole and cut off, for one worker and several."""
    rng = np.random.default_rng(15)
    unit = 2 if dtype in "FD" else 1
    cases = [(1, 1, 1000, 1, 64), (3, 1, 77, 1, 16), (2, 40, 33, 16, 8), (1, 9, 5000, 8, 4), (1, 23, 130, 4, 32)]
    for planes, rows, cols, tall, chunk in (*cases, (1, 1, 1, 1, 1), (1, 8, 1, 8, 1)):
        x = rng.standard_normal((planes, rows, cols)) * 10.0 ** rng.integers(-3, 3, (planes, rows, cols))
        x = (x + (1j * rng.standard_normal(x.shape) if unit == 2 else 0)).astype(dtype)
        sizes = np.abs(x.view(x.real.dtype)).reshape(planes, rows, cols * unit)
        chunks = [
            sizes[p, i : i + tall, j : j + chunk * unit].max()
            for p in range(planes) for i in range(0, rows, tall) for j in range(0, cols * unit, chunk * unit)
        ]  # fmt: skip
        for workers in (1, 2, 7):
            most, least = _kernels.loudness.glance(x, planes, rows, cols * unit, tall, chunk * unit, workers)
            assert most == sizes.max()
            assert (
                0 <= least <= min(chunks)
            )  # it may be stricter: single columns of whole chunks, single rows of low ones
            if tall == 1:
                assert least == min(chunks)
    x = np.ones(100, dtype)
    for bad in (np.nan, np.inf, -np.inf):
        x[57] = bad
        assert not _kernels.loudness.glance(x, 1, 1, 100 * unit, 1, 16, 1)[0] < np.inf
