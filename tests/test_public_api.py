"""The public names: which, with what signatures, and that their docstrings are complete and true."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path
from typing import Any

import pytest
import scipy.signal

import sigresample
from sigresample import checking, explaining, nn

ADDED = {
    "convolve": ["boundary", "workers", "out"],
    "correlate": ["boundary", "workers", "out"],
    "convolve2d": ["method", "workers", "out"],
    "correlate2d": ["method", "workers", "out"],
    "choose_conv_method": [],
    "correlation_lags": [],
    "fftconvolve": ["boundary", "workers", "out"],
    "oaconvolve": ["boundary", "workers", "out"],
    "upfirdn": ["method", "workers", "out"],
    "resample_poly": ["method", "workers", "out"],
    "resample": ["workers", "out"],
    "decimate": ["workers", "out"],
}
OTHERS = [
    "CheckError",
    "Convolver",
    "__version__",
    "checked",
    "clear_cache",
    "explain",
    "patch_scipy",
    "show_config",
    "unpatch_scipy",
]
# By PyTorch's names; what they add to its arguments is in test_nn_conv.py.
CHANNELS = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_output_size",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "conv_transpose_output_size",
]
FUNCTIONS = [*ADDED, "checked", "clear_cache", "explain", "patch_scipy", "show_config", "unpatch_scipy"]


def test_all_is_exact() -> None:
    assert sorted(sigresample.__all__) == sorted([*ADDED, *OTHERS])
    assert all(hasattr(sigresample, name) for name in sigresample.__all__)
    public = {name for name, value in vars(sigresample).items() if name[0] != "_" and not inspect.ismodule(value)}
    assert public == set(sigresample.__all__) - {"__version__"}


@pytest.mark.parametrize("name", ADDED)
def test_the_signature_is_scipys_and_only_our_additions_are_keyword_only(name: str) -> None:
    ours = list(inspect.signature(getattr(sigresample, name)).parameters.values())
    theirs = list(inspect.signature(getattr(scipy.signal, name)).parameters.values())
    for mine, his in zip(ours, theirs, strict=False):
        assert (mine.name, mine.kind, mine.default) == (his.name, his.kind, his.default)
    extra = ours[len(theirs) :]
    assert [parameter.name for parameter in extra] == ADDED[name]
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in extra)


@pytest.mark.parametrize("name", ADDED)
def test_every_scipy_named_function_is_compared_under_checks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "compared", lambda function, plan, *args, **kwargs: (function.__name__, args))
    with sigresample.checked():
        assert getattr(sigresample, name)(1, 2) == (name, (1, 2))


@pytest.mark.parametrize("name", [name for name, added in ADDED.items() if added])
def test_every_function_that_computes_has_a_plan(name: str) -> None:
    assert explaining.PLANS[name][0] is getattr(sigresample, name)


def public(name: str) -> Any:
    return getattr(nn if name in nn.__all__ else sigresample, name)


@pytest.mark.parametrize("name", [*FUNCTIONS, *CHANNELS])
def test_a_docstring_is_complete(name: str) -> None:
    function = public(name)
    text = inspect.getdoc(function)
    assert text is not None
    assert len(text.splitlines()[0]) < 80
    assert text.splitlines()[0].endswith(".")
    sections = [
        line for line, rule in zip(text.splitlines(), text.splitlines()[1:], strict=False) if set(rule) == {"-"}
    ]
    signature = inspect.signature(function)
    needed = {"Examples"} | ({"Parameters"} if signature.parameters else set())
    needed |= {"Returns"} if signature.return_annotation not in ("None", None) else set()
    assert set(sections) >= needed
    assert sections == [s for s in SECTIONS if s in sections], "numpydoc's order"
    for parameter in signature.parameters:
        documented = text.replace("*args", "args").replace("**kwargs", "kwargs")
        assert parameter in documented.split("Returns\n")[0], parameter


SECTIONS = [
    "Parameters", "Returns", "Yields", "Raises", "Warns", "Warnings", "See Also", "Notes", "References", "Examples",
]  # fmt: skip


def test_every_name_of_nn_is_in_the_reference() -> None:
    text = (Path(__file__).parents[1] / "docs" / "api.md").read_text().split("sigresample.nn\n")[1]
    listed = [line.split(":: ")[1] for line in text.splitlines() if line.startswith(".. auto")]
    assert sorted(listed) == sorted(nn.__all__)


@pytest.mark.parametrize("name", [*FUNCTIONS, *nn.__all__, "CheckError", "Convolver"])
def test_the_examples_are_true(name: str) -> None:
    run(doctest.DocTestFinder(recurse=False).find(public(name), name, globs={})[0], name != "CheckError")


@pytest.mark.parametrize("page", sorted(Path(__file__).parents[1].glob("docs/*.md")), ids=lambda path: path.name)
def test_the_examples_of_a_page_are_true(page: Path) -> None:
    test = doctest.DocTestParser().get_doctest(page.read_text(), {}, page.name, str(page), 0)
    run(test, page.name == "routes.md")


def run(test: Any, needed: bool) -> None:
    report: list[str] = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.DocTestRunner(optionflags=flags).run(test, out=report.append)
    assert not result.failed, "".join(report)
    assert result.attempted or not needed, "no example"
