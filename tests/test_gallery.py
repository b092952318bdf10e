"""The gallery's scripts run, and measure what their text says."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from helpers import gamma

GALLERY = Path(__file__).resolve().parent.parent / "docs" / "gallery"


@pytest.mark.uncheckable  # a photo, by a definition in Python
def test_checkerboards_come_from_transposed_convolutions(monkeypatch, capsys):
    plt = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setattr(plt, "show", lambda: None)
    plt.switch_backend("agg")
    told = runpy.run_path(str(GALLERY / "plot_checkerboard.py"))
    plt.close("all")
    by_3, by_4, resized = told["at_the_end"].values()
    assert by_3 > -20 and by_4 < -40 and resized < -40
    by_3, by_4, resized = told["patterns"].values()
    assert min(np.median(by_3), np.median(by_4)) > 0.5
    # Sums of equal terms are equal, whatever the weights; their mean is rounded.
    assert resized.max() <= gamma(12 * 12 + 2, "f8")
    assert capsys.readouterr().out.count("dB") == 3


def test_scripts_are_documents_too():
    for script in GALLERY.glob("*.py"):
        assert script.name.startswith("plot_")  # those that sphinx-gallery runs
        assert script.read_text(encoding="utf-8").startswith('"""\n')
