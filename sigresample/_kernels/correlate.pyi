from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def correlate(
    x: _Array,
    h: _Array,
    y: _Array,
    x_at: _Array | None,
    y_at: _Array | None,
    rows: int,
    cols: int,
    x_pitch: int,
    out_rows: int,
    out_cols: int,
    y_pitch: int,
    top: int,
    left: int,
    group: int,
    boundary: int,
    fill: complex,
    add: bool,
    workers: int,
    h_at: _Array | None = None,
    bias: _Array | None = None,
) -> None: ...
def separable(
    x: _Array,
    u: _Array,
    v: _Array,
    y: _Array,
    x_at: _Array | None,
    y_at: _Array | None,
    rows: int,
    cols: int,
    x_pitch: int,
    out_rows: int,
    out_cols: int,
    y_pitch: int,
    top: int,
    left: int,
    group: int,
    boundary: int,
    fill: complex,
    workers: int,
) -> None: ...
def finite(x: _Array) -> bool: ...
