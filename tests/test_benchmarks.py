"""The benchmarks run, compare the same work, and say what they found. No time is asserted."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
cases, memory, peers, report, run, timing = (
    importlib.import_module(name) for name in ("cases", "memory", "peers", "report", "run", "timing")
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Run every case once, tiny, and read what was written."""
    out = tmp_path_factory.mktemp("benchmarks") / "results.json"
    assert run.main(["--smoke", "--json", str(out)]) == 0
    return out


def test_every_case_is_timed_against_every_peer_there_is(results):
    figures = json.loads(results.read_text(encoding="utf-8"))
    assert [(case["row"], case["case"], case["dtype"]) for case in figures["cases"]] == [
        (case.row, case.label, case.dtype) for case in cases.ALL
    ]
    rows = {row.key: row for row in cases.ROWS}
    for case in figures["cases"]:
        want = {*rows[case["row"]].peers, *rows[case["row"]].ceilings} - set(figures["skipped"])
        if "8 rows" in case["case"]:
            want.discard("soxr")  # it takes (samples, channels) only
        if (case["row"], case["case"]) == ("outer", "convolve, direct"):
            want.discard("scipy")  # too slow
        assert set(case["peers"]) == want, case
        assert all(figure["ratio"] > 0 for figure in case["peers"].values())


def test_report_writes_between_the_markers_and_twice_the_same(results, tmp_path):
    readme, full = tmp_path / "README.md", tmp_path / "RESULTS.md"
    readme.write_text(f"before\n{report.START}\nstale table\n{report.END}\nafter\n", encoding="utf-8")
    arguments = [str(results), "--readme", str(readme), "--results", str(full)]
    assert report.main(arguments) == 0
    text = readme.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{report.START}\n") and text.endswith(f"\n{report.END}\nafter\n")
    assert "stale table" not in text
    for row in cases.ROWS:
        assert (f"| {row.title} |" in text) == row.promised
        assert f"## {row.title}" in full.read_text(encoding="utf-8")
    assert "## Extra memory" not in full.read_text(encoding="utf-8")
    memory = tmp_path / "memory.json"
    figure = {"case": "a call", "dtype": "float32", "workers": 2, "extra": 3 * 2**20, "allowed": 4 * 2**20}
    memory.write_text(json.dumps([figure]), encoding="utf-8")
    assert report.main([*arguments, "--memory", str(memory)]) == 0
    assert "| a call | float32 | 2 | 3.0 MiB | 4.0 MiB |" in full.read_text(encoding="utf-8")
    assert readme.read_text(encoding="utf-8") == text


