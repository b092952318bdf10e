"""The decorator of every public function: a plan to explain it, and a check against SciPy on demand."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from . import checking, explaining

P = ParamSpec("P")
R = TypeVar("R")


def face(
    *, plan: Callable[P, explaining.Explanation], definition: Callable[P, checking.Definition] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function public: `plan` takes its arguments and returns an Explanation, running nothing.

    `definition` takes the same, and is what a check compares with where SciPy has no such function.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        public = _public(function, plan)
        if definition is not None:
            checking.DEFINITIONS[function.__name__] = definition
        explaining.PLANS[function.__name__] = (public, plan)
        return public

    return decorate


def planless(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function public that computes on no arrays: compared with SciPy's too, but there is nothing to explain."""
    return _public(function, None)


def _public(function: Callable[P, R], plan: Callable[P, explaining.Explanation] | None) -> Callable[P, R]:
    asked = checking.ASKED.get

    @wraps(function)
    def public(*args: P.args, **kwargs: P.kwargs) -> R:
        if asked() is None:
            return function(*args, **kwargs)
        return checking.compared(function, plan, *args, **kwargs)

    return public
