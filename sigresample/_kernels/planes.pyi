from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def memory(x: _Array, plan: _Array, biased: bool, workers: int) -> int: ...
def planes(
    x: _Array,
    w: _Array,
    y: _Array,
    bias: _Array | None,
    plan: _Array,
    room: _Array,
    items: int,
    boundary: int,
    workers: int,
) -> None: ...
