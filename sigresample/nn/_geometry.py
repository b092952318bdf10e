"""Convolutions along any number of axes, and what their arguments say about shapes: for those that are made of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import _channel_plans, _channel_shapes, _errors
from .._channel_shapes import Along, Sizes
from .conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d

# The functions, by the number of axes they go along.
CONV = {1: conv1d, 2: conv2d, 3: conv3d}
CONV_TRANSPOSE = {1: conv_transpose1d, 2: conv_transpose2d, 3: conv_transpose3d}


class Geometry(NamedTuple):
    """A convolution of arrays of shape x by weights of shape w to arrays of shape y."""

    x: Sizes
    w: Sizes
    y: Sizes
    groups: int
    axes: tuple[Along, ...]

    @property
    def rank(self) -> int:
        """Return along how many axes it goes."""
        return len(self.axes)

    @property
    def data(self) -> Sizes:
        """Return the lengths of the input along them."""
        return self.x[-self.rank :]

    @property
    def batch(self) -> Sizes:
        """Return the axis of items, if there is one."""
        return self.x[: -self.rank - 1]


def geometry(
    name: str, rank: int, x: Sizes, w: Sizes, stride: Any, padding: Any, dilation: Any, groups: Any, mode: Any
) -> Geometry:
    """Return the shapes of a convolution, once the arguments are seen to fit together."""
    _, _, data = _channel_plans.ranks(name, x, w, rank)
    (count,) = _channel_shapes.each(name, "groups", _channel_shapes.fixed(name, "groups", groups, 0), 1, 1)
    if w[0] % count:
        raise ValueError(_errors.CHANNEL_GROUPS.format(name=name, argument="weight's first axis", got=w, groups=count))
    if x[-rank - 1] != w[1] * count:
        raise ValueError(_errors.CHANNEL_INPUTS.format(name=name, want=w[1] * count, weight=w, groups=count, got=x))
    given = {"stride": stride, "padding": padding, "dilation": dilation}
    how = {argument: _channel_shapes.fixed(name, argument, value) for argument, value in given.items()}
    axes, around = _channel_shapes.convolution(name, data, w[2:], **how)
    _channel_plans.refuse_mode(name, mode)
    _channel_plans.refuse_border(name, mode, data, around)
    return Geometry(x, w, (*x[: -rank - 1], w[0], *(axis.out for axis in axes)), count, axes)


def shape(name: str, argument: str, value: Any) -> Sizes:
    """Return a shape that is given as a tuple or list of integers."""
    sizes = _channel_shapes.fixed(name, argument, value, 1, "a tuple of integers")
    if not isinstance(sizes, tuple) or not sizes:
        raise TypeError(_errors.SHAPE.format(name=name, argument=argument, got=value))
    return _channel_shapes.each(name, argument, sizes, len(sizes), 0)
