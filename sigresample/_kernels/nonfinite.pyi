from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def clean(x: _Array, y: _Array) -> None: ...
def place(y: _Array, state: _Array) -> None: ...
def settle(state: _Array, signs: _Array, terms: _Array, half: float) -> None: ...
def meet(
    state: _Array,
    marks: _Array,
    table: _Array,
    at: _Array,
    starts: _Array,
    outputs: _Array,
    taps: _Array,
    origin: int,
    n: int,
    kinds: int,
    of_taps: bool,
    only_left: bool,
    scatter: bool,
    limit: int,
    most: int,
) -> int: ...
