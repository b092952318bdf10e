"""The peers: what each would be called for a case, and how many threads it then uses.

A peer is a function of a case and its arrays that returns a call without arguments, or None where the
peer has nothing for the case. Every peer but a ceiling must return what sigresample returns.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import scipy
import scipy.signal
from case import Case
from pool_cases import of_three

import sigresample
from sigresample import nn

Call = Callable[[], Any]
Arrays = tuple[np.ndarray[Any, Any], ...]
MATMUL = 2048  # side of the matrices of the ceiling
NUMPY_TAPS = 1024  # np.convolve sums directly: beyond these it takes seconds


class Peer(NamedTuple):
    """How to call a peer, which package it needs, and what its result is compared with."""

    prepare: Callable[[Case, Arrays], Call | None]
    module: str
    distribution: str
    threads: Callable[[int], None] | None = None  # None: one thread, whatever is asked
    same: bool = True  # its result is ours


def ours(case: Case, arrays: Arrays, workers: int | None) -> Call:
    """Return our own call; with workers None, as one writes it who never heard of workers."""
    function = getattr(nn if case.of_nn else sigresample, case.function)
    more = {} if workers is None else {"workers": workers}
    return partial(function, *arrays, **case.arguments, **case.ours, **more)


def _scipy(case: Case, arrays: Arrays) -> Call | None:
    if case.row == "outer" and case.function == "convolve" and case.ours["method"] == "direct":
        return None  # ten seconds: it multiplies by a million zeros
    function = getattr(scipy.signal, case.function)
    # SciPy's 2-D functions have no method; elsewhere it does the same job by the same method as ours.
    method = {} if case.function.endswith("2d") or "method" not in case.ours else {"method": case.ours["method"]}
    return partial(function, *arrays, **case.arguments, **method)


def _fft(name: str, case: Case, arrays: Arrays) -> Call | None:
    return partial(getattr(scipy.signal, name), *arrays, mode=case.arguments.get("mode", "full"))


def _numpy(case: Case, arrays: Arrays) -> Call | None:
    if min(array.size for array in arrays) > NUMPY_TAPS:
        return None
    return partial(np.convolve, *arrays, mode=case.arguments.get("mode", "full"))


def _numpy_outer(case: Case, arrays: Arrays) -> Call | None:
    return partial(np.outer, *arrays)


def _cv2(case: Case, arrays: Arrays) -> Call | None:
    import cv2

    if case.arguments.get("mode") != "same":
        return None  # it returns nothing else
    x, h = arrays
    # filter2D correlates; its middle is that of convolve2d for filters of odd size.
    return partial(cv2.filter2D, x, -1, h[::-1, ::-1].copy(), borderType=cv2.BORDER_CONSTANT)


def _cv2_separable(case: Case, arrays: Arrays) -> Call | None:
    import cv2

    x, h = arrays
    middle = h.shape[0] // 2, h.shape[1] // 2
    column, row = h[:, middle[1]] / h[middle], h[middle[0]]
    return partial(cv2.sepFilter2D, x, -1, row[::-1].copy(), column[::-1].copy(), borderType=cv2.BORDER_CONSTANT)


def _cv2_threads(threads: int) -> None:
    import cv2

    cv2.setNumThreads(threads)


def _cv2_resize(case: Case, arrays: Arrays) -> Call | None:
    import cv2

    x = arrays[0][0]
    x = x if case.ours.get("channels_last") else np.ascontiguousarray(np.moveaxis(x, 0, -1))
    (h, w), how = case.arguments["size"], _cv2_mode(case)
    return lambda: cv2.resize(x, (w, h), interpolation=how)


def _cv2_planes(case: Case, arrays: Arrays) -> Call | None:
    import cv2

    (h, w), how = case.arguments["size"], _cv2_mode(case)
    return lambda: [cv2.resize(plane, (w, h), interpolation=how) for plane in arrays[0][0]]


def _cv2_mode(case: Case) -> int:
    import cv2

    modes = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}
    how: int = modes[case.arguments["mode"]]
    return how


def _pillow(case: Case, arrays: Arrays) -> Call | None:
    from PIL import Image

    (h, w), how = case.arguments["size"], Image.Resampling[case.arguments["mode"].upper()]
    # It has no float64: the same image in float32.
    planes = [Image.fromarray(plane.astype(np.float32)) for plane in arrays[0][0]]
    return lambda: [plane.resize((w, h), how) for plane in planes]


def _torch(case: Case, arrays: Arrays) -> Call | None:
    import torch

    if case.of_nn:
        return partial(getattr(torch.nn.functional, case.function), *map(torch.from_numpy, arrays), **case.arguments)
    x, h = (torch.from_numpy(a.copy()) for a in (arrays[0], arrays[1][::-1, ::-1]))
    padding = [k // 2 for k in h.shape]
    call = partial(torch.nn.functional.conv2d, x[None, None], h[None, None], padding=padding)
    return lambda: call()[0, 0].numpy()


def _torch_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


@contextlib.contextmanager
def without_gradients() -> Iterator[None]:
    """Have PyTorch, where it is loaded, keep nothing for gradients: as fast as it can be called."""
    if "torch" not in sys.modules:
        yield
        return
    import torch

    with torch.inference_mode():
        yield


def _soxr(case: Case, arrays: Arrays) -> Call | None:
    import soxr

    if case.arguments["axis"] != 0:
        return None  # soxr takes (samples, channels) only
    up, down = case.arguments["up"], case.arguments["down"]
    return partial(soxr.resample, arrays[0], down, up, quality="HQ")


def _one_worker(case: Case, arrays: Arrays) -> Call | None:
    return ours(case, arrays, 1)


def _clean(case: Case, arrays: Arrays) -> Call | None:
    return ours(case, replace(case, spoilt=None).arrays(), 1)


def _three(case: Case, arrays: Arrays) -> Call | None:
    return ours(of_three(case), arrays, 1)


def _swapped(case: Case, arrays: Arrays) -> Call | None:
    return ours(case, arrays[::-1], 1)


def _matmul(case: Case, arrays: Arrays) -> Call | None:
    rng = np.random.default_rng(1)
    a, b = (rng.standard_normal((MATMUL, MATMUL)).astype(case.dtype) for _ in "ab")
    out = np.empty_like(a)  # no page faults in the ceiling
    return partial(np.matmul, a, b, out=out)


def _copy(case: Case, arrays: Arrays) -> Call | None:
    x = max(arrays, key=lambda array: array.size)
    return partial(np.copyto, np.empty_like(x), x)


PEERS = {
    "scipy": Peer(_scipy, "scipy", "scipy"),
    "fftconvolve": Peer(partial(_fft, "fftconvolve"), "scipy", "scipy"),
    "oaconvolve": Peer(partial(_fft, "oaconvolve"), "scipy", "scipy"),
    "numpy": Peer(_numpy, "numpy", "numpy"),
    "numpy-outer": Peer(_numpy_outer, "numpy", "numpy"),
    "cv2": Peer(_cv2, "cv2", "opencv-python-headless", _cv2_threads),
    "cv2-separable": Peer(_cv2_separable, "cv2", "opencv-python-headless", _cv2_threads),
    # Their weights are float32, and halves are rounded up: close, which a test holds, but not the same.
    "cv2-resize": Peer(_cv2_resize, "cv2", "opencv-python-headless", _cv2_threads, same=False),
    "cv2-planes": Peer(_cv2_planes, "cv2", "opencv-python-headless", _cv2_threads, same=False),
    "pillow": Peer(_pillow, "PIL", "pillow", same=False),
    "torch": Peer(_torch, "torch", "torch", _torch_threads),
    "soxr": Peer(_soxr, "soxr", "soxr", same=False),
    "one-worker": Peer(_one_worker, "sigresample", "sigresample"),
    "clean": Peer(_clean, "sigresample", "sigresample", same=False),
    "three": Peer(_three, "sigresample", "sigresample", same=False),
    "swapped": Peer(_swapped, "sigresample", "sigresample"),
    "matmul": Peer(_matmul, "threadpoolctl", "threadpoolctl", same=False),
    "copy": Peer(_copy, "numpy", "numpy", same=False),
}


def missing(names: set[str]) -> dict[str, str]:
    """Return the peers among the names that cannot run here, each with the reason."""
    absent = {}
    for name in sorted(names):
        try:
            importlib.import_module(PEERS[name].module)
        except ImportError as error:
            absent[name] = f"{PEERS[name].distribution} cannot be imported ({error})"
    return absent


def versions(names: set[str]) -> dict[str, str]:
    """Return the version of each package behind the names."""
    found = {}
    for distribution in sorted({PEERS[name].distribution for name in names} | {"numpy", "scipy", "sigresample"}):
        try:
            found[distribution] = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:  # installed under another name: opencv-python, say
            module = next(peer.module for peer in PEERS.values() if peer.distribution == distribution)
            found[distribution] = str(getattr(importlib.import_module(module), "__version__", "unknown"))
    return found


def set_threads(threads: int) -> None:
    """Give every peer loaded so far this many threads, and with them what shares their OpenMP: ours, perhaps."""
    for peer in PEERS.values():
        if peer.threads and peer.module in sys.modules:
            peer.threads(threads)


def available_threads() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
