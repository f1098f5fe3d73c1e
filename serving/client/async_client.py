"""The client for event loops."""

import asyncio

from rembert_tf.serving.client.async_rest import AsyncRestConnections
from rembert_tf.serving.client.connection_options import ConnectionOptions
from rembert_tf.serving.client.errors import ModelServerError, UnreachableServerError
from rembert_tf.serving.client.model_methods import ModelMethods
from rembert_tf.serving.server.defaults import DEFAULT_MODEL_NAME


class AsyncClient(ModelMethods):
    """`Client`, whose methods are awaited: same arguments, same results, one event loop.

    Needs the `serving` extra.

    Args: as `Client`.

    Example:
        async with AsyncClient("http://127.0.0.1:8501") as client:
            answers = await client.classify(["The museum opens at nine."])
    """

    def __init__(
        self,
        url,
        *,
        model=DEFAULT_MODEL_NAME,
        version=None,
        label=None,
        timeout=60.0,
        retries=3,
        batch_size=32,
        concurrency=4,
        headers=None,
        ca_file=None,
    ):
        self._options = ConnectionOptions(url, timeout, retries, batch_size, concurrency, headers, ca_file)
        super().__init__(self._options.messages(model, version, label), model, batch_size)
        self._connections = self._options.open(AsyncRestConnections, _grpc_channel)

    async def close(self):
        """Closes the connections."""
        await self._connections.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception):
        await self.close()

    async def _run(self, plan):
        step, value = plan.send, None
        while True:
            try:
                requests = step(value)
            except StopIteration as end:
                return end.value
            try:
                step, value = plan.send, await self._exchange_all(requests)
            except Exception as error:
                step, value = plan.throw, error

    async def _exchange_all(self, requests):
        under_way = asyncio.Semaphore(self._options.concurrency)

        async def exchange(request):
            async with under_way:
                return await self._exchange(request)

        tasks = [asyncio.ensure_future(exchange(request)) for request in requests]
        try:
            return await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()  # the others would be sent in vain
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def _exchange(self, request):
        attempts = self._options.attempts()
        while True:
            try:
                return await self._connections.send(request, attempts.seconds_left())
            except (ModelServerError, UnreachableServerError, TimeoutError) as error:
                await asyncio.sleep(attempts.pause_after(error))


def _grpc_channel(*arguments):
    from rembert_tf.serving.client.grpc_channel import AsyncGrpcChannel

    return AsyncGrpcChannel(*arguments)
