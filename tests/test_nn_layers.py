"""Layers: PyTorch's arguments, names, weights, text and results, as objects on NumPy arrays."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import assert_close, assert_same_bytes, gamma
from layer_cases import WORDS, cases

from sigresample import nn
from sigresample.nn import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d

CONV: dict[int, Any] = {1: Conv1d, 2: Conv2d, 3: Conv3d}
TRANSPOSE: dict[int, Any] = {1: ConvTranspose1d, 2: ConvTranspose2d, 3: ConvTranspose3d}


def arguments(rng: np.random.Generator, case: Any, theirs: Any) -> dict[str, Any]:
    """Return constructor arguments, those that PyTorch has as well."""
    how = dict(case.how)
    if case.padding in WORDS[2:] or (isinstance(case.padding, tuple) and isinstance(case.padding[0], tuple)):
        how["padding"] = 0
    return {**how, "kernel_size": case.w[2:], "bias": bool(rng.integers(2)), "dtype": theirs}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_a_layer_is_pytorchs() -> None:
    """The text, the names of the state, the shape and the result, with PyTorch's weights taken over."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    run = 0
    for case in cases(2, 240):
        how = arguments(rng, case, torch.float64)
        x = rng.standard_normal(case.x)
        theirs = getattr(torch.nn, f"Conv{case.rank}d")(case.w[1] * case.groups, case.w[0], **how)
        ours = CONV[case.rank](case.w[1] * case.groups, case.w[0], **{**how, "dtype": np.float64})
        assert repr(ours) == repr(theirs)
        assert ours.load_state_dict(theirs.state_dict()) == ([], [])
        assert list(ours.state_dict()) == list(theirs.state_dict())
        try:
            with torch.inference_mode():
                want = theirs(torch.tensor(x)).numpy()
        except RuntimeError:  # of a padding that was left out above
            continue
        assert ours.output_shape(x.shape) == want.shape
        scale = abs_layer(ours)(abs(x))
        assert_close(ours(x), want, 2 * gamma(ours.weight.size + 2, np.float64) * scale)
        run += 1
    assert run > 150


def test_a_transposed_layer_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    run = 0
    for case in cases(4, 240, words=False, modes=False):
        how = arguments(rng, case, torch.float64)
        how["output_padding"] = extra = int(rng.integers(0, 3))
        inside, outside = case.w[0], case.w[1] * case.groups
        x = rng.standard_normal((*case.x[: -case.rank - 1], inside, *case.x[-case.rank :]))
        theirs = getattr(torch.nn, f"ConvTranspose{case.rank}d")(inside, outside, **how)
        ours = TRANSPOSE[case.rank](inside, outside, **{**how, "dtype": np.float64})
        assert repr(ours) == repr(theirs)
        assert ours.weight.shape == tuple(theirs.weight.shape)
        ours.load_state_dict(theirs.state_dict())
        try:
            with torch.inference_mode():
                want = theirs(torch.tensor(x)).numpy()
        except RuntimeError:
            with pytest.raises(ValueError):
                ours(x)
            with pytest.raises(ValueError):
                ours.output_shape(x.shape)
            continue
        if 0 in want.shape:
            continue  # PyTorch checks nothing in an empty batch, and its backends disagree about results of no size
        assert ours.output_shape(x.shape) == want.shape
        bound = 2 * gamma(ours.weight.size + 2, np.float64) * abs_layer(ours)(abs(x))
        assert_close(ours(x), want, bound)
        if extra:
            plain = TRANSPOSE[case.rank](inside, outside, **{**how, "dtype": np.float64, "output_padding": 0})
            plain.load_state_dict(ours.state_dict())
            stride = case.stride if isinstance(case.stride, tuple) else (case.stride,) * case.rank
            if extra < min(stride):  # what output_size can reach
                size = want.shape[-case.rank :]
                assert_same_bytes(plain(x, size), ours(x))
                assert plain.output_shape(x.shape, output_size=size) == want.shape
        run += 1
    assert run > 120


