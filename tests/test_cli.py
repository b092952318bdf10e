"""The command line: every refusal is one line, nothing is left behind, and the rest of its face."""

from __future__ import annotations

import importlib.metadata
import io
import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
from command import assert_only, child, refused, run, samples, write_wav

import sigresample
from sigresample import cli, files

# ── refusals ──


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in a folder of good, odd and broken files."""
    monkeypatch.chdir(tmp_path)
    write_wav("good.wav", samples(1000, 2, "PCM_16"), "PCM_16", rate=44100)
    write_wav("law.wav", samples(10, 1, "DOUBLE"), "ULAW")
    soundfile.write("flac.wav", samples(10, 1, "PCM_16"), 8000, format="FLAC")
    good = (tmp_path / "good.wav").read_bytes()
    for name, data in {
        "empty.wav": b"",
        "noise.wav": b"not a sound" * 20,
        "head.wav": good[:30],
        "cut.wav": good[:2000],
    }.items():
        (tmp_path / name).write_bytes(data)
    zero_rate = bytearray(good)
    zero_rate[24:28] = bytes(4)
    (tmp_path / "rate0.wav").write_bytes(zero_rate)
    np.save("good.npy", np.arange(100.0))
    np.save("scalar.npy", np.float64(3))
    np.save("object.npy", np.array([None, 1]))
    np.save("text.npy", np.array(["a", "b"]))
    np.save("dates.npy", np.zeros(3, "M8[s]"))
    np.save("record.npy", np.zeros(3, [("a", "f4")]))
    np.save("long.npy", np.zeros(3, np.longdouble))
    good = (tmp_path / "good.npy").read_bytes()
    for name, data in {
        "empty.npy": b"",
        "noise.npy": b"no array" * 20,
        "head.npy": good[:40],
        "cut.npy": good[:300],
    }.items():
        (tmp_path / name).write_bytes(data)
    with open("vast.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (2**70,)})
    os.mkdir("folder.wav")
    os.mkdir("folder.npy")
    os.symlink("nowhere.wav", "dangling.wav")
    os.mkfifo("pipe.wav")
    return tmp_path


REFUSED = [
    (["nothing.wav", "o.wav", "--up", "2"], "nothing.wav: no such file"),
    (["nothing\0.wav", "o.wav", "--up", "2"], r"'nothing\x00.wav': no such file"),
    (["two\nlines.wav", "o.wav", "--up", "2"], r"'two\nlines.wav': no such file"),
    (["dangling.wav", "o.wav", "--up", "2"], "dangling.wav: No such file or directory"),
    (["folder.wav", "o.wav", "--up", "2"], "folder.wav: is a directory"),
    (["folder.npy", "o.npy", "--up", "2"], "folder.npy: is a directory"),
    (["pipe.wav", "o.wav", "--up", "2"], "pipe.wav: is not a regular file"),
    (["empty.wav", "o.wav", "--up", "2"], "empty.wav: not a readable .wav file: Format not recognised."),
    (["noise.wav", "o.wav", "--up", "2"], "noise.wav: not a readable .wav file: Format not recognised."),
    (["head.wav", "o.wav", "--up", "2"], "head.wav: not a readable .wav file: "),
    (["cut.wav", "o.wav", "--up", "2"], "cut.wav: cut short: 1956 of 4000 bytes of samples are there"),
    (["rate0.wav", "o.wav", "--rate", "100"], "rate0.wav: "),
    (["law.wav", "o.wav", "--up", "2"], "law.wav: sub-format ULAW is not one of PCM_U8, PCM_16, PCM_24, PCM_32, FLOAT"),
    (["flac.wav", "o.wav", "--up", "2"], "flac.wav: holds FLAC, not WAV"),
    (["good.txt", "o.wav", "--up", "2"], "good.txt: must be a .wav or a .npy file"),
    (["good", "o", "--up", "2"], "good: must be a .wav or a .npy file"),
    (["good.wav", "o.npy", "--up", "2"], "o.npy: must end in .wav as good.wav does"),
    (["good.npy", "o.wav", "--up", "2"], "o.wav: must end in .npy as good.npy does"),
    (["good.wav", "folder.wav", "--up", "2"], "folder.wav: is a directory"),
    (["good.wav", "folder.wav", "--up", "2", "--force"], "folder.wav: is a directory"),
    (["good.wav", "pipe.wav", "--up", "2", "--force"], "pipe.wav: is not a regular file"),
    (["good.wav", "no/o.wav", "--up", "2"], "no/o.wav: the folder "),
    (["good.wav", "law.wav", "--up", "2"], "law.wav: exists; --force overwrites it"),
    (["good.wav", "good.wav", "--up", "2"], "good.wav: exists; --force overwrites it"),
    (["good.wav", "dangling.wav", "--up", "2"], "dangling.wav: exists; --force overwrites it"),
    (["good.wav", "o.wav"], "give either --rate or --up and --down"),
    (["good.wav", "o.wav", "--rate", "8000", "--up", "2"], "give either --rate or --up and --down"),
    (["good.wav", "o.wav", "--rate", "0"], "argument --rate: must be at least 1, got 0"),
    (["good.wav", "o.wav", "--rate", "-8000"], "argument --rate: must be at least 1, got -8000"),
    (["good.wav", "o.wav", "--rate", "fast"], "argument --rate: must be a whole number, got 'fast'"),
    (["good.wav", "o.wav", "--rate", "nan"], "argument --rate: must be a whole number, got 'nan'"),
    (["good.wav", "o.wav", "--rate", "8000.5"], "argument --rate: must be a whole number, got '8000.5'"),
    (["good.wav", "o.wav", "--up", "9" * 5000], "argument --up: must be a whole number, got '999"),
    (["good.wav", "o.wav", "--down", "0"], "argument --down: must be at least 1, got 0"),
    (["good.wav", "o.wav", "--up", str(2**70)], "needs a filter of "),
    (["good.wav", "o.wav", "--rate", str(44100 * 50_000)], "the rate must be at most 2147483647 Hz, got 2205000000"),
    (["good.wav", "o.wav", "--down", "8"], "44100 Hz by 1/8 is 5512.5 Hz, and a .wav file holds whole rates only"),
    (["good.wav", "o.wav", "--up", "2", "--axis", "1"], "--axis is for .npy files"),
    (["good.wav", "o.wav", "--rate", "8000", "--from-rate", "44100"], "--from-rate is for .npy files"),
    (["good.npy", "o.npy", "--rate", "8000"], "a .npy file has no rate: --rate and --from-rate go together"),
    (["good.npy", "o.npy", "--up", "2", "--from-rate", "8000"], "a .npy file has no rate: --rate and --from-rate go"),
    (["good.npy", "o.npy", "--up", "2", "--axis", "1"], "good.npy: --axis must be within an array of 1 axes, got 1"),
    (["good.npy", "o.npy", "--up", "2", "--axis", "-2"], "good.npy: --axis must be within an array of 1 axes, got -2"),
    (["good.npy", "o.npy", "--up", "2", "--axis", "x"], "argument --axis: must be a whole number, got 'x'"),
    (["scalar.npy", "o.npy", "--up", "2"], "scalar.npy: --axis must be within an array of 0 axes, got 0"),
    (["empty.npy", "o.npy", "--up", "2"], "empty.npy: not a readable .npy file: "),
    (["noise.npy", "o.npy", "--up", "2"], "noise.npy: not a readable .npy file: "),
    (["head.npy", "o.npy", "--up", "2"], "head.npy: not a readable .npy file: "),
    (["cut.npy", "o.npy", "--up", "2"], "cut.npy: not a readable .npy file: "),
    (["vast.npy", "o.npy", "--up", "2"], "vast.npy: not a readable .npy file: "),
    (["object.npy", "o.npy", "--up", "2"], "object.npy: not a readable .npy file: "),
    (["text.npy", "o.npy", "--up", "2"], "text.npy: cannot resample data of type <U1"),
    (["dates.npy", "o.npy", "--up", "2"], "dates.npy: cannot resample data of type datetime64[s]"),
    (["record.npy", "o.npy", "--up", "2"], "record.npy: cannot resample data of type [('a', '<f4')]"),
    (["long.npy", "o.npy", "--up", "2"], "long.npy: cannot resample data of type "),
    (["good.wav"], "the following arguments are required: OUT"),
    (["good.wav", "o.wav", "more", "--up", "2"], "unrecognized arguments: more"),
    (["good.wav", "o.wav", "--ra", "8000"], "unrecognized arguments: --ra 8000"),
]  # fmt: skip


@pytest.mark.parametrize(("argv", "told"), REFUSED, ids=[" ".join(map(ascii, argv))[:60] for argv, _ in REFUSED])
def test_what_is_wrong_is_one_line_and_status_2(folder, capsys, argv, told):
    before = sorted(os.listdir(folder))
    good = (folder / "good.wav").read_bytes()
    assert told in refused(capsys, "resample", *argv)
    assert_only(folder, *before)
    assert (folder / "good.wav").read_bytes() == good


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ([], "required: COMMAND"),
        (["play"], "invalid choice: 'play'"),
        (["demo", "--repeat", "0"], "must be at least 1"),
    ],
)
def test_wrong_commands_are_one_line_and_status_2(capsys, argv, told):
    assert told in refused(capsys, *argv)


def test_a_result_larger_than_a_wav_file_is_refused_before_any_work(folder, capsys, monkeypatch):
    monkeypatch.setattr(files, "MOST_WAV_BYTES", 7999)
    assert "8000 bytes of samples are more than a .wav file holds" in refused(
        capsys, "resample", "good.wav", "o.wav", "--up", 2
    )
    assert run("resample", "good.wav", "o.wav", "--rate", 44100) == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_permissions(folder, capsys):
    os.chmod("good.wav", 0)
    assert "good.wav: Permission denied" in refused(capsys, "resample", "good.wav", "o.wav", "--up", 2)
    os.chmod("folder.wav", 0o500)
    assert "is not writable" in refused(capsys, "resample", "good.npy", "folder.wav/o.npy", "--up", 2)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a folder where even root can create no file")
def test_a_folder_that_takes_no_file(folder, capsys):
    assert "/proc/o.wav: " in refused(capsys, "resample", "good.wav", "/proc/o.wav", "--up", 2)


@pytest.mark.parametrize(
    ("module", "argv"), [("soundfile", ["good.wav", "o.wav"]), ("tqdm", ["good.npy", "o.npy", "--progress"])]
)
def test_a_missing_package_is_named_with_its_cure(folder, capsys, monkeypatch, module, argv):
    monkeypatch.setitem(sys.modules, module, None)
    told = refused(capsys, "resample", *argv, "--up", 2)
    assert module in told
    assert told.endswith('pip install "sigresample[demo]"')


# ── what is written, and what is left ──


def test_force_overwrites_and_keeps_the_files_mode(folder):
    os.chmod("law.wav", 0o640)
    assert run("resample", "good.wav", "law.wav", "--up", 2, "--force") == 0
    assert soundfile.info("law.wav").frames == 2000
    assert os.stat("law.wav").st_mode & 0o777 == 0o640


def test_a_new_file_has_the_users_usual_mode(folder):
    mask = os.umask(0o027)
    try:
        assert run("resample", "good.npy", "o.npy", "--up", 2) == 0
    finally:
        os.umask(mask)
    assert os.stat("o.npy").st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["good.wav", "good.npy"])
def test_in_may_be_out_by_force(folder, name):
    argv = ["--up", 2]
    assert run("resample", name, "apart" + name[4:], *argv) == 0
    assert run("resample", name, name, *argv, "--force") == 0
    assert (folder / name).read_bytes() == (folder / ("apart" + name[4:])).read_bytes()


def test_a_link_stays_a_link(folder):
    assert run("resample", "good.wav", "dangling.wav", "--up", 2, "--force") == 0
    assert os.readlink("dangling.wav") == "nowhere.wav"
    assert soundfile.info("nowhere.wav").frames == 2000


def test_names_that_are_not_ascii(folder):
    os.rename("good.wav", "größe é.wav")
    assert run("resample", "größe é.wav", "結果.wav", "--up", 2) == 0
    raw = os.fsdecode(b"\xff.wav")
    assert run("resample", "größe é.wav", raw, "--up", 2) == 0
    assert run("resample", raw, "o.wav", "--up", 2) == 0
    assert soundfile.info("o.wav").frames == 4000


def test_out_that_appears_during_the_work_is_kept(folder, capsys, monkeypatch):
    real = sigresample.resample_poly

    def slow(*args, **kwargs):
        (folder / "o.wav").write_bytes(b"someone else's")
        return real(*args, **kwargs)

    monkeypatch.setattr(sigresample, "resample_poly", slow)
    assert "o.wav: exists" in refused(capsys, "resample", "good.wav", "o.wav", "--up", 2)
    assert (folder / "o.wav").read_bytes() == b"someone else's"
    assert not [name for name in os.listdir(folder) if name.startswith(".sigresample")]


FAILURES = [
    (OSError(28, "No space left on device"), 2, "No space left on device"),
    (MemoryError("unable to allocate 3 TiB"), 2, "not enough memory (unable to allocate 3 TiB)"),
    (MemoryError(), 2, "not enough memory"),
    (KeyboardInterrupt(), 130, "interrupted"),
]


@pytest.mark.parametrize("name", ["good.wav", "good.npy"])
@pytest.mark.parametrize(
    ("failure", "status", "told"), FAILURES, ids=[type(f[0]).__name__ + str(f[1]) for f in FAILURES]
)
@pytest.mark.parametrize("force", [False, True])
def test_a_failure_half_way_leaves_nothing(folder, capsys, monkeypatch, name, failure, status, told, force):
    write_wav("good.wav", samples(5000, 1, "PCM_16"), "PCM_16")
    np.save("good.npy", np.arange(5000.0))
    monkeypatch.setattr(files, "BLOCK", 100)
    real, left = sigresample.resample_poly, [5]

    def failing(*args, **kwargs):
        left[0] -= 1
        if not left[0]:
            raise failure
        return real(*args, **kwargs)

    monkeypatch.setattr(sigresample, "resample_poly", failing)
    target = ("kept" if force else "o") + name[4:]
    if force:
        (folder / target).write_bytes(b"as it was")
    before = sorted(os.listdir(folder))
    assert told in refused(capsys, "resample", name, target, "--up", 2, *["--force"] * force, status=status)
    assert left == [0]
    assert_only(folder, *before)
    assert not force or (folder / target).read_bytes() == b"as it was"


def test_a_bug_is_not_hidden_and_leaves_nothing(folder, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(sigresample, "resample_poly", broken)
    before = sorted(os.listdir(folder))
    with pytest.raises(ZeroDivisionError):
        run("resample", "good.wav", "o.wav", "--up", 2)
    assert_only(folder, *before)


@pytest.mark.parametrize("name", ["big.wav", "big.npy"])
def test_a_full_disk_leaves_nothing(tmp_path, capsys, name):
    source, target = tmp_path / name, tmp_path / ("o" + name[3:])
    np.save(tmp_path / "big.npy", np.zeros(20_000))
    write_wav(tmp_path / "big.wav", np.zeros((20_000, 1)), "DOUBLE")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # Python ignores the signal: writes just fail
    try:
        told = refused(capsys, "resample", source, target, "--up", 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(target) in told
    assert_only(tmp_path, "big.npy", "big.wav")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing(tmp_path, number, status):
    header = {"descr": "<f8", "fortran_order": False, "shape": (300_000_000,)}
    with open(tmp_path / "in.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 8 * 300_000_000)  # a hole: takes no disk
    before = signal.signal(number, signal.default_int_handler)  # a child goes on ignoring what is ignored
    process = child("resample", "in.npy", "out.npy", "--up", 2, "--down", 3, cwd=tmp_path)
    signal.signal(number, before)
    deadline = time.monotonic() + 60
    while not any(name.startswith(".sigresample") for name in os.listdir(tmp_path)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == status
    assert (out, err) == ("", "sigresample: interrupted\n" if number == signal.SIGINT else "")
    assert_only(tmp_path, "in.npy")


# ── progress ──


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self):
        return True


def test_progress_counts_every_frame(folder, capsys, monkeypatch):
    monkeypatch.setattr(files, "BLOCK", 100)
    assert run("resample", "good.wav", "o.wav", "--up", 2, "--progress") == 0
    err = capsys.readouterr().err
    assert "100%" in err
    assert "2.00k/2.00k" in err
    assert run("resample", "good.npy", "o.npy", "--up", 2, "--progress") == 0
    assert "200/200" in capsys.readouterr().err


def test_a_terminal_sees_long_work_only(folder, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert run("resample", "good.npy", "a.npy", "--up", 2) == 0
    assert sys.stderr.getvalue() == ""
    monkeypatch.setattr(cli, "BAR_DELAY", 0)
    assert run("resample", "good.npy", "b.npy", "--up", 2) == 0
    assert "100%" in sys.stderr.getvalue()


def test_a_terminal_without_tqdm_goes_without_a_bar(folder, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(cli, "BAR_DELAY", 0)
    assert run("resample", "good.npy", "a.npy", "--up", 2) == 0
    assert sys.stderr.getvalue() == ""


# ── the rest of the face ──


def test_version_and_help(capsys):
    version = importlib.metadata.version("sigresample")
    assert run("--version") == 0
    assert capsys.readouterr().out == f"sigresample {version}\n"
    for argv in (["--help"], ["resample", "--help"], ["demo", "--help"], ["info", "--help"]):
        assert run(*argv) == 0
        told = capsys.readouterr().out
        assert told.startswith("usage: sigresample")
        assert max(map(len, told.splitlines())) <= 120


def test_info_is_show_config(capsys):
    sigresample.show_config()
    want = capsys.readouterr().out
    assert run("info") == 0
    assert capsys.readouterr().out == want != ""


def test_the_module_and_the_command_are_the_same(tmp_path):
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="sigresample")
    assert entry.load() is cli.main
    process = child("resample", "x.wav", "y.wav", "--rate", "0", cwd=tmp_path)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (
        2,
        "",
        "sigresample resample: argument --rate: must be at least 1, got 0\n",
    )


def test_a_reader_that_leaves_is_no_traceback(tmp_path):
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [sys.executable, "-m", "sigresample", "info"], stdout=write, stderr=subprocess.PIPE, cwd=tmp_path, check=False
    )
    os.close(write)
    assert (process.returncode, process.stderr) == (1, b"")


def test_a_name_that_stdout_cannot_show_is_no_failure(folder):
    os.rename("good.npy", "größe.npy")
    process = child("resample", "größe.npy", "öl.npy", "--up", 2, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out == "\\xf6l.npy: (100,) -> (200,) float64\n"


def test_closed_output_is_no_failure(folder):
    argv = ["resample", "good.npy", "o.npy", "--up", "2"]
    command = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", sys.executable, "-m", "sigresample", *argv]
    assert subprocess.run(command, check=False).returncode == 0
    assert np.load("o.npy").shape == (200,)


def test_starting_imports_nothing_heavy(tmp_path):
    heavy = ["scipy.signal", "scipy.fft", "soundfile", "tqdm", "matplotlib", "pywt"]
    code = f"import sys, sigresample.cli; print([name for name in {heavy} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert told.stdout == "[]\n"


def test_suffixes_in_any_case(folder):
    os.rename("good.wav", "LOUD.WAV")
    assert run("resample", "LOUD.WAV", "o.Wav", "--up", 2) == 0
    assert (folder / "o.Wav").read_bytes().startswith(b"RIFF")
