from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

def order(w: Array, to: Array, at: Array, groups: int) -> None: ...
