from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def polyphase(
    x: _Array,
    taps: _Array,
    y: _Array,
    x_at: _Array | None,
    y_at: _Array | None,
    n_in: int,
    n_out: int,
    x_step: int,
    y_step: int,
    width: int,
    up: int,
    down: int,
    first: int,
    mode: int,
    cval: complex,
    workers: int,
    path: int = 0,
    rows: int = 1,
    x_pitch: int = 0,
    y_pitch: int = 0,
) -> None: ...
def cut(
    rows: int,
    n_in: int,
    n_out: int,
    width: int,
    up: int,
    down: int,
    taps: int,
    itemsize: int,
    pairs: bool,
    workers: int,
) -> dict[str, int]: ...