def abs_layer(layer: Any) -> Any:
    """Return a copy of a layer with the weights' sizes: its results bound what rounding can do."""
    made = copy.deepcopy(layer)
    made.weight = abs(layer.weight)
    made.bias = None if layer.bias is None else abs(layer.bias)
    return made


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_call_is_the_functions(rank: int) -> None:
    rng = np.random.default_rng(5)
    x = rng.random((2, 4, *(7, 6, 5)[:rank]), np.float32)
    layer = CONV[rank](4, 6, 3, 2, 1, 1, 2, rng=1)
    want = getattr(nn, f"conv{rank}d")(x, layer.weight, layer.bias, 2, 1, 1, 2)
    assert_same_bytes(layer(x), want)
    assert_same_bytes(layer(x[0], workers=2), want[0])
    room = np.empty_like(want)
    assert layer(x, out=room) is room
    assert_same_bytes(room, want)
    back = TRANSPOSE[rank](4, 6, 3, 2, 1, 1, 2, rng=1)
    assert_same_bytes(back(x), getattr(nn, f"conv_transpose{rank}d")(x, back.weight, back.bias, 2, 1, 1, 2))
    size = tuple(2 * n for n in x.shape[2:])
    assert back(x, size).shape == back(x, output_size=(2, 6, *size)).shape == (2, 6, *size)


def test_extensions_of_the_functions_are_the_layers_too() -> None:
    x = np.random.default_rng(6).random((1, 2, 7, 6), np.float32)
    strided = Conv2d(2, 2, 3, stride=2, padding="same_lower", rng=0)
    assert strided.output_shape(x.shape) == strided(x).shape == (1, 2, 4, 3)
    assert repr(strided) == "Conv2d(2, 2, kernel_size=(3, 3), stride=(2, 2), padding=same_lower)"
    uneven = Conv2d(2, 2, 3, padding=((0, 1), (2, 0)), rng=0)
    assert uneven.output_shape(x.shape) == uneven(x).shape == (1, 2, 6, 6)
    assert uneven.padding == ((0, 1), (2, 0))
    periodic = ConvTranspose2d(2, 2, 3, padding=1, padding_mode="circular", rng=0)
    want = nn.conv_transpose2d(x, periodic.weight, periodic.bias, padding=1, padding_mode="circular")
    assert_same_bytes(periodic(x), want)
    assert repr(periodic).endswith("padding=(1, 1), padding_mode=circular)")


@pytest.mark.parametrize(
    "layer, size, want",
    [
        (Conv2d(1, 1, 3, rng=0), 4, 2),
        (Conv2d(1, 1, 4, padding=2, rng=0), 5, 6),
        (ConvTranspose2d(1, 1, 3, rng=0), 2, 4),
        (ConvTranspose2d(1, 1, 4, padding=2, rng=0), 6, 5),
        (ConvTranspose2d(1, 1, 3, padding=2, rng=0), 7, 5),
        (ConvTranspose2d(1, 1, 3, stride=2, rng=0), 2, 5),
    ],
    ids=repr,
)
def test_the_worked_examples(layer: Any, size: int, want: int) -> None:
    x = np.ones((1, 1, size, size), np.float32)
    assert layer(x).shape == layer.output_shape(x.shape) == (1, 1, want, want)


# ── weights ────────────────────────────────────────────────────────────────────────────────────