def test_report_needs_its_markers(results, tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text("nothing here\n", encoding="utf-8")
    assert report.main([str(results), "--readme", str(readme), "--results", str(tmp_path / "R.md")]) == 1
    assert report.START in capsys.readouterr().err
    assert readme.read_text(encoding="utf-8") == "nothing here\n"


def test_an_absent_peer_is_named(monkeypatch, capsys):
    monkeypatch.setitem(peers.PEERS, "scipy", peers.PEERS["scipy"]._replace(module="no_such_package"))
    chosen = [case.shrunk(16) for case in cases.select(("tiny",))]
    figures = run.run(chosen, timing.SMOKE) | {"quick": True}
    assert list(figures["skipped"]) == ["scipy"]
    assert "skipped: scipy" in capsys.readouterr().err
    text = report.full_report(figures)
    assert "## Skipped\n\n- SciPy: scipy cannot be imported" in text
    assert "A quick run: some sizes are left out" in text


def test_a_peer_that_does_another_job_is_found_out():
    case = cases.select(("tiny",))[0]
    want = np.ones(4, case.dtype)
    run.agree(case, "scipy", want, want)
    with pytest.raises(RuntimeError, match="scipy computes something else"):
        run.agree(case, "scipy", want + 1e-2, want)
    with pytest.raises(RuntimeError, match="scipy computes something else"):
        run.agree(case, "scipy", want[:3], want)


def test_filters_are_of_full_rank_or_of_rank_one():
    for case in cases.select(("convolve2d", "convolve2d-auto", "convolve2d-gaussian")):
        case = case.shrunk(64)
        image, taps = case.arrays()
        assert image.dtype == taps.dtype == case.dtype
        assert np.linalg.matrix_rank(taps.astype("d"), tol=1e-6) == (1 if case.gaussian else len(taps))


@pytest.mark.parametrize(
    ("row", "label", "products"),
    [
        ("convolve2d", "3×3", 1024 * 1024 * 9),
        ("correlate2d", "full, fill", 777 * 1301 * 35),
        ("correlate2d", "valid, symm", 771 * 1297 * 35),
        ("upfirdn", "161 taps, 1/1", 1_000_160 * 161),
        ("upfirdn", "161 taps, 8/1", 8_000_153 * 21),
        ("resample_poly", "48 → 16 kHz, mono", 160_000 * 61),
        ("convolve", "64 taps", 64_000_000),
    ],
)
def test_products_by_hand(row, label, products):
    found = {case.multiply_adds() for case in cases.ALL if (case.row, case.label) == (row, label)}
    assert found == {products}


def test_ratios_by_hand():
    figure = timing.ratio([2.0, 9.0, 4.0, 8.0, 5.0], [1.0, 1.0, 1.0, 1.0, 1.0, 7.0])
    assert figure == {"ratio": 5, "low": 4, "high": 8, "rounds": 5, "seconds": 5}
    assert timing.ratio([2.0], [4.0], factor=3)["ratio"] == 1.5
    assert report.mean([1, 100]) == pytest.approx(10)


def test_calls_take_turns():
    seen = []
    calls = {name: (lambda name=name: seen.append(name)) for name in "abc"}
    times = timing.in_turn(calls, timing.Effort(rounds=3, at_least=1, share=60, loop=0))
    assert "".join(seen)[-9:] == "abcabcabc"
    assert [len(taken) for taken in times.values()] == [3, 3, 3]


def test_a_slow_call_is_not_run_again():
    seen = []
    calls = {name: (lambda name=name: seen.append(name)) for name in "ab"}
    times = timing.in_turn(calls, timing.SMOKE, first={"b": 2.5})
    assert set(seen) == {"a"}
    assert times["b"] == [2.5]
    assert len(times["a"]) == 1


def test_goals_by_hand():
    def case(row, label, dtype, **figures):
        peers = {name: {"ratio": ratio} for name, ratio in figures.items()}
        return {"row": row, "case": label, "dtype": dtype, "peers": peers}

    results = {
        "cases": [
            case("upfirdn", "a", "float32", scipy=10),
            case("upfirdn", "b", "float64", scipy=40),
            case("convolve", "c", "float32", numpy=3, scipy=2, oaconvolve=8),
            case("swap", "d", "float32", swapped=1.25),
        ]
    }
    reached = {(row.key, goal.peer, goal.statistic): ratio for row, goal, ratio in report.goals(results)}
    assert reached == {
        ("upfirdn", "scipy", "mean"): pytest.approx(20),
        ("upfirdn", "scipy", "min"): 10,
        ("convolve", "best", "mean"): pytest.approx(2),
        ("swap", "swapped", "min"): pytest.approx(0.8),
    }


def test_an_unknown_row_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        run.main(["--rows", "tiny,convolve3d"])
    assert stop.value.code == 2
    assert "no such row: convolve3d; there are convolve2d, " in capsys.readouterr().err


@pytest.mark.skipif(not memory.STATUS.exists(), reason="needs /proc")
def test_memory_sees_what_a_call_takes(monkeypatch):
    taken = []
    monkeypatch.setattr(peers, "ours", lambda case, arrays, workers: lambda: grow(arrays, taken))
    case = cases.Case("memory", "grown", "convolve", ((1_000_000,),), "float64")
    figure = memory.measure(case, 1)
    assert figure["size"] == 16_000_000
    assert figure["allowed"] == 800_000 + 2 * 2**20
    if figure["blind"] == 0:
        assert abs(figure["extra"] - 24_000_000) < 2**20


def grow(arrays, taken):
    """Stand for a call with 24 MB of scratch."""
    taken.append(np.ones(3_000_000) if arrays[0].size > 200 else None)
    return arrays[0] + 1


@pytest.mark.skipif(not memory.STATUS.exists(), reason="needs /proc")
def test_memory_runs_a_case_in_a_process_of_its_own(capsys):
    spec = ("convolve2d", ((600, 500), (5, 5)), "float32", {"mode": "same"}, {"method": "direct"})
    assert memory.main(["--only", "no such case"]) == 0
    figure = memory.in_fresh_process(len(memory.SPECS) - 1, 1)
    assert figure["case"] == memory.case_of(memory.SPECS[-1]).label
    assert figure["size"] == 8 * 480_000 * 8 * 4 // 3
    assert memory.case_of(spec).label == "convolve2d 600×500 by 5×5, mode same"
    assert memory.line(figure | {"extra": 2**30}).strip().startswith("1024.00 MiB of")
