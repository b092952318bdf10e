"""The convolutions of sigresample.nn: their definition, worked examples, and what callers rely on."""

from __future__ import annotations

import inspect
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, variants
from hypothesis import given
from hypothesis import strategies as st

import sigresample
from sigresample import _bounds, _channel_check, _channel_reference, checked, nn
from sigresample._channel_reference import Numbers

Array = np.ndarray[Any, Any]

CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
TRANSPOSED = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
RESULTS = ["f4", "f8", "c8", "c16", "f2", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]


def draw(shape: Any, dtype: Any, seed: int = 0) -> Array:
    rng, dtype = np.random.default_rng(seed), np.dtype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    if dtype.kind == "b":
        return rng.random(shape) < 0.3
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if dtype.kind == "c" else x).astype(dtype)


def ones(*kernel: int) -> Array:
    return np.ones((1, 1, *kernel))


# ── worked examples ────────────────────────────────────────────────────────────────────────────

KERNEL = np.array([[1, 2, 1], [2, 1, 2], [1, 2, 1]])


@pytest.mark.parametrize(
    "function, size, kernel, numbers, out",
    [
        ("conv2d", 4, 3, {}, 2),
        ("conv2d", 5, 4, {"padding": 2}, 6),
        ("conv_transpose2d", 2, 3, {}, 4),
        ("conv_transpose2d", 6, 4, {"padding": 2}, 5),
        ("conv_transpose2d", 7, 3, {"padding": 2}, 5),
        ("conv_transpose2d", 2, 3, {"stride": 2}, 5),
    ],
)
def test_sizes_of_the_worked_examples(function: str, size: int, kernel: int, numbers: Any, out: int) -> None:
    y = getattr(nn, function)(np.ones((1, 1, size, size)), ones(kernel, kernel), **numbers)
    assert y.shape == (1, 1, out, out)
    rule = nn.conv_transpose_output_size if "transpose" in function else nn.conv_output_size
    assert rule(size, kernel, **numbers) == out


def test_one_sample_puts_a_copy_of_the_filter() -> None:
    y = nn.conv_transpose2d([[[[55]]]], KERNEL[None, None])
    np.testing.assert_array_equal(y, [[[[55, 110, 55], [110, 55, 110], [55, 110, 55]]]])


def test_copies_that_overlap_are_added() -> None:
    x = np.array([[55, 52], [57, 50]])
    want = np.zeros((4, 4), int)
    for i, j in product(range(2), range(2)):
        want[i : i + 3, j : j + 3] += x[i, j] * KERNEL
    np.testing.assert_array_equal(nn.conv_transpose2d(x[None, None], KERNEL[None, None])[0, 0], want)


# ── definition ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", RESULTS)
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_a_convolution_is_its_definition(dtype: str, mode: str) -> None:
    x, w, b = draw((2, 6, 7, 9), dtype), draw((4, 3, 3, 2), dtype, 1), draw(4, dtype, 2)
    for stride, pads, dilation in product(
        [(1, 1), (2, 3), (5, 1)], [((0, 0), (0, 0)), ((1, 2), (3, 0))], [(1, 1), (2, 3)]
    ):
        of = Numbers(stride, pads, dilation, 2, mode)
        got = nn.conv2d(x, w, b, stride, pads, dilation, 2, padding_mode=mode)
        _assert_near(got, partial(_channel_reference.convolution, x, w, b, of, x.dtype), 28)


@pytest.mark.parametrize("dtype", RESULTS)
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_a_transposed_convolution_is_its_definition(dtype: str, mode: str) -> None:
    x, w, b = draw((2, 4, 4, 5), dtype), draw((4, 3, 3, 4), dtype, 1), draw(6, dtype, 2)
    for stride, pads, dilation in product(
        [(1, 1), (2, 3), (5, 4)], [((0, 0), (0, 0)), ((1, 2), (2, 0))], [(1, 1), (2, 3)]
    ):
        of = Numbers(stride, pads, dilation, 2, mode)
        extra = tuple(min(1, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True))
        got = nn.conv_transpose2d(x, w, b, stride, pads, extra, 2, dilation, padding_mode=mode)
        out = got.shape[2:]
        _assert_near(got, partial(_channel_reference.transposed, x, w, b, of, out, x.dtype), 9 * 36)


