"""Convolution, correlation and resampling for NumPy arrays: SciPy's calls, compiled kernels."""

from importlib import import_module as _import_module
from types import ModuleType as _ModuleType

from ._cache import clear_cache
from .checking import CheckError, checked
from .config import show_config
from .convolution import (
    choose_conv_method,
    convolve,
    convolve2d,
    correlate,
    correlate2d,
    correlation_lags,
    fftconvolve,
    oaconvolve,
)
from .convolver import Convolver
from .decimation import decimate
from .explaining import explain
from .patching import patch_scipy, unpatch_scipy
from .resampling import resample, resample_poly, upfirdn

__version__ = "0.1.0"

__all__ = [
    "CheckError",
    "Convolver",
    "__version__",
    "checked",
    "choose_conv_method",
    "clear_cache",
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "correlation_lags",
    "decimate",
    "explain",
    "fftconvolve",
    "oaconvolve",
    "patch_scipy",
    "resample",
    "resample_poly",
    "show_config",
    "unpatch_scipy",
    "upfirdn",
]


def __getattr__(name: str) -> _ModuleType:
    """Import `sigresample.nn` when it is first needed."""
    if name == "nn":
        return _import_module(f"{__name__}.nn")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
