"""Every argument of the convolutions, drawn at random, against PyTorch: results, and where it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from helpers import assert_close

from sigresample import _channel_call, _channel_check, explain, nn

torch = pytest.importorskip("torch")

Array = np.ndarray[Any, Any]

pytestmark = [
    pytest.mark.usefixtures("one_torch_thread"),
    pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning"),
]

SEEDS, CASES = range(40), 50  # 4000 parameter sets, half of them of transposed convolutions


class Case(NamedTuple):
    """One call, by the names of its arguments."""

    rank: int
    transposed: bool
    x: Array
    w: Array
    bias: Array | None
    numbers: dict[str, Any]

    @property
    def name(self) -> str:
        return f"conv_transpose{self.rank}d" if self.transposed else f"conv{self.rank}d"

    def ours(self) -> Array:
        made: Array = getattr(nn, self.name)(self.x, self.w, self.bias, **self.numbers)
        return made

    def __str__(self) -> str:
        return f"{self.name}(x {self.x.dtype}{self.x.shape}, w {self.w.shape}, {self.numbers})"


def draw(rng: np.random.Generator, transposed: bool) -> Case:
    """Draw a call: most of them good, some of them not."""
    rank = int(rng.choice([1, 2, 2, 2, 3]))

    def some(values: list[int]) -> Any:
        """One number for all axes, or one each."""
        if rng.random() < 0.4:
            return int(rng.choice(values))
        return tuple(int(v) for v in rng.choice(values, rank))

    dtype = np.dtype(str(rng.choice(["f4", "f4", "f8", "f8", "c8", "c16", "i4", "i8"])))
    groups = int(rng.choice([1, 1, 1, 2, 3]))
    inputs, outputs = (int(n) for n in rng.choice([1, 1, 2, 3, 5], 2))
    kernel = [int(k) for k in rng.choice([1, 1, 2, 3, 3, 4, 5], rank)]
    data = [int(n) for n in rng.choice([1, 2, 3, 5, 6, 7, 9, 12] if rank < 3 else [1, 2, 3, 5], rank)]
    items = [[], [1], [1], [2], [3], [0]][rng.integers(6)]
    numbers: dict[str, Any] = {"stride": some([1, 1, 1, 2, 2, 3, 4, 7]), "dilation": some([1, 1, 1, 2, 3])}
    numbers["padding"] = some([0, 0, 1, 1, 2, 3, 5])
    numbers["groups"] = groups
    word = rng.random()
    if not transposed and word < 0.1:
        numbers["padding"] = "valid" if word < 0.03 else "same"
        if word > 0.05:
            numbers["stride"] = 1
    if transposed and rng.random() < 0.5:
        numbers["output_padding"] = some([0, 0, 0, 1, 1, 2])
    if rng.random() < 0.35:
        numbers["padding_mode"] = str(rng.choice(["reflect", "replicate", "circular"]))
        if not isinstance(numbers["padding"], str):
            numbers["padding"] = some([0, 1, 1, 2, 3])
    shape = [groups * inputs, groups * outputs]
    weight = (shape[0], outputs) if transposed else (shape[1], inputs)

    def values(*shape: int) -> Array:
        if dtype.kind == "i":
            return rng.integers(-(2**30), 2**30, shape).astype(dtype)
        x = rng.standard_normal(shape)
        return (x + 1j * rng.standard_normal(shape) if dtype.kind == "c" else x).astype(dtype)

    bias = values(shape[1]) if rng.random() < 0.5 else None
    return Case(rank, transposed, values(*items, shape[0], *data), values(*weight, *kernel), bias, numbers)


def theirs(case: Case, wide: Callable[[Array], Array]) -> Array:
    """Return PyTorch's answer, or raise its error."""
    x, w, bias = (None if a is None else torch.from_numpy(wide(a)) for a in case[2:5])
    numbers = dict(case.numbers)
    mode = numbers.pop("padding_mode", "zeros")
    function = getattr(torch.nn.functional, case.name)
    if mode == "zeros":
        return np.asarray(function(x, w, bias, **numbers))
    if not case.transposed:
        around = pads(case)
        numbers["padding"] = 0
        return np.asarray(function(padded(x, around, mode), w, bias, **numbers))
    return adjoint(case, x, w, bias, numbers, mode)


