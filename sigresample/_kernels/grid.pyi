from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]
_Sizes = tuple[int, ...]
_Pair = tuple[int, int]

def sample(
    x: _Array, grid: _Array, y: _Array, sizes: _Sizes, mode: int, padding: int, align: bool, workers: int
) -> None: ...
def columns(
    x: _Array,
    offset: _Array,
    mask: _Array | None,
    y: _Array,
    sizes: _Pair,
    kernel: _Pair,
    starts: _Pair,
    steps: _Pair,
    dilation: _Pair,
    groups: int,
    first: int,
    workers: int,
) -> None: ...
def affine(theta: _Array, y: _Array, sizes: _Sizes, align: bool, workers: int) -> None: ...
def shuffle(x: _Array, y: _Array, blocks: int, r: int, height: int, width: int, back: bool, workers: int) -> None: ...
