from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]
_Pair = tuple[int, int]

def sizes(w: _Array, P: int, Q: int, pairs: bool, share: float, out: _Array) -> None: ...
def correlate(
    x: _Array,
    w: _Array,
    y: _Array,
    bias: _Array | None,
    twiddles1: _Array,
    twiddles2: _Array,
    items: _Array,
    groups: int,
    inputs: int,
    outputs: int,
    planes: _Pair,
    out: _Pair,
    first: _Pair,
    whole: _Pair,
    start: _Pair,
    taps: _Pair,
    points: _Pair,
    block: _Pair,
    pairs: bool,
    boundary: int,
    mode: int,
    block_tiles: int,
    block_groups: int,
    block_outputs: int,
    workers: int,
) -> None: ...
