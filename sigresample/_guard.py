"""A lock for the little that changes what a whole process shares."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import RLock
from types import TracebackType


class Guard:
    """A lock that a signal handler may take while its own thread holds it, and that no fork leaves locked for ever.

    A child that was forked while another thread held it gets a new one, after `mend` has put right what that thread,
    which the child has not, left half done.
    """

    def __init__(self, mend: Callable[[], object]) -> None:
        self._lock = RLock()
        self._mend = mend
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        if self._lock.acquire(blocking=False):  # free, or the forking thread's own
            self._lock.release()
            return
        self._lock = RLock()
        self._mend()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._lock.release()
