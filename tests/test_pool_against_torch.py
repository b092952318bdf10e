"""Every argument of pooling and unpooling, drawn at random, against PyTorch: results, indices, and where it refuses."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes

from sigresample import _bounds, _window_call, _window_check, explain, nn

torch = pytest.importorskip("torch")

Array = np.ndarray[Any, Any]

pytestmark = [pytest.mark.usefixtures("one_torch_thread"), pytest.mark.filterwarnings("ignore::UserWarning")]

SEEDS, CASES = range(40), 40  # 1600 parameter sets
FAMILIES = ["max", "max", "avg", "avg", "lp", "adaptive_max", "adaptive_avg", "fractional", "unpool", "unpool"]


class Case(NamedTuple):
    """One call, by the names of its arguments."""

    name: str
    arrays: tuple[Array, ...]
    numbers: dict[str, Any]

    @property
    def x(self) -> Array:
        return self.arrays[0]

    def ours(self) -> Any:
        return getattr(nn, self.name)(*self.arrays, **self.numbers)

    def theirs(self, *, wide: bool = False) -> Any:
        """Return PyTorch's answer, or raise its error; floats as doubles with `wide`."""
        arrays = [a.astype(np.float64) if wide and a.dtype == np.float32 else a for a in self.arrays]
        numbers = dict(self.numbers)
        if "_random_samples" in numbers:
            numbers["_random_samples"] = torch.from_numpy(numbers["_random_samples"].astype(arrays[0].dtype))
        made = getattr(torch.nn.functional, self.name)(*map(torch.from_numpy, arrays), **numbers)
        return tuple(one.numpy() for one in made) if isinstance(made, tuple) else made.numpy()

    def __str__(self) -> str:
        return f"{self.name}({self.x.dtype}{self.x.shape}, {self.numbers})"


