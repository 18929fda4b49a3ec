"""`noesis serve` in a process of its own, and a relay that can cut connections to it."""

import signal
import socket
import subprocess
import threading
import time


class Server:
    """Started on a free port; ends when its block does, and must then exit 0 within 2 s."""

    def __init__(self, command, *arguments):
        self.process = subprocess.Popen(
            [command, "serve", "--bind", "tcp://127.0.0.1:0", *arguments], stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        assert "listening on " in line, line
        self.address = line.split("listening on ")[1].split()[0]

    def stop(self):
        """Seconds from SIGTERM to exit 0."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(10) == 0
        return time.monotonic() - start

    def memory(self):
        """Resident bytes: (now, at most so far)."""
        with open(f"/proc/{self.process.pid}/status") as file:
            lines = dict(line.split(":", 1) for line in file)
        return tuple(1024 * int(lines[key].split()[0]) for key in ("VmRSS", "VmHWM"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.stop()
        self.process.stdout.close()


class Relay:
    """Passes TCP connections on to a server; cut() breaks those that are open, without a word."""

    def __init__(self, address):
        self._target = ("127.0.0.1", int(address.rsplit(":", 1)[1]))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open = []
        self.answers_pass = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            self._open += [client, server]
            threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source, target, is_answer):
        try:
            while data := source.recv(1 << 16):
                if self.answers_pass or not is_answer:
                    target.sendall(data)
        except OSError:
            pass

    def cut(self):
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
        self._open.clear()

    def close(self):
        self._listener.close()
        self.cut()
