"""`resample` on every kind of file: values, shapes, types, and blocks that join to one call."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
import soundfile
from command import BITS, read_integers, run, samples, write_wav
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import signal as scipy_signal

import sigresample
from sigresample import files

RATIOS = [(3, 2), (2, 3), (160, 147), (147, 160), (1, 7), (7, 1)]  # each makes 147 * 160 Hz a whole rate


def error_bound(x, up, down, dtype):
    """Return 2 gamma_n max|x| times the largest sum of one phase's |taps|: two sums of n products differ by no more."""
    ratio = Fraction(up, down)
    up, down = ratio.numerator, ratio.denominator
    if up == down:
        return 0.0
    half = 10 * max(up, down)
    taps = np.abs(up * scipy_signal.firwin(2 * half + 1, 1 / max(up, down), window=("kaiser", 5.0)))
    n = -(-len(taps) // up) + 2  # and the taps' own two roundings
    u = float(np.finfo(dtype).eps) / 2
    return 2 * n * u / (1 - n * u) * float(np.abs(x).max()) * max(taps[phase::up].sum() for phase in range(up))


def same_bytes(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


# ── .wav ──


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("subtype", BITS)
def test_integer_wav_is_scipys_value_rounded_and_saturated(tmp_path, capsys, subtype, channels):
    bits = BITS[subtype]
    source, target = write_wav(tmp_path / "in.wav", samples(700, channels, subtype), subtype), tmp_path / "out.wav"
    assert run("resample", source, target, "--rate", 12000) == 0
    info = soundfile.info(target)
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (12000, channels, subtype, 1050)
    x = read_integers(source).astype(np.float64)
    want = scipy_signal.resample_poly(x, 3, 2)
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    got = read_integers(target)
    # Half a step of rounding, and the two double-precision sums' difference where that decides it.
    assert np.abs(got - np.clip(want, low, high)).max() <= 0.5 + error_bound(x, 3, 2, np.float64)
    over = int(np.count_nonzero((np.rint(want) < low) | (np.rint(want) > high)))
    assert over > 0  # full-scale noise overshoots: the count below is of something
    assert capsys.readouterr().err == f"sigresample: {over} samples clipped to the range of {subtype}\n"


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(("subtype", "dtype"), [("FLOAT", "float32"), ("DOUBLE", "float64")])
def test_float_wav_is_scipys_value(tmp_path, capsys, subtype, dtype, channels):
    x = samples(700, channels, subtype)
    source, target = write_wav(tmp_path / "in.wav", x, subtype), tmp_path / "out.wav"
    assert run("resample", source, target, "--up", 2, "--down", 5) == 0
    info = soundfile.info(target)
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (3200, channels, subtype, 280)
    got = soundfile.read(target, dtype=dtype, always_2d=True)[0]
    want = scipy_signal.resample_poly(x, 2, 5)
    assert np.abs(got - want).max() <= error_bound(x, 2, 5, dtype)
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out == f"{target}: 8000 Hz, 700 frames -> 3200 Hz, 280 frames\n"


def test_rounding_is_half_to_even_and_saturates():
    whole, clipped = files.encoded(np.array([0.5, 1.5, 2.5, -0.5, -1.5, 127.4, 127.5, -128.5, -129.0]), 8)
    assert (whole >> 24).tolist() == [0, 2, 2, 0, -2, 127, 127, -128, -128]
    assert clipped == 2


@pytest.mark.parametrize("bits", BITS.values())
def test_extreme_samples_survive_decoding_and_encoding(bits):
    x = np.array([-(2**31), 0, (2**31 - 1) >> (32 - bits) << (32 - bits)], np.int32)
    back, clipped = files.encoded(files.decoded(x, bits), bits)
    assert back.tolist() == x.tolist()
    assert clipped == 0


@pytest.mark.parametrize("subtype", [*BITS, "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("n", [0, 1])
def test_wav_of_no_or_one_frame(tmp_path, subtype, n):
    source = write_wav(tmp_path / "in.wav", samples(n, 2, subtype, seed=3), subtype)
    assert run("resample", source, tmp_path / "out.wav", "--up", 3) == 0
    info = soundfile.info(tmp_path / "out.wav")
    assert (info.frames, info.channels, info.subtype, info.samplerate) == (3 * n, 2, subtype, 24000)


def test_wav_of_the_same_rate_is_unchanged(tmp_path):
    x = samples(50, 2, "PCM_24")
    source = write_wav(tmp_path / "in.wav", x, "PCM_24")
    assert run("resample", source, tmp_path / "out.wav", "--rate", 8000) == 0
    assert read_integers(tmp_path / "out.wav").tolist() == read_integers(source).tolist()


@pytest.mark.parametrize("form", ["WAVEX", "RF64"])
def test_relatives_of_wav_stay_what_they_are(tmp_path, form):
    source = write_wav(tmp_path / "in.wav", samples(40, 6, "PCM_16"), "PCM_16", form=form)
    assert run("resample", source, tmp_path / "out.wav", "--up", 2) == 0
    assert soundfile.info(tmp_path / "out.wav").format == form
    assert soundfile.info(tmp_path / "out.wav").frames == 80


def test_nan_and_infinity_in_a_float_wav_touch_what_one_call_touches(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BLOCK", 64)
    x = samples(900, 1, "DOUBLE")
    x[[100, 333, 640]] = [[np.nan], [np.inf], [-np.inf]]
    source = write_wav(tmp_path / "in.wav", x, "DOUBLE")
    assert run("resample", source, tmp_path / "out.wav", "--up", 3, "--down", 4) == 0
    got = soundfile.read(tmp_path / "out.wav", always_2d=True)[0]
    np.testing.assert_array_equal(got, sigresample.resample_poly(x, 3, 4))
    assert np.isnan(got).any()
    assert np.isfinite(got).any()


# ── blocks ──


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_wav_in_blocks_is_one_call(tmp_path, monkeypatch, subtype, ratio):
    source = write_wav(tmp_path / "in.wav", samples(20000, 2, subtype), subtype, rate=147 * 160)
    argv = ["resample", source, tmp_path / "whole.wav", "--up", ratio[0], "--down", ratio[1]]
    assert run(*argv) == 0
    monkeypatch.setattr(files, "BLOCK", 500)
    argv[2] = tmp_path / "blocks.wav"
    assert run(*argv) == 0
    dtype = "int32" if subtype in BITS else "float64"
    whole, parts = (soundfile.read(tmp_path / name, dtype=dtype)[0] for name in ("whole.wav", "blocks.wav"))
    assert same_bytes(whole, parts)


@given(
    n=st.integers(0, 400),
    up=st.integers(1, 12),
    down=st.integers(1, 12),
    most=st.integers(1, 100),
    bad=st.sampled_from([0.0, np.nan, np.inf]),
    dtype=st.sampled_from(["f4", "f8", "c16", "i2"]),
)
@example(n=400, up=1, down=12, most=1, bad=np.inf, dtype="f8")
@example(n=400, up=11, down=12, most=1, bad=np.inf, dtype="f4")
def test_joined_blocks_are_one_call(n, up, down, most, bad, dtype):
    ratio = files.Ratio.of(up, down)
    x = np.random.default_rng(n).standard_normal(n) * 100
    x[n // 3 : n // 3 + 1] += bad if dtype != "i2" else 0
    x = x.astype(dtype)
    parts = list(files.blocks(n, ratio, most))
    joined = [sigresample.resample_poly(x[b.start : b.stop], *ratio)[b.skip : b.skip + b.keep] for b in parts]
    whole = sigresample.resample_poly(x, up, down)
    assert ratio.length(n) == len(whole)
    if n:
        np.testing.assert_array_equal(np.concatenate(joined), whole)


@given(n=st.integers(0, 2**50), up=st.integers(1, 200), down=st.integers(1, 200))
def test_blocks_of_any_length_cover_the_output_once(n, up, down):
    ratio = files.Ratio.of(up, down)
    most = max(n // 7, 1)
    parts = list(files.blocks(n, ratio, most))
    assert sum(block.keep for block in parts) == ratio.length(n) == -(-n * up // down)
    at = 0
    for block in parts:
        assert block.start % ratio.down == 0
        assert 0 <= block.start < block.stop <= n
        assert block.start // ratio.down * ratio.up + block.skip == at
        at += block.keep


def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    x = np.zeros(4_000_000)
    np.save(tmp_path / "in.npy", x)
    monkeypatch.setattr(files, "BLOCK", 1 << 15)
    sigresample.resample_poly(x[:100], 3, 2)  # imports are not the file's
    tracemalloc.start()
    try:
        assert run("resample", tmp_path / "in.npy", tmp_path / "out.npy", "--up", 3, "--down", 2) == 0
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert np.load(tmp_path / "out.npy", mmap_mode="r").shape == (6_000_000,)
    assert peak < 8e6  # of 80e6 bytes read and written


# ── .npy ──


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16", ">f8", ">i2"]
)
def test_npy_becomes_what_resample_poly_returns(tmp_path, dtype):
    x = (np.random.default_rng(1).standard_normal((50, 3)) * 20).astype(dtype)
    np.save(tmp_path / "in.npy", x)
    assert run("resample", tmp_path / "in.npy", tmp_path / "out.npy", "--up", 5, "--down", 3) == 0
    got = np.load(tmp_path / "out.npy")
    assert same_bytes(got, sigresample.resample_poly(x, 5, 3))
    assert got.dtype == scipy_signal.resample_poly(x, 5, 3).dtype


@pytest.mark.parametrize("block", [40, 1 << 20])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("shape", [(40, 3, 50), (0, 3, 4), (3, 0, 4), (1, 1, 1), (2, 700, 1)], ids=str)
def test_npy_along_any_axis(tmp_path, monkeypatch, capsys, shape, axis, order, block):
    monkeypatch.setattr(files, "BLOCK", block)
    x = np.asarray(np.random.default_rng(2).standard_normal(shape), order=order)
    np.save(tmp_path / "in.npy", x)
    assert run("resample", tmp_path / "in.npy", tmp_path / "out.npy", "--up", 2, "--down", 3, "--axis", axis) == 0
    got = np.load(tmp_path / "out.npy")
    want = sigresample.resample_poly(x, 2, 3, axis=axis) if x.size else np.zeros(got.shape)
    length = list(shape)
    length[axis] = -(-shape[axis] * 2 // 3)
    assert got.shape == tuple(length)
    assert same_bytes(np.ascontiguousarray(got), np.ascontiguousarray(want))
    assert got.size == 0 or got.flags.f_contiguous >= (order == "F")
    assert capsys.readouterr().out == f"{tmp_path / 'out.npy'}: {shape} -> {tuple(length)} float64\n"


@pytest.mark.parametrize("dtype", ["i1", ">f4", "f2"])
def test_npy_by_one_keeps_its_type(tmp_path, dtype):
    x = np.arange(20).astype(dtype)
    np.save(tmp_path / "in.npy", x)
    assert run("resample", tmp_path / "in.npy", tmp_path / "out.npy", "--rate", 100, "--from-rate", 100) == 0
    assert same_bytes(np.load(tmp_path / "out.npy"), x)


def test_npy_by_rates_is_npy_by_their_ratio(tmp_path):
    np.save(tmp_path / "in.npy", np.arange(441.0))
    assert run("resample", tmp_path / "in.npy", tmp_path / "a.npy", "--rate", 48000, "--from-rate", 44100) == 0
    assert run("resample", tmp_path / "in.npy", tmp_path / "b.npy", "--up", 320, "--down", 294) == 0
    assert np.load(tmp_path / "a.npy").shape == (480,)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
