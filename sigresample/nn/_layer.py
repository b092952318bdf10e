"""What layers share: their arguments, weights and names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .. import _channel_plans, _channel_shapes, _coerce, _errors
from .._channel_shapes import Sizes
from .initial import fractions, kaiming_uniform

Array = np.ndarray[Any, Any]


class Keys(NamedTuple):
    """Names that a state lacks, and names of it that a layer has no use for."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Layer:
    """A convolution that keeps its weights."""

    rank: ClassVar[int]
    transposed: ClassVar[bool] = False

    def settle(
        self,
        channels: tuple[Any, Any],
        kernel_size: Any,
        stride: Any,
        padding: Any,
        output_padding: Any,
        dilation: Any,
        groups: Any,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
        rng: Any,
    ) -> None:
        """Check the arguments, keep them, and draw weights."""
        name = type(self).__name__
        self.in_channels = self._integer("in_channels", channels[0], 0)
        self.out_channels = self._integer("out_channels", channels[1], 0)
        self.groups = self._integer("groups", groups, 1)
        for argument in ("in_channels", "out_channels"):
            if (got := getattr(self, argument)) % self.groups:
                text = _errors.LAYER_GROUPS.format(name=name, argument=argument, got=got, groups=self.groups)
                raise ValueError(text)
        self.kernel_size = self._integers("kernel_size", kernel_size, 1)
        self.stride = self._integers("stride", stride, 1)
        self.dilation = self._integers("dilation", dilation, 1)
        self.output_padding = self._integers("output_padding", output_padding, 0)
        self.padding = self._padding(padding)
        _channel_plans.refuse_mode(name, padding_mode)
        self.padding_mode = str(padding_mode)
        if device is not None and str(device) != "cpu":
            raise ValueError(_errors.LAYER_DEVICE.format(name=name, got=device))
        self._dtype = fractions(name, np.float32 if dtype is None else dtype)
        if not isinstance(bias, bool | np.bool_) and not (isinstance(bias, int) and bias in (0, 1)):
            raise TypeError(_errors.LAYER_BIAS.format(name=name, got=type(bias).__name__))
        generator = self._generator(rng)
        shape = self._weight_shape()
        fan_in = math.prod(shape[1:])
        self._weight = kaiming_uniform(name, generator, shape, fan_in, self._dtype)
        self._bias: Array | None = None
        if bias:
            self._bias = kaiming_uniform(name, generator, (self.out_channels,), fan_in, self._dtype)

    # ── arguments ──────────────────────────────────────────────────────────────────────────────

    def _integer(self, argument: str, value: Any, least: int) -> int:
        name = type(self).__name__
        return _channel_shapes.each(name, argument, _channel_shapes.fixed(name, argument, value, 0), 1, least)[0]

    def _integers(self, argument: str, value: Any, least: int) -> Sizes:
        name = type(self).__name__
        given = _channel_shapes.fixed(name, argument, value, 1)
        return _channel_shapes.each(name, argument, given, self.rank, least)

    def _padding(self, value: Any) -> Any:
        """Return a word, a number for each axis, or a pair for each."""
        name = type(self).__name__
        pads = _channel_shapes.pads(name, _channel_shapes.fixed(name, "padding", value), self.rank)
        if pads == "same" and max(self.stride) > 1:
            raise ValueError(_errors.CHANNEL_SAME_STRIDED.format(name=name, got=self.stride))
        if isinstance(pads, str) or any(before != after for before, after in pads):
            return pads
        return tuple(before for before, _ in pads)

    def _generator(self, rng: Any) -> np.random.Generator:
        try:
            return np.random.default_rng(rng)
        except (TypeError, ValueError):
            raise TypeError(_errors.LAYER_RNG.format(name=type(self).__name__, got=rng)) from None

    def _weight_shape(self) -> Sizes:
        outer, inner = self.out_channels, self.in_channels
        if self.transposed:
            outer, inner = inner, outer
        return (outer, inner // self.groups, *self.kernel_size)

    # ── weights ────────────────────────────────────────────────────────────────────────────────

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the weights."""
        return self._dtype

    @property
    def weight(self) -> Array:
        """The weights; what is set is copied, and cast to `dtype`."""
        return self._weight

    @weight.setter
    def weight(self, value: Any) -> None:
        self._weight = self._taken("weight", value, self._weight_shape())

    @property
    def bias(self) -> Array | None:
        """The bias, one number for each output channel, or None; what is set is copied, and cast to `dtype`."""
        return self._bias

    @bias.setter
    def bias(self, value: Any) -> None:
        self._bias = None if value is None else self._taken("bias", value, (self.out_channels,))

    def _taken(self, argument: str, value: Any, shape: Sizes) -> Array:
        name = type(self).__name__
        given = _coerce.array(name, argument, value)
        if given.shape != shape:
            raise ValueError(_errors.LAYER_SHAPE.format(name=name, argument=argument, want=shape, got=given.shape))
        if not np.can_cast(given.dtype, self._dtype, "same_kind"):
            raise TypeError(_errors.LAYER_CAST.format(name=name, argument=argument, dtype=self._dtype, got=given.dtype))
        with np.errstate(over="ignore"):
            return np.array(given, self._dtype, order="C")

    def state_dict(self) -> dict[str, Array]:
        """Return the weights by PyTorch's names: the arrays themselves, as ``np.savez(file, **state)`` takes them."""
        return {"weight": self._weight} if self._bias is None else {"weight": self._weight, "bias": self._bias}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Keys:
        """Take weights by PyTorch's names, from all that `numpy.asarray` takes: all of them, or none.

        Parameters
        ----------
        state_dict : mapping of str to array_like
            As `state_dict` gives it, or what ``np.load`` reads of an .npz file, or that of a PyTorch layer.
        strict : bool
            Whether a name that is missing or not known is an error.

        Returns
        -------
        Keys
            The names that were missing, and those not known.

        Raises
        ------
        ValueError
            If names or shapes do not fit.
        TypeError
            If it is no mapping, or a type cannot be cast to `dtype`.
        """
        name = f"{type(self).__name__}.load_state_dict"
        if not isinstance(state_dict, Mapping):
            raise TypeError(_errors.LAYER_STATE.format(name=name, got=type(state_dict).__name__))
        mine = list(self.state_dict())
        keys = Keys([key for key in mine if key not in state_dict], [key for key in state_dict if key not in mine])
        if strict and any(keys):
            raise ValueError(
                _errors.LAYER_KEYS.format(name=name, want=mine, missing=keys.missing_keys, unexpected=keys[1])
            )
        shapes = {"weight": self._weight_shape(), "bias": (self.out_channels,)}
        taken = {key: self._taken(key, state_dict[key], shapes[key]) for key in mine if key in state_dict}
        for key, array in taken.items():
            setattr(self, f"_{key}", array)
        return keys

    # ── shapes and names ───────────────────────────────────────────────────────────────────────

    def data(self, input_shape: Any) -> tuple[Sizes, Sizes]:
        """Return the batch, if there is one, and the lengths of an input's axes."""
        name = f"{type(self).__name__}.output_shape"
        shape = _channel_shapes.fixed(name, "input_shape", input_shape, 1, "a tuple of integers")
        sizes = shape if isinstance(shape, tuple) else ()
        lead = len(sizes) - self.rank
        if lead not in (1, 2) or sizes[lead - 1] != self.in_channels or min(sizes) < 0:
            text = _errors.LAYER_INPUT
            raise ValueError(text.format(name=name, want=self.in_channels, rank=self.rank, got=input_shape))
        return sizes[: lead - 1], sizes[lead:]

    def __repr__(self) -> str:
        parts = [str(self.in_channels), str(self.out_channels), f"kernel_size={self.kernel_size}"]
        parts.append(f"stride={self.stride}")
        usual = {"padding": 0, "dilation": 1, "output_padding": 0}
        for argument, value in usual.items():
            if getattr(self, argument) != (value,) * self.rank:
                parts.append(f"{argument}={getattr(self, argument)}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self._bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return f"{type(self).__name__}({', '.join(parts)})"
