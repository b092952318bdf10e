"""unfold and fold: patches as columns and back, the adjoint of one another, as PyTorch has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, gamma, variants

from sigresample.nn import conv2d, conv_output_size, fold, unfold

HUGE = 2**55


def draw(rng: np.random.Generator) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Return the shape of images, and arguments with which a patch fits."""
    while True:
        batch = [(), (int(rng.integers(0, 4)),)][rng.integers(2)]
        shape = (*batch, int(rng.integers(1, 4)), *(int(n) for n in rng.integers(1, 9, 2)))
        how: dict[str, Any] = {}
        for argument, low, high in (("kernel_size", 1, 5), ("dilation", 1, 4), ("padding", 0, 5), ("stride", 1, 5)):
            each = tuple(int(n) for n in rng.integers(low, high, 2))
            how[argument] = each if rng.random() < 0.5 else each[0]
        try:
            conv_output_size(shape[-2:], **how)
        except ValueError:
            continue
        return shape, how


def pairs(how: dict[str, Any]) -> list[tuple[int, int]]:
    order = ("kernel_size", "dilation", "padding", "stride")
    return [v if isinstance(v, tuple) else (v, v) for v in (how[argument] for argument in order)]


def unfolded(x: np.ndarray[Any, Any], how: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Return the patches of a batch, each cut out by itself."""
    (kh, kw), (dh, dw), (ph, pw), (sh, sw) = pairs(how)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    rows = range(0, padded.shape[2] - dh * (kh - 1), sh)
    columns = range(0, padded.shape[3] - dw * (kw - 1), sw)
    patches = [
        padded[:, :, i : i + dh * (kh - 1) + 1 : dh, j : j + dw * (kw - 1) + 1 : dw].reshape(len(x), -1)
        for i in rows
        for j in columns
    ]
    return np.stack(patches, axis=-1)


def test_unfold_cuts_every_patch_out() -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        shape, how = draw(rng)
        if shape[0] == 0:
            continue
        x = rng.integers(-99, 100, shape)
        batch = x if x.ndim == 4 else x[None]
        want = unfolded(batch, how)
        got = unfold(x, **how)
        np.testing.assert_array_equal(got, want if x.ndim == 4 else want[0], str((shape, how)))


def test_fold_is_the_adjoint_of_unfold() -> None:
    rng = np.random.default_rng(2)
    for _ in range(300):
        shape, how = draw(rng)
        x = rng.integers(-99, 100, shape)
        columns = unfold(x, **how)
        g = rng.integers(-99, 100, columns.shape)
        back = fold(g, shape[-2:], **how)
        assert back.shape == shape
        assert (columns * g).sum() == (x * back).sum(), (shape, how)


def test_both_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    for _ in range(300):
        shape, how = draw(rng)
        x = rng.random(shape)
        columns = torch.nn.functional.unfold(torch.tensor(x), **how).numpy()
        np.testing.assert_array_equal(unfold(x, **how), columns, str((shape, how)))
        g = rng.random(columns.shape)
        theirs = torch.nn.functional.fold(torch.tensor(g), shape[-2:], **how).numpy()
        ours = fold(g, shape[-2:], **how)
        # Either sums at most as many positive terms as a patch has samples.
        assert_close(ours, theirs, 2 * gamma(16, np.float64) * theirs)


def test_sums_go_through_a_patch_in_order() -> None:
    """One image sample under all nine of a patch: float32 shows in which order they were added."""
    g = np.random.default_rng(4).random((9, 9)).astype(np.float32)
    want = np.float32(0)
    for p in range(3):
        for q in range(3):
            want += g[3 * p + q, 8 - (3 * p + q)]
    assert fold(g, (5, 5), 3)[0, 2, 2] == want
    assert_same_bytes(fold(np.stack([g, g[::-1]]), (5, 5), 3)[0], fold(g, (5, 5), 3))


def test_a_product_with_unfolded_weights_is_the_convolution() -> None:
    rng = np.random.default_rng(5)
    x, w = rng.integers(-9, 10, (2, 3, 7, 8)), rng.integers(-9, 10, (4, 3, 3, 2))
    how = {"padding": (2, 1), "stride": (2, 1), "dilation": (1, 2)}
    want = conv2d(x, w, **how)
    np.testing.assert_array_equal((w.reshape(4, -1) @ unfold(x, (3, 2), **how)).reshape(want.shape), want)


@pytest.mark.parametrize("letter", "?bBhHiIlLqQefdFD")
def test_the_type_is_kept(letter: str) -> None:
    x = (np.arange(24) % 5).reshape(2, 3, 4).astype(letter)
    y = unfold(x, 2)
    assert y.dtype == x.dtype
    whole = x.real.astype(int)
    np.testing.assert_array_equal(y, unfold(whole, 2).astype(letter))
    sums = fold(y, (3, 4), 2)
    assert sums.dtype == x.dtype
    np.testing.assert_array_equal(sums, fold(unfold(whole, 2), (3, 4), 2).astype(letter))


def test_half_is_summed_in_single() -> None:
    g = np.full((4096, 1), 1, np.float16)  # in half precision, 2048 + 1 is 2048
    assert fold(np.full((9, 9), 455.3, np.float16), (5, 5), 3)[0, 2, 2] == np.float16(9 * float(np.float16(455.3)))
    np.testing.assert_array_equal(fold(g, (64, 64), 64)[0], np.ones((64, 64)))


def test_infinities_are_summed_without_a_warning() -> None:
    most = np.finfo(float).max
    g = np.array([[np.inf, np.inf], [-np.inf, 0], [most, most], [most, most]])
    np.testing.assert_array_equal(fold(g, (2, 3), 2), [[[np.inf, np.nan, 0], [most, np.inf, most]]])


def test_layouts_batches_and_out_give_the_same_bytes() -> None:
    x = np.random.default_rng(6).random((3, 2, 5, 6)).astype(np.float32)
    how: dict[str, Any] = {"kernel_size": (3, 2), "padding": 1}
    columns = unfold(x, **how)
    back = fold(columns, (5, 6), **how)
    for _, form in variants(x):
        assert_same_bytes(unfold(form, **how), columns)
    for _, form in variants(columns):
        assert_same_bytes(fold(form, (5, 6), **how), back)
    for i in range(3):
        assert_same_bytes(unfold(x[i], **how), columns[i])
        assert_same_bytes(fold(columns[i], (5, 6), **how), back[i])
    for make in (np.empty, lambda shape, dtype: np.empty(shape[::-1], dtype).T):
        room, more = make(columns.shape, np.float32), make(x.shape, np.float32)
        assert unfold(x, **how, out=room) is room
        assert fold(columns, (5, 6), **how, out=more) is more
        assert_same_bytes(room, columns)
        assert_same_bytes(more, back)
    with pytest.raises(ValueError, match="fold: out must not overlap an input"):
        fold(columns, (5, 6), **how, out=columns.reshape(-1)[: x.size].reshape(x.shape))


@pytest.mark.parametrize(
    "args, error, text",
    [
        (((1, 5, 6), (3,) * 3), ValueError, r"unfold: kernel_size must be one value or 2, .* got \(3, 3, 3\)"),
        (((5, 6), 3), ValueError, r"unfold: input must be \(N, C, H, W\) or \(C, H, W\), .* got shape \(5, 6\)"),
        (((1, 2, 3, 5, 6), 3), ValueError, "unfold: input must be"),
        (((2, 0, 5, 6), 3), ValueError, r"none but N empty, got shape \(2, 0, 5, 6\)"),
        (((2, 1, 0, 6), 3, 1, 2), ValueError, r"none but N empty, got shape \(2, 1, 0, 6\)"),
        (((1, 5, 6), 0), ValueError, "unfold: kernel_size must be positive, got 0"),
        (((1, 5, 6), -1), ValueError, "unfold: kernel_size must be positive, got -1"),
        (((1, 5, 6), 3, 0), ValueError, "unfold: dilation must be positive, got 0"),
        (((1, 5, 6), 3, 1, -1), ValueError, "unfold: padding must not be negative, got -1"),
        (((1, 5, 6), 3, 1, 0, 0), ValueError, "unfold: stride must be positive, got 0"),
        (((1, 5, 6), 7), ValueError, "unfold: the kernel must fit into the padded input, got kernel"),
        (((1, 5, 6), 3.0), TypeError, "unfold: kernel_size must be an integer or a tuple of integers, got 3.0"),
        (((1, 5, 6), True), TypeError, "unfold: kernel_size must be an integer or a tuple of integers, got True"),
        (((1, 5, 6), 3, 1, HUGE), ValueError, "unfold: the result must fit into memory, got shape"),
        (((1, 5, 6), HUGE, 1, HUGE), ValueError, "unfold: the result must fit into memory, got shape"),
        (((1, 5, 6), 3, 1, 2**70), ValueError, "unfold: padding must be at most"),
        (((0, 1, 5, 6), 3, 1, HUGE), ValueError, "unfold: the result must fit into memory, got shape"),
    ],
)
def test_what_unfold_refuses(args: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        unfold(np.zeros(args[0]), *args[1:])


@pytest.mark.parametrize(
    "args, error, text",
    [
        (
            ((9, 12), 5, 3),
            ValueError,
            r"fold: images of \(5, 5\) have \(3, 3\) patches: input must have 9 columns, got 12",
        ),
        (((8, 12), (5, 6), 3), ValueError, r"a multiple of the elements of kernel_size=\(3, 3\) as channels, got 8"),
        (((1, 1, 9, 12), (5, 6), 3), ValueError, r"fold: input must be \(N, C P Q, L\) or \(C P Q, L\), .* got shape"),
        (((12,), (5, 6), 3), ValueError, "fold: input must be"),
        (((2, 0, 12), (5, 6), 3), ValueError, "none but N empty"),
        (((2, 9, 0), (5, 6), 3), ValueError, "none but N empty"),
        (((9, 12), (5, 6, 7), 3), ValueError, "fold: output_size must be one value or 2"),
        (((9, 12), (0, 6), 3), ValueError, "fold: output_size must be positive"),
        (((9, 12), (5.0, 6), 3), TypeError, "fold: output_size must be an integer or a tuple of integers"),
        (((9, 12), (5, 6), 0), ValueError, "fold: kernel_size must be positive, got 0"),
        (((9, 12), (5, 6), 3, 0), ValueError, "fold: dilation must be positive, got 0"),
        (((9, 12), (5, 6), 3, 1, -1), ValueError, "fold: padding must not be negative, got -1"),
        (((9, 12), (5, 6), 3, 1, 0, 0), ValueError, "fold: stride must be positive, got 0"),
        (((9, 12), (HUGE, 6), 3), ValueError, "input must have .* columns, got 12"),
        (((9, 12), (5, 6), HUGE), ValueError, "fold: the kernel must fit"),
        (((9, 12), (5, 6), 3, 1, HUGE), ValueError, "input must have .* columns, got 12"),
    ],
)
def test_what_fold_refuses(args: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        fold(np.zeros(args[0]), *args[1:])


def test_images_may_be_far_smaller_than_their_padding() -> None:
    """One patch whose taps lie 2**50 apart: those on the image are found, not searched for."""
    x = np.array([[[7]]])
    how: dict[str, Any] = {"kernel_size": 3, "dilation": 2**50, "padding": 2**50}
    np.testing.assert_array_equal(unfold(x, **how).ravel(), [0, 0, 0, 0, 7, 0, 0, 0, 0])
    np.testing.assert_array_equal(fold(np.arange(9).reshape(9, 1), 1, **how), [[[4]]])
    assert unfold(np.zeros((0, 1, 1, 1)), 3, 2**50, 2**50).shape == (0, 9, 1)


@pytest.mark.parametrize("bad", [np.array(["a"]), np.array([None]), np.zeros(1, "M8[s]")])
def test_what_holds_no_numbers_is_refused(bad: Any) -> None:
    with pytest.raises(TypeError, match="unfold: input must hold numbers, got"):
        unfold(bad.reshape(1, 1, 1), 1)
    with pytest.raises(TypeError, match="fold: input must hold numbers, got"):
        fold(bad.reshape(1, 1), 1, 1)
