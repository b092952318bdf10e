"""What is kept from one call for later ones, bounded in bytes, and `clear_cache`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, MutableMapping
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

# What routes make of one filter, by route and size.
Prepared = MutableMapping[Any, Any]

# What an entry costs beside its arrays, so that a crowd of small ones is bounded too.
ENTRY_BYTES = 512


class _Entry:
    """A value that is kept, its bytes, and when it was last asked for."""

    __slots__ = ("size", "used", "value")

    def __init__(self, value: Any, used: int) -> None:
        self.value = value
        self.size = ENTRY_BYTES + _size(value)
        self.used = used


class Cache(MutableMapping[Hashable, Any]):
    """A mapping of at most `limit` bytes: the least recently used entries go first.

    Values are arrays, or tuples and lists of arrays, that nobody changes any more. One of more than `largest` bytes
    is not kept. Every thread may use it at any time; between its ``get`` and its assignment another may have put the
    same there, so that both must be equally good.

    There is no lock that a signal handler could meet or a forked child inherit: a dict's own operations are atomic,
    what is said of all entries is said of a copy, and nothing is assumed to stay as it was a statement ago.
    """

    def __init__(self, limit: int, largest: int | None = None) -> None:
        self.limit = limit
        self.largest = limit if largest is None else largest
        self._held: dict[Hashable, _Entry] = {}
        self._clock = count()
        _all[id(self)] = self

    @property
    def nbytes(self) -> int:
        """What all entries take."""
        return sum(entry.size for entry in self._held.copy().values())

    def __getitem__(self, key: Hashable) -> Any:
        entry = self._held[key]
        entry.used = next(self._clock)
        return entry.value

    def __setitem__(self, key: Hashable, value: Any) -> None:
        entry = _Entry(value, next(self._clock))
        if entry.size > self.largest:
            self._held.pop(key, None)
            return
        self._held[key] = entry
        # Whoever comes last sees all that the others have put here, so that the limit holds when all are done.
        excess = self.nbytes - self.limit
        if excess > 0:
            for oldest in self:
                gone = self._held.pop(oldest, None)
                excess -= gone.size if gone is not None else 0
                if excess <= 0:
                    return

    def __delitem__(self, key: Hashable) -> None:
        del self._held[key]

    def __iter__(self) -> Iterator[Hashable]:
        held = self._held.copy()
        return iter(sorted(held, key=lambda key: held[key].used))

    def __len__(self) -> int:
        return len(self._held)

    def clear(self) -> None:
        self._held.clear()


def _size(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    return sum(map(_size, value)) if isinstance(value, tuple | list) else 0


# By id: a mapping's own == would compare what it holds.
_all: WeakValueDictionary[int, Cache] = WeakValueDictionary()
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
    for held in _all.valuerefs():
        cache = held()
        if cache is not None:
            cache.clear()
    for clear in _others:
        clear()
