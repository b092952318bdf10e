"""The benchmarks run, compare the same work, and say what they found. No time is asserted."""

from __future__ import annotations

import importlib
import json
import math
import mmap
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
cases, memory, nn_cases, peers, report, resize_cases, run, timing = (
    importlib.import_module(name)
    for name in ("cases", "memory", "nn_cases", "peers", "report", "resize_cases", "run", "timing")
)

# Every case of the benchmarks, once: by their definitions, as a check asks, they would take minutes.
pytestmark = pytest.mark.uncheckable


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
        if case["case"].endswith("307, full"):
            want.discard("cv2")  # it has mode same only
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
    for case in cases.select(("convolve2d", "convolve2d-auto", "convolve2d-gaussian", "convolve2d-large")):
        case = case.shrunk(64)
        image, taps = case.arrays()
        assert image.dtype == taps.dtype == case.dtype
        assert np.linalg.matrix_rank(taps.astype("d"), tol=1e-6) == (1 if case.gaussian else len(taps))


def test_shrunk_arrays_keep_what_is_odd():
    case = cases.Case("convolve2d-large", "", "convolve2d", ((1009, 997), (31, 20)), "float32")
    assert case.shrunk(24).shapes == ((23, 23), (23, 20))
    assert case.shrunk(25).shapes == ((25, 25), (25, 20))
    assert cases.Case("decimate-iir", "", "decimate", ((1000,),), "float32", {"q": 2}).shrunk(8).shapes == ((28,),)


