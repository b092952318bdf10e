"""Exceptions and warnings as a caller should meet them: of SciPy's class, with our text, at the caller's own line."""

from __future__ import annotations

import sys
import warnings

_PACKAGE = __name__.partition(".")[0]


def again(error: Exception, text: str) -> Exception:
    """Return an exception of the same class with another text.

    Where that class is made of more than a text, as NumPy's errors of ufuncs are, it is the next one above that is not.
    """
    for kind in type(error).__mro__:
        try:
            made = kind(text)
        except Exception:  # whatever a constructor may raise
            continue
        if isinstance(made, Exception) and str(made) == text:
            return made
    return Exception(text)


def warn(text: str) -> None:
    """Give a RuntimeWarning at the line that called the package, however deep inside it this is."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _ours(frame.f_globals.get("__name__")):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, RuntimeWarning, stacklevel=level)


def _ours(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] == _PACKAGE
