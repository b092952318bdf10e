from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def join(
    R: _Array, X: _Array, coarse: _Array, fine: _Array, roots: _Array, M: int, scale: float, workers: int
) -> None: ...
def split(Y: _Array, Z: _Array, coarse: _Array, fine: _Array, roots: _Array, M: int, workers: int) -> None: ...
def weigh(X: _Array, polynomial: _Array, first: int, step: float) -> None: ...
