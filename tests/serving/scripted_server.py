"""An HTTP server that says what a test tells it to, and remembers what it was asked."""

import collections
import contextlib
import http.server
import json
import threading

TEXT = {"dtype": "DT_STRING", "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False}}


def metadata(signature):
    """A metadata answer about a model whose `serving_default` is this."""
    return {"metadata": {"signature_def": {"signature_def": {"serving_default": signature}}}}


ECHO_METADATA = metadata({"inputs": {"text": TEXT}, "outputs": {"text": TEXT}})


class ScriptedServer:
    """Answers requests from `answers`, in order; each is (status, headers, body), or None to hang up.

    Where none is left, it answers as an echoing model does.

    Attributes:
        answers: what it will say.
        asked: a list of (client port, method, path, headers, body).
    """

    def __init__(self):
        self.answers = collections.deque()
        self.asked = []

    def say(self, status, document=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, headers, json.dumps(document or {"error": "told to"}).encode()))

    def hang_up(self):
        self.answers.append(None)

    @property
    def predictions(self):
        """The parsed bodies of the requests that asked for predictions."""
        return [json.loads(body) for _, method, _, _, body in self.asked if method == "POST"]


@contextlib.contextmanager
def scripted_server(tls=None):
    """Runs a `ScriptedServer` in threads; its `port` is a free one.

    Args:
        tls: an `ssl.SSLContext`, or None.
    """
    script = ScriptedServer()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(script))
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    script.port = server.server_address[1]
    script.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{script.port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(script):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.asked.append((self.client_address[1], self.command, self.path, headers, body))
            answer = script.answers.popleft() if script.answers else echo(body)
            if answer is None:
                self.close_connection = True
                return
            status, headers, content = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    return Handler


def echo(body):
    document = {"outputs": json.loads(body)["inputs"]["text"]} if body else ECHO_METADATA
    return 200, {}, json.dumps(document).encode()
