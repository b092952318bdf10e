"""docs/resizing.md: "this call equals that call", each row of its table evaluated."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from sigresample import nn

PAGE = Path(__file__).parents[1] / "docs" / "resizing.md"
MODULES = {"F": "torch", "torch": "torch", "cv2": "cv2", "skimage": "skimage.transform", "Image": "PIL.Image",
           "scipy": "scipy.ndimage", "numpy": "numpy"}  # fmt: skip

H, W = 40, 60
SIZES = {
    "any": [(80, 120), (20, 15), (53, 37), (41, 59), (97, 101)],
    "whole": [(80, 120), (40, 180), (20, 60), (20, 12)],
}
FACTORS = {"any": (1, 2, 3), "whole": (1, 2, 4)}


class Row(NamedTuple):
    """Two calls that are equal."""

    peer: str
    ours: str
    sizes: str
    levels: str


ROWS = [Row(*cells) for cells in re.findall(r"^\| `(.*?)` \| `(.*?)` \| (\w+) \| (\S+) \|$", PAGE.read_text(), re.M)]


def test_every_row_is_read() -> None:
    table = PAGE.read_text().split("## This call equals that call")[1].split("\n## ")[0]
    assert len(ROWS) == len(re.findall(r"^\| `", table, re.M)) == 25
    for peer in ("F.interpolate", "cv2.", "skimage.", "Image.", "scipy."):
        assert sum(row.peer.startswith(peer) for row in ROWS) >= 3


def evaluated(row: Row, x: Any, image: Any, h: int, w: int, k: int) -> tuple[Any, Any]:
    first = re.match(r"\w+", row.peer)
    assert first is not None
    names = {"x": x, "X": x[None, None], "image": image, "h": h, "w": w, "H": H, "W": W, "k": k, "numpy": np}
    if first[0] in MODULES:
        module = pytest.importorskip(MODULES[first[0]])
        names[first[0]] = module
        if MODULES[first[0]] == "torch":
            names |= {"torch": module, "F": module.nn.functional, "T": module.from_numpy}
        if "." in MODULES[first[0]] and first[0] != "Image":
            names[first[0]] = __import__(first[0])
    ours = {name: getattr(nn, name) for name in ("interpolate", "upsample", "downsample")}
    return np.asarray(eval(row.peer, dict(names))), eval(row.ours, names | ours)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of peers
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.peer)
def test_rows_are_equal(row: Row) -> None:
    rng = np.random.default_rng(0)
    x, image = (rng.random(shape).astype(np.float32) for shape in ((H, W), (H, W, 3)))
    bytes_ = [(rng.random(shape) * 256).astype(np.uint8) for shape in ((H, W), (H, W, 3))]
    for h, w in SIZES[row.sizes]:
        for k in FACTORS[row.sizes] if re.search(r"\bk\b", row.peer) else (2,):
            theirs, ours = evaluated(row, x, image, h, w, k)
            assert theirs.shape == ours.shape
            # Positions up to the length of the image, rounded in single precision, on slopes of 2 at most.
            assert np.abs(theirs - ours).max() <= 2.0**-24 * (8 + 4 * max(H, W))
            if row.levels != "—":
                theirs, ours = evaluated(row, bytes_[0], bytes_[1], h, w, k)
                apart = np.abs(theirs.astype(int) - ours.astype(int))
                assert ours.dtype == np.uint8 and apart.max() <= int(row.levels)
