"""Every argument of `interpolate`, drawn at random, against PyTorch: results, and where it refuses."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from helpers import assert_close

from sigresample import _resize_call, _resize_check, _resize_reference, nn

torch = pytest.importorskip("torch")

Array = np.ndarray[Any, Any]

pytestmark = pytest.mark.usefixtures("one_torch_thread")

SEEDS, CASES = range(30), 60  # 1800 parameter sets

RANKS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


class Case(NamedTuple):
    """One call, by the names of its arguments."""

    x: Array
    numbers: dict[str, Any]

    def ours(self) -> Array:
        made: Array = nn.interpolate(self.x, **self.numbers)
        return made

    def theirs(self, x: Array) -> Array:
        made = np.asarray(torch.nn.functional.interpolate(torch.from_numpy(x), **self.numbers))
        if self.numbers.get("antialias") and made.shape[-1] == 1:
            # PyTorch repeats the first row of a result that is one column wide, but not the first column of one row.
            turned = {key: value[::-1] if isinstance(value, tuple) else value for key, value in self.numbers.items()}
            of = torch.from_numpy(np.ascontiguousarray(x.swapaxes(2, 3)))
            made = np.asarray(torch.nn.functional.interpolate(of, **turned)).swapaxes(2, 3)
        return made

    def __str__(self) -> str:
        return f"interpolate({self.x.dtype}{self.x.shape}, {self.numbers})"


def draw(rng: np.random.Generator) -> Case:
    """Draw a call: most of them good, some of them not."""
    mode = str(rng.choice(["nearest", "nearest-exact", "linear", "bilinear", "bilinear", "bicubic", "bicubic",
                           "trilinear", "area"]))  # fmt: skip
    rank = RANKS.get(mode, int(rng.integers(1, 4)))
    if rng.random() < 0.03:
        rank = int(rng.integers(0, 5))
    largest = {1: 400, 2: 90, 3: 14}.get(rank, 4)

    def length() -> int:
        return int(rng.choice([1, 2, 3, 5, 7, int(rng.integers(1, largest)), int(rng.integers(1, largest))]))

    def some(values: Any) -> Any:
        """One number for all axes, or one each."""
        return values() if rng.random() < 0.4 else tuple(values() for _ in range(max(rank, 1)))

    def factor() -> float:
        some: list[Any] = [rng.uniform(0.05, 3), round(rng.uniform(0.1, 3), 1), rng.integers(1, 5)]
        some += [1 / rng.integers(1, 6), rng.integers(1, 12) / rng.integers(1, 12)]
        return float(rng.choice(some))

    items, channels = int(rng.choice([0, 1, 1, 2])), int(rng.choice([1, 1, 3, 4, 5]))
    shape = (items, channels, *(length() for _ in range(rank)))
    if rng.random() < 0.02:
        shape = (*shape[:-1], 0)
    numbers: dict[str, Any] = {"mode": mode}
    if rng.random() < 0.5:
        numbers["size"] = some(length)
    else:
        numbers["scale_factor"] = some(factor)
        if rng.random() < 0.4:
            numbers["recompute_scale_factor"] = bool(rng.random() < 0.6)
    if mode in RANKS or rng.random() < 0.03:
        numbers["align_corners"] = [None, False, True, True][rng.integers(4)]
    if mode in ("bilinear", "bicubic") or rng.random() < 0.03:
        numbers["antialias"] = bool(rng.random() < 0.5)
    spoil = rng.random()
    if spoil < 0.02:
        numbers["size"] = 3
    elif spoil < 0.03:
        numbers["size"] = (2,) * (rank + 1)
    elif spoil < 0.04:
        numbers["scale_factor"] = float(rng.choice([0.0, -1.0, 1e-3]))
    elif spoil < 0.05:
        numbers["recompute_scale_factor"] = True
    elif spoil < 0.055:
        numbers["mode"] = "cubic"
    dtype = str(rng.choice(["f4", "f8"]))
    return Case(rng.standard_normal(shape).astype(dtype), numbers)


def compare(case: Case) -> str:
    """Compare one call; return what came of it."""
    try:
        want = case.theirs(case.x)
    except (RuntimeError, ValueError, TypeError):
        with pytest.raises((ValueError, TypeError), match="^interpolate: "):
            case.ours()
        return "refused"
    if 0 in want.shape[1:]:  # PyTorch's adaptive pooling leaves nothing of something; a resize does not
        with pytest.raises(ValueError, match="^interpolate: "):
            case.ours()
        return "refused"
    got = case.ours()
    assert got.dtype == case.x.dtype
    if case.numbers["mode"] in ("nearest", "nearest-exact"):
        np.testing.assert_array_equal(got, want)
        return "equal"
    if case.x.dtype == np.float32:  # PyTorch's own positions are rounded: by double precision, so are ours
        want = case.theirs(case.x.astype(np.float64))
    assert_close(got, want, limit(case, want))
    return "close"


def limit(case: Case, want: Array) -> Any:
    """Return how far a result may lie from one of doubles."""
    if case.x.dtype == np.float64:
        return 1e-12
    numbers = {"size": None, "scale_factor": None, "align_corners": None, "recompute_scale_factor": None,
               "antialias": False, "cubic_a": None, "channels_last": False, **case.numbers}  # fmt: skip
    names = ["size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias", "cubic_a"]
    asked: list[Any] = [numbers[name] for name in [*names, "channels_last"]]
    plan = _resize_call.interpolation(case.x, *asked)
    rows = [axis.rows() for axis in plan.axes[-len(plan.lengths) :]]
    scale = _resize_reference.real(rows, case.x, plan.first, magnitude=True)
    return _resize_check.bound(plan, scale, case.x) + 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_as_pytorch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    came: list[str] = []
    for _ in range(CASES):
        case = draw(rng)
        try:
            came.append(compare(case))
        except (AssertionError, ValueError) as error:
            raise AssertionError(f"{case}: {error}") from error
    assert came.count("close") >= CASES // 4
    assert came.count("equal") >= CASES // 20


# Sizes at which single precision, a fused multiply-add or PyTorch's own code of small images decide.
FAMOUS = [(5, 3), (2, 431), (20, 410), (24, 123), (62, 59), (394, 11), (14, 92), (4062, 92), (128, 160), (833, 2)]


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
@pytest.mark.parametrize("dtype", ["f4", "f8", "u1", "f2"])
def test_nearest_samples_are_pytorchs(mode: str, dtype: str) -> None:
    """Along rows of three kinds of input, from sizes and from factors, those near a tie among them."""
    rng = np.random.default_rng(0)
    cases: list[tuple[int, dict[str, Any]]] = [(data, {"size": out}) for data, out in FAMOUS]
    for _ in range(60):
        data = int(rng.integers(1, 300))
        sizes: list[Any] = [rng.integers(1, 500), data * rng.integers(1, 9), data]
        cases.append((data, {"size": int(rng.choice(sizes))}))
        factor = float(rng.choice([rng.integers(1, 20) / rng.integers(1, 20), rng.uniform(0.1, 4), 1.1, 1.0339]))
        if data * factor >= 1:
            cases.append((data, {"scale_factor": factor}))
    for data, numbers in cases:
        for rank in (1, 2, 3):
            for high in (1, 99) if rank == 2 else (1,):
                # Digits, which every type holds.
                for digit in (1, 16, 256):
                    x = np.empty(
                        (1, 1, *(1,) * (rank - 2), high, data)[: rank + 2] if rank > 1 else (1, 1, data), dtype
                    )
                    x[...] = np.arange(data) // digit % 16
                    size: Any = {
                        key: value if rank == 1 else (*(1,) * (rank - 2), high if key == "size" else 1.0, value)
                        if key == "size" else (1.0,) * (rank - 1) + (value,)
                        for key, value in numbers.items()
                    }  # fmt: skip
                    got = nn.interpolate(x, mode=mode, **size)
                    want = np.asarray(torch.nn.functional.interpolate(torch.from_numpy(x), mode=mode, **size))
                    np.testing.assert_array_equal(got, want, f"{x.shape} {size}")
                    if data <= 16 * digit:
                        break
