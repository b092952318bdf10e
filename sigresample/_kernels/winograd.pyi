from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def lanes(size: int) -> int: ...
def winograd(
    x: _Array,
    w: _Array,
    y: _Array,
    bias: _Array | None,
    odd: _Array,
    starts0: _Array,
    starts1: _Array,
    items: int,
    groups: int,
    inputs: int,
    outputs: int,
    parts: int,
    rows: int,
    cols: int,
    whole_rows: int,
    whole_cols: int,
    first0: int,
    first1: int,
    out0: int,
    out1: int,
    at0: int,
    at1: int,
    d0: int,
    d1: int,
    boundary: int,
    workers: int,
) -> None: ...
