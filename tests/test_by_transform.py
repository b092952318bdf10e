"""What keeps a transform's sums those of the direct sum: blocks done again, overflow, integers, prepared taps."""

from math import prod

import numpy as np
import pytest

import sigresample as sr
from sigresample import _by_transform, _compute, _exact, _plans
from sigresample._routes import overlap_save, tiles, whole_fft
from tests.convolution_cases import sample, scipys


def forced(x, h, route="overlap-save", mode="full", auto=True):
    """The plan of convolve on a route, whatever it costs."""
    plan = _plans.plan("convolve", x.shape, h.shape, x.dtype, h.dtype, mode, "fft")
    if route == "whole FFT":
        plan = plan._replace(blocks=None)
    return plan._replace(route=route, fallback=route, auto=auto)


def run(plan, x, h, **options):
    y, _ = _compute.run(plan, x, h, np.empty(plan.out, plan.dtype), 0, 1, **options)
    return y


SHAPES = [("overlap-save", (6000,), (300,)), ("overlap-save", (150, 140), (24, 20)), ("whole FFT", (6000,), (300,)),
          ("whole FFT", (20, 24, 30), (5, 6, 7))]  # fmt: skip


@pytest.mark.parametrize("kind", "fdFD")
@pytest.mark.parametrize(("route", "shape", "taps"), SHAPES)
def test_the_quiet_keep_their_accuracy_beside_the_loud(route, shape, taps, kind):
    x, h = sample(shape, kind), sample(taps, kind, 1)
    x[(slice(0, 5),) * x.ndim] *= 1e11 if kind in "dD" else 1e6
    wide = "D" if kind in "FD" else "d"
    exact = scipys("convolve", x.astype(wide), h.astype(wide), wide=True)
    error = np.abs(run(forced(x, h, route), x, h) - exact)
    careless = np.abs(run(forced(x, h, route, auto=False), x, h) - exact)
    quiet = (slice(5 + max(taps), None),) * x.ndim  # outputs that the burst does not reach
    worth = np.abs(h).max() * 3 * (1e-6 if kind in "dD" else 1e-3)
    assert error[quiet].max() < worth
    assert worth < careless[quiet].max()


@pytest.mark.parametrize("shape", [(9000,), (200, 180)])
def test_only_the_spoiled_blocks_are_done_again(shape, monkeypatch):
    x, h = sample(shape, "d"), sample((100,) if len(shape) == 1 else (16, 16), "d", 1)
    plan = forced(x, h)
    hops = (500,) if len(shape) == 1 else (48, 48)
    points = (1024,) if len(shape) == 1 else (64, 64)
    hops = tuple(n - k + 1 for n, k in zip(points, h.shape, strict=True))
    plan = plan._replace(blocks=plan.blocks._replace(points=points, hop=hops))
    plain = run(plan._replace(auto=False), x, h)
    np.testing.assert_array_equal(run(plan, x, h), plain)
    x[(0,) * x.ndim] = 1e12
    got, direct = run(plan, x, h), sr.convolve(x, h, method="direct")
    first = tuple(slice(hop) for hop in hops)
    np.testing.assert_allclose(got[first], direct[first], rtol=0, atol=1e-12 * 1e12 * np.abs(h).max())
    far = tuple(slice(2 * hop, None) for hop in hops)
    np.testing.assert_array_equal(got[far], plain[far])


def test_one_items_burst_is_nothing_to_the_others():
    x, h = sample((5, 4000), "f"), sample((1, 200), "f", 1)
    x[2, 100] = 1e9
    for auto in (True, False):
        got = run(forced(x, h, auto=auto), x, h)
        for i in range(5):
            one = x[i : i + 1]
            np.testing.assert_array_equal(got[i : i + 1], run(forced(one, h, auto=auto), one, h))


@pytest.mark.parametrize("method", ["auto", "fft"])
@pytest.mark.parametrize(("kind", "size"), [("d", 1.7e308), ("f", 3e38)])
def test_finite_values_whose_transform_overflows_are_summed(kind, size, method):
    x, h = np.zeros(5000, kind), np.ones(400, kind)
    x[[10, 3000]] = size
    h[::2] = -0.5
    exact = scipys("convolve", x, h)
    assert np.isfinite(exact).all()
    np.testing.assert_allclose(sr.convolve(x, h, method=method), exact, rtol=0, atol=32 * np.finfo(kind).eps * size)


@pytest.mark.parametrize("taps", [(300,), (7000,), (20, 30)])
def test_prepared_taps_are_used_again(taps, monkeypatch):
    shape = (9000,) if len(taps) == 1 else (120, 140)
    x, h = sample(shape, "f"), sample(taps, "f", 1)
    calls = []
    for module in (overlap_save, tiles, whole_fft):
        made = module.prepare
        monkeypatch.setattr(module, "prepare", lambda *a, made=made, **k: calls.append(1) or made(*a, **k))
    plan, prepared = forced(x, h), {}
    first = run(plan, x, h, prepared=prepared)
    before = len(calls)
    assert before
    np.testing.assert_array_equal(run(plan, x, h, prepared=prepared), first)
    assert len(calls) == before
    np.testing.assert_array_equal(run(plan, x, h), first)


@pytest.mark.parametrize("shape", [(900,), (40, 50)])
def test_integers_take_as_many_transforms_as_they_need(shape, monkeypatch):
    made = []
    real = _exact.plan
    monkeypatch.setattr(_exact, "plan", lambda *a: made.append(real(*a)) or made[-1])
    for power in range(1, 62, 4):
        x, h = sample(shape, "q", power) % 2**power, sample(tuple(n - 9 for n in shape), "q", power + 1) % 2**power
        assert np.array_equal(sr.convolve(x, h, method="fft"), scipys("convolve", x, h))
    products = [digits.products for digits in made]
    assert products[:10] == sorted(products[:10])  # then the highest leave the result
    assert products[0] == 1
    assert products[-1] > 3


@pytest.mark.parametrize("kind", "bHqQ?")
@pytest.mark.parametrize("border", [("fill", 3), ("symm", 0), ("wrap", 0), ("reflect", 0), ("edge", 0)])
def test_integers_of_every_type_and_boundary(kind, border):
    x, h = sample((60, 50), kind), sample((17, 21), kind, 1)
    got = sr.convolve2d(x, h, "same", *border, method="fft")
    np.testing.assert_array_equal(got, sr.convolve2d(x, h, "same", *border, method="direct"))


@pytest.mark.parametrize("route", ["overlap-save", "whole FFT"])
def test_error_bound_holds_and_is_not_idle(route):
    worst = 0.0
    for length in (64, 1000, 4095, 30030):
        x, h = sample((length,), "d", 1), sample((length // 2 + 1,), "d", 2)
        plan = forced(x, h, route, auto=False)
        grid = _by_transform.grid(plan)
        exact = np.convolve(x.astype(np.longdouble), h.astype(np.longdouble))
        error = float(np.abs(run(plan, x, h) - exact).max())
        limit = _exact.error_bound(prod(grid.points) * grid.parts, np.linalg.norm(x), np.linalg.norm(h))
        assert error <= limit
        worst = max(worst, error / limit)
    assert worst > 1e-4
