"""SciPy's own functions, looked up on first need: importing sigresample does not import scipy.signal."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


@cache
def original(name: str) -> Callable[..., Any]:
    """Return scipy.signal's function of that name, kept from the first call on."""
    function: Callable[..., Any] = getattr(import_module("scipy.signal"), name)
    return function
