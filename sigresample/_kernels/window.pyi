from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]
_Bounds = tuple[_Array | None, _Array | None, _Array | None]

def pool(
    x: _Array,
    y: _Array,
    plan: _Array,
    bounds: _Bounds | None,
    sums: bool,
    by: float,
    counts: tuple[_Array, _Array, _Array] | None,
    workers: int,
) -> None: ...
def best(x: _Array, y: _Array, indices: _Array, plan: _Array, bounds: _Bounds | None, workers: int) -> None: ...
def outside(indices: _Array, most: int) -> int: ...
def unpool(x: _Array, indices: _Array, y: _Array, workers: int) -> None: ...
