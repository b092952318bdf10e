"""A call of SciPy's function, bound to its parameters: what the checks look at and ask."""

from __future__ import annotations

from functools import cache
from inspect import Signature, signature
from typing import Any, NamedTuple

import numpy as np

from ._originals import original

TWO_D = ("convolve2d", "correlate2d")
N_D = ("convolve", "correlate")
FREQUENCY = ("fftconvolve", "oaconvolve")
POLYPHASE = ("upfirdn", "resample_poly")
_DATA = {
    "upfirdn": ("x", "h"),
    "resample_poly": ("x", "window"),
    "resample": ("x", "window"),
    "decimate": ("x",),
}

WORDS = {"method": "auto", "boundary": "fill"}


def added(name: str) -> frozenset[str]:
    """Return the keyword arguments of a function that SciPy's does not have."""
    return frozenset(
        {"workers", "out"}
        | ({"method"} if name in (*TWO_D, *POLYPHASE) else {"boundary"} if name in (*N_D, *FREQUENCY) else set())
    )


@cache
def _signature(name: str) -> Signature:
    return signature(original(name))


class Call(NamedTuple):
    """A call of SciPy's function, its arguments by name."""

    name: str
    arguments: dict[str, Any]
    method: Any  # ours, where SciPy's function has no such argument
    boundary: Any = "fill"  # the same

    @classmethod
    def of(cls, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
        """Bind arguments as SciPy's signature does, without those that are ours; None where it refuses them."""
        scipys = {key: value for key, value in kwargs.items() if key not in added(name)}
        try:
            bound = _signature(name).bind(*args, **scipys)
        except TypeError:
            return None
        bound.apply_defaults()
        words = (bound.arguments.get(key, kwargs.get(key, default)) for key, default in WORDS.items())
        return cls(name, bound.arguments, *words)

    def but(self, **changes: Any) -> Call:
        return self._replace(arguments={**self.arguments, **changes})

    def run(self) -> Any:
        return original(self.name)(**self.arguments)

    def data(self) -> list[np.ndarray[Any, Any]]:
        """Return the arrays among the arguments, signal then filter; none where NumPy refuses one."""
        values = [self.arguments[name] for name in _DATA.get(self.name, ("in1", "in2"))]
        if self.name in ("resample", "resample_poly") and not isinstance(values[1], list | np.ndarray):
            del values[1]  # a window by name
        try:
            return [np.asarray(value) for value in values]
        except Exception:  # whatever an object's own conversion may raise
            return []
