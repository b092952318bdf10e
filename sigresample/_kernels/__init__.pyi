from collections.abc import Collection

from . import blockfft as blockfft
from . import channelfft as channelfft
from . import channels as channels
from . import correlate as correlate
from . import grid as grid
from . import gridding as gridding
from . import loudness as loudness
from . import nonfinite as nonfinite
from . import planes as planes
from . import polyphase as polyphase
from . import spectra as spectra
from . import table as table
from . import tilefft as tilefft
from . import window as window
from . import winograd as winograd

level: str

def fitted(of: str, table: Collection[str]) -> str: ...
def lanes(of: str, itemsize: int) -> int: ...
def built() -> tuple[str, ...]: ...
def available() -> tuple[str, ...]: ...
