"""The HTTP transport of the REST interface: an event loop in a thread of its own, computations in others."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from rembert_tf.serving.server.address import listen
from rembert_tf.serving.server.json_response import write_error
from rembert_tf.serving.server.rest_api import API_PREFIX

MAX_BODY_BYTES = 64 * 2**20  # a bound on memory: 64 MiB holds some 100,000 sentences

_NOT_FOUND_PAGE = "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"


class RestServer:
    """Serves a `RestApi` over HTTP. The port is taken at construction, requests are answered from `start` on.

    Args:
        api: a `RestApi`.
        host: interface to listen on.
        port: 0 takes a free one.
        threads: how many requests are computed at a time.
        grace: seconds that running requests have to end after `stop`.
    """

    def __init__(self, api, host, port, threads, grace):
        self._api = api
        self._grace = grace
        self._socket = listen(host, port)
        self.port = self._socket.getsockname()[1]
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="rest")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rest-loop", daemon=True)
        self._runner = None

    def start(self):
        """Begins to answer."""
        self._thread.start()
        self._in_loop(self._open())

    def stop(self):
        """Refuses new requests, waits for running ones, and gives the port back."""
        if self._thread.is_alive():
            self._in_loop(self._runner.cleanup())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        self._socket.close()
        self._workers.shutdown()

    def _in_loop(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _open(self):
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=self._grace)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()

    async def _handle(self, request):
        path = request.raw_path.partition("?")[0]
        if not path.lower().startswith(API_PREFIX):
            return web.Response(status=404, text=_NOT_FOUND_PAGE, content_type="text/html")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            message = f"The request body is larger than {MAX_BODY_BYTES} bytes"
            return web.Response(status=413, body=write_error(message), content_type="application/json")
        status, answer = await asyncio.get_running_loop().run_in_executor(
            self._workers, self._api.answer, request.method, path, body
        )
        return web.Response(status=status, body=answer, content_type="application/json")