def test_small_convolutions_are_calls_too():
    for case in (*nn_cases.ALL, *nn_cases.MEMORY):
        if case.row == "nn-workers":
            continue
        for small in (case.shrunk(24), case.warming()):
            x, w = (np.zeros(shape, case.dtype) for shape in small.shapes)
            y = peers.ours(small, (x, w), 1)()
            assert y.dtype == case.dtype
            assert max(x.shape[2:]) <= 32 and w.shape[2:] == case.shapes[1][2:]
        x, w = case.warming().shapes
        groups = case.arguments.get("groups", 1)
        assert (x[0], x[1] // groups <= 8, w[0] // groups <= 8, w[1] <= 8) == (1, True, True, True)


def test_a_peer_with_other_indices_is_found_out():
    case = next(case for case in cases.select(("nn-pool",)) if "indices" in case.label)
    want = np.ones(4, case.dtype), np.arange(10_000, 10_004)
    run.agree(case, "torch", want, want)
    with pytest.raises(RuntimeError, match="torch computes something else"):
        run.agree(case, "torch", (want[0], want[1] + [0, 1, 0, 0]), want)


def test_positions_to_be_unpooled_are_those_of_a_maximum():
    case = next(case for case in cases.select(("nn-pool",)) if case.function == "max_unpool2d").shrunk(9)
    values, indices = case.arrays()
    y = peers.ours(case, (values, indices), 1)()
    assert y.shape == (1, 9, 18, 18) and np.count_nonzero(y) == values.size
    window = y.reshape(1, 9, 9, 2, 9, 2)
    np.testing.assert_array_equal(window.sum(axis=(3, 5)), values)


def test_pytorch_is_called_without_gradients_as_it_is_written():
    torch = pytest.importorskip("torch")
    case = next(case for case in cases.select(("nn-transposed",)) if "op1" in case.label).shrunk(9)
    x, w = arrays = case.arrays()
    call = peers.PEERS["torch"].prepare(case, arrays)
    with peers.without_gradients():
        y = call()
        assert torch.is_inference_mode_enabled() and y.is_inference()
    want = torch.nn.functional.conv_transpose2d(
        torch.from_numpy(x), torch.from_numpy(w), stride=2, padding=1, output_padding=1
    )
    np.testing.assert_array_equal(y, want.numpy())
    assert y.shape == (1, 16, 18, 18)
    run.agree(case, "torch", y, peers.ours(case, arrays, 1)())


@pytest.mark.parametrize("what", cases.SPOILT)
def test_spoilt_data_are_the_clean_ones_but_for_what_spoils_them(what):
    found = [case.shrunk(1000) for case in cases.select(("nan",)) if case.label.endswith(what)]
    assert found
    for case in found:
        dirty, h = case.arrays()
        clean, same = replace(case, spoilt=None).arrays()
        value, share = cases.SPOILT[what]
        bad = ~np.isfinite(dirty)
        assert bad.sum() == (1 if what.startswith("one") else round(share * clean.size))
        np.testing.assert_array_equal(dirty[bad], np.full(bad.sum(), value))
        np.testing.assert_array_equal(dirty[~bad], clean[~bad])
        np.testing.assert_array_equal(h, same)
        assert np.isfinite(clean).all()
        assert np.isfinite(peers.PEERS["clean"].prepare(case, (dirty, h))()).all()


def test_peers_that_would_not_do_are_left_out():
    for case in cases.select(("convolve-auto",)):
        arrays = tuple(np.broadcast_to(np.float32(1), shape) for shape in case.shapes)
        call = peers.PEERS["numpy"].prepare(case, arrays)
        assert (call is None) == (case.shapes[1][0] > 1024)
        assert peers.PEERS["oaconvolve"].prepare(case, arrays) is not None


@pytest.mark.parametrize(
    ("row", "label", "products"),
    [
        ("convolve2d", "3×3", 1024 * 1024 * 9),
        ("correlate2d", "full, fill", 777 * 1301 * 35),
        ("correlate2d", "valid, symm", 771 * 1297 * 35),
        ("upfirdn", "161 taps, 1/1", 1_000_160 * 161),
        ("upfirdn", "161 taps, 8/1", 8_000_153 * 21),
        ("resample_poly", "48 → 16 kHz, mono", 160_000 * 61),
        ("resample", "100003 → 50021", 100_003 * 50_021),
        ("decimate-fir", "by 4", 250_000 * 81),
        ("convolve", "64 taps", 64_000_000),
        ("convolve-auto", "8192 taps", 8_192_000_000),
        ("convolve2d-large", "512² by 255²", 512 * 512 * 255 * 255),
        ("oaconvolve", "256×4096 by 1×129", 256 * 4096 * 129),
        ("nn-layers", "64→64 3×3, 56²", 64 * 64 * 9 * 56 * 56),
        ("nn-layers", "3→64 7×7 s2, 224²", 3 * 64 * 49 * 112 * 112),
        ("nn-layers", "16→32 3×3 s2, 8 of 64²", 8 * 16 * 32 * 9 * 32 * 32),
        ("nn-layers", "32→32 3×3 dilated 2, 64²", 32 * 32 * 9 * 64 * 64),
        ("nn-layers", "32→64 5×5 groups 2, 4 of 28²", 4 * 16 * 64 * 25 * 28 * 28),
        ("nn-planes", "64 3×3 depthwise, 112²", 64 * 9 * 112 * 112),
        ("nn-transposed", "64→32 4×4 s2, 28²", 64 * 32 * 16 * 28 * 28),
        ("nn-transposed", "21 16×16 s8 grouped, 32²", 21 * 256 * 32 * 32),
        ("nn-transposed", "32→16 5×5 s1, 2 of 32²", 2 * 32 * 16 * 25 * 32 * 32),
        ("nn-tiny", "3×8² by 4×3×3", 3 * 4 * 9 * 6 * 6),
        ("nn-grids", "3×512², bicubic", 3 * 16 * 512 * 512),
        ("nn-grids", "2×48³, bilinear", 2 * 8 * 48**3),
        ("nn-shuffles", "3→27, 768² /3", 3 * 768 * 768),
        ("nn-pool", "max 3 s2 p1, indices", 64 * 56 * 56 * 9),
        ("nn-pool", "mean 2", 64 * 56 * 56 * 4),
        ("nn-pool", "unpool 2", 64 * 56 * 56),
        ("nn-pool-large", "max 31 s1, 1024²", 1024 * 1024 * 31 * 31),
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


def test_the_best_rival_on_all_threads_by_hand():
    def case(speedup, more, **figures):
        peers = {name: {"ratio": ratio} for name, ratio in figures.items()}
        threads = {"speedup": {"ratio": speedup}} | {name: {"ratio": ratio} for name, ratio in more.items()}
        return {"row": "convolve2d-large", "case": "", "dtype": "float32", "peers": peers, "all": threads}

    results = {
        "cases": [
            case(2.0, {"cv2": 3.0}, fftconvolve=2, oaconvolve=5, cv2=2.5),  # OpenCV uses threads too and comes first
            case(1.5, {"cv2": 9.0}, fftconvolve=2, oaconvolve=5, cv2=7),
            case(1.5, {}, fftconvolve=4, oaconvolve=5, cv2=3),  # OpenCV took a second: not timed again
            case(1.5, {}, fftconvolve=4, oaconvolve=2),
        ]
    }
    assert report.all_threads(results, "convolve2d-large", "best") == [3, 3, 6, 3]
    assert report.all_threads(results, "convolve2d-large", "cv2") == [3, 9]
    assert report.all_threads(results, "convolve2d", "cv2") == []


def test_comparisons_with_ourselves_are_not_lost():
    row = next(row for row in cases.ROWS if row.key == "convolve2d-large")
    assert report.name_of(row, "best") == "the fastest of SciPy fftconvolve, SciPy oaconvolve, OpenCV filter2D"
    found = [
        {"row": "nan", "case": "a", "dtype": "float32", "peers": {"clean": {"ratio": 0.5}}},
        {"row": "swap", "case": "b", "dtype": "float32", "peers": {"swapped": {"ratio": 0.5}}},
        {"row": "oaconvolve", "case": "c", "dtype": "float32", "peers": {"scipy": {"ratio": 0.5}}},
        {"row": "convolve-auto", "case": "d", "dtype": "float32", "peers": {"fftconvolve": {"ratio": 2}}},
    ]
    assert [(case["row"], peer) for case, peer, _ in report.losses({"cases": found})] == [("oaconvolve", "scipy")]
    assert report._losses_sentence({"cases": found}).startswith(
        "Of 2 comparisons 1 were lost: oaconvolve against SciPy"
    )


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
    if arrays[0].size > 200:
        taken.append(fresh(3_000_000))
    return np.add(arrays[0], 1, out=fresh(arrays[0].size))


def fresh(size):
    """Return ones in memory that was not this process's: what others have freed may be resident still."""
    made = np.frombuffer(mmap.mmap(-1, 8 * size))
    made[:] = 1
    return made


@pytest.mark.skipif(not memory.STATUS.exists(), reason="needs /proc")
def test_memory_runs_a_case_in_a_process_of_its_own(capsys):
    spec = ("convolve2d", ((600, 500), (5, 5)), "float32", {"mode": "same"}, {"method": "direct"})
    assert memory.main(["--only", "no such case"]) == 0
    number = next(number for number, (*_, arguments, _) in enumerate(memory.SPECS) if "padtype" in arguments)
    figure = memory.in_fresh_process("--child", str(number), "1")
    assert figure["case"] == memory.case_of(memory.SPECS[number]).label
    assert figure["size"] == 8 * 480_000 * 8 * 4 // 3
    assert memory.case_of(spec).label == "convolve2d 600×500 by 5×5, mode same"
    assert memory.line(figure | {"extra": 2**30}).strip().startswith("1024.00 MiB of")


@pytest.mark.skipif(not memory.STATUS.exists(), reason="needs /proc")
def test_memory_of_a_whole_process_counts_everything_but_input_and_result(monkeypatch):
    case = memory.case_of(memory.IMAGE).shrunk(64)
    assert math.prod(memory.case_of(memory.IMAGE).shapes[0]) == 2**28
    before = memory.resident("VmHWM")
    figure = memory.whole(case, 1)
    assert figure["size"] == (64 * 64 * 2 + 63 * 63) * 4
    assert before - figure["size"] <= figure["extra"] <= memory.resident("VmHWM")
    assert figure["case"].endswith(", whole process")
    held = []
    monkeypatch.setattr(peers, "ours", lambda case, arrays, workers: lambda: held.append(np.ones(2**25)) or arrays[0])
    assert memory.whole(case, 1)["extra"] >= 2**28 - 2**20
    assert memory.line(figure | {"extra": 2**28 + 1}).split()[4] == "TOO"


@pytest.mark.skipif(not memory.STATUS.exists(), reason="needs /proc")
def test_memory_sees_a_cache_that_grows(monkeypatch):
    held = []

    def grow(x, other):
        held.append(mmap.mmap(-1, 2**23))  # memory that no other test has left to the heap
        held[-1].write(b"1" * 2**23)

    monkeypatch.setitem(memory.CHANGING, "Convolver", grow)
    figure = memory.drift("Convolver", calls=20, settled=10)
    assert figure["extra"] >= 9 * 2**23
    assert memory.line(figure).split()[4] == "TOO"
    monkeypatch.undo()
    for name in memory.CHANGING:
        assert memory.drift(name, calls=4, settled=2)["case"].startswith(name)


@pytest.mark.parametrize("name", ["cv2-resize", "cv2-planes", "pillow"])
def test_peers_of_a_resize_do_nearly_the_same(name):
    """Within their float32 weights, or one level."""
    pytest.importorskip(peers.PEERS[name].module)
    rows = [row.key for row in resize_cases.ROWS if name in row.peers]
    chosen = [case.shrunk(64) for case in cases.select(tuple(rows))]
    assert len(chosen) >= 2
    for case in chosen:
        arrays = case.arrays()
        want = peers.ours(case, arrays, 1)()[0]
        got = np.asarray(peers.PEERS[name].prepare(case, arrays)())
        if got.shape != want.shape:
            got = np.moveaxis(got, -1, 0)
        apart = abs(got.astype(float) - want)
        assert got.shape == want.shape
        assert apart.max() <= (1 if case.dtype == "uint8" else 1e-4 * abs(want).max()), case


def test_products_of_a_resize():
    products = {(case.row, case.label): case.multiply_adds() for case in resize_cases.ALL}
    assert products["resize", "→ 1024², bilinear"] == 3 * 1024 * 2 * (512 + 1024)
    assert products["resize", "→ 256², nearest"] == 3 * 256 * (512 + 256)
    assert products["resize-antialias", "→ 200², bicubic"] == 3 * 200 * 4 * 3 * (512 + 200)
