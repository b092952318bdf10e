"""The convolutions of sigresample.nn: the layers that are timed beside PyTorch's, with which goals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from case import DTYPES, Case, Goal, Row

CHANNELS, SIDE = 8, 32  # of a group and of the image, when a call need only be of the same kind


class Convolution(Case):
    """A call of sigresample.nn on (N, C, H, W) and a weight, and of torch.nn.functional under the same name."""

    of_nn = True

    def multiply_adds(self) -> int:
        """Return the products of a direct computation; those with padding count too, as everyone counts."""
        (items, channels, *x), (outputs, inputs, *taps) = self.shapes
        if self.function.startswith("conv_transpose"):
            return items * channels * inputs * math.prod(x) * math.prod(taps)  # inputs: of the weight, here the outputs
        stride, padding, dilation = (self.arguments.get(name, other) for name, other in _PLAIN)
        out = ((n + 2 * padding - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(x, taps, strict=True))
        return items * outputs * inputs * math.prod(out) * math.prod(taps)

    def shrunk(self, most: int) -> Convolution:
        """Return the case with the image cut to at most `most`; channels and taps stay, which others depend on."""
        x, w = self.shapes
        return replace(self, shapes=((*x[:2], *(min(n, most) for n in x[2:])), w))

    def warming(self) -> Convolution:
        """Return a small call of the same kind: a small image, few channels, the same groups and taps."""
        groups = self.arguments.get("groups", 1)
        (_, channels, *image), (first, second, *taps) = self.shrunk(SIDE).shapes
        channels, first = (groups * min(n // groups, CHANNELS) for n in (channels, first))
        return replace(self, shapes=((1, channels, *image), (first, min(second, CHANNELS), *taps)))


_PLAIN = (("stride", 1), ("padding", 0), ("dilation", 1))
Layer = tuple[str, str, tuple[int, ...], tuple[int, ...], dict[str, Any]]

LAYERS: tuple[Layer, ...] = (
    ("64→64 3×3, 56²", "conv2d", (1, 64, 56, 56), (64, 64, 3, 3), {"padding": 1}),
    ("128→128 3×3, 28²", "conv2d", (1, 128, 28, 28), (128, 128, 3, 3), {"padding": 1}),
    ("512→512 3×3, 7²", "conv2d", (1, 512, 7, 7), (512, 512, 3, 3), {"padding": 1}),
    ("3→64 7×7 s2, 224²", "conv2d", (1, 3, 224, 224), (64, 3, 7, 7), {"padding": 3, "stride": 2}),
    ("64→256 1×1, 56²", "conv2d", (1, 64, 56, 56), (256, 64, 1, 1), {}),
    ("16→32 3×3 s2, 8 of 64²", "conv2d", (8, 16, 64, 64), (32, 16, 3, 3), {"padding": 1, "stride": 2}),
    ("32→32 3×3 dilated 2, 64²", "conv2d", (1, 32, 64, 64), (32, 32, 3, 3), {"padding": 2, "dilation": 2}),
    ("32→64 5×5 groups 2, 4 of 28²", "conv2d", (4, 32, 28, 28), (64, 16, 5, 5), {"padding": 2, "groups": 2}),
)
PLANES: tuple[Layer, ...] = (
    ("64 3×3 depthwise, 112²", "conv2d", (1, 64, 112, 112), (64, 1, 3, 3), {"padding": 1, "groups": 64}),
    ("3 5×5 depthwise, 512²", "conv2d", (1, 3, 512, 512), (3, 1, 5, 5), {"padding": 2, "groups": 3}),
    ("1→8 5×5, 512²", "conv2d", (1, 1, 512, 512), (8, 1, 5, 5), {"padding": 2}),
)
LARGE: tuple[Layer, ...] = (("32→32 15×15, 96²", "conv2d", (1, 32, 96, 96), (32, 32, 15, 15), {"padding": 7}),)
HALVED = {"stride": 2, "padding": 1}
TRANSPOSED: tuple[Layer, ...] = (
    ("64→32 4×4 s2, 28²", "conv_transpose2d", (1, 64, 28, 28), (64, 32, 4, 4), HALVED),
    (
        "16→16 3×3 s2 op1, 64²",
        "conv_transpose2d",
        (1, 16, 64, 64),
        (16, 16, 3, 3),
        {"stride": 2, "padding": 1, "output_padding": 1},
    ),
    ("1→1 4×4 s2, 256²", "conv_transpose2d", (1, 1, 256, 256), (1, 1, 4, 4), HALVED),
    ("3 4×4 s2 grouped, 256²", "conv_transpose2d", (1, 3, 256, 256), (3, 1, 4, 4), HALVED | {"groups": 3}),
    ("128→64 2×2 s2, 14²", "conv_transpose2d", (1, 128, 14, 14), (128, 64, 2, 2), {"stride": 2}),
    (
        "21 16×16 s8 grouped, 32²",
        "conv_transpose2d",
        (1, 21, 32, 32),
        (21, 1, 16, 16),
        {"stride": 8, "padding": 4, "groups": 21},
    ),
    ("32→16 5×5 s1, 2 of 32²", "conv_transpose2d", (2, 32, 32, 32), (32, 16, 5, 5), {"padding": 2}),
)
TINY: tuple[Layer, ...] = (
    ("3×8² by 4×3×3", "conv2d", (1, 3, 8, 8), (4, 3, 3, 3), {}),
    ("3×8² by 4×3×3, padded", "conv2d", (1, 3, 8, 8), (4, 3, 3, 3), {"padding": 1}),
)
# One of each kind of work and of each route, large enough that a second thread has something to do. Results are below
# 32 MiB: what is larger is given back to the system each time, and its fresh pages then take longer than the sums.
TWO_WORKERS: tuple[Layer, ...] = (
    ("64→64 3×3, 224²", "conv2d", (1, 64, 224, 224), (64, 64, 3, 3), {"padding": 1}),
    ("3→64 7×7 s2, 4 of 224²", "conv2d", (4, 3, 224, 224), (64, 3, 7, 7), {"padding": 3, "stride": 2}),
    ("64→256 1×1, 112²", "conv2d", (1, 64, 112, 112), (256, 64, 1, 1), {}),
    ("64 3×3 depthwise, 224²", "conv2d", (1, 64, 224, 224), (64, 1, 3, 3), {"padding": 1, "groups": 64}),
    ("1→8 5×5, 512²", "conv2d", (1, 1, 512, 512), (8, 1, 5, 5), {"padding": 2}),
    ("32→32 15×15, 192²", "conv2d", (1, 32, 192, 192), (32, 32, 15, 15), {"padding": 7}),
    ("64→32 4×4 s2, 112²", "conv_transpose2d", (1, 64, 112, 112), (64, 32, 4, 4), HALVED),
    ("3 4×4 s2 grouped, 512²", "conv_transpose2d", (1, 3, 512, 512), (3, 1, 4, 4), HALVED | {"groups": 3}),
)

WRAPPED = {"stride": 2, "padding": 2, "padding_mode": "circular"}
FOLDED = {**HALVED, "padding_mode": "reflect"}
# Of each route, and with borders that are filled: what a call takes beyond its arrays.
HELD: tuple[Layer, ...] = (
    LAYERS[0],
    *(LAYERS[i] for i in (2, 3, 4, 7)),
    LARGE[0],
    *TRANSPOSED[:2],
    *TWO_WORKERS,
    ("64→64 3×3 reflect, 112²", "conv2d", (1, 64, 112, 112), (64, 64, 3, 3), {"padding": 1, "padding_mode": "reflect"}),
    ("16→32 5×5 s2 circular, 256²", "conv2d", (1, 16, 256, 256), (32, 16, 5, 5), WRAPPED),
    ("64→32 4×4 s2 reflect, 112²", "conv_transpose2d", (1, 64, 112, 112), (64, 32, 4, 4), FOLDED),
    ("21 16×16 s8 grouped, 128²", "conv_transpose2d", (1, 21, 128, 128), *TRANSPOSED[5][3:]),
    ("64→64 3×3, 112²", "conv2d", (1, 64, 112, 112), (64, 64, 3, 3), {"padding": 1}),
)

ROWS = (
    Row(
        "nn-layers",
        "nn: eight layers of networks, 3×3 and others",
        ("torch",),
        (
            Goal("torch", 1.2, "float32"),
            Goal("torch", 0.95, "float32", statistic="min"),
            Goal("torch", 1.5, "float64"),
        ),
        ceilings=("matmul",),
    ),
    Row(
        "nn-planes",
        "nn: few channels and depthwise",
        ("torch",),
        (Goal("torch", 3, "float32"), Goal("torch", 10, "float64")),
    ),
    Row(
        "nn-large",
        "nn: 32→32 channels, 15×15, 96²",
        ("torch",),
        (Goal("torch", 2, "float32"), Goal("torch", 10, "float64")),
        ceilings=("matmul",),
    ),
    Row("nn-transposed", "nn: seven transposed convolutions", ("torch",), (Goal("torch", 3.5),)),
    Row("nn-tiny", "nn: a tiny call", ("torch",), (Goal("torch", 1.0, statistic="min"),)),
    Row("nn-workers", "nn: two workers over one", ("one-worker",), (Goal("one-worker", 1.7),)),
)


def _cases(row: str, layers: tuple[Layer, ...], dtypes: tuple[str, ...] = DTYPES) -> list[Convolution]:
    return [
        Convolution(row, label, function, (x, w), dtype, arguments)
        for label, function, x, w, arguments in layers
        for dtype in dtypes
    ]


ALL = (
    *_cases("nn-layers", LAYERS),
    *_cases("nn-planes", PLANES),
    *_cases("nn-large", LARGE),
    *_cases("nn-transposed", TRANSPOSED),
    *_cases("nn-tiny", TINY),
    *_cases("nn-workers", TWO_WORKERS),
)
MEMORY = (*_cases("memory", HELD), *_cases("memory", HELD[-1:], ("complex64", "int32", "int16", "float16")))