def test_first_weights_are_uniform_within_pytorchs_bound() -> None:
    torch = pytest.importorskip("torch")
    for ours, theirs in [
        (Conv2d(16, 32, (3, 5), groups=2, rng=7), torch.nn.Conv2d(16, 32, (3, 5), groups=2)),
        (ConvTranspose2d(16, 32, (3, 5), groups=2, rng=7), torch.nn.ConvTranspose2d(16, 32, (3, 5), groups=2)),
    ]:
        fan_in = ours.weight[0].size
        bound = 1 / np.sqrt(fan_in)
        for array, peer in ((ours.weight, theirs.weight), (ours.bias, theirs.bias)):
            assert array.shape == tuple(peer.shape) and array.dtype == np.float32
            for values in (array, peer.detach().numpy()):  # theirs too: the bound is PyTorch's, not only ours
                # Of n uniform numbers, the odds that none lies in the outer 1/10 are below 1e-6 for n = 32 already,
                # on either side 0.95^32 ...: only the weights, which are thousands, are asked for both ends.
                assert abs(values).max() <= np.float32(bound)
                if values.size > 1000:
                    assert values.max() > 0.95 * bound and values.min() < -0.95 * bound
                    # The mean of n such numbers has a standard deviation of bound / sqrt(3 n).
                    assert abs(values.mean()) < 5 * bound / np.sqrt(3 * values.size)
                    assert abs(values.astype(float).var() / (bound**2 / 3) - 1) < 5 * np.sqrt(0.8 / values.size)


def test_weights_come_from_the_rng() -> None:
    first = Conv2d(3, 4, 3, rng=1)
    assert_same_bytes(Conv2d(3, 4, 3, rng=np.random.default_rng(1)).weight, first.weight)
    assert not np.array_equal(Conv2d(3, 4, 3, rng=2).weight, first.weight)
    rng = np.random.default_rng(1)
    Conv2d(3, 4, 3, rng=rng)
    assert not np.array_equal(Conv2d(3, 4, 3, rng=rng).weight, first.weight)
    assert not np.array_equal(Conv2d(3, 4, 3).weight, Conv2d(3, 4, 3).weight)
    double = Conv2d(3, 4, 3, dtype=np.float64, rng=1)
    assert_same_bytes(double.weight.astype(np.float32), first.weight)
    assert Conv2d(3, 4, 3, bias=False, rng=1).bias is None
    with pytest.raises(TypeError, match="Conv2d: rng must be a numpy Generator, a seed or None, got 'a'"):
        Conv2d(3, 4, 3, rng="a")
    with pytest.raises(TypeError, match="Conv2d: rng must be a numpy Generator, a seed or None, got -1"):
        Conv2d(3, 4, 3, rng=-1)


@pytest.mark.parametrize("dtype", ["e", "f", "d", "F", "D", ">f8"])
def test_weights_are_of_the_dtype(dtype: str) -> None:
    layer = Conv1d(2, 3, 2, dtype=dtype, rng=0)
    want = np.dtype(dtype).newbyteorder("=")
    assert layer.dtype == layer.weight.dtype == want
    assert layer.bias is not None and layer.bias.dtype == want
    assert layer(np.zeros((2, 5), want)).dtype == want
    if want.kind == "c":
        assert abs(layer.weight.imag).min() > 0
        assert max(abs(layer.weight.real).max(), abs(layer.weight.imag).max()) <= 0.5


def test_weights_may_be_set_and_changed() -> None:
    layer = Conv2d(1, 2, 2, rng=0)
    layer.weight = [[[[1, 2], [3, 4]]], [[[0, 0], [0, 1]]]]
    layer.bias = (0, 10)
    x = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    np.testing.assert_array_equal(layer(x), [[[27, 37]], [[14, 15]]])
    layer.weight[1] = 0
    np.testing.assert_array_equal(layer(x)[1], [[10, 10]])
    given = np.ones((2, 1, 2, 2), np.float64)
    layer.weight = given
    assert layer.weight.dtype == np.float32 and not np.shares_memory(layer.weight, given)
    layer.bias = None
    assert layer.bias is None and "bias=False" in repr(layer)
    layer.bias = np.float32([1, 2])
    np.testing.assert_array_equal(layer(x)[:, 0, 0], [9, 10])


