"""PyTorch's convolutions, poolings and resizes for NumPy arrays (N, C, ...): its names, compiled kernels."""

from typing import TYPE_CHECKING, Any

from .._channel_shapes import conv_output_size, conv_transpose_output_size
from .adaptive_pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from .conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .deformable import deform_conv2d
from .gradients import (
    conv1d_input_grad,
    conv1d_weight_grad,
    conv2d_input_grad,
    conv2d_weight_grad,
    conv3d_input_grad,
    conv3d_weight_grad,
)
from .grids import affine_grid, grid_sample
from .initial import bilinear_kernel
from .layers import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .padding import pad
from .patches import fold, unfold
from .pool_layers import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    AvgUnpool2d,
    FractionalMaxPool2d,
    LPPool1d,
    LPPool2d,
    LPPool3d,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
    MaxUnpool1d,
    MaxUnpool2d,
    MaxUnpool3d,
    StochasticPool2d,
)
from .pooling import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from .random_pooling import (
    fractional_max_pool2d,
    stochastic_pool2d,
)
from .resize import interpolate
from .sampling import Upsample, downsample, upsample
from .shuffles import PixelShuffle, PixelUnshuffle, pixel_shuffle, pixel_unshuffle
from .unpooling import (
    avg_unpool2d,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)

if TYPE_CHECKING:
    from ..operators import ConvOperator, convolution_matrix

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "AvgUnpool2d",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvOperator",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "FractionalMaxPool2d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
    "PixelShuffle",
    "PixelUnshuffle",
    "StochasticPool2d",
    "Upsample",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "affine_grid",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "avg_unpool2d",
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
    "deform_conv2d",
    "downsample",
    "fold",
    "fractional_max_pool2d",
    "grid_sample",
    "interpolate",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "pad",
    "pixel_shuffle",
    "pixel_unshuffle",
    "stochastic_pool2d",
    "unfold",
    "upsample",
]


def __getattr__(name: str) -> Any:
    """Load scipy.sparse when an operator is first asked for."""
    if name in ("ConvOperator", "convolution_matrix"):
        from .. import operators

        return getattr(operators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
