"""The options of `rembert serve`, in groups; importing this needs no TensorFlow."""

import click

from rembert_tf.serving.precision import OPTIMIZED
from rembert_tf.serving.server.defaults import (
    DEFAULT_GRPC_PORT,
    DEFAULT_HOST,
    DEFAULT_MODEL_NAME,
    DEFAULT_REST_PORT,
    LOAD_RETRIES,
    LOAD_RETRY_SECONDS,
    MAX_BODY_BYTES,
    POLL_SECONDS,
    READ_TIMEOUT,
    REST_TIMEOUT,
    SHUTDOWN_GRACE,
)


def _option(name, default, help_text, **more):
    return click.option(name, default=default, show_default=default is not None, help=help_text, **more)


def _flag(name, help_text):
    return click.option(name, is_flag=True, help=help_text)


MODELS = (
    click.option("--name", help=f"The model's name in request URLs.  [default: {DEFAULT_MODEL_NAME}]"),
    click.option(
        "--model-config-file",
        type=click.Path(),
        help="A ModelServerConfig in text format, for several models, version policies and labels; instead of PATH.",
    ),
    _option("--model-config-file-poll-wait-seconds", 0.0, "Between two looks at that file; 0 reads it once."),
    _option("--file-system-poll-wait-seconds", POLL_SECONDS, "Between two looks for new versions; 0 looks once."),
    _option("--max-num-load-retries", LOAD_RETRIES, "How often a version that does not load is tried again."),
    _option("--load-retry-seconds", LOAD_RETRY_SECONDS, "Between two such tries."),
    _flag(
        "--allow-version-labels-for-unavailable-models",
        "Let a new label stand for a version that is not loaded; labels need it when the server starts.",
    ),
)

EXPORT = (
    click.option("--max-length", type=int, help="Of a model: pieces of a text, pair or window."),
    click.option("--pair", is_flag=True, default=None, help="Of a classifier: requests hold text and text_pair."),
    click.option("--optimize", type=click.Choice(OPTIMIZED), help="Of a model: as in `rembert export`."),
    click.option("--check/--no-check", default=None, help="Of a model: compare the export's answers with it."),
)

INTERFACES = (
    _option("--host", DEFAULT_HOST, "Interface to listen on; 0.0.0.0 is all of them."),
    _option("--rest-port", DEFAULT_REST_PORT, "Port of the REST interface; 0 takes a free one."),
    _option("--grpc-port", DEFAULT_GRPC_PORT, "Port of the gRPC interface; 0 takes a free one."),
    _option("--threads", None, "Requests computed at a time by each interface.  [default: 4 a processor]", type=int),
    _option("--rest-timeout", REST_TIMEOUT, "Seconds that a REST request may be computed."),
    _option("--read-timeout", READ_TIMEOUT, "Seconds that a REST client may take to send a request."),
    _option("--max-body-bytes", MAX_BODY_BYTES, "Size of the largest REST request."),
    _option("--max-message-bytes", -1, "Size of the largest gRPC request; -1 is no limit."),
    _option("--grace", SHUTDOWN_GRACE, "Seconds that running requests have to end when the server stops."),
    _flag("--playground", "Serve a page at /playground, on which the model can be tried and looked into."),
    _flag("--enable-cors", "Let web pages of other origins call the REST interface."),
    _flag("--enable-grpc-healthcheck-service", "Offer the standard gRPC health service."),
)

BATCHING = (
    _flag("--enable-batching", "Compute requests that arrive together as one batch."),
    click.option(
        "--batching-parameters-file",
        type=click.Path(),
        help="BatchingParameters in text format; with --enable-batching.",
    ),
)

OBSERVATION = (
    click.option("--monitoring-path", help="URL path for Prometheus metrics, such as /monitoring/prometheus/metrics."),
    click.option(
        "--access-log",
        type=click.File("a", encoding="utf-8", lazy=False),
        metavar="FILE",
        help="Append a line of JSON for each request; - is standard output.",
    ),
    click.option(
        "--json", "as_json", is_flag=True, help="Print one line of JSON with names, versions and ports when ready."
    ),
)


def serve_options(command):
    """Adds every option to a command, in the order in which its help shows them."""
    for option in reversed(MODELS + EXPORT + INTERFACES + BATCHING + OBSERVATION):
        command = option(command)
    return command