@pytest.mark.parametrize(
    "argument, value, error, text",
    [
        ("weight", np.zeros((4, 2, 3)), ValueError, r"Conv2d: weight must have shape \(4, 1, 3, 3\), got \(4, 2, 3\)"),
        ("weight", 1.0, ValueError, r"Conv2d: weight must have shape \(4, 1, 3, 3\), got \(\)"),
        (
            "weight",
            np.zeros((4, 1, 3, 3), complex),
            TypeError,
            "weight must be of a type that float32 can take, got comp",
        ),
        ("weight", np.full((4, 1, 3, 3), "a"), TypeError, "weight must be of a type that float32 can take, got <U1"),
        ("bias", [1, 2], ValueError, r"Conv2d: bias must have shape \(4,\), got \(2,\)"),
        ("bias", [1j] * 4, TypeError, "Conv2d: bias must be of a type that float32 can take, got complex128"),
    ],
)
def test_what_does_not_fit_is_not_set(argument: str, value: Any, error: type[Exception], text: str) -> None:
    layer = Conv2d(2, 4, 3, groups=2, rng=0)
    before = layer.weight.copy()
    with pytest.raises(error, match=text):
        setattr(layer, argument, value)
    assert_same_bytes(layer.weight, before)


def test_states_go_to_a_file_and_back(tmp_path: Path) -> None:
    layer, other = Conv2d(2, 4, 3, rng=1), Conv2d(2, 4, 3, rng=2)
    assert layer.state_dict()["weight"] is layer.weight
    np.savez(tmp_path / "layer.npz", **layer.state_dict())  # type: ignore[arg-type]
    with np.load(tmp_path / "layer.npz") as file:
        assert other.load_state_dict(file) == ([], [])
    assert_same_bytes(other.weight, layer.weight)
    assert other.bias is not None and layer.bias is not None
    assert_same_bytes(other.bias, layer.bias)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        x = np.random.default_rng(3).random((2, 5, 5), np.float32)
        assert_same_bytes(twin(x), layer(x))
        assert repr(twin) == repr(layer) and twin.weight is not layer.weight


def test_states_that_do_not_fit_change_nothing() -> None:
    layer = Conv2d(2, 4, 3, rng=1)
    before = layer.weight.copy()
    weight, bias = np.zeros((4, 2, 3, 3)), np.zeros(4)
    for state, error, text in [
        ({"weight": weight}, ValueError, r"must have \['weight', 'bias'\]: missing \['bias'\], unexpected \[\]"),
        ({"weight": weight, "bias": bias, "x": 1}, ValueError, r"missing \[\], unexpected \['x'\]"),
        ({}, ValueError, r"missing \['weight', 'bias'\]"),
        ({"weight": weight, "bias": bias[1:]}, ValueError, r"Conv2d: bias must have shape \(4,\), got \(3,\)"),
        ({"weight": weight[1:], "bias": bias}, ValueError, "Conv2d: weight must have shape"),
        ({"weight": weight, "bias": bias * 1j}, TypeError, "Conv2d: bias must be of a type that float32 can take"),
        ("layer.npz", TypeError, "Conv2d.load_state_dict: state_dict must map names to arrays, got str"),
        (None, TypeError, "Conv2d.load_state_dict: state_dict must map names to arrays, got NoneType"),
    ]:
        with pytest.raises(error, match=text):
            layer.load_state_dict(state)  # type: ignore[arg-type]
        assert_same_bytes(layer.weight, before)
    assert layer.load_state_dict({"bias": bias, "x": 1}, strict=False) == (["weight"], ["x"])
    assert_same_bytes(layer.weight, before)
    np.testing.assert_array_equal(layer.bias, bias)
    with pytest.raises(ValueError, match=r"must have \['weight'\]: missing \[\], unexpected \['bias'\]"):
        Conv2d(2, 4, 3, bias=False, rng=1).load_state_dict({"weight": weight, "bias": bias})


def test_a_part_of_a_network_is_picked_by_its_prefix() -> None:
    """The recipe of the documentation."""
    torch = pytest.importorskip("torch")
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Conv2d(2, 3, 3))
    state = network.state_dict()
    layer = Conv2d(2, 3, 3)
    layer.load_state_dict({k.removeprefix("2."): v for k, v in state.items() if k.startswith("2.")})
    np.testing.assert_array_equal(layer.weight, network[2].weight.detach().numpy())