def _assert_near(got: Array, define: Any, terms: int) -> None:
    if got.dtype.kind in "biu":
        want = define()
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)
        return
    want, scale = define(wide=True), define(magnitude=True).astype(float)
    sums = np.dtype("f4") if got.dtype == np.float16 else got.dtype
    limit = _bounds.direct(terms, sums) * scale
    if got.dtype == np.float16:
        limit = limit + _bounds.unit(np.float16) * (np.abs(want) + limit) + 2.0**-24
    assert_close(got, want, limit)


@pytest.mark.parametrize("rank", [1, 3])
def test_other_ranks_are_their_definition(rank: int) -> None:
    data, kernel = (6, 5, 7)[:rank], (3, 2, 3)[:rank]
    x, w, b = draw((2, 2, *data), "f8"), draw((4, 2, *kernel), "f8", 1), draw(4, "f8", 2)
    of = Numbers((2, 1, 3)[:rank], ((1, 0), (2, 2), (0, 3))[:rank], (1, 2, 1)[:rank], 1, "replicate")
    pads = {"padding": of.pads, "stride": of.stride, "dilation": of.dilation, "padding_mode": of.mode}
    got = getattr(nn, CONVOLUTIONS[rank - 1])(x, w, b, **pads)
    _assert_near(got, partial(_channel_reference.convolution, x, w, b, of, x.dtype), 64)
    z = draw(got.shape, "f8", 3)
    back = getattr(nn, TRANSPOSED[rank - 1])(z, w, output_size=data, **pads)
    _assert_near(back, partial(_channel_reference.transposed, z, w, None, of, data, x.dtype), 64 * 8)


