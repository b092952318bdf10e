"""The routes and the choice between them."""

import itertools
from math import prod

import numpy as np
import pytest
from convolution_cases import assert_matches, ours, sample

import sigresample.convolution as sr
from sigresample import _by_transform, _choose, _choose_table, _compute, _kernels, _plans
from sigresample._routes import borders, direct, separable
from sigresample.explaining import PLANS


def explained(name, *args, **kwargs):
    return PLANS[name][1](*args, **kwargs)


def plan_of(name, x, h, mode="full", method="auto"):
    return _plans.plan(name, x.shape, h.shape, x.dtype, h.dtype, mode, method)


@pytest.fixture
def slow_transforms(monkeypatch):
    """Take transforms out of the competition: which route wins beside them depends on the SIMD level."""
    for kind in ("F", "D"):
        monkeypatch.setitem(_choose_table.FFT, kind, (1.0, 0.0, 0.0))
    for kind in ("F", "D", "Fc", "Dc", "I"):
        for table in (_choose_table.ROWS, _choose_table.TILES):
            monkeypatch.setitem(table[_choose.level()], kind, (1.0, 0.0, 0.0, 0.0)[: len(table[_choose.level()][kind])])
    _plans.plan.cache_clear()
    yield
    _plans.plan.cache_clear()


# ── separable ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["f", "d"])
def test_outer_products_are_separable(kind):
    u = np.finfo(kind).eps / 2
    for trial in range(200):
        rng = np.random.default_rng(trial)
        w = np.outer(rng.standard_normal(rng.integers(3, 30)), rng.standard_normal(rng.integers(3, 30))).astype(kind)
        if trial % 3 == 0:
            w[rng.integers(len(w))] = 0
            w[:, rng.integers(w.shape[1])] = 0
        found = separable.factors(w)
        assert found is not None
        made = np.outer(*(a.astype(np.longdouble) for a in found))
        assert np.all(np.abs(made - w) <= 9 * u * np.abs(w))
        assert np.array_equal(made == 0, w == 0)


def test_other_filters_are_not():
    w = np.outer(np.arange(1.0, 6), np.arange(1.0, 8))
    spoiled = []
    for change in (1 + 1e-14, 0, np.nan, np.inf, -1):
        for at in ((0, 0), (4, 6), (2, 3), (4, 0)):
            other = w.copy()
            other[at] *= change
            spoiled.append(other)
    spoiled += [np.zeros((3, 3)), np.eye(3), np.full((3, 3), np.inf), sample((5, 5), "d")]
    almost_zero = np.outer([1.0, 0, 1], [1.0, 1, 1])
    almost_zero[1, 1] = 1e-300
    for other in [*spoiled, almost_zero]:
        assert separable.factors(other) is None


@pytest.mark.parametrize("kinds", ["ff", "dd", "Fd", "Df"])
@pytest.mark.parametrize("boundary", [("fill", 0), ("fill", 2), ("wrap", 0), ("symm", 0)])
def test_separable_route(slow_transforms, kinds, boundary):
    x = sample((200, 230), kinds[0])
    # Whole numbers: a single-precision outer product of others has not rank 1 in double precision.
    h = np.outer(*(np.rint(8 * sample((n,), kinds[1], n)) for n in (17, 15)))
    assert explained("convolve2d", x, h, "same", *boundary).route == "separable"
    assert_matches("convolve2d", x, h, "same", *boundary)
    assert explained("convolve2d", x, h, "same", *boundary, method="direct").route == "direct"
    assert_matches("convolve2d", x, h, "same", *boundary, method="direct")


def test_each_filter_of_a_bank_is_asked_alone(slow_transforms):
    x = sample((1, 200, 230), "f")
    bank = sample((3, 15, 15), "f", 1)
    bank[1] = np.outer(bank[0, 0], bank[0, 1])
    got = ours("convolve", x, bank, "full")
    for i in range(3):
        assert got[i].tobytes() == ours("convolve", x, bank[i : i + 1], "full").tobytes()
    assert explained("convolve", x, bank[1:2]).route == "separable"
    assert explained("convolve", x, bank[:1]).route != "separable"


# ── direct ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kinds", ["ff", "dd", "Ff", "DD"])
@pytest.mark.parametrize(
    "shapes", [((500,), (64,)), ((7, 300), (1, 40)), ((300, 3), (50, 1)), ((3, 4, 90), (1, 1, 30))]
)
def test_both_kernels_add_in_the_same_order(kinds, shapes):
    x, h = sample(shapes[0], kinds[0]), sample(shapes[1], kinds[1], 1)
    for mode in ("full", "same", "valid"):
        plan = plan_of("convolve", x, h, mode, "direct")
        assert plan.polyphase
        y, z = np.empty(plan.out, plan.dtype), np.empty(plan.out, plan.dtype)
        _compute.run(plan, x, h, y, 0, 1)
        _compute.run(plan._replace(polyphase=False), x, h, z, 0, 1)
        assert y.tobytes() == z.tobytes()


def test_plane_starts_meet_every_pair_of_planes_once():
    rng = np.random.default_rng(0)
    for _ in range(50):
        in1, in2 = (tuple(rng.integers(1, 5, 4).tolist()) for _ in range(2))
        plan = _plans.plan("convolve", in1, in2, np.dtype("d"), np.dtype("d"), "full", "direct")
        met = sum(len(x_at) for x_at, _ in direct.plane_starts(plan.cut))
        assert met == prod(axis.data * axis.taps for axis in plan.cut.outer)


