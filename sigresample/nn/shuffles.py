"""Channels into pixels and back: PyTorch's `pixel_shuffle` and `pixel_unshuffle`, and their layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _channel_shapes, _grid_call
from .._face import face

Array = np.ndarray[Any, Any]


def _asked(ask: Any, name: str) -> Any:
    """Return what takes the arguments of either function and asks something else of them."""
    if name == "pixel_shuffle":

        def shuffling(input: Any, upscale_factor: int, *, workers: int | None = None, out: Array | None = None) -> Any:
            return ask(name, input, upscale_factor, workers, out)

        return shuffling

    def unshuffling(input: Any, downscale_factor: int, *, workers: int | None = None, out: Array | None = None) -> Any:
        return ask(name, input, downscale_factor, workers, out)

    return unshuffling


@face(
    plan=_asked(_grid_call.explain_shuffle, "pixel_shuffle"),
    definition=_asked(_grid_call.define_shuffle, "pixel_shuffle"),
)
def pixel_shuffle(input: Any, upscale_factor: int, *, workers: int | None = None, out: Array | None = None) -> Array:
    """Bring channels into an image that is larger.

    ``y[..., c, h r + i, w r + j] = input[..., c r² + i r + j, h, w]`` with r the factor.

    Parameters
    ----------
    input : array_like of shape (..., C r², H, W)
        Numbers or booleans; axes may be empty.
    upscale_factor : int
        How many times as high and as wide an image becomes.
    workers : int, optional
        Threads; None for as many as pay, at most all that this process may use.
    out : ndarray, optional
        Where the result goes: of its exact shape and dtype, overlapping no input.

    Returns
    -------
    ndarray of shape (..., C, H r, W r)
        A copy, of the dtype of `input`.

    Raises
    ------
    ValueError
        If the channels are no multiple of the factor's square, or the factor is not positive.
    TypeError
        If the factor is no integer, or `input` holds no numbers.

    See Also
    --------
    pixel_unshuffle : The way back.
    PixelShuffle : The layer.

    Notes
    -----
    As `torch.nn.functional.pixel_shuffle`, for all types.

    References
    ----------
    .. [1] W. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
       Neural Network", 2016.

    Examples
    --------
    >>> from sigresample.nn import pixel_shuffle
    >>> pixel_shuffle([[[1, 2]], [[3, 4]], [[5, 6]], [[7, 8]]], 2)
    array([[[1, 3, 2, 4],
            [5, 7, 6, 8]]])
    """
    return _grid_call.shuffle("pixel_shuffle", input, upscale_factor, workers, out)


@face(
    plan=_asked(_grid_call.explain_shuffle, "pixel_unshuffle"),
    definition=_asked(_grid_call.define_shuffle, "pixel_unshuffle"),
)
def pixel_unshuffle(
    input: Any, downscale_factor: int, *, workers: int | None = None, out: Array | None = None
) -> Array:
    """Bring the pixels of an image into channels of one that is smaller.

    ``y[..., c r² + i r + j, h, w] = input[..., c, h r + i, w r + j]`` with r the factor.

    Parameters
    ----------
    input : array_like of shape (..., C, H r, W r)
        Numbers or booleans; axes may be empty.
    downscale_factor : int
        How many times less high and wide an image becomes.
    workers, out
        As in `pixel_shuffle`.

    Returns
    -------
    ndarray of shape (..., C r², H, W)
        A copy, of the dtype of `input`.

    Raises
    ------
    ValueError
        If height or width is no multiple of the factor, or the factor is not positive.
    TypeError
        If the factor is no integer, or `input` holds no numbers.

    See Also
    --------
    pixel_shuffle : The way back.
    PixelUnshuffle : The layer.

    Notes
    -----
    As `torch.nn.functional.pixel_unshuffle`, for all types.

    Examples
    --------
    >>> from sigresample.nn import pixel_unshuffle
    >>> pixel_unshuffle([[[1, 3, 2, 4], [5, 7, 6, 8]]], 2)
    array([[[1, 2]],
    <BLANKLINE>
           [[3, 4]],
    <BLANKLINE>
           [[5, 6]],
    <BLANKLINE>
           [[7, 8]]])
    """
    return _grid_call.shuffle("pixel_unshuffle", input, downscale_factor, workers, out)


class PixelShuffle:
    """Bring channels into a larger image: `pixel_shuffle`, a layer.

    Parameters
    ----------
    upscale_factor : int
        How many times as high and as wide an image becomes.

    Raises
    ------
    ValueError
        If the factor is not positive.
    TypeError
        If it is no integer.

    See Also
    --------
    pixel_shuffle : The function.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import PixelShuffle
    >>> layer = PixelShuffle(3)
    >>> layer
    PixelShuffle(upscale_factor=3)
    >>> layer(np.zeros((1, 9, 4, 5))).shape
    (1, 1, 12, 15)
    """

    def __init__(self, upscale_factor: int) -> None:
        self.upscale_factor = _factor("PixelShuffle", "upscale_factor", upscale_factor)

    def __call__(self, input: Any, *, workers: int | None = None, out: Array | None = None) -> Array:
        """Shuffle an input of shape (..., C r², H, W)."""
        return pixel_shuffle(input, self.upscale_factor, workers=workers, out=out)

    def __repr__(self) -> str:
        return f"PixelShuffle(upscale_factor={self.upscale_factor})"


class PixelUnshuffle:
    """Bring pixels into channels: `pixel_unshuffle`, a layer.

    Parameters
    ----------
    downscale_factor : int
        How many times less high and wide an image becomes.

    Raises
    ------
    ValueError
        If the factor is not positive.
    TypeError
        If it is no integer.

    See Also
    --------
    pixel_unshuffle : The function.

    Examples
    --------
    >>> import numpy as np
    >>> from sigresample.nn import PixelUnshuffle
    >>> PixelUnshuffle(3)(np.zeros((1, 1, 12, 15))).shape
    (1, 9, 4, 5)
    """

    def __init__(self, downscale_factor: int) -> None:
        self.downscale_factor = _factor("PixelUnshuffle", "downscale_factor", downscale_factor)

    def __call__(self, input: Any, *, workers: int | None = None, out: Array | None = None) -> Array:
        """Unshuffle an input of shape (..., C, H r, W r)."""
        return pixel_unshuffle(input, self.downscale_factor, workers=workers, out=out)

    def __repr__(self) -> str:
        return f"PixelUnshuffle(downscale_factor={self.downscale_factor})"


def _factor(name: str, argument: str, value: Any) -> int:
    return _channel_shapes.each(name, argument, _channel_shapes.fixed(name, argument, value, 0), 1, 1)[0]
