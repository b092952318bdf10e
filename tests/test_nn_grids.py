"""Grids, shuffles and displaced taps: laws, types, layouts, errors, the same bytes, checks."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, gamma, variants
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sigresample import CheckError, _deform_call, _grid_reference, checked, checking, explain, nn

Array = np.ndarray[Any, Any]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def deformed(dtype: str = "f8", items: int = 2) -> dict[str, Any]:
    """Return the arguments of a call of deform_conv2d with everything in it."""
    r = rng()
    shapes = {
        "input": (items, 6, 9, 8), "offset": (items, 2 * 3 * 6, 6, 8), "weight": (4, 3, 3, 2), "bias": (4,),
        "mask": (items, 3 * 6, 6, 8),
    }  # fmt: skip
    made: dict[str, Any] = {name: (2 * r.standard_normal(shape)).astype(dtype) for name, shape in shapes.items()}
    return {**made, "stride": (2, 1), "padding": (2, 1), "dilation": (1, 2)}


# ── laws ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("shape", [(5, 8), (1, 1), (2, 7), (3, 4, 6), (1, 5, 1)])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_the_identity_map_gives_the_image(padding: str, shape: tuple[int, ...], align: bool) -> None:
    x, axes = rng().standard_normal((2, 3, *shape)), len(shape)
    theta = np.broadcast_to(np.eye(axes, axes + 1), (2, axes, axes + 1))
    grid = nn.affine_grid(theta, x.shape, align)
    assert_same_bytes(nn.grid_sample(x, grid, "nearest", padding, align), x)
    # A position is off by 4 roundings of its size at most, along each axis.
    bound = axes * 5 * 8 * gamma(1, "f8") * max(shape) * np.abs(x).max()
    for mode in ("bilinear", "bicubic")[: 4 - axes]:
        assert_close(nn.grid_sample(x, grid, mode, padding, align), x, bound)


@given(st.integers(1, 6), st.integers(1, 7), st.sampled_from(["f4", "f8"]), st.booleans(), st.data())
def test_constants_stay_constant(rows: int, cols: int, dtype: str, align: bool, data: Any) -> None:
    x = np.full((1, 1, rows, cols), 3.25, dtype)
    places = st.floats(-4, 4, width=32)
    grid = data.draw(hnp.arrays(dtype, (1, 3, 5, 2), elements=places))
    for padding in ("border", "reflection"):
        assert (nn.grid_sample(x, grid, "nearest", padding, align) == 3.25).all()
        for mode in ("bilinear", "bicubic"):
            # The weights sum to 1 but for their roundings.
            made = nn.grid_sample(x, grid, mode, padding, align)
            assert_close(made, np.full(made.shape, 3.25), 64 * 3.25 * gamma(1, dtype))


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_it_is_linear_and_turns_with_the_image(mode: str) -> None:
    r = rng()
    x, z = r.standard_normal((2, 1, 2, 6, 7))
    grid = r.uniform(-1.3, 1.3, (1, 9, 8, 2))
    of = [nn.grid_sample(a, grid, mode, "reflection") for a in (x, z, 2 * x - z)]
    assert_close(of[2], 2 * of[0] - of[1], 100 * gamma(1, "f8") * 3 * np.abs(np.stack([x, z])).max())
    turned = nn.grid_sample(x[..., ::-1, :], grid * [1, -1], mode, "reflection")
    assert_close(turned, of[0], 200 * gamma(1, "f8") * 7 * np.abs(x).max())


def test_the_cubic_is_keys() -> None:
    """In terms of two distances, as code has it, and of one, as papers do."""
    f = np.linspace(0, 1, 101).astype(np.longdouble)
    a = -0.75

    def near(x: Array) -> Array:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1

    def far(x: Array) -> Array:
        return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a

    for got, want in zip(_grid_reference.keys(1 - f, f), (far(1 + f), near(f), near(1 - f), far(2 - f)), strict=True):
        assert_close(got, want, 1e-17)


@given(hnp.arrays(np.int16, st.tuples(*[st.integers(0, 3)] * 4)), st.integers(1, 4))
def test_unshuffling_undoes_shuffling(x: Array, r: int) -> None:
    x = np.repeat(x, r * r, axis=1)
    made = nn.pixel_shuffle(x, r)
    assert made.shape == (x.shape[0], x.shape[1] // r**2, x.shape[2] * r, x.shape[3] * r)
    assert_same_bytes(nn.pixel_unshuffle(made, r), x)
    assert_same_bytes(nn.PixelUnshuffle(r)(nn.PixelShuffle(r)(x)), x)


@pytest.mark.parametrize("groups", [1, 2])
def test_without_offsets_it_is_conv2d(groups: int) -> None:
    r = rng()
    x, w, b = r.standard_normal((2, 4, 9, 11)), r.standard_normal((6, 4 // groups, 3, 2)), r.standard_normal(6)
    numbers: dict[str, Any] = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 3)}
    want = nn.conv2d(x, w, b, groups=groups, **numbers)
    bound = gamma(w[0].size + 16, "f8") * nn.conv2d(abs(x), abs(w), abs(b), groups=groups, **numbers)
    for shifts in (1, 4):
        offset = np.zeros((2, 2 * shifts * 6, *want.shape[2:]))
        assert_close(nn.deform_conv2d(x, offset, w, b, **numbers), want, bound)
        mask = np.full((2, shifts * 6, *want.shape[2:]), 0.5)
        assert_close(nn.deform_conv2d(x, offset, w, b, mask=mask, **numbers), (want + b[:, None, None]) / 2, bound)


@pytest.mark.parametrize("down, right", [(0, 0), (1, -2), (-3, 4), (20, 0)])
def test_whole_offsets_are_shifted_images(down: int, right: int) -> None:
    r = rng()
    x, w = r.integers(-9, 9, (1, 2, 7, 8)), r.integers(-9, 9, (3, 2, 2, 3))
    offset = np.empty((1, 6, 2, 6, 6), int)
    offset[:, :, 0], offset[:, :, 1] = down, right
    wide = np.pad(x, ((0, 0), (0, 0), (30, 30), (30, 30)))
    shifted = wide[:, :, 30 + down : 37 + down, 30 + right : 38 + right]
    got = nn.deform_conv2d(x, offset.reshape(1, 12, 6, 6), w)
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got, nn.conv2d(shifted, w))


def test_halfway_offsets_are_means() -> None:
    x = rng().integers(-50, 50, (1, 1, 6, 7)).astype(float)
    offset = np.zeros((1, 2, 6, 7))
    offset[:, 1] = 0.5
    got = nn.deform_conv2d(x, offset, np.ones((1, 1, 1, 1)))
    np.testing.assert_array_equal(got, (x + np.pad(x, ((0, 0), (0, 0), (0, 0), (0, 1)))[..., 1:]) / 2)


def test_displaced_taps_outside_and_nowhere() -> None:
    x = np.full((1, 1, 3, 3), 5.0)
    offset = np.zeros((1, 2, 3, 3))
    offset[0, 0, 0], offset[0, 1, 1, 1], offset[0, 0, 2, 2], offset[0, 0, 2, 0] = -np.inf, 1e300, np.nan, -2.5
    got = nn.deform_conv2d(x, offset, np.ones((1, 1, 1, 1)))[0, 0]
    np.testing.assert_array_equal(got, [[0, 0, 0], [5, 0, 5], [2.5, 5, np.nan]])


@pytest.mark.parametrize("columns", [1, 20_000, 1 << 20])
def test_displaced_taps_match_the_definition_whatever_the_blocks(columns: int, monkeypatch: Any) -> None:
    given_ = deformed("f4", 1)
    given_["input"] = rng().standard_normal((1, 6, 40, 41)).astype("f4")
    outs = nn.conv2d(given_["input"], np.zeros((4, 3, 3, 2), "f4"), None, (2, 1), (2, 1), (1, 2), groups=2).shape[2:]
    given_["offset"] = (2 * rng().standard_normal((1, 36, *outs))).astype("f4")
    given_["mask"] = rng().standard_normal((1, 18, *outs)).astype("f4")
    want = nn.deform_conv2d(**given_)
    monkeypatch.setattr(_deform_call, "COLUMNS_BYTES", columns)
    assert_same_bytes(nn.deform_conv2d(**given_, workers=2), want)
    made = _deform_call.define(*(given_.get(name) for name in _ORDER), None, None)
    assert_close(want, made.value, made.allowed(explain(nn.deform_conv2d, **given_)))


_ORDER = ("input", "offset", "weight", "bias", "stride", "padding", "dilation", "mask")


# ── contract ───────────────────────────────────────────────────────────────────────────────────


def sampled(mode: str, dtype: str, items: int = 3) -> tuple[Array, Array]:
    r = rng()
    x = r.standard_normal((items, 2, 6, 7)) * (50 if np.dtype(dtype).kind in "iu" else 1)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * r.standard_normal(x.shape)
    return x.astype(dtype), r.uniform(-1.5, 1.5, (items, 11, 13, 2)).astype("f4" if dtype in ("f2", "f4") else "f8")


DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16"]


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bytes_for_workers_batches_and_layouts(dtype: str, mode: str) -> None:
    x, grid = sampled(mode, dtype)
    want = nn.grid_sample(x, grid, mode, "reflection", workers=1)
    kind = x.dtype if mode == "nearest" else np.result_type(x, grid)
    assert want.dtype == kind
    for workers in (2, 7):
        assert_same_bytes(nn.grid_sample(x, grid, mode, "reflection", workers=workers), want)
    assert_same_bytes(nn.grid_sample(x[::-1], grid[::-1], mode, "reflection")[::-1], want)
    for n in range(len(x)):
        assert_same_bytes(nn.grid_sample(x[n : n + 1], grid[n : n + 1], mode, "reflection")[0], want[n])
    for (_, a), (_, g) in zip(variants(x), variants(grid), strict=True):
        assert_same_bytes(nn.grid_sample(a, g, mode, "reflection"), want)
    for name, out in variants(want):
        if name == "read-only" or not out.dtype.isnative:
            continue
        out[...] = 77 if want.dtype.kind != "b" else True
        assert nn.grid_sample(x, grid, mode, "reflection", out=out) is out
        assert_same_bytes(np.ascontiguousarray(out), want)


@pytest.mark.parametrize("dtype", DTYPES)
def test_shuffles_take_every_layout(dtype: str) -> None:
    x = (rng().standard_normal((2, 8, 3, 5)) * 50).astype(dtype)
    for name in ("pixel_shuffle", "pixel_unshuffle"):
        function = getattr(nn, name)
        a = x if name == "pixel_shuffle" else x.reshape(2, 8, 3, 5).repeat(2, axis=2).repeat(2, axis=3)
        want = function(a, 2, workers=1)
        for _, made in variants(a):
            assert_same_bytes(function(made, 2), want)
        for workers in (2, 7):
            assert_same_bytes(function(a, 2, workers=workers), want)
        out = np.empty(want.shape[::-1], want.dtype).T
        assert function(a, 2, out=out) is out
        assert_same_bytes(np.ascontiguousarray(out), want)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i4", "u1", "?"])
def test_displaced_taps_same_bytes(dtype: str) -> None:
    given_ = deformed(dtype, 3)
    given_["offset"] = given_["offset"].astype("f4" if dtype in ("f2", "f4") else "f8") / 3
    want = nn.deform_conv2d(**given_, workers=1)
    for workers in (2, 7):
        assert_same_bytes(nn.deform_conv2d(**given_, workers=workers), want)
    batch = ("input", "offset", "mask")
    for n in range(3):
        one = {name: a[n : n + 1] if name in batch else a for name, a in given_.items()}
        assert_same_bytes(nn.deform_conv2d(**one)[0], want[n])
    arrays = ("input", "offset", "weight", "bias", "mask")
    for forms in zip(*(variants(given_[name]) for name in arrays), strict=True):
        made = {name: a for name, (_, a) in zip(arrays, forms, strict=True)}
        assert_same_bytes(nn.deform_conv2d(**{**given_, **made}), want)
    out = np.empty(want.shape[::-1], want.dtype).T
    assert nn.deform_conv2d(**given_, out=out) is out
    assert_same_bytes(np.ascontiguousarray(out), want)


def test_types_of_results() -> None:
    grid = np.zeros((1, 1, 1, 2))
    for x, g, want in [
        ("f4", "f4", "f4"), ("f4", "f8", "f8"), ("f8", "f4", "f8"), ("f2", "f2", "f2"), ("u1", "f4", "f4"),
        ("i4", "f4", "f8"), ("i4", "i4", "f8"), ("?", "f4", "f4"), ("c8", "f4", "c8"), ("c8", "f8", "c16"),
    ]:  # fmt: skip
        image = np.ones((1, 1, 2, 2), x)
        assert nn.grid_sample(image, grid.astype(g)).dtype == want
        assert nn.grid_sample(image, grid.astype(g), "nearest").dtype == x
    assert nn.affine_grid(np.ones((1, 2, 3), "f2"), (1, 1, 2, 2)).dtype == np.float16
    assert nn.affine_grid(np.ones((1, 2, 3), "i4"), (1, 1, 2, 2)).dtype == np.float64
    assert nn.affine_grid(np.ones((1, 2, 3), ">f4"), (1, 1, 2, 2)).dtype == np.dtype("=f4")


def test_signatures() -> None:
    ours = ["workers", "out"]
    for name, theirs in {
        "grid_sample": ["input", "grid", "mode", "padding_mode", "align_corners"],
        "affine_grid": ["theta", "size", "align_corners"],
        "pixel_shuffle": ["input", "upscale_factor"],
        "pixel_unshuffle": ["input", "downscale_factor"],
        "deform_conv2d": ["input", "offset", "weight", "bias", "stride", "padding", "dilation", "mask"],
    }.items():
        parameters = inspect.signature(getattr(nn, name)).parameters
        assert list(parameters) == theirs + ours
        assert all(parameters[one].kind is inspect.Parameter.KEYWORD_ONLY for one in ours)


# ── checks and plans ───────────────────────────────────────────────────────────────────────────

CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *(("grid_sample", sampled(mode, dtype, 1), {"mode": mode, "padding_mode": padding})
      for mode in ("nearest", "bilinear", "bicubic") for dtype in ("f2", "f4", "f8", "c8", "i4")
      for padding in ("zeros", "border", "reflection")),
    ("grid_sample", (np.ones((1, 2, 3, 4, 5)), rng().uniform(-2, 2, (1, 3, 2, 4, 3))), {"align_corners": True}),
    ("grid_sample", (np.full((1, 1, 2, 2), np.nan), np.zeros((1, 1, 1, 2))), {}),
    ("affine_grid", (rng().standard_normal((2, 2, 3)), (2, 1, 3, 5)), {}),
    ("affine_grid", (rng().standard_normal((1, 3, 4)).astype("f4"), (1, 1, 3, 5, 2)), {"align_corners": True}),
    ("affine_grid", (rng().standard_normal((1, 3, 4)).astype("f2"), (1, 1, 3, 5, 2)), {}),
    ("pixel_shuffle", (np.arange(32).reshape(8, 2, 2), 2), {}),
    ("pixel_unshuffle", (np.arange(32).reshape(2, 4, 4), 2), {}),
    ("deform_conv2d", (), deformed("f8", 1)),
    ("deform_conv2d", (), deformed("f4", 1)),
    ("deform_conv2d", (), deformed("f2", 1)),
]  # fmt: skip


@pytest.mark.parametrize("name, args, kwargs", CALLS)
def test_a_checked_call_agrees_with_its_definition_and_its_plan(name: str, args: Any, kwargs: Any) -> None:
    function = getattr(nn, name)
    with checked():
        made = function(*args, **kwargs)
    plan = explain(function, *args, **kwargs)
    assert (plan.function, plan.shape, plan.dtype) == (name, made.shape, str(made.dtype))
    assert plan.route == "direct" and plan.terms > 0


@pytest.mark.parametrize("name", ["grid_sample", "affine_grid", "pixel_shuffle", "pixel_unshuffle", "deform_conv2d"])
def test_a_check_finds_what_is_wrong(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, args, kwargs = next(call for call in CALLS[1:] if call[0] == name)
    definition = checking.DEFINITIONS[name]

    def other(*args: Any, **kwargs: Any) -> Any:
        made = definition(*args, **kwargs)
        made.value.flat[1] += made.value.dtype.type(1)
        return made

    monkeypatch.setitem(checking.DEFINITIONS, name, other)
    with checked(), pytest.raises(CheckError, match=f"^{name}: route direct gives"):
        getattr(nn, name)(*args, **kwargs)


# ── errors ─────────────────────────────────────────────────────────────────────────────────────

IMAGE, GRID, THETA = np.zeros((1, 1, 3, 3)), np.zeros((1, 2, 2, 2)), np.zeros((1, 2, 3))
WEIGHT, OFFSET = np.zeros((1, 1, 2, 2)), np.zeros((1, 8, 2, 2))
ERRORS: list[tuple[str, tuple[Any, ...], type[Exception], str]] = [
    ("grid_sample", (IMAGE[0], GRID), ValueError, r"input must be \(N, C, H, W\) or .*, got shape \(1, 3, 3\)"),
    ("grid_sample", (IMAGE, GRID[0]), ValueError,
     r"grid must have shape \(1, H_out, W_out, 2\) for input of shape \(1, 1, 3, 3\), got \(2, 2, 2\)"),
    ("grid_sample", (IMAGE[:, :, :0], GRID), ValueError, r"samples along each axis, got shape \(1, 1, 0, 3\)"),
    ("grid_sample", (IMAGE, GRID, "cubic"), ValueError, "mode must be 'bilinear', 'nearest' or 'bicubic', got 'cubic'"),
    ("grid_sample", (IMAGE, GRID, []), ValueError, r"mode must be .*, got \[\]"),
    ("grid_sample", (IMAGE, GRID, "nearest", {}), ValueError, r"padding_mode must be .*, got \{\}"),
    ("grid_sample", (IMAGE, GRID, "nearest", "wrap"), ValueError, "padding_mode must be .*, got 'wrap'"),
    ("grid_sample", (IMAGE, GRID, "nearest", "zeros", 1), TypeError, "align_corners must be a bool or None, got 1"),
    ("grid_sample", (IMAGE, GRID + 1j), TypeError, "grid must hold real numbers, got complex128"),
    ("grid_sample", (IMAGE.astype("g"), GRID), TypeError, "input must hold booleans, .*, got float128|longdouble"),
    ("grid_sample", ("text", GRID), TypeError, "input must be .*, got str"),
    ("grid_sample", (np.lib.stride_tricks.as_strided(np.zeros(1, "i1"), (1, 1, 1, 2**31), (0, 0, 0, 0)), GRID),
     ValueError, r"input must be shorter than 2\*\*31 along each axis"),
    ("affine_grid", (THETA, (1, 1, 2)), ValueError, r"size must be .* of positive integers, got \(1, 1, 2\)"),
    ("affine_grid", (THETA, (1, 1, 2, 2.0)), TypeError, r"size must be .*, got \(1, 1, 2, 2.0\)"),
    ("affine_grid", (THETA, (1, 1, 2, True)), TypeError, r"size must be .*, got \(1, 1, 2, True\)"),
    ("affine_grid", (THETA, 4), TypeError, "size must be .*, got 4"),
    ("affine_grid", (THETA, (1, 1, 0, 2)), ValueError, r"size must be .*, got \(1, 1, 0, 2\)"),
    ("affine_grid", (THETA, (2, 1, 3, 2)), ValueError, r"theta must have shape \(2, 2, 3\) for .*, got \(1, 2, 3\)"),
    ("affine_grid", (THETA, (1, 1, 2**30, 2**30)), ValueError, "the result must fit into memory"),
    ("affine_grid", (THETA + 1j, (1, 1, 2, 2)), TypeError, "theta must hold real numbers, got complex128"),
    ("affine_grid", (THETA, (1, 1, 2, 2), "yes"), TypeError, "align_corners must be a bool or None, got 'yes'"),
    ("pixel_shuffle", (IMAGE[0, 0], 2), ValueError, r"at least 3 dimensions, got shape \(3, 3\)"),
    ("pixel_shuffle", (IMAGE, 2), ValueError, r"a multiple of upscale_factor\*\*2 = 4 channels, got shape"),
    ("pixel_shuffle", (IMAGE, 0), ValueError, "upscale_factor must be positive, got 0"),
    ("pixel_shuffle", (IMAGE, 1.0), TypeError, "upscale_factor must be an integer, got 1.0"),
    ("pixel_shuffle", (IMAGE, 2**70), ValueError, r"upscale_factor must be at most 2\*\*62"),
    ("pixel_shuffle", (IMAGE[:, :0], 2**40), ValueError, "the result must fit into memory"),
    ("pixel_shuffle", (["a"], 2), TypeError, "input must be .*, got list"),
    ("pixel_unshuffle", (IMAGE, 2), ValueError, r"height and width must be divisible by downscale_factor=2, got shape"),
    ("pixel_unshuffle", (IMAGE, (2,)), TypeError, r"downscale_factor must be an integer, got \(2,\)"),
    ("deform_conv2d", (IMAGE[0], OFFSET, WEIGHT), ValueError, r"input must have 4 dimensions, got shape \(1, 3, 3\)"),
    ("deform_conv2d", (IMAGE, OFFSET[0], WEIGHT), ValueError, "offset must have 4 dimensions"),
    ("deform_conv2d", (IMAGE, OFFSET, WEIGHT[0]), ValueError, "weight must have 4 dimensions"),
    ("deform_conv2d", (IMAGE, OFFSET[:, :7], WEIGHT), ValueError,
     r"offset must have shape .*, here \(1, G \* 8, 2, 2\) with G dividing 1 channels, got \(1, 7, 2, 2\)"),
    ("deform_conv2d", (IMAGE, OFFSET[..., :1], WEIGHT), ValueError, r"offset must have shape .*, got \(1, 8, 2, 1\)"),
    ("deform_conv2d", (IMAGE, OFFSET, WEIGHT, [1, 2]), ValueError, r"bias must have shape \(1,\), got \(2,\)"),
    ("deform_conv2d", (IMAGE, OFFSET, WEIGHT, None, 0), ValueError, "stride must be positive, got 0"),
    ("deform_conv2d", (IMAGE, OFFSET, WEIGHT, None, 1, -1), ValueError, "padding must not be negative, got -1"),
    ("deform_conv2d", (IMAGE, OFFSET, WEIGHT, None, 1, 0, (1, 0)), ValueError, r"dilation must be positive, got \(1"),
    ("deform_conv2d", (IMAGE, OFFSET, WEIGHT, None, 1, "same"), TypeError, "padding must be .*, got 'same'"),
    ("deform_conv2d", (IMAGE, OFFSET, WEIGHT, None, 1, 2**61), ValueError, "got"),
    ("deform_conv2d", (IMAGE, OFFSET, WEIGHT, None, 1, 0, 3), ValueError, "the kernel must fit into the padded input"),
    ("deform_conv2d", (IMAGE, OFFSET, WEIGHT, None, 1, 0, 1, OFFSET), ValueError,
     r"mask must have shape \(1, 4, 2, 2\), got \(1, 8, 2, 2\)"),
    ("deform_conv2d", (IMAGE, OFFSET, np.zeros((1, 2, 2, 2))), ValueError, "a multiple of the weight's channels"),
    ("deform_conv2d", (IMAGE, OFFSET, WEIGHT[:, :0]), ValueError, "weight must have elements"),
    ("deform_conv2d", (IMAGE + 1j, OFFSET, WEIGHT), TypeError, "input must hold real numbers, got complex128"),
]  # fmt: skip


@pytest.mark.parametrize("name, args, error, text", ERRORS)
def test_errors_say_what_is_wrong(name: str, args: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"^{name}: .*{text}"):
        getattr(nn, name)(*args)


@pytest.mark.parametrize("name, args, kwargs", [CALLS[0], *(call for call in CALLS if call[0] != "grid_sample")])
def test_arguments_of_ours(name: str, args: Any, kwargs: Any) -> None:
    function = getattr(nn, name)
    made = function(*args, **kwargs)
    with pytest.raises(ValueError, match=f"^{name}: workers must not be 0"):
        function(*args, **kwargs, workers=0)
    with pytest.raises(ValueError, match=f"^{name}: out must have shape"):
        function(*args, **kwargs, out=made[:0])
    with pytest.raises(ValueError, match=f"^{name}: out must have dtype"):
        function(*args, **kwargs, out=made.astype("c16" if made.dtype != "c16" else "f8"))
    fixed = made.copy()
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match=f"^{name}: out must be writeable"):
        function(*args, **kwargs, out=fixed)


@pytest.mark.parametrize("layer", [nn.PixelShuffle, nn.PixelUnshuffle])
def test_layers_refuse_bad_factors(layer: Any) -> None:
    with pytest.raises(ValueError, match=f"^{layer.__name__}: .*_factor must be positive, got 0"):
        layer(0)
    with pytest.raises(TypeError, match=f"^{layer.__name__}: .*_factor must be an integer, got 'x'"):
        layer("x")


def test_empty_results() -> None:
    assert nn.grid_sample(np.zeros((0, 2, 3, 3)), np.zeros((0, 4, 5, 2))).shape == (0, 2, 4, 5)
    assert nn.grid_sample(np.zeros((1, 0, 3, 3)), np.zeros((1, 4, 5, 2))).shape == (1, 0, 4, 5)
    assert nn.grid_sample(np.zeros((1, 2, 3, 3)), np.zeros((1, 0, 5, 2))).shape == (1, 2, 0, 5)
    assert nn.pixel_shuffle(np.zeros((0, 4, 3, 3)), 2).shape == (0, 1, 6, 6)
    assert nn.deform_conv2d(np.zeros((0, 1, 3, 3)), OFFSET[:0], WEIGHT).shape == (0, 1, 2, 2)


@pytest.mark.parametrize("align", [True, False])
@pytest.mark.parametrize("dtype, least", [(np.float32, 6), (np.float64, 15)])
def test_reflection_from_far_outside_reads_one_sample(dtype: Any, least: int, align: bool) -> None:
    """Where positions are further apart than samples, all weight is one sample's, and the check agrees."""
    rng = np.random.default_rng(3)
    for power in range(least, 31, 2):
        grid = (rng.uniform(-1, 1, (1, 9, 9, 2)) * 10.0**power).astype(dtype)
        with checked():
            made = nn.grid_sample(np.ones((1, 1, 4, 19), dtype), grid, "bicubic", "reflection", align)
        np.testing.assert_allclose(made, 1, rtol=1e-5)
