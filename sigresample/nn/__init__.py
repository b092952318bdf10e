"""PyTorch's convolutions, poolings and resizes for NumPy arrays (N, C, ...): its names, compiled kernels."""

from typing import TYPE_CHECKING, Any

from .._channel_shapes import conv_output_size, conv_transpose_output_size
from .conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .gradients import (
    conv1d_input_grad,
    conv1d_weight_grad,
    conv2d_input_grad,
    conv2d_weight_grad,
    conv3d_input_grad,
    conv3d_weight_grad,
)
from .initial import bilinear_kernel
from .layers import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .padding import pad
from .patches import fold, unfold

if TYPE_CHECKING:
    from ..operators import ConvOperator, convolution_matrix

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvOperator",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "bilinear_kernel",
    "conv1d",
    "conv1d_input_grad",
    "conv1d_weight_grad",
    "conv2d",
    "conv2d_input_grad",
    "conv2d_weight_grad",
    "conv3d",
    "conv3d_input_grad",
    "conv3d_weight_grad",
    "conv_output_size",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "conv_transpose_output_size",
    "convolution_matrix",
    "fold",
    "pad",
    "unfold",
]


def __getattr__(name: str) -> Any:
    """Load scipy.sparse when an operator is first asked for."""
    if name in ("ConvOperator", "convolution_matrix"):
        from .. import operators

        return getattr(operators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
