from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def loudness(
    x: _Array, rows: int, cols: int, pitch: int, chunk: int, stretch: int, most: _Array, energy: _Array, workers: int
) -> None: ...
def glance(
    x: _Array, planes: int, rows: int, cols: int, tall: int, chunk: int, workers: int
) -> tuple[float, float]: ...
def taps(
    w: _Array, rows: int, cols: int, share: float, workers: int
) -> tuple[float, float, tuple[tuple[int, int], tuple[int, int]]]: ...
