from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def channels(
    x: _Array, w: _Array, y: _Array, of: tuple[Any, ...], boundary: int, bias: _Array | None, workers: int
) -> None: ...
