from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def interpolate(
    x: _Array, y: _Array, coefficients: _Array, rows: int, n_in: int, n_out: int, unit: int, workers: int
) -> None: ...
