"""The demo: every route on real data, a line a step, a picture, and an exit status that means something."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
from matplotlib import image

import sigresample
from sigresample import cli, demo


def run(capsys, *argv):
    """Run the demo in this process; return its status and what it printed."""
    status = cli.main(["demo", *map(str, argv)])
    told = capsys.readouterr()
    return status, told.out, told.err


def table(told):
    """Return the table's rows."""
    return [line for line in told.splitlines() if " -> " in line and line.split()[-1][-4:-2] in ("e-", "e+")]


def row(title="step", route="direct", result=None, within=True):
    """Return a row as a step would give it."""
    step = demo.Step(title, "convolve2d", (np.zeros((3, 3)), np.zeros((2, 2))), {})
    return demo.Row(step, np.zeros((4, 4)) if result is None else result, route, 1e-3, 1e-3, 2e-3, 1e-16, within)


def found_at(i, j):
    """Return a correlation with its peak at i, j."""
    y = np.zeros((400, 400))
    y[i, j] = 1
    return y


def test_the_demo_takes_every_route_and_agrees_with_scipy(tmp_path, capsys):
    out = tmp_path / "picture.png"
    out.write_bytes(b"an older picture")
    status, told, err = run(capsys, "--out", out, "--repeat", 1)
    assert (status, err) == (0, "")
    rows = table(told)
    assert len(rows) == 6
    taken = [next(route for route in ("polyphase", *demo.ROUTES) if f" {route} " in line) for line in rows]
    assert taken == ["polyphase"] * 3 + ["separable", "direct", "overlap-save"]
    # One table: every column ends where its heading does.
    heading = next(line for line in told.splitlines() if line.startswith("step"))
    assert {len(line) for line in [heading, *rows]} == {len(heading)}
    assert all(line[heading.index("ratio") + 5] == " " for line in rows)
    assert "1024 by 25/36 -> 712 " in rows[0]
    assert " us " in rows[0]
    # Far above the rounding of sums of up to 96 * 96 products, far below any mistake.
    assert all(float(line.split()[-1]) < 1e-12 for line in rows)
    assert "template found at row 112, column 232" in told
    assert "routes direct, separable, overlap-save all taken" in told
    pixels = image.imread(out)
    assert min(pixels.shape[:2]) > 1000
    assert pixels[..., :3].std() > 0.1  # something is drawn
    assert os.listdir(tmp_path) == ["picture.png"]


@pytest.mark.parametrize("seconds", [1e-7, 9.99e-4, 1e-3, 0.0999, 0.1, 1.0, 12.3, 99.9])
def test_a_time_of_any_length_keeps_its_column(seconds):
    line = demo._line(row()._replace(ours=seconds, threaded=seconds, scipys=seconds))
    assert line.count(f" {demo._time(seconds)}") == 3
    assert len(line) == len(demo._line(row()))


def test_a_result_beyond_its_bound_is_status_1(tmp_path, capsys, monkeypatch):
    @contextmanager
    def disagreeing():
        yield
        raise sigresample.CheckError("as if the results differed")

    drawn = []
    monkeypatch.setattr(sigresample, "checked", disagreeing)
    monkeypatch.setattr(demo, "TURN", 0)
    monkeypatch.setattr(demo, "_draw", lambda *args: drawn.append(args))
    status, told, err = run(capsys, "--out", tmp_path / "p.png", "--repeat", 1)
    assert status == 1
    assert told.count("BEYOND ITS BOUND") == 6
    assert err.splitlines()[0] == "sigresample demo: ECG 360 -> 250 Hz: beyond the error bound"
    assert len(err.splitlines()) == 6
    assert len(drawn) == 1  # a picture shows best what went wrong


def test_what_makes_the_demo_fail():
    good = [row(route="direct"), row(route="separable"), row(route="overlap-save", result=found_at(112, 232))]
    assert demo._problems(good) == []
    assert demo._problems([good[0], good[0], good[2]]) == ["no step took the route separable"]
    assert demo._problems([good[0], row("blur", "separable", within=False), good[2]]) == [
        "blur: beyond the error bound"
    ]
    moved = [*good[:2], row(route="overlap-save", result=found_at(112, 231))]
    assert demo._problems(moved) == ["the template was cut at (112, 232) and found at (112, 231)"]


def test_a_wrong_result_is_not_within(monkeypatch):
    monkeypatch.setattr(sigresample, "convolve", lambda x, h, workers=None: np.float32([1, 2, 1]))
    monkeypatch.setattr(sigresample, "explain", lambda *args, **kwargs: row())
    measured = demo._measure(demo.Step("wrong type", "convolve", (np.ones(2), np.ones(2)), {}), 1)
    assert not measured.within
    assert measured.difference == np.inf


def test_best_takes_the_least_of_calls_in_turns(monkeypatch):
    monkeypatch.setattr(demo, "TURN", 0)  # one reading a turn
    pauses, order = [0.0, 0.02, 0.001, 0.02], []

    def call(name):
        time.sleep(pauses[order.count(name)])
        order.append(name)

    monkeypatch.setattr(demo, "READING", 0)  # of one call
    first, second = demo.best([lambda: call("a"), lambda: call("b")], 3)
    assert order == ["a", "b"] * 4
    assert 0.001 <= first < 0.02
    assert 0.001 <= second < 0.02


def test_best_repeats_short_calls():
    calls = []
    demo.best([lambda: calls.append(1), lambda: time.sleep(0.003)], 1)
    assert len(calls) > 100


@pytest.mark.parametrize("module", ["pywt", "matplotlib"])
def test_a_missing_package_is_named_with_its_cure(tmp_path, capsys, monkeypatch, module):
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    want = f'sigresample: the demo needs {module}: pip install "sigresample[demo]"\n'
    assert run(capsys, "--out", tmp_path / "p.png") == (2, "", want)


@pytest.mark.parametrize(
    ("name", "told"),
    [("p.jpg", "the picture's name must end in .png"), ("no/p.png", "the folder "), ("d.png", "is a directory")],
)
def test_a_picture_that_cannot_be_written_is_refused_before_any_work(tmp_path, capsys, name, told):
    (tmp_path / "d.png").mkdir()
    status, out, err = run(capsys, "--out", tmp_path / name)
    assert (status, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_kernels_are_what_their_routes_need():
    blur, mask = demo.gaussian(13, 2.2), demo.sharpening()
    assert np.linalg.matrix_rank(blur) == 1
    assert np.linalg.matrix_rank(mask) == 2
    assert blur.sum() == pytest.approx(1, abs=1e-14)
    assert mask.sum() == pytest.approx(1, abs=1e-14)