# ── errors ─────────────────────────────────────────────────────────────────────────────────────

GOOD: dict[str, Any] = {"in_channels": 4, "out_channels": 6, "kernel_size": 3}
BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"in_channels": -1}, ValueError, "in_channels must not be negative, got -1"),
    ({"in_channels": 4.0}, TypeError, "in_channels must be an integer, got 4.0"),
    ({"in_channels": True}, TypeError, "in_channels must be an integer, got True"),
    ({"in_channels": (4, 4)}, TypeError, "in_channels must be an integer, got"),
    ({"out_channels": -(2**55)}, ValueError, "out_channels must not be negative"),
    ({"out_channels": 2**61}, ValueError, "the result must fit into memory, got shape"),
    ({"out_channels": 2**70}, ValueError, "out_channels must be at most"),
    ({"kernel_size": 0}, ValueError, "kernel_size must be positive, got 0"),
    ({"kernel_size": -3}, ValueError, "kernel_size must be positive, got -3"),
    ({"kernel_size": "a"}, (TypeError, ValueError), "kernel_size must be"),
    ({"kernel_size": (3,) * 4}, ValueError, "kernel_size must be one value or"),
    ({"kernel_size": ()}, ValueError, "kernel_size must be one value or"),
    ({"kernel_size": 2**61}, ValueError, "the result must fit into memory, got shape"),
    ({"stride": 0}, ValueError, "stride must be positive, got 0"),
    ({"stride": 1.5}, TypeError, "stride must be an integer"),
    ({"dilation": 0}, ValueError, "dilation must be positive, got 0"),
    ({"padding": -1}, ValueError, "padding must not be negative, got -1"),
    ({"padding": 2**70}, ValueError, "padding must be at most"),
    ({"padding": "bad"}, ValueError, "padding must be integers, pairs of them or one of .* got 'bad'"),
    ({"padding": "same", "stride": 2}, ValueError, "padding='same' needs stride 1"),
    ({"padding": None}, TypeError, "padding must be an integer"),
    ({"groups": 0}, ValueError, "groups must be positive, got 0"),
    ({"groups": 3}, ValueError, "in_channels must be divisible by groups, got 4 and groups=3"),
    ({"groups": 4}, ValueError, "out_channels must be divisible by groups, got 6 and groups=4"),
    ({"padding_mode": "bad"}, ValueError, "padding_mode must be one of .* got 'bad'"),
    ({"padding_mode": ["zeros"]}, ValueError, "padding_mode must be one of"),
    ({"device": "cuda"}, ValueError, "device must be None or 'cpu', got 'cuda'"),
    ({"dtype": np.int32}, TypeError, "dtype must be a float or complex type, got int32"),
    ({"dtype": np.longdouble}, TypeError, "dtype must be a float or complex type"),
    ({"dtype": "bad"}, TypeError, "dtype must be a float or complex type, got bad"),
]


@pytest.mark.parametrize("bad, error, text", BAD, ids=[str(bad) for bad, _, _ in BAD])
@pytest.mark.parametrize("layer", [*CONV.values(), *TRANSPOSE.values()])
def test_bad_arguments_are_named(layer: Any, bad: dict[str, Any], error: Any, text: str) -> None:
    with pytest.raises(error, match=f"{layer.__name__}: {text}"):
        layer(**{**GOOD, **bad})


def test_output_padding_is_refused_by_the_call() -> None:
    with pytest.raises(ValueError, match="ConvTranspose2d: output_padding must not be negative, got -1"):
        ConvTranspose2d(1, 1, 3, output_padding=-1)
    layer = ConvTranspose2d(1, 1, 3, output_padding=1, rng=0)
    for call in (layer, lambda x: layer.output_shape(x.shape)):
        with pytest.raises(ValueError, match="output_padding must be smaller than stride or dilation, .*got .*1"):
            call(np.zeros((1, 4, 4), np.float32))
    assert layer(np.zeros((1, 4, 4), np.float32), output_size=(6, 6)).shape == (1, 6, 6)


