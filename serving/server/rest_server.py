"""The HTTP transport of the REST interface: an event loop in a thread of its own, computations in others."""

import asyncio
import logging
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from rembert_tf.serving.server.address import listen
from rembert_tf.serving.server.connection_guard import ConnectionGuard
from rembert_tf.serving.server.json_response import write_error
from rembert_tf.serving.server.metrics import CONTENT_TYPE as METRICS_TYPE
from rembert_tf.serving.server.request_body import BodyReader, Refusal
from rembert_tf.serving.server.rest_api import API_PREFIX
from rembert_tf.serving.server.settings import WAITING_PER_THREAD
from rembert_tf.serving.server.status import Code

LINGERING_SECONDS = 5.0  # for a refused client to read why, while its body is thrown away

_ORIGIN = re.compile("^https?://[^/?]*", re.IGNORECASE)  # requests to proxies have it before the path
_NOT_FOUND_PAGE = "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"
_CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
}

# What clients do wrong is no news for the server's own log: the access log has it.
_http_log = logging.getLogger(f"{__name__}.http")
_http_log.setLevel(logging.CRITICAL)


class RestServer:
    """Serves a `RestApi` over HTTP. The port is taken at construction, requests are answered from `start` on.

    Args:
        api: a `RestApi`.
        host: interface to listen on.
        port: 0 takes a free one.
        threads: how many requests are computed at a time.
        settings: `ServerSettings`.
        traffic: a `Traffic`.
        site: a `Playground`, or None: what is answered besides.
    """

    def __init__(self, api, host, port, threads, settings, traffic, site=None):
        self._api = api
        self._site = site
        self._settings = settings
        self._traffic = traffic
        self._socket = listen(host, port)
        self.port = self._socket.getsockname()[1]
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="rest")
        self._max_requests = threads * (1 + WAITING_PER_THREAD)
        self._requests = 0  # that are read and not answered
        self._bodies = BodyReader(settings.max_body_bytes, settings.read_timeout)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rest-loop", daemon=True)
        self._runner = self._guard = self._listener = None

    def start(self):
        """Begins to answer."""
        self._thread.start()
        self._in_loop(self._open())

    def stop(self):
        """Refuses new requests, waits for running ones, and gives the port back."""
        if self._thread.is_alive():
            self._in_loop(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        self._socket.close()
        self._workers.shutdown()

    def _in_loop(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _open(self):
        # No router: it has its own idea of paths, and knows none with a line break.
        server = web.Server(
            self._handle,
            access_log=None,
            logger=_http_log,
            lingering_time=LINGERING_SECONDS,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=self._settings.grace)
        await self._runner.setup()
        self._guard = ConnectionGuard(server, self._settings.read_timeout)
        self._listener = await self._loop.create_server(self._guard, sock=self._socket)

    async def _close(self):
        self._listener.close()
        await self._runner.cleanup()
        # What is left throws bodies away or has still to notice its end.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _handle(self, request):
        transport = request.transport
        self._guard.reached_handler(request)
        try:
            with self._traffic.observe("REST", request.remote or "") as record:
                response = await self._respond(request, record)
                record.http_status, record.response_bytes = response.status, len(response.body)
            return await self._send(request, response)
        finally:
            self._guard.answered(transport)

    async def _respond(self, request, record):
        path = _ORIGIN.sub("", request.raw_path).partition("?")[0]
        if path == self._settings.monitoring_path and request.method == "GET":
            record.method = "Metrics"
            return web.Response(body=self._traffic.metrics_page(), content_type=METRICS_TYPE)
        if self._site is not None and self._site.owns(path):
            return await self._visit(request, path, record)
        if not path.lower().startswith(API_PREFIX):
            record.status = Code.NOT_FOUND.name
            return web.Response(status=404, text=_NOT_FOUND_PAGE, content_type="text/html")
        if request.method == "OPTIONS" and self._settings.enable_cors:
            return self._json(200, b"")
        method, arrived = request.method, time.monotonic()

        def compute(body):
            return self._json(*self._api.answer(method, path, body, record, time.monotonic() - arrived))

        return await self._compute(request, compute, record)

    async def _visit(self, request, path, record):
        method, headers = request.method, request.headers

        def visit(body):
            reply = self._site.answer(method, path, headers, body, record)
            return web.Response(status=reply.status, body=reply.body, headers=reply.headers)

        return await self._compute(request, visit, record)

    async def _compute(self, request, work, record):
        """Returns what `work` makes of a request's body, in a thread, within all limits."""
        try:
            async with self._bodies.body(request) as body:
                record.request_bytes = len(body)
                return await self._in_turn(work, body)
        except Refusal as refusal:
            record.status = refusal.code.name
            response = self._json(refusal.http_status, write_error(refusal.message))
            response.force_close()
            return response

    async def _in_turn(self, work, body):
        if self._requests >= self._max_requests:
            raise Refusal(503, Code.UNAVAILABLE, "Too many requests are waiting")
        self._requests += 1
        try:
            return await self._loop.run_in_executor(self._workers, work, body)
        finally:
            self._requests -= 1

    def _json(self, status, body):
        headers = _CORS_HEADERS if self._settings.enable_cors else None
        return web.Response(status=status, body=body, content_type="application/json", headers=headers)

    async def _send(self, request, response):
        """Sends an answer here, and not after the handler, to end with a client that does not read it."""
        try:
            async with asyncio.timeout(self._settings.read_timeout):
                await response.prepare(request)
                await response.write_eof()
        except (TimeoutError, ConnectionError):
            _close(request, at_once=True)
        if response.status == 408:  # nobody waits for the rest of it
            _close(request)
        return response


def _close(request, at_once=False):
    if request.transport is not None:
        request.transport.abort() if at_once else request.transport.close()
