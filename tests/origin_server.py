"""An HTTP server on this machine that stands for the place where recordings were published."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


@dataclass
class Answer:
    """What is sent for an address; `promised` bytes are announced, `do` is called before."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None
    do: Callable[[], None] = lambda: None


class OriginServer:
    """Answers by path, a list of them one after the other; `asked` counts the requests."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.answers: dict[str, Answer | list[Answer]] = {}
        self.asked: Counter[str] = Counter()

    def give(self, path: str) -> Answer:
        self.asked[path] += 1
        answer = self.answers.get(path, Answer(status=404))
        if isinstance(answer, list):
            return answer.pop(0) if len(answer) > 1 else answer[0]
        return answer


@contextlib.contextmanager
def origin_server() -> Iterator[OriginServer]:
    """Run a server while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = origin.give(unquote(self.path).lstrip("/"))
            answer.do()
            self.send_response(answer.status)
            length = len(answer.content) if answer.promised is None else answer.promised
            for name, value in {"Content-Length": str(length), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    origin = OriginServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
