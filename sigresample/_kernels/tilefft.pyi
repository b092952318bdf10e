from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def lanes(itemsize: int) -> int: ...
def spectrum(
    taps: _Array,
    twiddles1: _Array,
    twiddles2: _Array,
    out: _Array,
    P: int,
    Q: int,
    N1: int,
    M2: int,
    pairs: bool,
    workers: int,
) -> None: ...
def tiles(
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
    x_step: int,
    out_rows: int,
    out_cols: int,
    y_pitch: int,
    y_step: int,
    top: int,
    left: int,
    P: int,
    Q: int,
    N1: int,
    M2: int,
    B1: int,
    B2: int,
    pairs: bool,
    boundary: int,
    fill: float,
    fill_im: float,
    chosen: _Array | None,
    workers: int,
) -> None: ...
