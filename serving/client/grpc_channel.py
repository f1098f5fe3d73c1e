"""The gRPC channels: one for threads, one for an event loop; needs the `serving` extra."""

import grpc

from rembert_tf.serving.client.grpc_messages import CHANNEL_OPTIONS, channel_credentials, open_stubs


class GrpcChannel:
    """Sends `GrpcRequest`s over one channel, which any number of threads may share.

    Args:
        address: the server's `Address`.
        headers: dict of the metadata that every request gets.
        ca_file: PEM file of the certificates to trust; None trusts the system's.
    """

    def __init__(self, address, headers, ca_file=None):
        self._metadata = tuple(headers.items())
        self._channel = _open_channel(grpc, address, ca_file)
        self._stubs = open_stubs(self._channel)

    def send(self, request, timeout):
        """Sends one request and returns what its `read` makes of the answer; raises as `RestConnections.send`."""
        try:
            answer = self._stubs[request.method](request.message, timeout=timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise request.refusal(error) from error
        return request.read(answer)

    def close(self):
        self._channel.close()


class AsyncGrpcChannel:
    """The same for one event loop."""

    def __init__(self, address, headers, ca_file=None):
        self._metadata = tuple(headers.items())
        self._address, self._ca_file = address, ca_file
        self._channel = self._stubs = None  # belong to the loop that runs when they are made

    async def send(self, request, timeout):
        """Sends one request; see `GrpcChannel.send`."""
        if self._channel is None:
            self._channel = _open_channel(grpc.aio, self._address, self._ca_file)
            self._stubs = open_stubs(self._channel)
        try:
            answer = await self._stubs[request.method](request.message, timeout=timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise request.refusal(error) from error
        return request.read(answer)

    async def close(self):
        if self._channel is not None:
            await self._channel.close()


def _open_channel(library, address, ca_file):
    if address.is_secure:
        return library.secure_channel(address.authority, channel_credentials(ca_file), options=CHANNEL_OPTIONS)
    return library.insecure_channel(address.authority, options=CHANNEL_OPTIONS)
