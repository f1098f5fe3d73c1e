"""The client for event loops."""

import asyncio

from rembert_tf.serving.client.async_rest import AsyncRestConnections
from rembert_tf.serving.client.connected_client import ConnectedClient
from rembert_tf.serving.client.errors import ModelServerError, UnreachableServerError


class AsyncClient(ConnectedClient):
    """`Client`, whose methods are awaited: same arguments, same results, one event loop.

    Needs the `serving` extra.

    Examples:
        >>> async with AsyncClient("http://127.0.0.1:8501") as client:
        ...     answers = await client.classify(["The museum opens at nine."])
    """

    def _open(self, options):
        return options.open(AsyncRestConnections, _grpc_channel)

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
