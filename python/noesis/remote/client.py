"""A connection to a server: requests, answers, retries, and what went wrong."""

import secrets
import time
import tomllib
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zmq
from zmq.utils.monitor import recv_monitor_message

from noesis.errors import ConfigError, LeaseLost, Refused, RemoteError, RunError, ServerError, ServerFull, Silent
from noesis.remote.wire import REPLY, VERSION, Message, Type, decode, encode

_SLICE_MS = 100
"""How often a wait looks at the state of the connection."""

_REJECTED = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH
_EVENTS = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | zmq.EVENT_CONNECT_RETRIED | _REJECTED


class Client:
    """One connection, with one session at most. Used by one thread at a time.

    A request whose answer was lost with the connection is sent again over the next one, and is done
    once all the same: sessions number their requests, and keep their last answers.

    Args:
        address: such as "tcp://127.0.0.1:5555".
        curve: the key file of a client (`noesis serve --make-keys`), where the server asks for keys.
        timeout_s: how long an answer may take, a step's computation included.
        connect_timeout_s: how long the server may take to be reached at first.
    """

    def __init__(
        self,
        address: str,
        *,
        curve: str | Path | None = None,
        timeout_s: float = 60.0,
        connect_timeout_s: float = 5.0,
    ):
        self.address, self.timeout_s, self.connect_timeout_s = address, timeout_s, connect_timeout_s
        self.session: int | None = None
        self.window = 1
        self._token = secrets.token_bytes(16)
        self._seq = self._last_id = 0
        self._sent: dict[int, list[bytes]] = {}  # the session's requests without an answer, in order
        self._answers: dict[int, Message] = {}
        self._state = "connecting"
        self._farewell_of_server: dict[str, Any] | None = None
        self._connections = 0
        self._farewell: list[bytes] = []
        self._socket = zmq.Context.instance().socket(zmq.DEALER)
        self._monitor = self._socket.get_monitor_socket(_EVENTS)
        # Also for a client that is forgotten, whatever else goes with it.
        self._end = weakref.finalize(self, _hang_up, self._socket, self._monitor, self._farewell)
        try:
            self._open(curve)
        except zmq.ZMQError as error:
            self._end()
            raise ConfigError(
                what=f"cannot connect: {error}", where="address", got=repr(address), allowed="tcp://HOST:PORT, ipc://FILE"
            ) from error

    def _open(self, curve: str | Path | None) -> None:
        socket = self._socket
        socket.linger = 0
        socket.maxmsgsize = 1 << 26
        socket.heartbeat_ivl, socket.heartbeat_timeout = 1000, 5000
        socket.reconnect_ivl, socket.reconnect_ivl_max = 50, 1000
        socket.ipv6 = "[" in self.address
        if curve is not None:
            socket.curve_serverkey, socket.curve_publickey, socket.curve_secretkey = read_keys(curve)
        socket.connect(self.address)

    def close(self) -> None:
        """Closes the session and the connection. May be called more than once."""
        try:
            if self.session is not None and self._state == "connected":
                self.call(Type.CLOSE, {"session": self.session}, timeout_s=1.0)
                self._farewell.clear()
        except RemoteError:
            pass  # the server closes it when its lease ends
        finally:
            self.session = None
            self._end()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- requests of no session ---

    def call(self, kind: int, fields: Mapping[str, Any] | None = None, *, timeout_s: float | None = None) -> Message:
        """One request and its answer. Such requests change nothing, or the same when sent twice."""
        request_id, frames = self._request(kind, fields or {}, None)
        deadline = time.monotonic() + (self.timeout_s if timeout_s is None else timeout_s)
        self._send(frames)
        seen = self._connections
        while request_id not in self._answers:
            self._receive(deadline)
            if self._connections != seen:  # it may have been lost with the connection before
                seen = self._connections
                self._send(frames)
        return self._checked(self._answers.pop(request_id), kind)

    def hello(self) -> dict[str, Any]:
        """WELCOME: the server's version, limits and environments."""
        return self.call(Type.HELLO, {"versions": [VERSION, VERSION]}).fields

    def catalogue(self) -> list[dict[str, Any]]:
        """Every environment of the server, with its options."""
        return self.call(Type.CATALOGUE).fields["environments"]

    def stats(self) -> dict[str, Any]:
        """What the server has done, and how fast it is."""
        return self.call(Type.STATS).fields["stats"]

    def ping(self) -> float:
        """Seconds that an answer takes; renews the session's lease."""
        start = time.perf_counter()
        self.call(Type.PING)
        return time.perf_counter() - start

    # --- the session ---

    def make(self, env_id: str | None, num_envs: int, autoreset: str, options: list[str]) -> dict[str, Any]:
        """Makes the session's environments: SPEC."""
        self.window = self.hello()["limits"]["window"]
        fields = {"token": self._token, "env": env_id, "num_envs": num_envs, "autoreset_mode": autoreset, "options": options}
        spec = self.call(Type.MAKE, fields).fields
        self.session, self._seq = spec["session"], spec["next_seq"] - 1
        self._farewell[:] = encode(Type.CLOSE, {"id": 0, "session": self.session})
        return spec

    def send(self, kind: int, fields: Mapping[str, Any] | None = None, arrays: Mapping[str, np.ndarray] | None = None):
        """Sends a request of the session and gives its number, for receive(). Up to `window` may be
        without an answer at a time."""
        if len(self._sent) >= self.window:
            raise ConfigError(
                what="too many requests without an answer", where="send", got=str(len(self._sent) + 1),
                allowed=f"at most {self.window}", next="receive one first",
            )  # fmt: skip
        self._seq += 1
        request_id, frames = self._request(kind, {"session": self.session, "seq": self._seq, **(fields or {})}, arrays)
        self._sent[request_id] = frames
        self._send(frames)
        return request_id

    def receive(self, request_id: int, kind: int) -> Message:
        """The answer to a request of the session."""
        deadline = time.monotonic() + self.timeout_s
        seen = self._connections
        while request_id not in self._answers:
            if request_id not in self._sent:
                raise ConfigError(what="no such request is in flight", where="receive", got=str(request_id))
            self._receive(deadline)
            lost = any(_code(self._answers.get(sent)) == "UNKNOWN_SESSION" for sent in self._sent)
            if lost or self._connections != seen:
                self._resume()
                seen = self._connections
            elif any(_code(self._answers.get(sent)) == "BUSY" for sent in self._sent):
                time.sleep(0.02)  # as when another connection's requests were still in flight
                self._send_again()
        self._sent.pop(request_id)
        return self._checked(self._answers.pop(request_id), kind)

    def ask(self, kind: int, fields: Mapping[str, Any] | None = None, arrays: Mapping[str, np.ndarray] | None = None):
        """A request of the session, and its answer."""
        return self.receive(self.send(kind, fields, arrays), kind)

    def _resume(self) -> None:
        """Takes the session up again over this connection."""
        try:
            self.call(Type.RESUME, {"token": self._token})
        except ServerError as error:
            if error.code != "UNKNOWN_SESSION":
                raise
            raise LeaseLost(
                what="the server has no such session any more", where=self.address, got=str(error),
                next="make a new environment; the server may have been restarted, or this client was away for too long",
            ) from error  # fmt: skip
        self._send_again()

    def _send_again(self) -> None:
        for request_id, frames in self._sent.items():
            if _code(self._answers.get(request_id)) in ("", "UNKNOWN_SESSION", "BUSY"):
                self._answers.pop(request_id, None)
                self._send(frames)

    # --- the socket ---

    def _request(self, kind: int, fields: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None):
        if not self._end.alive:
            raise ConfigError(what="the connection is closed", where="Client", next="make a new one")
        self._last_id += 1
        return self._last_id, encode(kind, {"id": self._last_id, **fields}, arrays)

    def _send(self, frames: list[bytes]) -> None:
        self._socket.send_multipart(frames, copy=False)

    def _receive(self, deadline: float) -> None:
        """Waits for a message, or a change of the connection. Raises the cause when the time is up."""
        if self._socket.poll(_SLICE_MS):
            frames = self._socket.recv_multipart(copy=False)
            message = decode([frame.buffer for frame in frames])
            request_id = message.fields.get("id", 0)
            if message.type != Type.ALIVE and 0 < request_id <= self._last_id:
                self._answers[request_id] = message
            elif request_id == 0 and _code(message) == "DRAINING":
                self._farewell_of_server = message.fields
            self._state = "connected"
            return
        if self._farewell_of_server is not None:
            raise _error(self._farewell_of_server)
        before = self._connections
        self._watch()
        if self._connections != before:
            return
        now = time.monotonic()
        unreached = self._connections == 0 and self._state != "connected"
        if now > deadline or (unreached and now > deadline - self.timeout_s + self.connect_timeout_s):
            raise self._cause()

    def _watch(self) -> None:
        """Follows what the socket's monitor says of the connection."""
        while self._monitor.poll(0):
            event = recv_monitor_message(self._monitor)["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._state = "connected"
                self._connections += 1
                self._farewell_of_server = None  # another server may be there now
            elif event == zmq.EVENT_DISCONNECTED and self._state != "rejected":
                self._state = "lost"
            elif event & _REJECTED:
                self._state = "rejected"
            elif event == zmq.EVENT_CONNECT_RETRIED and self._state == "connecting":
                self._state = "refused"

    def _cause(self) -> RemoteError:
        where = self.address
        if self._state in ("connecting", "refused"):
            return Refused(what="connection refused: nobody answers there", where=where, next="is the server running?")
        if self._state == "rejected":
            return Refused(what="the server does not accept our keys", where=where, next="see `curve` and --make-keys")
        if self._state == "lost":
            return Silent(
                what="no heartbeat: the connection was lost", where=where, next="is the server, and the network, up?"
            )
        return Silent(
            what=f"the server is connected and did not answer within {self.timeout_s:g} s", where=where,
            next="a long step needs a larger timeout_s",
        )  # fmt: skip

    def _checked(self, message: Message, kind: int) -> Message:
        """The answer, or what it refuses as an exception."""
        if message.type == kind | REPLY:
            return message
        if message.type != Type.ERROR:
            raise ServerError(what="an answer of another type", where=self.address, got=str(message.type), code="MALFORMED")
        raise _error(message.fields)


def _hang_up(socket: zmq.Socket, monitor: zmq.Socket, farewell: list[bytes]) -> None:
    """Says that the session is over, if it was not said, and waits for no answer."""
    if farewell:
        socket.linger = 500
        socket.send_multipart(farewell)
    socket.disable_monitor()
    monitor.close()
    socket.close()


def _code(message: Message | None) -> str:
    return message.fields.get("code", "") if message is not None and message.type == Type.ERROR else ""


def _error(fields: dict[str, Any]) -> Exception:
    code, text = fields.get("code", ""), fields.get("message", "")
    parts = {key: fields.get(key, "") for key in ("what", "where", "got", "allowed", "next")}
    if code == "CONFIG":
        return ConfigError(text, **parts)
    if code in ("RUN", "MEMORY"):
        return RunError(text, **parts)
    if code == "CAPACITY":
        return ServerFull(text, retry_after_s=fields.get("retry_after_s", 1.0), **parts)
    return ServerError(f"{code}: {text}", code=code, **parts)


def read_keys(file: str | Path) -> tuple[bytes, bytes, bytes]:
    """(server's public key, our public key, our secret key) of a client's key file."""
    try:
        keys = tomllib.loads(Path(file).read_text())
        return tuple(keys[name].encode() for name in ("server_key", "public_key", "secret_key"))
    except (OSError, KeyError, AttributeError, ValueError) as error:
        raise ConfigError(
            what="not the keys of a client", where=str(file), got=f"{type(error).__name__}: {error}",
            next="make them with `noesis serve --make-keys FILE`, and give the file that ends in .client.toml",
        ) from error  # fmt: skip
