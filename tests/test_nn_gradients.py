"""Gradients of convolutions: the adjoint laws in exact integers for every kind of argument, and PyTorch's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, gamma
from layer_cases import Case, cases

from sigresample import nn

SOME = cases(1, 240)


def conv(case: Case) -> Any:
    return getattr(nn, f"conv{case.rank}d")


def transposed(case: Case) -> Any:
    return getattr(nn, f"conv_transpose{case.rank}d")


def input_grad(case: Case) -> Any:
    return getattr(nn, f"conv{case.rank}d_input_grad")


def weight_grad(case: Case) -> Any:
    return getattr(nn, f"conv{case.rank}d_weight_grad")


def integers(case: Case, rng: np.random.Generator) -> list[np.ndarray[Any, Any]]:
    """Return an input, weights and an output gradient, so small that no sum wraps."""
    return [rng.integers(-9, 10, shape) for shape in (case.x, case.w, case.y)]


def test_the_cases_are_of_every_kind() -> None:
    assert {case.mode for case in SOME} == {"zeros", "reflect", "replicate", "circular"}
    assert {case.padding for case in SOME} >= {"valid", "same", "same_upper", "same_lower", 0, 1, 2}
    assert {case.groups for case in SOME} == {1, 2, 3} and {case.rank for case in SOME} == {1, 2, 3}
    assert any(0 in case.x for case in SOME) and any(len(case.x) == case.rank + 1 for case in SOME)
    assert any(isinstance(case.padding, tuple) and isinstance(case.padding[0], tuple) for case in SOME)


def test_the_transposed_convolution_is_the_adjoint() -> None:
    """<conv(x), g> = <x, conv_transpose(g)>: the same products, so the same integer."""
    rng = np.random.default_rng(2)
    for case in SOME:
        x, w, g = integers(case, rng)
        back = transposed(case)(g, w, output_size=case.x[-case.rank :], **case.how)
        assert back.shape == case.x
        assert (conv(case)(x, w, **case.how) * g).sum() == (x * back).sum(), case


def test_the_input_gradient_is_the_adjoint() -> None:
    rng = np.random.default_rng(3)
    for case in SOME[::3]:
        x, w, g = integers(case, rng)
        back = input_grad(case)(case.x, w, g, **case.how)
        assert back.shape == case.x
        assert (conv(case)(x, w, **case.how) * g).sum() == (x * back).sum(), case


def test_the_weight_gradient_is_the_adjoint_in_the_weights() -> None:
    """<conv(x, w), g> = <w, weight_grad(x, g)> for every w: once with weights drawn, and for each weight alone."""
    rng = np.random.default_rng(4)
    for case in SOME:
        x, w, g = integers(case, rng)
        back = weight_grad(case)(x, case.w, g, **case.how)
        assert back.shape == case.w
        assert (conv(case)(x, w, **case.how) * g).sum() == (w * back).sum(), case
        one = tuple(rng.integers(0, case.w))
        unit = np.zeros(case.w, int)
        unit[one] = 1
        assert (conv(case)(x, unit, **case.how) * g).sum() == back[one], case


def test_gradients_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    for case in cases(6, 240, words=False, modes=False):
        x, w, g = (rng.standard_normal(shape) for shape in (case.x, case.w, case.y))
        how = {name: value for name, value in case.how.items() if name != "padding_mode"}
        theirs = getattr(torch.nn.grad, f"conv{case.rank}d_input")
        if len(x) and len(case.x) == case.rank + 2:  # what PyTorch's helpers take
            want = theirs(case.x, torch.tensor(w), torch.tensor(g), **how).numpy()
            scale = input_grad(case)(case.x, abs(w), abs(g), **how)
            assert_close(input_grad(case)(case.x, w, g, **how), want, 2 * gamma(w.size + 1, np.float64) * scale)
            theirs = getattr(torch.nn.grad, f"conv{case.rank}d_weight")
            want = theirs(torch.tensor(x), case.w, torch.tensor(g), **how).numpy()
            scale = weight_grad(case)(abs(x), case.w, abs(g), **how)
            assert_close(weight_grad(case)(x, case.w, g, **how), want, 2 * gamma(g.size + 1, np.float64) * scale)


def test_complex_gradients_are_those_of_autograd() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(7)
    x, w = (rng.standard_normal((*shape, 2)).view(complex)[..., 0] for shape in ((2, 4, 6, 5), (6, 2, 3, 2)))
    how: dict[str, Any] = {"stride": (2, 1), "padding": 1, "groups": 2}
    tx, tw = torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True)
    ty = torch.nn.functional.conv2d(tx, tw, **how)
    g = rng.standard_normal((*ty.shape, 2)).view(complex)[..., 0]
    ty.backward(torch.tensor(g))
    # A complex product is four real ones; each part of a sum has twice the terms.
    scale = nn.conv2d_input_grad(x.shape, abs(w), abs(g), **how)
    assert_close(nn.conv2d_input_grad(x.shape, w, g, **how), tx.grad.numpy(), 4 * gamma(2 * w.size, float) * scale)
    scale = nn.conv2d_weight_grad(abs(x), w.shape, abs(g), **how)
    assert_close(nn.conv2d_weight_grad(x, w.shape, g, **how), tw.grad.numpy(), 4 * gamma(2 * g.size, float) * scale)


def test_a_gradient_is_the_slope_of_the_loss() -> None:
    """With a loss linear in the output, a finite step in one number changes it by the gradient, exactly in integers."""
    rng = np.random.default_rng(8)
    x, w = rng.integers(-9, 10, (2, 3, 6, 7)), rng.integers(-9, 10, (4, 3, 3, 3))
    how: dict[str, Any] = {"stride": 2, "padding": 2, "padding_mode": "reflect"}
    g = rng.integers(-9, 10, nn.conv2d(x, w, **how).shape)
    loss = (nn.conv2d(x, w, **how) * g).sum()
    moved = x.copy()
    moved[1, 2, 0, 3] += 5
    slope = nn.conv2d_input_grad(x.shape, w, g, **how)[1, 2, 0, 3]
    assert (nn.conv2d(moved, w, **how) * g).sum() - loss == 5 * slope


def test_workers_and_out_change_no_byte() -> None:
    rng = np.random.default_rng(9)
    x, w, g = (rng.random(shape, np.float32) for shape in ((2, 3, 9, 8), (4, 3, 3, 3), (2, 4, 5, 4)))
    how: dict[str, Any] = {"stride": 2, "padding": 1}
    of_input = nn.conv2d_input_grad(x.shape, w, g, **how)
    of_weight = nn.conv2d_weight_grad(x, w.shape, g, **how)
    assert (of_input.dtype, of_weight.dtype) == (np.float32, np.float32)
    assert_same_bytes(nn.conv2d_input_grad(x.shape, w, g, **how, workers=2), of_input)
    assert_same_bytes(nn.conv2d_weight_grad(x, w.shape, g, **how, workers=2), of_weight)
    room, more = np.empty_like(x), np.empty_like(w)
    assert nn.conv2d_input_grad(x.shape, w, g, **how, out=room) is room
    assert nn.conv2d_weight_grad(x, w.shape, g, **how, out=more) is more
    assert_same_bytes(room, of_input)
    assert_same_bytes(more, of_weight)
    assert of_weight.flags.c_contiguous
    with pytest.raises(ValueError, match="conv2d_weight_grad: out must not overlap an input"):
        nn.conv2d_weight_grad(x, w.shape, g, **how, out=x.reshape(-1)[: w.size].reshape(w.shape))


X, W, G = (1, 2, 5, 6), (4, 2, 3, 3), (1, 4, 3, 4)


@pytest.mark.parametrize(
    "sizes, how, error, text",
    [
        ((X, W, (1, 4, 3, 5)), {}, ValueError, r"grad_output must have the shape of the output, \(1, 4, 3, 4\), got"),
        ((X[1:], W, G), {}, ValueError, r"grad_output must have the shape of the output, \(4, 3, 4\), got"),
        (((5, 6), W, G), {}, ValueError, "input must have 4 dimensions, or 3 without a batch, got shape"),
        ((X, (4, 2, 3), G), {}, ValueError, "weight must have 4 dimensions, got shape"),
        (((1, 3, 5, 6), W, G), {}, ValueError, "input must have 2 channels for weight of shape"),
        ((X, W, G), {"groups": 3}, ValueError, "weight's first axis must be divisible by groups"),
        ((X, W, G), {"groups": 0}, ValueError, "groups must be positive, got 0"),
        ((X, W, G), {"groups": 1.5}, TypeError, "groups must be an integer"),
        ((X, W, G), {"stride": 0}, ValueError, "stride must be positive, got 0"),
        ((X, W, G), {"stride": 1.5}, TypeError, "stride must be an integer"),
        ((X, W, G), {"dilation": -1}, ValueError, "dilation must be positive, got -1"),
        ((X, W, G), {"dilation": 2**55}, ValueError, "the kernel must fit into the padded input"),
        ((X, W, G), {"padding": -1}, ValueError, "padding must not be negative, got -1"),
        ((X, W, G), {"padding": 2**55}, ValueError, "grad_output must have the shape of the output"),
        ((X, W, G), {"padding": 5, "padding_mode": "reflect"}, ValueError, "padding must be smaller than the input"),
        ((X, W, G), {"padding_mode": "bad"}, ValueError, "padding_mode must be one of"),
        ((X, W, G), {"padding_mode": None}, ValueError, "padding_mode must be one of"),
        ((X, (4, 2, 6, 3), G), {}, ValueError, "the kernel must fit into the padded input"),
        (((1, 2, 0, 6), W, G), {}, ValueError, "input must have elements along each axis"),
        ((X, (4, 2, 0, 3), G), {}, ValueError, "weight must have elements along each axis"),
    ],
)
def test_what_is_refused(sizes: Any, how: dict[str, Any], error: type[Exception], text: str) -> None:
    x, w, g = sizes
    with pytest.raises(error, match=f"conv2d_input_grad: {text}"):
        nn.conv2d_input_grad(x, np.zeros(w), np.zeros(g), **how)
    with pytest.raises(error, match=f"conv2d_weight_grad: {text}"):
        nn.conv2d_weight_grad(np.zeros(x), w, np.zeros(g), **how)


@pytest.mark.parametrize("size", [5, None, "ab", (), (1, 2, 5.0, 6), (1, 2, -5, 6)])
def test_sizes_are_tuples_of_integers(size: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="conv2d_input_grad: input_size must"):
        nn.conv2d_input_grad(size, np.zeros(W), np.zeros(G))
    with pytest.raises((TypeError, ValueError), match="conv2d_weight_grad: weight_size must"):
        nn.conv2d_weight_grad(np.zeros(X), size, np.zeros(G))


@pytest.mark.uncheckable  # the definition pads
def test_strides_and_paddings_may_be_huge() -> None:
    """An output far in the padding: a gradient of zeros, not a crash."""
    x, g = np.ones((1, 1, 4)), np.ones((1, 1, 5))
    how: dict[str, Any] = {"stride": 2**54, "padding": 2**55}
    assert nn.conv1d(x, np.ones((1, 1, 1)), **how).shape == g.shape
    np.testing.assert_array_equal(nn.conv1d_weight_grad(x, (1, 1, 1), g, **how), [[[1]]])
    np.testing.assert_array_equal(nn.conv1d_input_grad(x.shape, np.ones((1, 1, 1)), g, **how), [[[1, 0, 0, 0]]])


@pytest.mark.parametrize("kind", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"])
def test_integers_beside_fractions(kind: str) -> None:
    """As if all were given in the type of the result, which holds these integers."""
    rng = np.random.default_rng(0)
    x, w, g = (rng.integers(-5, 5, shape) for shape in ((2, 2, 5, 6), (3, 2, 2, 3), (2, 3, 4, 4)))
    for one, other in ((kind, "f8"), ("f8", kind), (kind, "c16"), ("c16", kind)):
        a, z = w.astype(one), g.astype(other)
        wide = np.result_type(a, z)
        got = nn.conv2d_input_grad(x.shape, a, z)
        assert_same_bytes(got, nn.conv2d_input_grad(x.shape, a.astype(wide), z.astype(wide)))
        got = nn.conv2d_weight_grad(x.astype(one), w.shape, z)
        assert_same_bytes(got, nn.conv2d_weight_grad(x.astype(one).astype(wide), w.shape, z.astype(wide)))


def test_gradients_of_no_numbers() -> None:
    for bad, error in ((None, TypeError), ("a", TypeError), (np.array(["a"]), TypeError), ([[1], [2, 3]], ValueError)):
        with pytest.raises(error, match="conv2d_input_grad: weight must be"):
            nn.conv2d_input_grad((1, 4, 4), bad, np.ones((1, 2, 2)))
        with pytest.raises(error, match="conv2d_input_grad: grad_output must be"):
            nn.conv2d_input_grad((1, 4, 4), np.ones((1, 1, 3, 3)), bad)
        with pytest.raises(error, match="conv2d_weight_grad: input must be"):
            nn.conv2d_weight_grad(bad, (1, 1, 3, 3), np.ones((1, 2, 2)))


@pytest.mark.uncheckable  # the definition pads
@pytest.mark.parametrize("power", [40, 53, 54, 55])
def test_gradients_of_taps_far_apart(power: int) -> None:
    """Of taps so far apart only the middle one meets samples."""
    rng = np.random.default_rng(0)
    x, w, g = (rng.integers(-9, 9, shape) for shape in ((1, 2, 5, 5), (3, 2, 3, 3), (1, 3, 5, 5)))
    middle = w[:, :, 1:2, 1:2]
    far = {"padding": 2**power, "dilation": 2**power}
    assert_same_bytes(nn.conv2d_input_grad(x.shape, w, g, **far), nn.conv2d_input_grad(x.shape, middle, g))
    got = nn.conv2d_weight_grad(x, w.shape, g, **far)
    want = np.zeros_like(w)
    want[:, :, 1:2, 1:2] = nn.conv2d_weight_grad(x, middle.shape, g)
    assert_same_bytes(got, want)
