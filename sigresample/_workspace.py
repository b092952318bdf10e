"""Memory for what lies between the steps of a call, kept for the next one: fresh pages cost as much as small work."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from . import _cache

_Array = np.ndarray[Any, Any]

KEPT_BYTES = 32 * 2**20  # by all workspaces that are not in use
ALIGN = 64
_NOTHING = np.empty(0, np.uint8)

# Changed by a list's own atomic operations alone: a lock would be met by signal handlers, and inherited by forks.
_free: list[_Array] = []


class Workspace:
    """Arrays cut from one buffer, good until the workspace is given back; fresh ones where it is full."""

    def __init__(self, buffer: _Array = _NOTHING) -> None:
        self.buffer = buffer
        self.wanted = 0

    @classmethod
    def lent(cls) -> Workspace:
        """Return one that was given back before, if there is any."""
        try:
            return cls(_free.pop())
        except IndexError:
            return cls()

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> _Array:
        """Return an array that no other call uses."""
        start, size = self.wanted, prod(shape) * dtype.itemsize
        self.wanted = start + -(-size // ALIGN) * ALIGN
        if self.wanted > self.buffer.size:
            return np.empty(shape, dtype)
        return self.buffer[start : start + size].view(dtype).reshape(shape)

    def give_back(self) -> None:
        """Keep the buffer for the next call, as large as this one wanted it; its arrays are no longer good."""
        if not self.wanted:
            return
        buffer, self.buffer = self.buffer, _NOTHING
        if buffer.size < self.wanted <= KEPT_BYTES:
            buffer = np.empty(self.wanted, np.uint8)  # its pages come with its first use
        if buffer.size:
            _free.append(buffer)
            while sum(kept.size for kept in _free.copy()) > KEPT_BYTES:
                Workspace.lent()  # which is let go


def clear() -> None:
    """Let go of all that is kept."""
    _free.clear()


_cache.forgets(clear)