class Draw:
    """Draws the arguments of one call."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.rank = int(rng.choice([1, 2, 2, 2, 3]))
        self.data = [
            int(n) for n in rng.choice([1, 2, 3, 5, 6, 7, 11, 13] if self.rank < 3 else [1, 2, 3, 5], self.rank)
        ]

    def some(self, values: list[int]) -> Any:
        """One number for all axes, or one each."""
        if self.rng.random() < 0.4:
            return int(self.rng.choice(values))
        return tuple(int(v) for v in self.rng.choice(values, self.rank))

    def flag(self) -> bool:
        return bool(self.rng.random() < 0.5)

    def shape(self) -> tuple[int, ...]:
        lead = [[1], [2], [1, 1], [3, 2], [2, 1], [0, 2]][self.rng.integers(6)]
        if self.rng.random() < 0.02:  # too many axes, or too few
            lead = [[], [1, 1, 1]][self.rng.integers(2)]
        if self.rng.random() < 0.03:
            self.data[self.rng.integers(self.rank)] = 0
        return (*lead, *self.data)

    def values(self, dtype: str) -> Array:
        """Few different numbers, so that there are ties; NaN and infinities among some of them."""
        shape = self.shape()
        if np.dtype(dtype).kind in "iu":
            return self.rng.integers(0, 9, shape).astype(dtype)
        x = self.rng.standard_normal(shape) if self.flag() else self.rng.integers(-4, 4, shape).astype(float)
        x = np.asarray(x)
        if self.rng.random() < 0.25 and x.size:
            x.flat[self.rng.integers(x.size, size=3)] = self.rng.choice([np.nan, np.inf, -np.inf], 3)
        return x.astype(dtype)

    def windows(self) -> dict[str, Any]:
        numbers: dict[str, Any] = {"kernel_size": self.some([1, 2, 2, 3, 3, 4, 5])}
        if self.rng.random() < 0.7:
            numbers["stride"] = self.some([1, 1, 2, 2, 3, 4, 7])
        if self.rng.random() < 0.6:
            numbers["padding"] = self.some([0, 0, 0, 1, 1, 2])
        if self.rng.random() < 0.02:
            numbers[str(self.rng.choice(["kernel_size", "stride"]))] = int(self.rng.choice([0, -1]))
        return numbers

    def floats(self) -> str:
        return str(self.rng.choice(["f4", "f8"]))


def draw(rng: np.random.Generator) -> Case:
    """Draw a call: most of them good, some of them not."""
    made = Draw(rng)
    return globals()[f"draw_{rng.choice(FAMILIES)}"](made)


def draw_max(of: Draw) -> Case:
    numbers = of.windows() | {"ceil_mode": of.flag(), "return_indices": of.flag()}
    if of.rng.random() < 0.5:
        numbers["dilation"] = of.some([1, 1, 2, 3])
    kinds = ["f4", "f8", "f2"] + (["u1", "i1", "i2", "i4", "i8"] if of.rank > 1 else [])
    return Case(f"max_pool{of.rank}d", (of.values(str(of.rng.choice(kinds))),), numbers)


def draw_avg(of: Draw) -> Case:
    numbers = of.windows() | {"ceil_mode": of.flag(), "count_include_pad": of.flag()}
    if of.rank > 1 and of.rng.random() < 0.3:
        numbers["divisor_override"] = int(of.rng.choice([0, 1, 3, 7, -2]))
    return Case(f"avg_pool{of.rank}d", (of.values(of.floats()),), numbers)


def draw_lp(of: Draw) -> Case:
    numbers = of.windows() | {"ceil_mode": of.flag()}
    numbers.pop("padding", None)
    kernel = numbers["kernel_size"]
    if of.rank == 1 and isinstance(kernel, tuple):  # which it multiplies by
        numbers["kernel_size"] = kernel[0]
    p = [1, 2, 2, 3, 1.5, 4, -1, float("inf"), -float("inf")][of.rng.integers(9)]
    return Case(f"lp_pool{of.rank}d", (of.values(of.floats()),), {"norm_type": p, **numbers})


def sizes(of: Draw) -> Any:
    size = of.some([0, 1, 1, 2, 3, 5, 7, 12])
    if isinstance(size, tuple) and of.rank > 1 and of.rng.random() < 0.3:
        size = (None, *size[1:])
    if of.rng.random() < 0.03:
        size = [-1, (2, 2, 2, 2)][of.rng.integers(2)]
    return size


def draw_adaptive_max(of: Draw) -> Case:
    numbers = {"output_size": sizes(of), "return_indices": of.flag()}
    return Case(f"adaptive_max_pool{of.rank}d", (of.values(of.floats()),), numbers)


def draw_adaptive_avg(of: Draw) -> Case:
    return Case(f"adaptive_avg_pool{of.rank}d", (of.values(of.floats()),), {"output_size": sizes(of)})


def draw_fractional(of: Draw) -> Case:
    of.rank, of.data = 2, [int(n) for n in of.rng.choice([3, 5, 7, 11, 13], 2)]
    x = of.values(of.floats())
    numbers: dict[str, Any] = {"kernel_size": of.some([1, 2, 2, 3]), "return_indices": of.flag()}
    numbers["_random_samples"] = of.rng.random((*(x.shape[:-2] if x.ndim == 4 else (1, *x.shape[:-2])), 2)).astype("f4")
    if of.flag():
        numbers["output_size"] = of.some([1, 2, 3, 5, 6])
    else:
        numbers["output_ratio"] = tuple(of.rng.uniform(0.2, 0.8, 2).tolist())
    return Case("fractional_max_pool2d", (x,), numbers)


def draw_unpool(of: Draw) -> Case:
    numbers = of.windows()
    numbers["kernel_size"] = of.some([1, 2, 2, 3, 3])
    for argument in ("kernel_size", "stride"):
        if isinstance(numbers.get(argument), int) and numbers[argument] < 1:
            numbers[argument] = 2
    x = of.values(of.floats())
    kernel = np.broadcast_to(numbers["kernel_size"], of.rank)
    stride = np.broadcast_to(numbers.get("stride", kernel), of.rank)
    padding = np.broadcast_to(numbers.get("padding", 0), of.rank)
    size = (np.array(of.data) - 1) * stride + kernel - 2 * padding
    if of.flag():
        size = size + of.rng.integers(-stride, stride + 1)
        numbers["output_size"] = tuple(size.tolist())
    most = max(int(np.prod(np.maximum(size, 1))), 1) + (of.rng.random() < 0.05)
    indices = of.rng.integers(0, most, x.shape)
    if of.rng.random() < 0.5 and x.size and most >= x[(0,) * (x.ndim - of.rank)].size:  # each place once
        flat = indices.reshape(-1, max(int(np.prod(of.data)), 1))
        for plane in flat:
            plane[:] = of.rng.permutation(most)[: plane.size]
    return Case(f"max_unpool{of.rank}d", (x, indices), numbers)


# ── comparing ──────────────────────────────────────────────────────────────────────────────────


def compare(case: Case) -> str:
    """Compare one call; return what came of it."""
    exact = "max" in case.name and "lp" not in case.name
    try:
        want = case.theirs(wide=not exact)
    except (RuntimeError, ValueError, TypeError, IndexError):
        with pytest.raises((ValueError, TypeError), match=f"^{case.name}: "):
            case.ours()
        return "refused"
    got, error = outcome(case)
    if error is not None:
        # Of no samples: minus infinity and an index outside of the plane where a dilated window steps over all of them,
        # NaN where it averages an empty plane to one number.
        assert "each window must hold a sample" in error or 0 in case.x.shape[-int(case.name[-2]) :], error
        values = want[0] if isinstance(want, tuple) else want
        least = np.iinfo(values.dtype).min if values.dtype.kind in "iu" else -np.inf
        assert np.isnan(values).all() or (values == least).any()
        return "nothing"
    if not exact:
        assert got.dtype == case.x.dtype
        assert_close(got, want, limit(case, want))
        return "close"
    assert isinstance(got, tuple) == isinstance(want, tuple)
    for y, z in zip(got, want, strict=True) if isinstance(got, tuple) else [(got, want)]:
        assert_same_bytes(y, z)
    return "equal"


def outcome(case: Case) -> tuple[Any, str | None]:
    """Return our answer, or the text of our error."""
    try:
        return case.ours(), None
    except ValueError as error:
        return None, str(error)


def limit(case: Case, want: Array) -> Any:
    """Return how far a result may lie from one of doubles: by the arithmetic of both, in double precision 1e-12."""
    with np.errstate(all="ignore"):
        sizes = np.where(np.isfinite(case.x), np.abs(case.x), 0.0)
        if case.name.startswith("lp"):
            bound = power_limit(case, sizes, want)
        else:
            override = case.numbers.get("divisor_override")
            numbers = case.numbers | ({} if override is None else {"divisor_override": abs(override)})
            scale = Case(case.name, (sizes.astype(float),), numbers).theirs()
            terms = explain(case.name, *case.arrays, **case.numbers).terms
            bound = 2 * _bounds.direct(terms, case.x.dtype) * scale
            if case.x.dtype == np.float64:
                bound = np.minimum(bound, 1e-12 * np.maximum(scale, 1))
    return bound


def power_limit(case: Case, sizes: Array, want: Array) -> Any:
    """Return the same for p-norms, in which errors of sums grow where they cancel."""
    numbers = dict(case.numbers)
    p = float(numbers.pop("norm_type"))
    if np.isinf(p):
        return 0.0
    plan = _window_call.power_plan(
        case.name, case.x, p, numbers["kernel_size"], numbers.get("stride"), numbers["ceil_mode"]
    )
    average = f"avg_pool{case.name[-2]}d"
    whole = np.prod(np.broadcast_to(numbers["kernel_size"], int(case.name[-2])))
    sums, absolute = (
        whole * np.asarray(Case(average, (np.asarray(a),), numbers).theirs())
        for a in (
            np.where(np.isfinite(case.x), case.x, 1.0).astype(float) ** p,
            np.where(sizes > 0, sizes, 1.0 if p < 0 else 0.0) ** p,
        )
    )
    return _window_check.powers_bound(plan, sums, absolute, want, p)


@pytest.mark.parametrize("seed", SEEDS)
def test_as_pytorch(seed: int) -> None:
    rng = np.random.default_rng([7, seed])
    came: list[str] = []
    for _ in range(CASES):
        case = draw(rng)
        try:
            came.append(compare(case))
        except AssertionError as error:
            raise AssertionError(f"{case}: {error}") from error
    assert came.count("close") + came.count("equal") >= CASES // 2
    assert came.count("refused") >= 1
