"""The compiled kernels of one SIMD level, chosen once at import.

``SIGRESAMPLE_SIMD`` pins a level: scalar, v2, v3, v4 (x86-64) or neon (aarch64).
"""

from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from os import environ

try:
    from ._cpu import levels as _runnable
except ModuleNotFoundError as error:
    message = "sigresample: these are the sources, not the build: start Python outside of their folder, or by python -P"
    raise ImportError(message) from error


# Of all levels, the best first; as in meson.build.
VECTOR_BYTES = {"v4": 64, "v3": 32, "v2": 16, "neon": 16, "scalar": 0}
LIKE = {"neon": "v2"}  # not fitted itself


def built() -> tuple[str, ...]:
    """Return the levels that this build holds, the best first."""
    return tuple(level for level in VECTOR_BYTES if find_spec(f"{__name__}.correlate_{level}") is not None)


def available() -> tuple[str, ...]:
    """Return the levels that are built and that this machine can run, the best first."""
    held = built()
    return tuple(level for level in _runnable() if level in held)


def fitted(of: str, table: Collection[str]) -> str:
    """Return a level if a table of constants has it, or else the one there that has vectors of its size."""
    return of if of in table else LIKE[of]


def lanes(of: str, itemsize: int) -> int:
    """Return how many items of so many bytes a vector of a level holds."""
    return max(1, VECTOR_BYTES[of] // itemsize)


def _pick() -> str:
    pinned = environ.get("SIGRESAMPLE_SIMD", "")
    if not pinned:
        for name in _runnable():
            if find_spec(f"{__name__}.correlate_{name}") is not None:
                return name
    if pinned not in available():
        message = f"SIGRESAMPLE_SIMD: must be one of {', '.join(available())} here, got {pinned!r}"
        raise ImportError(message)
    return pinned


level = _pick()
blockfft = import_module(f"{__name__}.blockfft_{level}")
channelfft = import_module(f"{__name__}.channelfft_{level}")
channels = import_module(f"{__name__}.channels_{level}")
correlate = import_module(f"{__name__}.correlate_{level}")
grid = import_module(f"{__name__}.grid_{level}")
gridding = import_module(f"{__name__}.gridding_{level}")
loudness = import_module(f"{__name__}.loudness_{level}")
nonfinite = import_module(f"{__name__}.nonfinite_{level}")
planes = import_module(f"{__name__}.planes_{level}")
polyphase = import_module(f"{__name__}.polyphase_{level}")
spectra = import_module(f"{__name__}.spectra_{level}")
table = import_module(f"{__name__}.table_{level}")
tilefft = import_module(f"{__name__}.tilefft_{level}")
window = import_module(f"{__name__}.window_{level}")
winograd = import_module(f"{__name__}.winograd_{level}")