# ── boundaries ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("boundary", [1, 2, 3, 4])
def test_fold_is_numpys_pad(boundary):
    for n in range(1, 6):
        want = np.pad(np.arange(n), 23, mode=("wrap", "symmetric", "reflect", "edge")[boundary - 1])
        assert borders.fold(np.arange(-23, n + 23), n, boundary).tolist() == want.tolist()


# ── choice ──────────────────────────────────────────────────────────────────────────────────────


def test_every_level_and_type_has_constants():
    kinds = [k + one for k in ("f", "d", "Fr", "Fc", "Dr", "Dc", "i1", "i2", "i4", "i8") for one in ("", "1")]
    for level in ("scalar", "v2", "v3", "v4"):
        assert set(_choose_table.DIRECT[level]) == set(kinds)
        assert set(_choose_table.SEPARABLE[level]) == {"f", "d", "Fr", "Dr"}
        assert set(_choose_table.ROWS[level]) == set(_choose_table.TILES[level]) == {"F", "D", "Fc", "Dc", "I"}
    assert set(_choose_table.FFT) == {"F", "D"}
    assert all(level in _choose_table.DIRECT for level in _kernels.LIKE.values())
    assert _choose.level() in _choose_table.DIRECT


def test_costs_grow_with_the_work():
    one = np.dtype("f")
    for route in ("direct", "overlap-save", "whole FFT"):
        costs = [
            _plans.plan("convolve", (n,), (n // 3,), one, one, "full", "auto").costs[route] for n in (100, 10**4, 10**6)
        ]
        assert costs == sorted(costs)


def test_routes_occur_where_expected():
    image = sample((512, 512), "f")
    assert explained("convolve2d", image, sample((5, 5), "f")).route == "direct"
    assert explained("convolve2d", image, sample((101, 101), "f")).route == "overlap-save"
    assert explained("convolve", sample((10**5,), "d"), sample((10**4,), "d")).route == "overlap-save"
    assert explained("convolve", sample((50, 50, 50), "d"), sample((20, 20, 20), "d")).route == "whole FFT"
    assert explained("convolve", sample((10**5,), "d"), sample((10,), "d")).route == "direct"


def test_the_choice_sees_neither_batch_nor_layout_nor_workers():
    x, h = sample((3000,), "f"), sample((300,), "f")
    alone = explained("convolve", x, h)
    for batch in (1, 7, 50):
        many = np.tile(x, (batch, 1))
        for args in ((many, h[None]), (many.T.copy(), h[:, None]), (np.asfortranarray(many), h[None])):
            plan = explained("convolve", *args, workers=3)
            assert (plan.route, plan.costs) == (alone.route, alone.costs)


def test_explain_tells_what_runs(monkeypatch):
    """The route of the plan is the one that is entered."""
    entered = []
    for module, name in ((direct, "direct"), (separable, "separable"), (_by_transform, "overlap-save")):
        run = module.run
        monkeypatch.setattr(module, "run", lambda *a, run=run, name=name, **k: entered.append(name) or run(*a, **k))
    blur = np.outer(sample((25,), "f"), sample((25,), "f", 1))
    rough = sample((25, 25), "f", 2)
    nan = sample((400, 400), "f")
    nan[3, 3] = np.nan
    large = np.full((400, 400), 10**9)
    for x, h in itertools.product(
        (sample((400, 400), "f"), sample((30, 30), "f"), nan, large), (blur, rough, rough[:3, :3])
    ):
        h = h.astype(x.dtype) if x is not large else np.full(h.shape, 10**7)
        entered.clear()
        plan = explained("convolve2d", x, h)
        sr.convolve2d(x, h)
        assert plan.route == entered[-1]
        assert plan.route in plan.costs
        assert plan.reason


def test_explanation():
    plan = explained("correlate", np.ones((20, 30)), np.ones((3, 4)), "valid", workers=1)
    assert plan.function == "correlate"
    assert plan.shape == (18, 27)
    assert plan.dtype == "float64"
    assert plan.terms == 12
    assert plan.simd == _kernels.level
    assert plan.workers == 1
    assert plan.fft_length == 0
    assert set(plan.costs) == {"direct", "separable", "overlap-save", "whole FFT"}
    assert explained("convolve", np.ones(50), np.ones(60), method="fft").fft_length >= 109
    assert explained("convolve", np.ones(5, np.longdouble), np.ones(3)).route == "scipy"
    assert explained("convolve", 1, 2).route == "product"


def test_plans_are_kept_but_not_for_ever():
    assert _plans.plan.cache_info().maxsize is not None
    x, h = sample((33,), "d"), sample((4,), "d")
    ours("convolve", x, h)
    before = _plans.plan.cache_info().misses
    ours("convolve", x, h)
    assert _plans.plan.cache_info().misses == before


@pytest.mark.parametrize("kind", ["h", "B", "q"])
def test_integers_beside_single_precision_are_transformed_in_double(kind):
    """As SciPy does: the one rounding to single precision is the result's."""
    rng = np.random.default_rng(3)
    x, h = rng.integers(0, 100, 300).astype(kind), rng.standard_normal(200).astype("f")
    exact = np.convolve(x.astype("d"), h.astype("d"))
    got = sr.convolve(x, h, method="fft")
    assert got.dtype == np.result_type(x, h)
    assert (abs(got - exact) <= np.finfo("f").eps / 2 * abs(exact) + 1e-9).all()
