"""Messages of the protocol as bytes and back (docs/protocol.md, section 2)."""

import struct
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import msgpack
import numpy as np

from noesis.errors import ServerError

VERSION = 1
REPLY = 0x80
_HEADER = struct.Struct("<4sBBH")
_MAGIC = b"NOES"
_DTYPES = {name: np.dtype(name).newbyteorder("<") for name in ("float32", "float64", "int64", "uint8")}


class Type(IntEnum):
    """Types of messages; an answer to a request has its type + REPLY."""

    HELLO = 1
    CATALOGUE = 2
    MAKE = 3
    RESUME = 4
    RESET = 5
    STEP = 6
    STEP_MANY = 7
    RENDER = 8
    GET_STATE = 9
    SET_STATE = 10
    CLOSE = 11
    STATS = 12
    PING = 13
    ALIVE = 254
    ERROR = 255


class Message(NamedTuple):
    type: int
    fields: dict[str, Any]
    arrays: dict[str, np.ndarray]
    """Read-only views of the frame."""


def encode(kind: int, fields: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> list[bytes]:
    """The frames of a message. Arrays are of float32, float64, int64 or uint8."""
    head = _HEADER.pack(_MAGIC, VERSION, kind, 0)
    if not arrays:
        return [head + msgpack.packb(dict(fields))]
    table: list[Sequence[Any]] = []
    parts: list[bytes] = []
    size = 0
    for name, array in arrays.items():
        padding = -size % 8
        parts += [bytes(padding), np.ascontiguousarray(array).tobytes()]
        table.append([name, array.dtype.name, list(array.shape), size + padding])
        size += padding + len(parts[-1])
    # Arrays without elements have a frame all the same.
    return [head + msgpack.packb({**fields, "arrays": table}), b"".join(parts) or bytes(8)]


def decode(frames: Sequence[bytes]) -> Message:
    """Raises ServerError for what is not a message of this version."""
    try:
        magic, version, kind, flags = _HEADER.unpack_from(frames[0])
        if (magic, version, flags) != (_MAGIC, VERSION, 0):
            raise ValueError(f"version {version}, flags {flags}")
        fields = msgpack.unpackb(memoryview(frames[0])[_HEADER.size :])
        arrays = {}
        for name, dtype, shape, offset in fields.pop("arrays", ()):
            count = 1
            for length in shape:
                count *= length
            arrays[name] = np.frombuffer(frames[1], _DTYPES[dtype], count, offset).reshape(shape)
        return Message(kind, fields, arrays)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error, msgpack.UnpackException) as error:
        raise ServerError(
            what="bytes that are no message of the protocol", where="connection", got=str(error), code="MALFORMED",
            next="is it a noesis server, and of the same version?",
        ) from error
