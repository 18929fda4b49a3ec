"""docs/protocol.md: its messages in bytes, and the client that was written from it."""

import array
import json
import pathlib
import sys

import numpy as np
import pytest

from noesis.errors import ServerError
from noesis.remote import wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))

import minimal_client  # noqa: E402

MESSAGES = json.loads((ROOT / "docs" / "protocol.md").read_text().split("```json\n")[1].split("\n```")[0])


def fields_of(message):
    return {
        key: bytes.fromhex(value["bytes"]) if isinstance(value, dict) else value
        for key, value in message["fields"].items()
    }


# Goes red when either client, or the document, has other bytes than the server's tests.
@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["name"])
def test_both_clients_have_the_bytes_of_the_document(message):
    head, data = bytes.fromhex(message["head"]), bytes.fromhex(message["data"])
    frames = [head, data] if data else [head]
    fields = fields_of(message)

    arrays = {a["name"]: np.array(a["values"], a["dtype"]).reshape(a["shape"]) for a in message["arrays"]}
    assert wire.encode(message["type"], fields, arrays) == frames
    kind, got, values = wire.decode(frames)
    assert (kind, got) == (message["type"], fields)
    assert values.keys() == arrays.keys()
    assert all(np.array_equal(values[name], arrays[name]) and values[name].dtype == arrays[name].dtype for name in arrays)

    rows = [
        (a["name"], a["dtype"], a["shape"], array.array(minimal_client.CODES[a["dtype"]], a["values"]))
        for a in message["arrays"]
    ]
    assert minimal_client.encode(message["type"], fields, rows) == frames
    kind, got, values = minimal_client.decode(frames)
    got.pop("arrays", None)
    assert (kind, got) == (message["type"], fields)
    assert [(name, shape, list(v)) for name, (shape, v) in values.items()] == [
        (a["name"], a["shape"], list(rows[i][3])) for i, a in enumerate(message["arrays"])
    ]


@pytest.mark.parametrize(
    "frames",
    [
        [b""],
        [b"HTTP/1.1"],
        [b"NOES\x02\x0d\0\0\x80"],
        [b"NOES\x01\x0d\0\0"],
        [b"NOES\x01\x0d\0\0\x01"],
        [b"NOES\x01\x0d\0\0\x81\xa6arrays\x91\x94\xa1a\xa7float32\x91\x02\x00", b"1234567"],
        [b"NOES\x01\x0d\0\0\x81\xa6arrays\x91\x94\xa1a\xa7float32\x91\x02\x00"],
        [b"NOES\x01\x0d\0\0\x81\xa6arrays\x91\x94\xa1a\xa7float16\x91\x01\x00", b"12345678"],
        [b"NOES\x01\x0d\0\0\x81\xa6arrays\x91\xa1a", b"12345678"],
    ],
)
def test_other_bytes_are_a_typed_error(frames):
    with pytest.raises(ServerError):
        wire.decode(frames)


def test_client_written_from_the_document_works(server, capsys):
    source = (ROOT / "examples" / "minimal_client.py").read_text()
    assert len(source.splitlines()) < 150
    imports = {line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imports - sys.stdlib_module_names == {"msgpack", "zmq"}
    returns = minimal_client.main(server.address, "noesis/Steer-v0", steps=20, num_envs=2)
    assert len(returns) == 2 and all(np.isfinite(returns))
    assert "noesis/Steer-v0" in capsys.readouterr().out
