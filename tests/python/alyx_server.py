"""The part of the IBL's database server (Alyx) that ONE asks for sessions and files, over an ALF tree.

Its schema is that of ONE-api's own tests; answers have the fields that ONE-api reads.
"""

import http.server
import json
import pathlib
import threading
import urllib.parse
import uuid

import one
from one.alf.path import add_uuid_string

SCHEMA = pathlib.Path(one.__file__).parent / "tests/fixtures/rest_responses/openapiv3.json"
LOGIN = {"username": "reader", "password": "of recordings"}
EID = uuid.UUID("c1c5f7a6-7c2a-4c0e-9b54-1d8a8f0f4d52")


class AlyxServer:
    """Serves the one session of `root`; `asked` has the paths of all requests."""

    def __init__(self, root, session):
        self.root, self.asked = pathlib.Path(root), []
        self.relative = session.relative_to(root).as_posix()  # LAB/Subjects/SUBJECT/DATE/NUMBER
        self.ids = {
            path.relative_to(root).as_posix(): uuid.uuid5(EID, str(path.relative_to(root)))
            for path in sorted(session.rglob("*.*")) if path.is_file()
        }  # fmt: skip
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def do_POST(self):
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                given = dict(urllib.parse.parse_qsl(text))
                owner.send(
                    self, 200 if given == LOGIN else 400, {"token": "0123"} if given == LOGIN else {"detail": "no"}
                )

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def send(self, handler, code, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(code)
        handler.send_header(
            "Content-Type", "application/octet-stream" if isinstance(body, bytes) else "application/json"
        )
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def answer(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        self.asked.append(urllib.parse.unquote(handler.path))
        if url.path == "/api/schema":
            self.send(handler, 200, SCHEMA.read_bytes() if "json" not in url.query else json.loads(SCHEMA.read_text()))
        elif url.path.startswith("/data/"):
            files = {"/data/" + add_uuid_string(path, one_id).as_posix(): path for path, one_id in self.ids.items()}
            found = files.get(urllib.parse.unquote(url.path))
            self.send(
                handler, 200 if found else 404, (self.root / found).read_bytes() if found else {"detail": "Not found"}
            )
        elif handler.headers.get("Authorization") != "Token 0123":
            self.send(handler, 403, {"detail": "Authentication credentials were not provided."})
        elif url.path == "/sessions":
            asked = dict(urllib.parse.parse_qsl(url.query))
            wanted = asked.get("subject", self.session["subject"]) == self.session["subject"]
            found = [self.session] if wanted else []
            self.send(handler, 200, {"count": len(found), "next": None, "previous": None, "results": found})
        elif url.path == f"/sessions/{EID}":
            self.send(handler, 200, self.session | {"data_dataset_session_related": self.datasets})
        else:
            self.send(handler, 404, {"detail": "Not found."})

    @property
    def session(self):
        lab, _, subject, date, number = self.relative.split("/")
        return {"id": str(EID), "url": f"{self.url}/sessions/{EID}", "lab": lab, "subject": subject, "number": int(number),
                "start_time": f"{date}T10:00:00", "task_protocol": "ephysChoiceWorld", "projects": ["ibl_neuropixel_brainwide_01"]}  # fmt: skip

    @property
    def datasets(self):
        """As a session of the server lists them: the last revision is the default."""
        found = []
        for path, one_id in self.ids.items():
            name, folder = path.rsplit("/", 1)[1], path.rsplit("/", 1)[0]
            revised = any(
                other.endswith(f"#/{name}") and other.startswith(folder) for other in self.ids if other != path
            )
            found.append({
                "id": str(one_id), "name": name, "file_size": (self.root / path).stat().st_size, "hash": None,
                "data_url": f"{self.url}/data/{add_uuid_string(path, one_id).as_posix()}",
                "default_revision": str(not revised), "qc": "NOT_SET",
            })  # fmt: skip
        return found