@given(st.data())
def test_the_transposed_one_is_the_adjoint(data: Any) -> None:
    """⟨conv(x), z⟩ = ⟨x, conv_transpose(z)⟩ exactly, in integers, whatever the numbers."""
    some = lambda low, high: data.draw(st.integers(low, high))  # noqa: E731
    rank, groups, mode = (
        some(1, 2),
        some(1, 2),
        data.draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
    )
    sizes, kernel = [some(1, 7) for _ in range(rank)], [some(1, 4) for _ in range(rank)]
    numbers: dict[str, Any] = {
        "stride": tuple(some(1, 4) for _ in range(rank)),
        "dilation": tuple(some(1, 3) for _ in range(rank)),
        "padding": tuple((some(0, 3), some(0, 3)) for _ in range(rank)),
    }
    if data.draw(st.booleans()):
        numbers["padding"] = data.draw(st.sampled_from(["valid", "same_upper", "same_lower"]))
    numbers |= {"groups": groups, "padding_mode": mode}
    x = draw((2, 2 * groups, *sizes), "i8", some(0, 9))
    w = draw((3 * groups, 2, *kernel), "i8", some(0, 9))
    try:
        y = getattr(nn, CONVOLUTIONS[rank - 1])(x, w, **numbers)
    except ValueError as error:
        assert "kernel" in str(error) or "padding_mode" in str(error)  # noqa: PT017
        return
    z = draw(y.shape, "i8", 1)
    back = getattr(nn, TRANSPOSED[rank - 1])(z, w, output_size=sizes, **numbers)
    assert back.shape == x.shape
    assert np.sum(y * z) == np.sum(x * back)


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [5, 6, 7, 8])
@pytest.mark.parametrize("kernel, dilation", [(1, 1), (2, 1), (3, 1), (4, 1), (3, 2), (4, 3)])
def test_strided_same_gives_one_output_a_step(size: int, kernel: int, dilation: int, stride: int) -> None:
    x, w = draw((1, 1, size), "f8"), draw((1, 1, kernel), "f8", 1)
    total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    for word, before in (("same_upper", total // 2), ("same_lower", total - total // 2)):
        y = nn.conv1d(x, w, stride=stride, padding=word, dilation=dilation)
        assert y.shape == (1, 1, -(-size // stride))
        want = nn.conv1d(x, w, stride=stride, padding=((before, total - before),), dilation=dilation)
        assert_same_bytes(y, want)
        back = nn.conv_transpose1d(y, w, stride=stride, padding=word, dilation=dilation)
        assert back.shape == (1, 1, y.shape[-1] * stride)
    if stride == 1:
        assert_same_bytes(
            nn.conv1d(x, w, padding="same", dilation=dilation), nn.conv1d(x, w, padding="same_upper", dilation=dilation)
        )


def test_an_absent_sample_is_no_term_of_a_transposed_convolution() -> None:
    """An infinite weight gives infinities to the very edge, as in PyTorch, where a padded convolution has NaN."""
    w = np.full((1, 1, 3, 3), np.inf)
    assert (nn.conv_transpose2d(np.ones((1, 1, 3, 3)), w, stride=2) == np.inf).all()
    assert (nn.conv_transpose2d(np.ones((1, 1, 3, 3)), w, dilation=2, padding=1)[0, 0] == np.inf).any()
    assert np.isnan(nn.conv2d(np.ones((1, 1, 3, 3)), w, padding=1)).sum() == 8


# ── contract ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
@pytest.mark.parametrize("dtype", ["f4", "i2", "f2", "c16"])
def test_layouts_and_lists_do_not_matter(name: str, dtype: str) -> None:
    function = getattr(nn, name)
    x, w, b = draw((2, 3, 6, 5), dtype), draw((3, 3, 2, 3), dtype, 1), draw(3, dtype, 2)
    want = function(x, w, b, 2, 1)
    for kind, made in variants(x):
        assert_same_bytes(function(made, w, b, 2, 1), want), kind
    for kind, made in variants(w):
        assert_same_bytes(function(x, made, b, 2, 1), want), kind
    for kind, made in variants(b):
        assert_same_bytes(function(x, w, made, 2, 1), want), kind
    if dtype == "c16":
        assert_same_bytes(function(x.tolist(), w.tolist(), b.tolist(), [2, 2], np.array([1, 1])), want)


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
@pytest.mark.parametrize("dtype", ["f4", "i2", "f2", "?", "i8"])
def test_out_of_any_layout_is_filled_and_returned(name: str, dtype: str) -> None:
    function = getattr(nn, name)
    x, w, b = draw((3, 2, 6, 5), dtype), draw((2, 2, 2, 3), dtype, 1), draw(2, dtype, 2)
    want = function(x, w, b, padding=1)
    for _, out in variants(np.zeros_like(want)):
        if out.flags.writeable and out.dtype.isnative:
            assert function(x, w, b, padding=1, out=out) is out
            assert_same_bytes(out.astype(want.dtype), want)


def test_a_wrong_out_is_refused() -> None:
    x, w = np.zeros((1, 1, 4, 4)), np.zeros((1, 1, 1, 1))
    for out, text in (
        (np.zeros((1, 1, 4, 3)), r"conv2d: out must have shape \(1, 1, 4, 4\), got \(1, 1, 4, 3\)"),
        (np.zeros((1, 1, 4, 4), "f4"), "conv2d: out must have dtype float64, got float32"),
        (x, "conv2d: out must not overlap an input"),
    ):
        with pytest.raises(ValueError, match=text):
            nn.conv2d(x, w, out=out)
    bias = np.zeros(16)
    with pytest.raises(ValueError, match="overlap"):
        nn.conv2d(x, np.zeros((1, 1, 1, 1)), bias[:1], out=bias.reshape(1, 1, 4, 4))


def test_types_promote_by_numpys_rules() -> None:
    x, w = draw((1, 1, 5), "f4"), draw((1, 1, 2), "f8")
    assert nn.conv1d(x, w).dtype == np.float64
    assert nn.conv1d(x, w.astype("f4"), np.zeros(1)).dtype == np.float64
    assert nn.conv1d(x.astype("i2"), w.astype("u2")).dtype == np.int32
    assert nn.conv1d(x.astype("?"), w.astype("i1")).dtype == np.int8
    assert nn.conv1d(x.astype("f2"), w.astype("f2")).dtype == np.float16
    assert nn.conv1d(x.astype(">f4"), w.astype(">f4")).dtype == np.dtype("=f4")
    assert nn.conv1d(x, w, dtype=np.complex64).dtype == np.complex64


def test_integers_wrap_in_their_own_type_or_are_counted_in_another() -> None:
    x, w = np.full((1, 3, 3, 3), 200, np.uint8), np.full((1, 3, 3, 3), 100, np.uint8)
    assert nn.conv2d(x, w).item() == 27 * 200 * 100 % 256
    assert nn.conv2d(x, w, dtype="i4").item() == 27 * 200 * 100
    low = np.full((1, 3, 3, 3), -128, np.int8)
    assert nn.conv2d(low, low, dtype=np.int64).item() == 27 * 128 * 128
    assert nn.conv_transpose2d(low, low.swapaxes(0, 1), dtype=np.int64).max() == 27 * 128 * 128
    big = np.full((1, 1, 2), 2**62, np.int64)
    assert nn.conv1d(big, np.full((1, 1, 2), 3, np.int64)).item() == (6 * 2**62 + 2**63) % 2**64 - 2**63


def test_half_precision_is_added_in_single() -> None:
    x, w = np.full((1, 1, 4096), 1.0, np.float16), np.full((1, 1, 4096), 1.0, np.float16)
    assert nn.conv1d(x, w).item() == 4096  # in half precision it would stick at 2048
    assert nn.conv1d(x * 100, w * 100).item() == np.inf


@pytest.mark.parametrize("name", [*CONVOLUTIONS, *TRANSPOSED])
def test_unbatched_and_empty_batches(name: str) -> None:
    rank = int(name[-2])
    function, w = getattr(nn, name), draw((2, 2, *(2,) * rank), "f4")
    x = draw((2, 2, *(4,) * rank), "f4")
    assert_same_bytes(function(x, w)[0], function(x[0], w))
    assert function(x[:0], w, padding=1, stride=2).shape == (0, *function(x, w, padding=1, stride=2).shape[1:])


def test_no_input_channels_leave_the_bias() -> None:
    y = nn.conv2d(np.ones((2, 0, 4, 4), "f4"), np.ones((3, 0, 2, 2), "f4"), np.arange(3, dtype="f4"))
    np.testing.assert_array_equal(y, np.broadcast_to(np.arange(3.0).reshape(3, 1, 1), (2, 3, 3, 3)))


# ── public face ────────────────────────────────────────────────────────────────────────────────

EXTRAS = {"padding_mode", "dtype", "workers", "out"}


@pytest.mark.parametrize("name", [*CONVOLUTIONS, *TRANSPOSED])
def test_only_our_additions_are_keyword_only(name: str) -> None:
    parameters = inspect.signature(getattr(nn, name)).parameters.values()
    theirs = [p.name for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    want = ["input", "weight", "bias", "stride", "padding", "dilation", "groups"]
    more = set()
    if "transpose" in name:
        want = ["input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation"]
        more = {"output_size"}
    assert theirs == want
    assert {p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY} == EXTRAS | more


@pytest.mark.parametrize("name", [*CONVOLUTIONS, *TRANSPOSED])
def test_a_call_is_explained_by_name_and_by_function(name: str) -> None:
    rank = int(name[-2])
    x, w = np.ones((2, 2, *(6,) * rank), "f4"), np.ones((2, 2, *(3,) * rank), "f4")
    made = sigresample.explain(getattr(nn, name), x, w, stride=2, workers=1)
    assert made == sigresample.explain(name, x, w, stride=2, workers=1)
    y = getattr(nn, name)(x, w, stride=2)
    assert (made.shape, made.dtype, made.function) == (y.shape, str(y.dtype), name)
    assert made.route in made.costs and made.costs[made.route] == min(made.costs.values())
    assert name in str(made)


def test_a_check_finds_a_wrong_value(monkeypatch: pytest.MonkeyPatch) -> None:
    x, w = draw((2, 3, 8, 8), "f4"), draw((4, 3, 3, 3), "f4")
    with checked():
        nn.conv2d(x, w)
    compute = sigresample._channel_call.compute  # type: ignore[attr-defined]

    def wrong(plan: Any, x: Any, w: Any, b: Any, y: Array, workers: int) -> None:
        compute(plan, x, w, b, y, workers)
        y[1, 2, 3, 4] *= 1.0001

    monkeypatch.setattr(_channel_check._channel_call, "compute", wrong)
    with checked(), pytest.raises(sigresample.CheckError, match=r"conv2d: .* at index \(1, 2, 3, 4\), its definition"):
        nn.conv2d(x, w)


# ── what callers met ───────────────────────────────────────────────────────────────────────────


def _wide(name: str, x: Array, w: Array, b: Array, numbers: dict[str, Any], result: np.dtype[Any]) -> Any:
    of = Numbers((2, 1), ((1, 1), (1, 1)), (1, 1), 1, "zeros")
    if name == "conv2d":
        return partial(_channel_reference.convolution, x, w, b, of, result)
    out = nn.conv_transpose_output_size(x.shape[2:], w.shape[2:], numbers["stride"], numbers["padding"])
    return partial(_channel_reference.transposed, x, w, b, of, out, result)


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
@pytest.mark.parametrize("whole", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"])
@pytest.mark.parametrize("fraction", ["f2", "f4", "f8", "c8", "c16"])
def test_integers_beside_fractions(name: str, whole: str, fraction: str) -> None:
    numbers: dict[str, Any] = {"stride": (2, 1), "padding": 1}
    shapes = (2, 3, 5, 6), (3, 3, 2, 3), (3,)
    for where in range(3):
        given = [draw(s, whole if i == where else fraction, i) for i, s in enumerate(shapes)]
        given[where] = given[where] // 1024 if whole in ("i8", "u8", "i4", "u4") else given[where]
        got = getattr(nn, name)(*given, **numbers)
        assert got.dtype == np.result_type(*given)
        with np.errstate(over="ignore", invalid="ignore"):
            _assert_near(got, _wide(name, *given, numbers, got.dtype), 9 * 6)
        if where < 2:  # all whole, added as fractions
            both = [draw(s, whole, i) for i, s in enumerate(shapes)]
            got = getattr(nn, name)(*both, **numbers, dtype="f8")
            _assert_near(got, _wide(name, *both, numbers, np.dtype("f8")), 9 * 6)


def test_negative_integers_beside_fractions() -> None:
    x = -np.arange(16).reshape(1, 1, 4, 4)
    np.testing.assert_array_equal(nn.conv2d(x, ones(2, 2))[0, 0, 0], [-10, -14, -18])
    for kind in ("i1", "i2", "i4", "i8"):
        np.testing.assert_array_equal(nn.conv2d(x.astype(kind), ones(2, 2), dtype="f8")[0, 0, 0], [-10, -14, -18])


@pytest.mark.uncheckable  # the definition pads
@pytest.mark.parametrize("power", [20, 40, 53, 54, 55, 60])
@pytest.mark.parametrize("channels", [1, 32])
@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv3d"])
def test_taps_far_apart_and_padding_to_match(name: str, channels: int, power: int) -> None:
    """Of three taps so far apart only the middle one meets samples."""
    rank, far = int(name[-2]), {"padding": 2**power, "dilation": 2**power}
    x = draw((2, channels, *(5,) * rank), "f4")
    w = draw((channels, channels, *(3,) * rank), "f4", 1)
    middle = np.ascontiguousarray(w[(..., *(slice(1, 2),) * rank)])
    function, back = getattr(nn, name), getattr(nn, name.replace("conv", "conv_transpose"))
    _assert_equal_sums(function(x, w, **far), function(x, middle), channels)
    _assert_equal_sums(back(x, w, **far), back(x, middle), channels)
    strided = function(x, w, stride=2**55, **far)
    assert strided.shape == (2, channels, *(nn.conv_output_size(5, 3, 2**55, 2**power, 2**power),) * rank)
    with pytest.raises(ValueError, match=f"{name}: padded input must be at most 2\\*\\*62, got"):
        function(x, w, padding=2**61, dilation=2**61)
    with pytest.raises(ValueError, match=r"d: padded output must be at most 2\*\*62, got"):
        back(x, w, padding=2**61, dilation=2**61)
    if power > 40:
        with pytest.raises(ValueError, match="the result must fit into memory, got shape"):
            back(x, w, padding_mode="replicate", **far)


def _assert_equal_sums(got: Array, want: Array, terms: int) -> None:
    """Products of padded zeros change no sum, but a route may add in its own way."""
    assert got.shape == want.shape
    scale = 16.0 * terms  # samples and weights are below 4
    assert_close(got, want.astype("f8"), 2 * _bounds.direct(terms + 27, np.dtype("f4")) * scale)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("dtype", ["f4", "i8", "c16", "f2"])
@pytest.mark.parametrize("infinite", [False, True])
def test_wide_borders_are_folded_as_defined(mode: str, dtype: str, infinite: bool) -> None:
    for stride, pads in (((7, 1), ((15, 9), (2, 1))), ((2, 9), ((1, 0), (11, 17))), ((13, 11), ((20, 30), (25, 10)))):
        x, w, b = draw((2, 2, 12, 13), dtype), draw((2, 2, 3, 2), dtype, 1), draw(2, dtype, 2)
        if infinite and w.dtype.kind == "f":
            w[0, 0, 0, 0] = np.inf
        of = Numbers(stride, pads, (1, 1), 1, mode)
        try:
            got = nn.conv_transpose2d(x, w, b, stride, pads, padding_mode=mode)
        except ValueError as error:
            assert "padding_mode" in str(error)  # noqa: PT017
            continue
        define = partial(_channel_reference.transposed, x, w, b, of, got.shape[2:], x.dtype)
        if infinite and w.dtype.kind == "f":
            with np.errstate(invalid="ignore"):
                want = define(wide=True)
            np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
            np.testing.assert_array_equal(np.isinf(got), np.isinf(want))
        else:
            _assert_near(got, define, 2 * 12 * 13 * 6)
        assert_same_bytes(nn.conv_transpose2d(x[1], w, b, stride, pads, padding_mode=mode, workers=2), got[1])


@pytest.mark.uncheckable  # by a step in Python for each output
def test_a_wide_border_costs_as_much_as_its_samples() -> None:
    """300000 outputs on each side, of which 90 have a sample each."""
    x, w = np.ones((1, 1, 100), "f4"), np.ones((1, 1, 3), "f4")
    y = nn.conv_transpose1d(x, w, stride=10**4, padding=3 * 10**5, padding_mode="replicate")
    assert y.shape == (1, 1, 390003)
    assert y[0, 0, 0] == y[0, 0, -1] == 91
    assert y.sum() == 300
