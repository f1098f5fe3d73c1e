"""How a client reaches its server: checked once, for the waiting client and the asynchronous one."""

import numbers

from rembert_tf.errors import InputError
from rembert_tf.serving.client.rest_messages import RestMessages
from rembert_tf.serving.client.retries import Attempts, RetryPolicy
from rembert_tf.serving.client.target import Target, check_ca_file, check_headers, read_address


class ConnectionOptions:
    """A client's settings; arguments as of `Client`.

    Raises:
        InputError: one of them is out of its range.
    """

    def __init__(self, url, timeout, retries, batch_size, concurrency, headers, ca_file):
        self.address = read_address(url)
        self.timeout = _positive("timeout", timeout, numbers.Real, "seconds")
        self.policy = retries if isinstance(retries, RetryPolicy) else RetryPolicy(retries)
        self.concurrency = _positive("concurrency", concurrency, numbers.Integral, "requests")
        self.headers = check_headers(headers)
        self.ca_file = check_ca_file(ca_file, self.address)
        _positive("batch_size", batch_size, numbers.Integral, "rows")

    def messages(self, model, version, label):
        """What builds the requests to a model."""
        target = Target(model, version, label)
        if self.address.is_rest:
            return RestMessages(target, self.address)
        from rembert_tf.serving.client.grpc_messages import GrpcMessages

        return GrpcMessages(target, self.address)

    def attempts(self):
        """The attempts at one request; their time begins now."""
        return Attempts(self.policy, self.address.url, self.timeout)

    def open(self, rest_kind, grpc_kind):
        """Makes the connections: of the first kind for REST, of the second for gRPC."""
        kind = rest_kind if self.address.is_rest else grpc_kind
        return kind(self.address, self.headers, self.ca_file)


def _positive(name, value, kind, unit):
    if not isinstance(value, kind) or isinstance(value, bool) or not value > 0:
        raise InputError(f"{name} must be a positive number of {unit}, not {value!r}")
    return value
