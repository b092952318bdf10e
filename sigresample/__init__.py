"""Convolution, correlation and resampling for NumPy arrays: SciPy's calls, compiled kernels."""

from .checking import CheckError, checked
from .config import show_config
from .convolution import choose_conv_method, convolve, convolve2d, correlate, correlate2d, correlation_lags
from .explaining import explain
from .patching import patch_scipy, unpatch_scipy
from .resampling import resample_poly, upfirdn

__version__ = "0.1.0"

__all__ = [
    "CheckError",
    "__version__",
    "checked",
    "choose_conv_method",
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "correlation_lags",
    "explain",
    "patch_scipy",
    "resample_poly",
    "show_config",
    "unpatch_scipy",
    "upfirdn",
]
