"""Our functions in the place of SciPy's: existing programs gain the speed unchanged."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import TracebackType
from typing import Any, Self

from . import _originals, convolution, decimation, resampling
from ._guard import Guard

OURS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        convolution.choose_conv_method,
        convolution.convolve,
        convolution.convolve2d,
        convolution.correlate,
        convolution.correlate2d,
        convolution.correlation_lags,
        convolution.fftconvolve,
        convolution.oaconvolve,
        decimation.decimate,
        resampling.resample,
        resampling.resample_poly,
        resampling.upfirdn,
    )
}

_patches = 0


def _mend() -> None:
    """Give every name the function that the number of patches asks for."""
    if _patches:
        _put_ours()
    else:
        _put_back()


_changing = Guard(_mend)


def patch_scipy() -> _Patch:
    """Put sigresample's functions into ``scipy.signal``.

    Every function of this library that has a namesake in ``scipy.signal`` takes its place there. SciPy's own are
    saved first; they still answer for input that is no NumPy array and for types that the kernels do not compute.

    Returns
    -------
    context manager
        Leaving it, as ``with patch_scipy():``, undoes this call. Ignored, the patch stays until `unpatch_scipy`.

    See Also
    --------
    unpatch_scipy : Put SciPy's functions back.

    Notes
    -----
    Names that a module took out of ``scipy.signal`` before (``from scipy.signal import convolve``) keep SciPy's
    function: patch first, or start the program by ``python -m sigresample run program.py``. SciPy's own modules keep
    theirs. Patches nest: SciPy's functions are back when each call has been undone.

    A patch is of one process, and of all its threads for as long as it lasts. A forked child inherits it. A process
    that starts afresh (``multiprocessing`` with "spawn" or "forkserver", joblib, ``subprocess``) has SciPy's functions
    until it calls `patch_scipy` itself, also where its parent was started by ``sigresample run``.

    Examples
    --------
    >>> import scipy.signal
    >>> import sigresample
    >>> with sigresample.patch_scipy():
    ...     scipy.signal.convolve is sigresample.convolve
    True
    >>> scipy.signal.convolve is sigresample.convolve
    False
    """
    global _patches
    import_module("scipy.signal")
    with _changing:
        if _patches == 0:
            _put_ours()
        _patches += 1
    return _Patch()


def unpatch_scipy() -> None:
    """Put SciPy's own functions back, however often they were replaced.

    See Also
    --------
    patch_scipy : Put ours there.

    Examples
    --------
    >>> import sigresample
    >>> _ = sigresample.patch_scipy()
    >>> sigresample.unpatch_scipy()
    """
    global _patches
    with _changing:
        if _patches:
            _put_back()
        _patches = 0


def _put_ours() -> None:
    target = import_module("scipy.signal")
    for name in OURS:
        _originals.original(name)
    for name, function in OURS.items():
        setattr(target, name, function)


def _put_back() -> None:
    target = import_module("scipy.signal")
    for name in OURS:
        setattr(target, name, _originals.original(name))


class _Patch:
    """One call of patch_scipy, to be undone once."""

    def __init__(self) -> None:
        self._undo: Callable[[], None] | None = _undo_one

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        undo, self._undo = self._undo, None
        if undo:
            undo()


def _undo_one() -> None:
    global _patches
    with _changing:
        _patches = max(0, _patches - 1)
        if _patches == 0:
            _put_back()


def run(program: str, arguments: list[str], *, module: bool) -> None:
    """Run a program under `patch_scipy`, as ``python program ...`` or ``python -m program ...`` would.

    The patch stays: threads that outlive the program's last line, and what it has registered for its end, run on.
    """
    import runpy
    import sys
    from pathlib import Path

    patch_scipy()
    sys.argv = [program, *arguments]
    if module:
        sys.path[0] = str(Path.cwd())
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(program).resolve().parent)
        runpy.run_path(program, run_name="__main__")
