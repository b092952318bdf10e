from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]
_Axes = tuple[tuple[int, int, _Array | None, _Array | None], ...]

def memory(axes: _Axes, channels: int, size: int, unit: int, ahead: bool, workers: int) -> int: ...
def resize(
    x: _Array,
    y: _Array,
    axes: _Axes,
    items: int,
    channels: int,
    unit: int,
    ahead: bool,
    room: _Array,
    exact: tuple[Any, ...] | None,
    workers: int,
) -> int: ...
def copy_memory(axes: _Axes, channels: int, size: int) -> int: ...
def copy(
    x: _Array,
    y: _Array,
    axes: _Axes,
    items: int,
    channels: int,
    size: int,
    whole_rows: bool,
    room: _Array,
    workers: int,
) -> None: ...
