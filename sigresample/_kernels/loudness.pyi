from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def loudness(
    x: _Array, rows: int, cols: int, pitch: int, chunk: int, stretch: int, most: _Array, energy: _Array, workers: int
) -> None: ...
