"""Reads request bodies within bounds of size and time, so that no client can take memory or workers."""

import asyncio
import contextlib

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from rembert_tf.serving.server.status import Code

BODIES_AT_ONCE = 4  # full-sized ones; smaller ones share the same memory


class Refusal(Exception):
    """A request that is answered before anything is computed.

    Args:
        http_status: of the answer.
        code: the canonical `Code` that stands in log and metrics.
        message: one sentence for the client.
    """

    def __init__(self, http_status, code, message):
        super().__init__(message)
        self.http_status = http_status
        self.code = code
        self.message = message


class BodyReader:
    """Reads bodies; must be used from one event loop.

    Args:
        max_bytes: of one body, after decompression.
        seconds: that a body may take to arrive.
    """

    def __init__(self, max_bytes, seconds):
        self._max_bytes = max_bytes
        self._max_bytes_together = BODIES_AT_ONCE * max_bytes
        self._seconds = seconds
        self._bytes_held = 0

    @contextlib.asynccontextmanager
    async def body(self, request):
        """The body of a request; it counts as held until the block ends.

        Args:
            request: an `aiohttp.web.BaseRequest`.

        Yields:
            bytes.

        Raises:
            Refusal: 413 for too large a body, 408 for one too slow, 503 when too many are held, 400 for a
                broken one.
        """
        # What the client announces is refused unread.
        if request.content_length is not None and request.content_length > self._max_bytes:
            raise self._too_large()
        if request.headers.get("Expect", "").lower() == "100-continue":
            await _ask_for_body(request)
        received = _Received()
        try:
            await self._read_in_time(request.content, received)
            yield received.take()
        finally:
            self._bytes_held -= received.size

    async def _read_in_time(self, stream, received):
        try:
            async with asyncio.timeout(self._seconds):
                await self._read(stream, received)
        except TimeoutError as error:
            message = f"The request did not arrive within {self._seconds:g} seconds"
            raise Refusal(408, Code.DEADLINE_EXCEEDED, message) from error
        except ConnectionError as error:
            raise Refusal(499, Code.CANCELLED, "The client went away") from error
        except (RequestPayloadError, web.HTTPException, ValueError) as error:
            raise Refusal(400, Code.INVALID_ARGUMENT, "The request body is broken") from error

    async def _read(self, stream, received):
        async for chunk in stream.iter_any():
            received.add(chunk)
            self._bytes_held += len(chunk)
            if received.size > self._max_bytes:
                raise self._too_large()
            if self._bytes_held > self._max_bytes_together:
                raise Refusal(503, Code.UNAVAILABLE, "Too many large requests are being answered")

    def _too_large(self):
        return Refusal(413, Code.RESOURCE_EXHAUSTED, f"The request body is larger than {self._max_bytes} bytes")


async def _ask_for_body(request):
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # nothing of the answer is sent yet


class _Received:
    def __init__(self):
        self._chunks = []
        self.size = 0

    def add(self, chunk):
        self._chunks.append(chunk)
        self.size += len(chunk)

    def take(self):
        """The whole body; the pieces are forgotten."""
        body = b"".join(self._chunks)
        self._chunks.clear()
        return body
