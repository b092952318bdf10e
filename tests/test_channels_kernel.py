"""The channels kernel at every SIMD level this CPU can load, against its definition."""

from importlib import import_module
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, gamma
from kernel_cases import folded, samples, wider

from sigresample import _kernels
from sigresample._channel_shapes import Along, Correlation

BORDERS = {"zeros": 0, "wrap": 1, "symmetric": 2, "reflect": 3, "edge": 4}  # the kernels' numbers
DTYPES = ["f", "d", "F", "D", "I", "L"]


class Case(NamedTuple):
    """A correlation in short: one number for each axis."""

    data: tuple[int, ...]
    taps: tuple[int, ...]
    C: int = 3
    O: int = 5  # noqa: E741
    N: int = 2
    G: int = 1
    stride: tuple[int, ...] = (1, 1, 1)
    dilation: tuple[int, ...] = (1, 1, 1)
    first: tuple[int, ...] = (0, 0, 0)
    out: tuple[int, ...] | None = None
    start: tuple[int, ...] = (0, 0, 0)
    leap: tuple[int, ...] = (1, 1, 1)

    def correlation(self):
        rank = len(self.data)
        out = self.out or tuple(
            max(0, (n - 2 * f - d * (k - 1) - 1) // s + 1)
            for n, k, s, d, f in zip(self.data, self.taps, self.stride, self.dilation, self.first, strict=False)
        )
        fields = zip(
            self.data, self.taps, out, self.first[:rank], self.stride[:rank], self.dilation[:rank], self.start[:rank],
            self.leap[:rank], strict=True,
        )  # fmt: skip
        return Correlation(self.N, self.G, self.C, self.O, tuple(Along(*each) for each in fields))

    def arrays(self, dtype, rng):
        x = samples(rng, (self.N, self.G * self.C, *self.data), dtype)
        w = samples(rng, (self.G * self.O, self.C, *self.taps), dtype)
        return x, w, samples(rng, (self.G * self.O,), dtype)


CASES = [
    Case((1,), (1,), C=1, O=1, N=1),
    Case((7,), (3,), first=(-1,)),
    Case((1009,), (5,), C=2, O=3, first=(-2,)),
    Case((300,), (7,), C=5, O=20, stride=(3,), first=(-4,)),
    Case((31,), (4,), C=17, O=33, dilation=(5,), first=(-3,), out=(29,)),
    Case((5, 7), (3, 3), first=(-1, -1)),
    Case((7, 7), (3, 3), C=41, O=67, first=(-1, -1)),  # several blocks of terms
    Case((7, 7), (3, 3), C=41, O=3, first=(-1, -1), N=3),
    Case((13, 61), (3, 3), C=4, O=16, N=1, first=(-1, -1)),
    Case((23, 29), (5, 3), C=3, O=8, N=3, G=2, first=(-2, -1)),
    Case((19, 17), (7, 7), C=3, O=18, stride=(2, 2), first=(-3, -3)),
    Case((19, 17), (7, 7), C=3, O=2, stride=(2, 3), first=(-3, -3)),
    Case((12, 11), (2, 2), C=2, O=17, stride=(4, 5)),  # strides larger than the kernel
    Case((12, 11), (2, 2), C=2, O=3, stride=(4, 5)),
    Case((16, 33), (3, 3), C=3, O=19, dilation=(2, 3), first=(-2, -3)),
    Case((16, 33), (3, 3), C=3, O=3, dilation=(7, 11), first=(-9, -1), out=(20, 20)),
    Case((4, 3), (9, 8), C=2, O=4, first=(-6, -7), out=(7, 9)),  # a kernel larger than the data
    Case((4, 3), (3, 3), C=2, O=19, first=(-40, 50), out=(5, 6)),  # windows far outside
    Case((9, 10), (1, 1), C=7, O=6),
    Case((16, 12), (1, 1), C=33, O=40, N=3),
    Case((9, 10), (1, 1), C=6, O=20, stride=(2, 3)),
    Case((9, 10), (1, 1), C=6, O=2, first=(-1, -2), out=(11, 14)),
    Case((6, 5), (2, 3), C=2, O=17, out=(5, 3), start=(1, 0), leap=(2, 3)),
    Case((6, 5), (2, 3), C=2, O=2, out=(5, 3), start=(0, 2), leap=(3, 2)),
    Case((6, 40), (2, 3), C=2, O=40, out=(5, 38), start=(1, 1), leap=(2, 2)),
    Case((6, 40), (1, 1), C=2, O=3, out=(6, 40), start=(1, 0), leap=(2, 1)),
    Case((4, 5, 6), (3, 2, 3), C=2, O=4, first=(-1, -1, -1)),
    Case((4, 5, 6), (3, 2, 3), C=3, O=21, G=2, stride=(2, 1, 2), dilation=(1, 2, 1), first=(-1, -1, -1)),
    Case((3, 4, 9), (2, 2, 2), C=2, O=17, out=(2, 3, 8), start=(1, 0, 1), leap=(2, 3, 2)),
    Case((5, 5), (3, 3), C=1, O=1, G=7, first=(-1, -1)),
    Case((0, 5), (3, 3), C=2, O=3, first=(-2, -1), out=(2, 5)),  # nothing but padding
    Case((5, 5), (3, 3), C=0, O=3),  # empty sums
    Case((5, 5), (3, 3), C=0, O=20),
    Case((5, 5), (3, 3), N=0),
    Case((5, 5), (3, 3), out=(0, 4)),
    Case((5, 5), (3, 3), G=0),
    Case((5, 5), (3, 3), O=0),
]


@pytest.fixture(params=_kernels.available())
def kernel(request):
    return import_module(f"sigresample._kernels.channels_{request.param}")


def run(kernel, x, w, of, border=0, bias=None, workers=1):
    """The kernel's result; what it must not write keeps the number 77."""
    whole = [max(a.start + (a.out - 1) * a.leap + 2, 1) if a.leap > 1 or a.start else a.out for a in of.axes]
    y = np.full((of.items, of.groups * of.outputs, *whole), 77, x.dtype)
    kernel.channels(x, w, y, of, border, bias, workers)
    return y


def windows(x, of, border):
    """x[n, channel, i…, p…]: the sample under every tap of every output."""
    for axis, a in enumerate(of.axes):
        at = a.first + np.add.outer(np.arange(a.out) * a.stride, np.arange(a.taps) * a.dilation)
        place = 2 + 2 * axis
        if a.data == 0:
            x = np.zeros((*x.shape[:place], *at.shape, *x.shape[place + 1 :]), x.dtype)
            continue
        inside = (at >= 0) & (at < a.data)
        held = x.take(np.where(inside, at, 0) if border == "zeros" else folded(at, a.data, border), axis=place)
        if border == "zeros":
            shape = [1] * held.ndim
            shape[place : place + 2] = at.shape
            held = np.where(inside.reshape(shape), held, held.dtype.type(0))
        x = held
    rank = len(of.axes)
    return x.transpose(0, 1, *range(2, 2 + 2 * rank, 2), *range(3, 2 + 2 * rank, 2))


def definition(x, w, of, border="zeros", bias=None):
    """Every output as its sum; with it, the sum of its terms' magnitudes."""
    rank = len(of.axes)
    if x.dtype.kind not in "iu":
        x, w = x.astype(wider(x.dtype)), w.astype(wider(w.dtype))
    seen = windows(x, of, border)
    seen = seen.reshape(of.items, of.groups, of.inputs, *seen.shape[2:])
    taps = w.reshape(of.groups, of.outputs, of.inputs, *w.shape[2:])
    out, tap = "ijk"[:rank], "pqr"[:rank]
    form = f"ngc{out}{tap},goc{tap}->ngo{out}"
    shape = (of.items, of.groups * of.outputs, *(a.out for a in of.axes))
    added = 0 if bias is None else bias.reshape(-1, *[1] * rank)
    y = np.einsum(form, seen, taps).reshape(shape) + added
    magnitude = (np.einsum(form, abs(seen), abs(taps)).reshape(shape) + abs(added)) if x.dtype.kind in "fc" else 0
    return y, magnitude


def check(kernel, case, dtype, border="zeros", workers=1, seed=1):
    of = case.correlation()
    x, w, bias = case.arrays(dtype, np.random.default_rng(seed))
    for added in (None, bias):
        y = run(kernel, x, w, of, BORDERS[border], added, workers)
        want, magnitude = definition(x, w, of, border, added)
        places = tuple(slice(a.start, a.start + a.out * a.leap, a.leap) for a in of.axes)
        got = y[(..., *places)]
        if y.dtype.kind in "iu":
            np.testing.assert_array_equal(got, want)
        else:
            # A product and every addition round once; a complex product is two terms of each part.
            parts = 2 if y.dtype.kind == "c" else 1
            terms = parts * (w.size // max(1, len(w))) + 2
            assert_close(got, want, parts * gamma(terms, y.real.dtype) * magnitude)
        kept = np.ones(y.shape, bool)
        kept[(..., *places)] = False
        assert (y[kept] == 77).all()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_type_matches_the_definition(kernel, case):
    for dtype in DTYPES:
        check(kernel, case, dtype)


@pytest.mark.parametrize("border", [name for name in BORDERS if name != "zeros"])
def test_boundaries(kernel, border):
    for case in CASES:
        if all(n > 0 for n in case.data):
            for dtype in "fDL" if case.O < 20 else "f":
                check(kernel, case, dtype, border)


def test_large_sums(kernel):
    """Weights too many to be packed at once, channels cut into shares, items that share a slab."""
    for case, dtype in [
        (Case((2, 3), (3, 3), C=230, O=140, N=3, first=(-1, -1)), "f"),
        (Case((9, 10), (3, 3), C=67, O=283, N=2, first=(-1, -1), stride=(1, 1)), "f"),
        (Case((1, 1), (1, 1), C=530, O=515, N=2), "d"),
        (Case((5, 5), (5, 5), C=90, O=150, N=1, first=(-2, -2), stride=(2, 2)), "F"),
        (Case((5, 5), (3, 3), C=130, O=250, N=2, first=(-1, -1)), "I"),
    ]:
        check(kernel, case, dtype)


def test_geometry_without_end(kernel):
    """Dilations, strides and paddings that no window could hold."""
    far = 2**40
    for O in (2, 18):  # noqa: E741
        for border in ("zeros", "edge", "wrap"):
            check(kernel, Case((5, 6), (3, 3), O=O, dilation=(far, far), first=(-far, -far), out=(5, 6)), "f", border)
            check(kernel, Case((5, 6), (1, 2), O=O, stride=(far, far), first=(-far, 1 - far), out=(2, 2)), "d", border)
        check(kernel, Case((70,), (5000,), O=O, C=1, N=1, first=(-4990,), out=(60,)), "d")
        check(kernel, Case((70, 1), (3, 1), O=O, N=1, dilation=(90000, 1), first=(-90000, 0), out=(70, 1)), "d")
        check(kernel, Case((400, 500), (2, 2), O=O, C=1, N=1, dilation=(399, 480)), "f")


def test_every_count_of_channels_and_pixels(kernel):
    """Each height and width of a tile, and what is left over beside it."""
    for dtype, O in product("fd", [*range(1, 20), 31, 32, 33, 63, 64, 65, 67]):  # noqa: E741
        for shape in [(1,), (2,), (3,), (5,), (13,), (64,), (67,)]:
            check(kernel, Case(shape, (1,), C=2, O=O, N=1), dtype)
            check(kernel, Case(shape, (2,), C=2, O=O, N=1, first=(-1,)), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bytes_for_any_workers_and_batch(kernel, dtype):
    rng = np.random.default_rng(5)
    for case in [
        Case((7, 7), (3, 3), C=41, O=67, N=5, first=(-1, -1)),
        Case((61, 67), (3, 3), C=3, O=2, N=2, first=(-1, -1)),
        Case((31, 37), (1, 1), C=13, O=40, N=3),
        Case((31, 37), (3, 2), C=2, O=9, N=3, G=2, stride=(2, 2)),
        Case((9, 9), (3, 3), C=70, O=150, N=3, first=(-1, -1)),
    ]:
        of = case.correlation()
        x, w, bias = case.arrays(dtype, rng)
        whole = run(kernel, x, w, of, 3, bias)
        for workers in (2, 7):
            assert_same_bytes(run(kernel, x, w, of, 3, bias, workers), whole)
        alone = of._replace(items=1)
        parts = [run(kernel, x[n : n + 1], w, alone, 3, bias) for n in range(case.N)]
        assert_same_bytes(np.concatenate(parts), whole)
        # A channel alone is summed with its pixels in lanes, or among others with channels in lanes.
        one = Correlation(of.items, 1, of.inputs, 1, of.axes)
        first = run(kernel, np.ascontiguousarray(x[:, : case.C]), w[:1], one, 3, bias[:1])
        assert_same_bytes(first[:, 0], whole[:, 0])


@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
def test_levels_with_fma_agree_to_the_byte(dtype):
    results = {}
    for level in _kernels.available():
        kernel = import_module(f"sigresample._kernels.channels_{level}")
        rng = np.random.default_rng(7)
        parts = []
        for case in CASES:
            x, w, bias = case.arrays(dtype, rng)
            parts.append(run(kernel, x, w, case.correlation(), 4 if min(case.data) else 0, bias).tobytes())
        results[level] = b"".join(parts)
    for group in (("v4", "v3", "neon"), ("v2", "scalar")):
        assert len({results[level] for level in group if level in results}) <= 1


@pytest.mark.parametrize("O", [2, 20])
def test_padded_zeros_are_terms(kernel, O):  # noqa: E741
    """An infinite weight on an absent sample gives NaN; NaN samples touch exactly the outputs that meet them."""
    case = Case((6, 40), (3, 3), C=2, O=O, first=(-1, -1))
    of = case.correlation()
    for dtype in "fdFD":
        x, w, _ = case.arrays(dtype, np.random.default_rng(3))
        w[1, 1, 0, 0] = np.inf
        y = run(kernel, abs(x).astype(dtype) + 1, w, of)
        edge = np.zeros(y.shape[2:], bool)
        edge[0] = edge[:, 0] = True
        assert np.isnan(y[:, 1, edge].real).all() and not np.isfinite(y[:, 1, ~edge]).any()
        assert np.isfinite(np.delete(y, 1, axis=1)).all()
        x, w, _ = case.arrays(dtype, np.random.default_rng(3))
        x[1, 1, 3, 20] = np.nan
        touched = np.isnan(run(kernel, x, w, of))
        want = np.zeros(touched.shape, bool)
        want[1, :, 2:5, 19:22] = True
        np.testing.assert_array_equal(touched, want)


def test_bias_is_added_to_the_finished_sum(kernel):
    """Of a sum that rounds to 2^24, a bias of 1 is lost, where one added first would show."""
    for O in (3, 20):  # noqa: E741
        case = Case((5,), (1,), C=2, O=O, N=1)
        x, w = np.ones((1, 2, 5), "f"), np.ones((O, 2, 1), "f")
        w[:, 1] = -1
        x[:] = 2.0**24
        y = run(kernel, x, w, case.correlation(), 0, np.ones(O, "f"))
        assert (y == 1).all()
        w[:, 1] = 0
        y = run(kernel, x, w, case.correlation(), 0, np.ones(O, "f"))
        assert (y == 2.0**24).all()


def test_types_that_are_not_computed_are_refused(kernel):
    of = Case((5,), (1,), C=1, O=1, N=1).correlation()
    for dtype in ("h", "e", "?", "g"):
        with pytest.raises(TypeError, match="channels kernel: no such dtype"):
            kernel.channels(
                np.ones((1, 1, 5), dtype), np.ones((1, 1, 1), dtype), np.ones((1, 1, 5), dtype), of, 0, None, 1
            )
