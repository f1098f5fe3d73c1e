"""REST requests from an event loop; needs the `serving` extra."""

import asyncio
import ssl

from rembert_tf.errors import MissingExtraError
from rembert_tf.serving.client.errors import no_answer
from rembert_tf.serving.client.failed_connections import rest_failure
from rembert_tf.serving.client.rest_messages import RestAnswer

try:
    import aiohttp
    import yarl
except ImportError as error:
    raise MissingExtraError("The asynchronous client", "serving") from error


class AsyncRestConnections:
    """Sends `RestRequest`s from one event loop, over connections that are kept open.

    Args: as `RestConnections`.
    """

    def __init__(self, address, headers, ca_file=None):
        scheme = "https" if address.is_secure else "http"
        self._address = address
        self._root = f"{scheme}://{address.authority}"
        self._headers = {"content-type": "application/json", **headers}
        self._tls = ssl.create_default_context(cafile=ca_file) if address.is_secure else True
        self._session = None  # can only be made where a loop runs

    async def send(self, request, timeout):
        """Sends one request; see `RestConnections.send`."""
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers, cookie_jar=aiohttp.DummyCookieJar())
        try:
            return request.read(await self._converse(request, timeout))
        except TimeoutError:
            raise
        except aiohttp.ClientConnectorCertificateError as error:
            reason = getattr(error.certificate_error, "verify_message", "its certificate is not trusted")
            raise no_answer(self._address.url, reason, repeatable=False) from error
        except (OSError, aiohttp.ClientError) as error:
            raise rest_failure(self._address, error) from error

    async def close(self):
        if self._session is not None:
            await self._session.close()

    async def _converse(self, request, timeout):
        # A redirection would carry the headers, and with them credentials, to another server.
        options = {"allow_redirects": False, "ssl": self._tls, "data": request.body}
        url = yarl.URL(self._root + request.path, encoded=True)
        async with asyncio.timeout(timeout), self._session.request(request.method, url, **options) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return RestAnswer(response.status, headers, await response.read())
