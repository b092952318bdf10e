"""What is kept from one call for later ones, bounded in bytes, and `clear_cache`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, MutableMapping
from threading import Lock
from typing import Any
from weakref import WeakSet

import numpy as np

# What routes make of one filter, by route and size.
Prepared = MutableMapping[Any, Any]

# What an entry costs beside its arrays, so that a crowd of small ones is bounded too.
ENTRY_BYTES = 512


class Cache(MutableMapping[Hashable, Any]):
    """A mapping of at most `limit` bytes: the least recently used entries go first.

    Values are arrays, or tuples and lists of arrays, that nobody changes any more. One of more than `largest` bytes
    is not kept. Every thread may use it at any time; between its ``get`` and its assignment another may have put the
    same there, so that both must be equally good.
    """

    def __init__(self, limit: int, largest: int | None = None) -> None:
        self.limit = limit
        self.largest = limit if largest is None else largest
        self.nbytes = 0
        self._held: dict[Hashable, tuple[Any, int]] = {}
        self._changing = Lock()
        _all.add(self)

    def __getitem__(self, key: Hashable) -> Any:
        with self._changing:
            entry = self._held.pop(key)
            self._held[key] = entry  # the last to go now
            return entry[0]

    def __setitem__(self, key: Hashable, value: Any) -> None:
        size = ENTRY_BYTES + _size(value)
        with self._changing:
            self.nbytes -= self._held.pop(key, (None, 0))[1]
            if size > self.largest:
                return
            self._held[key] = value, size
            self.nbytes += size
            while self.nbytes > self.limit:
                self.nbytes -= self._held.pop(next(iter(self._held)))[1]

    def __delitem__(self, key: Hashable) -> None:
        with self._changing:
            self.nbytes -= self._held.pop(key)[1]

    def __iter__(self) -> Iterator[Hashable]:
        with self._changing:
            return iter(list(self._held))

    def __len__(self) -> int:
        return len(self._held)

    def clear(self) -> None:
        with self._changing:
            self._held.clear()
            self.nbytes = 0

    # Each is one of its kind, as the set of all needs it: a mapping's own == would compare what it holds.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def _size(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    return sum(map(_size, value)) if isinstance(value, tuple | list) else 0


_all: WeakSet[Cache] = WeakSet()
_others: list[Callable[[], object]] = []


def forgets(clear: Callable[[], object]) -> None:
    """Make `clear_cache` call a function that empties a cache of another kind."""
    _others.append(clear)


def clear_cache() -> None:
    """Forget everything that calls have left for later ones.

    The results stay the same; the next call of a kind takes as long as the first.

    See Also
    --------
    Convolver : A fixed filter, prepared once; what it has prepared is forgotten too, and made anew.

    Notes
    -----
    What is kept are filters that `resample_poly` designs (16 MiB), tables of transforms, the shapes of calls, and what
    each `Convolver` has prepared (64 MiB): these are the most there may be. SciPy's own tables of transforms are not
    reached.

    Examples
    --------
    >>> import sigresample
    >>> sigresample.clear_cache()
    """
    for cache in list(_all):
        cache.clear()
    for clear in _others:
        clear()
