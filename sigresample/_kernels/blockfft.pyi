from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def overlap_save(
    x: _Array,
    spectrum: _Array,
    twiddles1: _Array,
    twiddles2: _Array,
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
    P: int,
    Q: int,
    boundary: int,
    fill: float,
    workers: int,
) -> None: ...
