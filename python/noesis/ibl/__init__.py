"""Recordings of the International Brain Laboratory as binned recordings that noesis/Replay-v0 plays.

    from noesis import ibl

    session = ibl.Session("ibl-data/cortexlab/Subjects/KS014/2019-12-03/001")
    ibl.bin_session(session, "session.h5", bin_ms=20)
    env = gymnasium.make("noesis/Replay-v0", recording="session.h5", part="train")

The same from a shell: `python -m noesis.ibl --help`. Needs `noesis[ibl]`; docs/guides/ibl.md has a whole
session. Errors are `noesis.ConfigError` for data and options, `noesis.RunError` for what the network or the
disk does.
"""

from noesis.ibl.binning import bin_session
from noesis.ibl.options import BinOptions
from noesis.ibl.remote import PUBLIC_SERVER, connect, download, list_remote
from noesis.ibl.sessions import Session, list_sessions
from noesis.ibl.surrogates import shift_circularly, shuffle_intervals

__all__ = [
    "PUBLIC_SERVER",
    "BinOptions",
    "Session",
    "bin_session",
    "connect",
    "download",
    "list_remote",
    "list_sessions",
    "shift_circularly",
    "shuffle_intervals",
]