@pytest.mark.parametrize(
    "shape", [(), (4,), (6, 6), (3, 6, 6), (1, 3, 6, 6), (1, 1, 4, 6, 6), (-1, 4, 6, 6), 5, None, "ab"]
)
def test_shapes_that_a_layer_cannot_take(shape: Any) -> None:
    for layer in (Conv2d(4, 6, 3, rng=0), ConvTranspose2d(4, 6, 3, rng=0)):
        with pytest.raises((ValueError, TypeError), match=f"{type(layer).__name__}.output_shape: input_shape must"):
            layer.output_shape(shape)
        if isinstance(shape, tuple) and min(shape, default=0) >= 0:
            with pytest.raises(ValueError):
                layer(np.zeros(shape))


def test_shapes_of_hugest_arguments() -> None:
    layer = Conv2d(1, 1, 3, padding=2**55, rng=0)
    assert layer.output_shape((1, 4, 4)) == (1, 2**56 + 2, 2**56 + 2)
    with pytest.raises((ValueError, MemoryError)):
        layer(np.zeros((1, 4, 4), np.float32))
    with pytest.raises(ValueError, match="Conv2d.output_shape: the kernel must fit into the padded input"):
        Conv2d(1, 1, 3, dilation=2**55, rng=0).output_shape((1, 4, 4))


def test_devices_that_are_the_cpu() -> None:
    assert Conv2d(1, 1, 3, device="cpu").weight.shape == (1, 1, 3, 3)
    torch = pytest.importorskip("torch")
    assert Conv2d(1, 1, 3, device=torch.device("cpu")).weight.shape == (1, 1, 3, 3)


@pytest.mark.parametrize("layer", [Conv2d, ConvTranspose2d])
def test_a_bias_is_asked_for_by_a_bool(layer: Any) -> None:
    for bias in (np.zeros(6), "yes", None, 2, [True]):
        with pytest.raises(TypeError, match=f"{layer.__name__}: bias must be a bool, got {type(bias).__name__}"):
            layer(3, 6, 3, bias=bias)
    for bias in (True, np.True_, 1):
        assert layer(3, 6, 3, bias=bias, rng=0).bias is not None
    for bias in (False, np.False_, 0):
        assert layer(3, 6, 3, bias=bias, rng=0).bias is None


class Unreadable:
    """What NumPy cannot make an array of."""

    def __array__(self, *args: Any, **how: Any) -> Any:
        raise RuntimeError("not to be read")


def test_weights_that_are_no_arrays_of_numbers() -> None:
    layer = Conv2d(1, 2, 1, rng=0)
    kept = {key: array.copy() for key, array in layer.state_dict().items()}
    for value, error, text in (
        ("a", TypeError, "must be booleans, integers, half to double precision, got str"),
        (["a", "b"], TypeError, "must be booleans, integers, half to double precision, got list of <U1"),
        ([[1, 2], [3]], ValueError, "must be an array of numbers, got list: .*inhomogeneous"),
        (Unreadable(), TypeError, "must be an array of numbers, got Unreadable: not to be read"),
    ):
        for key in ("weight", "bias"):
            with pytest.raises(error, match=f"Conv2d: {key} {text}"):
                setattr(layer, key, value)
            with pytest.raises(error, match=f"Conv2d: {key} {text}"):
                layer.load_state_dict({**kept, key: value})
    with pytest.raises(TypeError, match="Conv2d: weight must be .* got NoneType"):
        layer.weight = None
    for key, array in layer.state_dict().items():
        assert_same_bytes(array, kept[key])


def test_words_may_be_numpys() -> None:
    layer = Conv2d(1, 1, 3, padding=np.str_("same"), padding_mode=np.str_("reflect"), rng=0)
    assert (type(layer.padding), type(layer.padding_mode)) == (str, str)
    x = np.ones((1, 4, 4), np.float32)
    assert_same_bytes(layer(x), Conv2d(1, 1, 3, padding="same", padding_mode="reflect", rng=0)(x))
