"""The resizes of sigresample.nn: which are timed beside PyTorch's, OpenCV's and Pillow's, with which goals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from case import DTYPES, Case, Goal, Row

SQUARE = (1, 3, 512, 512)
VIDEO = (1, 1080, 1920, 3)
MODES = ("nearest", "bilinear", "bicubic")
# Samples that one output sums along an axis, where nothing is widened.
TAPS = {"nearest": 1, "bilinear": 2, "bicubic": 4}


class Resize(Case):
    """A call of sigresample.nn.interpolate and of torch.nn.functional's; uint8 images have their channels last."""

    of_nn = True

    def arrays(self) -> tuple[np.ndarray[Any, Any], ...]:
        """Return the image: random, the same one every time."""
        if self.dtype != "uint8":
            return super().arrays()
        rng = np.random.default_rng(20261124)
        return tuple(rng.integers(0, 256, shape, np.uint8) for shape in self.shapes)

    def sides(self) -> tuple[int, ...]:
        """Return the image's height and width."""
        shape = self.shapes[0]
        return shape[1:3] if self.ours.get("channels_last") else shape[2:]

    def multiply_adds(self) -> int:
        """Return the products of two passes, along rows of the image and then across them."""
        size, taps = self.arguments["size"], TAPS[self.arguments["mode"]]
        rows, cols = self.sides()
        # Those that are widened, by how many samples lie between two outputs.
        down, along = (rows / size[0], cols / size[1]) if self.arguments.get("antialias") else (1, 1)
        planes = math.prod(self.shapes[0]) // (rows * cols)
        return planes * size[1] * taps * (rows * math.ceil(max(along, 1)) + size[0] * math.ceil(max(down, 1)))

    def shrunk(self, most: int) -> Resize:
        """Return the case with sides of at most `most`, made larger or smaller by about as much."""
        sides = self.sides()
        cut = tuple(min(n, most) for n in sides)
        size = tuple(max(1, m * n // was) for m, n, was in zip(self.arguments["size"], cut, sides, strict=True))
        shape = self.shapes[0]
        shape = (shape[0], *cut, shape[3]) if self.ours.get("channels_last") else (*shape[:2], *cut)
        return replace(self, shapes=(shape,), arguments=self.arguments | {"size": size})


def _mode(mode: str, antialias: bool = False) -> dict[str, Any]:
    how: dict[str, Any] = {"mode": mode} if mode == "nearest" else {"mode": mode, "align_corners": False}
    return how | ({"antialias": True} if antialias else {})


def _squares(row: str, sides: tuple[int, ...], modes: tuple[str, ...], antialias: bool = False) -> list[Resize]:
    return [
        Resize(row, f"→ {n}², {mode}", "interpolate", (SQUARE,), dtype, {"size": (n, n), **_mode(mode, antialias)})
        for n in sides
        for mode in modes
        for dtype in DTYPES
    ]


def _video(row: str, *sizes: tuple[int, int]) -> list[Resize]:
    last = {"channels_last": True}
    return [
        Resize(row, f"→ {w}×{h}", "interpolate", (VIDEO,), "uint8", {"size": (h, w), **_mode("bilinear")}, last)
        for h, w in sizes
    ]


SIDES = (1024, 256, 777)
COPIES = tuple(f"→ {n}², nearest" for n in SIDES)
SUMS = tuple(f"→ {n}², {mode}" for n in SIDES for mode in MODES[1:])

ROWS = (
    Row(
        "resize",
        "nn: interpolate 3×512² to three sizes, nearest, bilinear, bicubic",
        ("torch", "cv2-resize", "cv2-planes"),
        (
            Goal("best", 1.2),
            Goal("best", 0.9, "float32", statistic="min"),
            Goal("best", 0.9, "float64", SUMS, "min"),
            Goal("best", 0.75, "float64", COPIES, "min"),
        ),
    ),
    Row(
        "resize-antialias",
        "nn: the same to 200², antialiased",
        ("torch", "pillow"),
        (Goal("torch", 1.5), Goal("pillow", 2)),
    ),
    Row(
        "resize-bytes",
        "nn: uint8 1920×1080×3, bilinear, doubled and halved",
        ("cv2-resize",),
        (Goal("cv2-resize", 0.8, "uint8", statistic="min"),),
    ),
    Row("resize-workers", "nn: a resize by two workers over one", ("one-worker",), (Goal("one-worker", 1.7),)),
)

ALL = (
    *_squares("resize", SIDES, MODES),
    *_squares("resize-antialias", (200,), MODES[1:], antialias=True),
    *_video("resize-bytes", (2160, 3840), (540, 960)),
    *_squares("resize-workers", (1024, 777), MODES[1:]),
    *_squares("resize-workers", (200,), MODES[2:], antialias=True),
    *_video("resize-workers", (2160, 3840), (540, 960)),
)
