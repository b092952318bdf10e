from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def spectra(taps: _Array, twiddles: _Array, out: _Array, at: _Array, unit: int, workers: int) -> None: ...
def overlap_save(
    x: _Array,
    spectrum: _Array,
    twiddles: _Array,
    y: _Array,
    x_at: _Array | None,
    y_at: _Array | None,
    blocks: _Array | None,
    data: int,
    out: int,
    first: int,
    x_step: int,
    y_step: int,
    hop: int,
    unit: int,
    boundary: int,
    fill: float,
    fill_imag: float,
    chunk: int,
    workers: int,
) -> None: ...
def polyphase(
    x: _Array,
    spectrum: _Array,
    twiddles: _Array,
    y: _Array,
    x_at: _Array | None,
    y_at: _Array | None,
    data: int,
    out: int,
    first: int,
    x_step: int,
    y_step: int,
    hop: int,
    U: int,
    D: int,
    unit: int,
    fill: float,
    fill_imag: float,
    workers: int,
) -> None: ...
