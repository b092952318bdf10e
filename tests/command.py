"""Running the command line in tests, and files for it."""

from __future__ import annotations

import os
import subprocess
import sys
import wave

import numpy as np
import soundfile

from sigresample import cli

BITS = {"PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


def run(*argv):
    """Run in this process and return the exit status."""
    try:
        return cli.main([str(arg) for arg in argv])
    except SystemExit as stop:
        return stop.code


def refused(capsys, *argv, status=2):
    """Run, expect a refusal, and return its one line."""
    capsys.readouterr()
    assert run(*argv) == status
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.splitlines()
    assert len(lines) == 1, told.err
    assert lines[0].startswith("sigresample")
    return lines[0]


def child(*argv, **kwargs):
    """Run in a process of its own, out of the source tree, whose package has no compiled kernels."""
    command = [sys.executable, "-m", "sigresample", *map(str, argv)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kwargs)


def assert_only(folder, *names):
    """Assert that a folder holds these files and nothing else, hidden ones included."""
    assert sorted(os.listdir(folder)) == sorted(names)


def samples(n, channels, subtype, seed=0):
    """Return noise over the whole range of a sub-format, as what soundfile writes without a change."""
    rng = np.random.default_rng(seed)
    if subtype in BITS:
        bits = BITS[subtype]
        whole = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (n, channels), dtype=np.int64)
        return (whole << (32 - bits)).astype(np.int32)
    return rng.standard_normal((n, channels)).astype("f4" if subtype == "FLOAT" else "f8")


def write_wav(path, x, subtype, rate=8000, form="WAV"):
    soundfile.write(path, x, rate, subtype=subtype, format=form)
    return path


def read_integers(path):
    """Decode an integer .wav by Python's own reader, which knows nothing of libsndfile."""
    with wave.open(str(path)) as file:
        raw, size, channels = file.readframes(file.getnframes()), file.getsampwidth(), file.getnchannels()
    if size == 1:  # the one unsigned format
        return np.frombuffer(raw, np.uint8).astype(np.int64).reshape(-1, channels) - 128
    parts = np.frombuffer(raw, np.uint8).reshape(-1, channels, size).astype(np.int64)
    value = sum(parts[..., i] << (8 * i) for i in range(size))
    return np.where(value >= 1 << (8 * size - 1), value - (1 << 8 * size), value)
