"""What a call would do: its route and why, what each route would cost, and how it would run."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from . import _errors, _kernels


class Explanation(NamedTuple):
    """A call's plan, made without running it.

    Attributes
    ----------
    function : str
        Name of the function.
    route : str
        The way it would compute: "direct", "separable", "overlap-save", "whole FFT", "polyphase", "scipy", ...
    reason : str
        Why that route.
    costs : dict of str to float
        Predicted seconds, on one thread, of every route for one item of the call; of what a call costs however little
        it computes, half is counted.
    blocks : dict of str to int
        Block sizes, where a route works in blocks.
    simd : str
        SIMD level of the kernels.
    workers : int
        Threads.
    dtype : str
        Type of the result.
    shape : tuple of int
        Shape of the result.
    terms : int
        Products summed into one output, at most.
    fft_length : int
        Points of the transform, 0 if there is none.
    """

    function: str
    route: str
    reason: str
    costs: dict[str, float]
    blocks: dict[str, int]
    simd: str
    workers: int
    dtype: str
    shape: tuple[int, ...]
    terms: int
    fft_length: int

    def __str__(self) -> str:
        """Return the plan as a few lines, the costs as a table with the chosen route marked."""
        threads = "1 thread" if self.workers == 1 else f"{self.workers} threads"
        lines = [
            f"{self.function}: {self.route} ({self.reason})",
            f"  result  {self.dtype} {self.shape}, at most {self.terms} products a value",
            f"  runs    {self.simd} kernels, {threads}",
        ]
        if self.fft_length:
            lines.append(f"  FFT     {self.fft_length} points")
        if self.blocks:
            lines.append("  blocks  " + ", ".join(f"{name} {size}" for name, size in self.blocks.items()))
        wide = max(map(len, self.costs), default=0)
        for name, seconds in sorted(self.costs.items(), key=lambda item: item[1]):
            mark = "->" if name == self.route else "  "
            lines.append(f"  {mark} {name:{wide}}  {_seconds(seconds):>9}")
        return "\n".join(lines)


def by_scipy(function: str, reason: str, dtype: Any = "", shape: tuple[int, ...] = (), workers: int = 1) -> Explanation:
    """Return the plan of a call that SciPy's own function computes or refuses."""
    return Explanation(function, "scipy", reason, {}, {}, _kernels.level, workers, str(dtype), shape, 0, 0)


def unplanned(function: str) -> Explanation:
    """Return what can be said of a function that has no routes."""
    return Explanation(function, "direct", "it has no routes", {}, {}, "scalar", 1, "", (), 0, 0)


# Filled by the faces: name -> (the public function, its plan).
PLANS: dict[str, tuple[Callable[..., Any], Callable[..., Explanation]]] = {}


def explain(function: Any, /, *args: Any, **kwargs: Any) -> Explanation:
    """Return what a call would do, without running it.

    Parameters
    ----------
    function : callable or str
        A function of sigresample, its name, or SciPy's function of that name.
    *args, **kwargs
        The arguments of the call.

    Returns
    -------
    Explanation
        The route and why, the predicted seconds of every route that could compute the call, block sizes,
        SIMD level, workers, dtype and shape of the result. ``print`` shows it as a table.

    Raises
    ------
    TypeError
        If `function` has no plan here.

    See Also
    --------
    show_config : What was built and what this machine runs.

    Examples
    --------
    >>> import sigresample
    >>> plan = sigresample.explain(sigresample.convolve, [1, 2, 3], [1, 1], workers=1)
    >>> plan.route, plan.shape, plan.workers
    ('direct', (4,), 1)
    """
    name = function if isinstance(function, str) else getattr(function, "__name__", None)
    if name == function and name not in PLANS:
        import_module(f"{__package__}.nn")  # whose functions may be named before anyone has needed them
    ours, plan = PLANS.get(name, (None, None)) if isinstance(name, str) else (None, None)
    if plan is None or not (function == name or function is ours or _is_scipys(function)):
        got = function if isinstance(function, str) else getattr(function, "__qualname__", repr(function))
        raise TypeError(_errors.EXPLAIN_FUNCTION.format(known=", ".join(sorted(PLANS)), got=got))
    return plan(*args, **kwargs)


def _is_scipys(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).startswith("scipy.signal.")


def _seconds(seconds: float) -> str:
    for scale, unit in ((1, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