def pads(case: Case) -> list[tuple[int, int]]:
    """Return what is put before and behind each axis."""
    padding, dilation = case.numbers["padding"], np.broadcast_to(case.numbers["dilation"], case.rank)
    if padding == "valid":
        return [(0, 0)] * case.rank
    if padding == "same":
        if np.max(case.numbers["stride"]) > 1:
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        totals = [d * (k - 1) for d, k in zip(dilation, case.w.shape[2:], strict=True)]
        return [(int(t // 2), int(t - t // 2)) for t in totals]
    return [(int(p), int(p)) for p in np.broadcast_to(padding, case.rank)]


def padded(x: Any, around: list[tuple[int, int]], mode: str) -> Any:
    flat = [n for pair in reversed(around) for n in pair]
    if x.is_complex():
        parts = [torch.nn.functional.pad(part, flat, mode) for part in (x.real, x.imag)]
        return torch.complex(*parts)
    if not x.dtype.is_floating_point:  # as exactly as doubles are
        raise NotImplementedError
    return torch.nn.functional.pad(x, flat, mode)


def adjoint(case: Case, x: Any, w: Any, bias: Any, numbers: dict[str, Any], mode: str) -> Array:
    """Return the gradient of the padded convolution in its input, which is what a transposed one is."""
    if not (x.dtype.is_floating_point or x.is_complex()):
        raise NotImplementedError
    around = pads(case)
    plain = {key: numbers[key] for key in ("stride", "dilation", "groups")}
    extra = numbers.get("output_padding", 0)
    # What it says to the numbers without a border, and how long the result is.
    shape = getattr(torch.nn.functional, case.name)(x, w, bias, **numbers).shape
    z = torch.zeros(*shape, dtype=x.dtype, requires_grad=True)
    if any(o >= s for o, s in zip(np.broadcast_to(extra, case.rank), np.broadcast_to(plain["stride"], case.rank))):
        raise NotImplementedError  # no convolution makes the input from a result so long
    convolve = getattr(torch.nn.functional, f"conv{case.rank}d")
    y = convolve(padded(z, around, mode), w.conj(), None, **plain)
    y.backward(x)
    made = z.grad.numpy()
    return made if bias is None else made + bias.numpy().reshape(-1, *(1,) * case.rank)


def size(case: Case) -> Array:
    """Return the sums of the products' absolute values."""
    bias = None if case.bias is None else np.abs(case.bias).astype(float)
    sizes = case._replace(x=np.abs(case.x).astype(float), w=np.abs(case.w).astype(float), bias=bias)
    return theirs(sizes, lambda a: a)


def limit(case: Case, want: Array) -> Any:
    """Return how far a result may lie from one of doubles: by its route's bound, in double precision 1e-10 at most."""
    made = explain(case.name, case.x, case.w, case.bias, **case.numbers)
    numbers = dict(case.numbers)
    arrays = [a for a in (case.x, case.w, case.bias) if a is not None]
    more = numbers.pop("output_padding", 0), numbers.pop("output_size", None)
    plan = _channel_call.planned(
        case.name, case.x, case.w, case.bias, numbers["stride"], numbers["padding"], numbers["dilation"],
        numbers["groups"], numbers.get("padding_mode", "zeros"), None, more if case.transposed else None,
    )  # fmt: skip
    allowed = _channel_check.bound(plan, made, size(case), want, arrays)
    double = case.x.real.dtype == np.float64
    return np.minimum(allowed, 1e-10 * max(1, made.terms / 100)) if double else allowed


def compare(case: Case) -> str:
    """Compare one call; return what came of it."""
    double = {"f4": np.float64, "c8": np.complex128}.get(case.x.dtype.str[1:], case.x.dtype)
    try:
        want = theirs(case, lambda a: a.astype(double))
    except NotImplementedError:
        return "unknown"
    except RuntimeError:
        with pytest.raises((ValueError, TypeError), match=f"^{case.name}: "):
            case.ours()
        return "refused"
    try:
        got = case.ours()
    except ValueError as error:
        # Some of PyTorch's backends do not look that closely where there is nothing to do.
        if want.size == 0 and ("output_padding must be" in str(error) or "leave an output" in str(error)):
            return "unasked"
        raise
    assert got.dtype == case.x.dtype
    if got.dtype.kind == "i":
        np.testing.assert_array_equal(got, want)
        return "equal"
    assert_close(got, want, limit(case, want))
    return "close"


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_as_pytorch(seed: int, transposed: bool) -> None:
    rng = np.random.default_rng([seed, transposed])
    came: list[str] = []
    for _ in range(CASES):
        case = draw(rng, transposed)
        try:
            came.append(compare(case))
        except AssertionError as error:
            raise AssertionError(f"{case}: {error}") from error
    assert came.count("close") >= CASES // 4


# Calls of the size at which other routes than the direct sum are taken, and the shapes of known networks.
LARGER: list[tuple[str, tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    ("conv2d", (2, 16, 24, 26), (16, 16, 3, 3), {"padding": 1}),
    ("conv2d", (1, 64, 14, 14), (64, 64, 3, 3), {"padding": 1}),
    ("conv2d", (1, 24, 31, 29), (12, 24, 3, 3), {"padding": 2, "dilation": 2, "padding_mode": "circular"}),
    ("conv2d", (2, 8, 40, 33), (9, 8, 3, 3), {"padding": (0, 1), "padding_mode": "reflect"}),
    ("conv2d", (1, 8, 48, 40), (8, 8, 11, 9), {"padding": (5, 4)}),
    ("conv2d", (2, 6, 36, 36), (8, 3, 5, 5), {"padding": 2, "groups": 2, "padding_mode": "replicate"}),
    ("conv2d", (1, 3, 64, 64), (16, 3, 7, 7), {"padding": 3, "stride": 2}),
    ("conv2d", (2, 16, 28, 28), (32, 16, 3, 3), {"padding": 1, "stride": 2}),
    ("conv2d", (1, 64, 28, 28), (48, 64, 1, 1), {}),
    ("conv2d", (1, 128, 7, 7), (96, 128, 3, 3), {"padding": 1}),
    ("conv2d", (1, 32, 40, 40), (32, 1, 3, 3), {"padding": 1, "groups": 32}),
    ("conv2d", (1, 3, 96, 96), (3, 1, 5, 5), {"padding": 2, "groups": 3}),
    ("conv2d", (1, 1, 96, 80), (8, 1, 5, 5), {"padding": 2}),
    ("conv2d", (1, 1, 256, 256), (1, 1, 17, 17), {}),
    ("conv1d", (2, 12, 900), (10, 12, 65), {"padding": "same"}),
    ("conv1d", (2, 1, 5000), (4, 1, 257), {"padding": 128}),
    ("conv3d", (1, 6, 9, 12, 14), (8, 6, 3, 3, 3), {"padding": 1}),
    ("conv_transpose2d", (1, 32, 14, 14), (32, 16, 4, 4), {"stride": 2, "padding": 1}),
    ("conv_transpose2d", (1, 16, 20, 20), (16, 16, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ("conv_transpose2d", (1, 1, 64, 64), (1, 1, 4, 4), {"stride": 2, "padding": 1}),
    ("conv_transpose2d", (1, 3, 50, 50), (3, 1, 4, 4), {"stride": 2, "padding": 1, "groups": 3}),
    ("conv_transpose2d", (1, 64, 9, 9), (64, 32, 2, 2), {"stride": 2}),
    ("conv_transpose2d", (1, 5, 12, 12), (5, 1, 16, 16), {"stride": 8, "padding": 4, "groups": 5}),
    ("conv_transpose2d", (2, 16, 24, 24), (16, 12, 5, 5), {"padding": 2}),
    ("conv_transpose2d", (1, 16, 24, 24), (16, 16, 3, 3), {"padding": 1, "padding_mode": "reflect"}),
    ("conv_transpose2d", (1, 256, 5, 5), (256, 64, 4, 4), {"stride": 2}),
]


@pytest.mark.uncheckable  # by a definition in Python they take minutes
@pytest.mark.parametrize("dtype", ["f4", "f8", "c8"])
@pytest.mark.parametrize("name, x, w, numbers", LARGER)
def test_larger_calls_as_pytorch(name: str, x: Any, w: Any, numbers: dict[str, Any], dtype: str) -> None:
    rng = np.random.default_rng(0)

    def values(*shape: int) -> Array:
        made = rng.standard_normal(shape)
        return (made + 1j * rng.standard_normal(shape) if dtype == "c8" else made).astype(dtype)

    transposed = "transpose" in name
    outputs = w[1] * numbers.get("groups", 1) if transposed else w[0]
    numbers = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, **numbers}
    case = Case(int(name[-2]), transposed, values(*x), values(*w), values(outputs), numbers)
    assert compare(case) == "close"
