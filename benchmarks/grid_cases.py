"""Sampling at grids and shuffling pixels, which are timed beside PyTorch's functions of the same names."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from case import DTYPES, Case, Goal, Row


class Sampled(Case):
    """A call of sigresample.nn on images and, for grid_sample, on a grid that turns them by 17° and enlarges them."""

    of_nn = True

    def arrays(self) -> tuple[np.ndarray[Any, Any], ...]:
        """Return random images and their grid."""
        rng = np.random.default_rng(20261124)
        images = rng.standard_normal(self.shapes[0]).astype(self.dtype)
        if self.function != "grid_sample":
            return (images,)
        items, *outs, axes = self.shapes[1]
        places = [(2 * np.arange(n) + 1) / n - 1 for n in outs]
        grid = np.stack(np.meshgrid(*places, indexing="ij")[::-1], axis=-1)
        c, s = 0.9 * math.cos(math.radians(17)), 0.9 * math.sin(math.radians(17))
        grid[..., :2] = grid[..., :2] @ np.array([[c, s], [-s, c]])
        return images, np.broadcast_to(grid, (items, *outs, axes)).astype(self.dtype)

    def multiply_adds(self) -> int:
        """Return the products of samples and weights; a copy counts as one."""
        samples = {"nearest": 1, "bilinear": 2, "bicubic": 4}[self.arguments.get("mode", "nearest")]
        if self.function != "grid_sample":
            return math.prod(self.shapes[0])
        pixels = math.prod(self.shapes[1][:-1])
        return int(pixels * self.shapes[0][1] * samples ** self.shapes[1][-1])

    def shrunk(self, most: int) -> Sampled:
        """Return the case with images and grids of at most `most` along an axis; channels stay."""
        x, *grid = self.shapes
        small = tuple(min(n, most) for n in x[2:])
        shapes = [(*x[:2], *small), *((g[0], *(min(n, most) for n in g[1:-1]), g[-1]) for g in grid)]
        return replace(self, shapes=tuple(shapes))


IMAGES = (
    ("3×512²", (1, 3, 512, 512), (1, 512, 512, 2)),
    ("8 of 64×56²", (8, 64, 56, 56), (8, 56, 56, 2)),
)
VOLUME = ("2×48³", (1, 2, 48, 48, 48), (1, 48, 48, 48, 3))
SHUFFLED = (
    ("12→3, 512² ×2", "pixel_shuffle", (1, 12, 512, 512), {"upscale_factor": 2}),
    ("3→27, 768² /3", "pixel_unshuffle", (1, 3, 768, 768), {"downscale_factor": 3}),
)

ROWS = (
    Row(
        "nn-grids",
        "nn: grid_sample of images and volumes, three modes",
        ("torch",),
        (Goal("torch", 1.2), Goal("torch", 0.9, statistic="min")),
    ),
    Row("nn-shuffles", "nn: pixel_shuffle and pixel_unshuffle", ("torch",), (Goal("torch", 1.2),)),
)

ALL = (
    *(
        Sampled("nn-grids", f"{label}, {mode}", "grid_sample", (x, grid), dtype, {"mode": mode, "align_corners": False})
        for label, x, grid in (*IMAGES, VOLUME)
        for mode in ("nearest", "bilinear", "bicubic")[: 3 if len(x) == 4 else 2]
        for dtype in DTYPES
    ),
    *(
        Sampled("nn-shuffles", label, function, (x,), dtype, arguments)
        for label, function, x, arguments in SHUFFLED
        for dtype in DTYPES
    ),
)
