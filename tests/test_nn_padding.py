"""pad: every output is the sample that its mode names; PyTorch's arguments, results and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import assert_same_bytes, variants

from sigresample.nn import pad

MODES = ("constant", "reflect", "replicate", "circular")


def wanted(x: list[int], before: int, after: int, mode: str, value: int) -> list[int] | None:
    """Return what one axis becomes, sample by sample, or None where it is refused."""
    n = len(x)
    length = n + before + after
    kept = x[max(0, -before) : max(0, min(n, n + after))]
    cropped = n + min(before, 0) + min(after, 0)
    if mode in ("constant", "circular") and (length < 0 or cropped < 0):
        return None
    if mode in ("reflect", "replicate") and (length < 1 or (not n and (before, after) != (0, 0))):
        return None
    if mode == "constant":
        return [value] * max(before, 0) + kept + [value] * max(after, 0)
    if mode == "circular":
        if max(before, after) > len(kept):
            return None
        return kept[len(kept) - max(before, 0) :] + kept + kept[: max(after, 0)]
    if mode == "replicate":
        return [x[min(max(i - before, 0), n - 1)] for i in range(length)]
    if max(before, after) >= n:
        return None
    there_and_back = x + x[-2:0:-1]
    return [there_and_back[(i - before) % len(there_and_back)] for i in range(length)]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n", range(6))
def test_one_axis_is_what_its_mode_says(mode: str, n: int) -> None:
    x = list(range(1, n + 1))
    refused = 0
    for before in range(-7, 8):
        for after in range(-7, 8):
            if not (before or after):
                continue  # nothing to do, whatever there is
            want = wanted(x, before, after, mode, 0)
            if want is None:
                refused += 1
                with pytest.raises(ValueError, match=f"pad: mode '{mode}' "):
                    pad(np.array(x, int), (before, after), mode=mode)
            else:
                np.testing.assert_array_equal(pad(np.array(x, int), (before, after), mode), want, str((before, after)))
    assert refused < 225


@pytest.mark.parametrize("mode", MODES)
def test_axes_are_padded_one_after_the_other(mode: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(60):
        x = rng.integers(0, 100, rng.integers(3, 5, rng.integers(1, 6)))
        ends = [(int(a), int(b)) for a, b in rng.integers(-1, 2, (rng.integers(0, x.ndim + 1), 2))]
        want = x
        for back, end in enumerate(ends):
            axis = x.ndim - 1 - back
            want = np.apply_along_axis(lambda row, e=end: wanted(list(row), *e, mode, 0), axis, want)
        np.testing.assert_array_equal(pad(x, [n for end in ends for n in end], mode), want)


@pytest.mark.parametrize("mode, numpys", [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")])
def test_what_is_added_is_what_numpy_adds(mode: str, numpys: str) -> None:
    x = np.random.default_rng(2).random((3, 4, 2, 5))
    np.testing.assert_array_equal(
        pad(x, (4, 3, 1, 1, 0, 2), mode), np.pad(x, ((0, 0), (0, 2), (1, 1), (4, 3)), mode=numpys)
    )


def test_what_pytorch_pads_is_the_same_and_what_it_refuses_is_refused() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    agreed = refused = 0
    for _ in range(900):
        rank = int(rng.integers(1, 4))
        x = rng.random((int(rng.integers(0, 3)), 2, *rng.integers(1, 5, rank)))
        ends = [int(n) for n in rng.integers(-3, 5, 2 * rank)]
        mode = MODES[rng.integers(4)]
        crossed = mode == "circular" and min(ends) < 0  # PyTorch may show memory that it has not set
        try:
            theirs = torch.nn.functional.pad(torch.tensor(x), ends, mode=mode)
            theirs = theirs.numpy() if min(theirs.shape) >= 0 else None  # a negative length passes there
        except RuntimeError:
            theirs = None
        try:
            ours = pad(x, ends, mode)
        except ValueError:
            ours = None
        if ours is None and theirs is not None and (crossed or 0 in theirs.shape[2:]):
            continue  # an axis left without samples, too, is refused by some of PyTorch's kernels only
        assert (ours is None) == (theirs is None), (x.shape, ends, mode)
        if ours is None:
            refused += 1
        else:
            agreed += 1
            np.testing.assert_array_equal(ours, theirs, str((x.shape, ends, mode)))
    assert agreed > 250 and refused > 100


@pytest.mark.parametrize("letter", "?bBhHiIlLqQefdgFDG")
@pytest.mark.parametrize("mode", MODES)
def test_the_type_is_kept(letter: str, mode: str) -> None:
    x = np.arange(4).astype(letter)
    y = pad(x, (1, 2), mode)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y[1:5], x)


@pytest.mark.parametrize(
    "dtype, value, want",
    [
        (np.int32, 1.7, 1),
        (np.int32, -1.7, -1),
        (np.uint8, 255, 255),
        (bool, 1.7, True),
        (np.float32, 0.1, np.float32(0.1)),
        (np.float16, np.nan, np.nan),
        (np.complex64, 1j, 1j),
        (np.float64, True, 1.0),
        (np.int8, None, 0),
    ],
)
def test_the_value_becomes_of_the_type(dtype: Any, value: Any, want: Any) -> None:
    y = pad(np.zeros(1, dtype), (1, 0), value=value)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y[0], want)


@pytest.mark.parametrize("mode", MODES)
def test_layouts_give_the_same_bytes(mode: str) -> None:
    x = np.random.default_rng(4).random((3, 4, 5))
    want = pad(x, (2, -1, 1, 1), mode)
    for name, form in variants(x):
        assert_same_bytes(pad(form, (2, -1, 1, 1), mode), want)
        assert pad(form, (2, -1, 1, 1), mode).dtype.isnative, name


def test_the_result_is_a_new_array_or_out() -> None:
    x = np.arange(3.0)
    assert not np.shares_memory(pad(x, (0, 0)), x)
    assert not np.shares_memory(pad(x, ()), x)
    room = np.full(10, np.nan)[::2]
    assert pad(x, (1, 1), "circular", out=room) is room
    np.testing.assert_array_equal(room, [2, 0, 1, 2, 0])
    with pytest.raises(ValueError, match=r"pad: out must have shape \(5,\), got \(4,\)"):
        pad(x, (1, 1), out=np.empty(4))
    with pytest.raises(ValueError, match="pad: out must not overlap an input"):
        pad(room[1:4], (1, 1), out=room)


@pytest.mark.parametrize(
    "args, error, text",
    [
        (
            ([1, 2], (1, 2, 3)),
            ValueError,
            "pad: pad must have an even number of elements, .* for each of 1 axes, got 3",
        ),
        (([1, 2], (1,) * 4), ValueError, "pad: pad must have an even number .* got 4"),
        ((3.0, (1, 1)), ValueError, "for each of 0 axes, got 2"),
        (([1, 2], 1), TypeError, "pad: pad must be a sequence of integers, got 1"),
        (([1, 2], (1.0, 1)), TypeError, "pad: pad must be a sequence of integers, got"),
        (([1, 2], (True, 1)), TypeError, "pad: pad must be a sequence of integers, got"),
        (([1, 2], (1, 1), "bad"), ValueError, "pad: mode must be 'constant', .* got 'bad'"),
        (([1, 2], (1, 1), ["constant"]), ValueError, "pad: mode must be 'constant', .* got "),
        (([1, 2], (1, 1), "reflect", 3), ValueError, "pad: mode 'reflect' takes no value, got value=3"),
        (([1, 2], (1, 1), "reflect", [0, 0]), ValueError, r"pad: mode 'reflect' takes no value, got value=\[0, 0\]"),
        (([1, 2], (1, 1), "constant", [0, 0]), TypeError, r"pad: value must be a number .* got \[0, 0\]"),
        (([1, 2], (1, 1), "constant", "a"), TypeError, "pad: value must be a number that int64 can hold, got 'a'"),
        (([1, 2], (1, 1), "constant", 1j), TypeError, "pad: value must be a number that int64 can hold, got 1j"),
        (([1, 2], (1, 1), "constant", np.nan), ValueError, "pad: value must lie in the range of int64, got nan"),
        ((np.ones(2, np.uint8), (1, 1), "constant", -1), ValueError, "must lie in the range of uint8, got -1"),
        ((["a"], (1, 1)), TypeError, "pad: input must hold numbers, got <U1"),
        (([1, 2], (2, 0), "reflect"), ValueError, r"can add 1 samples at most to an axis of 2, got \(2, 0\)"),
        (([1, 2], (3, 0), "circular"), ValueError, r"can add 2 samples at most to an axis of 2, got \(3, 0\)"),
        (([1, 2], (-1, -1), "replicate"), ValueError, r"must leave a sample of the axis, got 2 samples and \(-1, -1\)"),
        (([1, 2], (-2, -1)), ValueError, r"must leave no less than nothing of the axis, got 2 samples and \(-2, -1\)"),
        (([1, 2], (2**62, 0)), ValueError, "pad: the result must fit into memory, got shape"),
        (([1, 2], (2**70, 0)), ValueError, "pad: the result must fit into memory, got shape"),
        (([1, 2], (-(2**70), 0)), ValueError, "pad: mode 'constant' must leave"),
        (([1, 2], (2**70, 2**70), "circular"), ValueError, "can add 2 samples at most"),
        ((np.ones((0, 2)), (2**40, 2**40)), ValueError, None),
    ],
)
def test_what_is_refused(args: Any, error: type[Exception], text: str | None) -> None:
    if text is None:  # nothing to hold: whatever length is asked for, there is no crash
        assert pad(*args).shape == (0, 2 + 2**41)
        return
    with pytest.raises(error, match=text):
        pad(*args)


def test_what_is_too_large_for_this_machine_is_an_error() -> None:
    with pytest.raises((ValueError, MemoryError)):
        pad(np.zeros(2), (2**55, 0), "replicate")


def test_no_axis_is_too_many() -> None:
    x = np.zeros((1,) * 40)
    assert pad(x, (0, 1) * 10, "replicate").shape == (1,) * 30 + (2,) * 10


@pytest.mark.parametrize("dtype", ["i8", "u1", "c16"])
@pytest.mark.parametrize("mode", ["constant", "replicate"])
def test_results_that_no_memory_holds(dtype: str, mode: str) -> None:
    for before in (2**55, 2**70):
        with pytest.raises(ValueError, match="pad: the result must fit into memory, got shape"):
            pad(np.ones(2, dtype), (before, 1), mode=mode)


def test_ragged_lists() -> None:
    with pytest.raises(ValueError, match="pad: input must be an array of numbers, got list: .*inhomogeneous"):
        pad([[1, 2], [3]], (1, 1))
