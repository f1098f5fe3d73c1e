"""`rembert serve`: the embedded model server."""

import json
import logging
import os

import click

from rembert_tf.cli.console import console
from rembert_tf.serving.server.defaults import (
    DEFAULT_GRPC_PORT,
    DEFAULT_HOST,
    DEFAULT_MODEL_NAME,
    DEFAULT_REST_PORT,
    DEFAULT_SIGNATURE,
)

EPILOG = """\b
Example:
  rembert serve exports/sentiment
  curl -d '{"instances": ["The museum opens at nine."]}' http://127.0.0.1:8501/v1/models/model:predict
"""


@click.command("serve", epilog=EPILOG)
@click.argument("base_path", type=click.Path())
@click.option("--name", default=DEFAULT_MODEL_NAME, show_default=True, help="The model's name in request URLs.")
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Interface to listen on; 0.0.0.0 is all of them.")
@click.option(
    "--rest-port", default=DEFAULT_REST_PORT, show_default=True, help="Port of the REST interface; 0 takes a free one."
)
@click.option(
    "--grpc-port", default=DEFAULT_GRPC_PORT, show_default=True, help="Port of the gRPC interface; 0 takes a free one."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON with name, version and ports when ready.")
def command(base_path, name, host, rest_port, grpc_port, as_json):
    """Serves the newest SavedModel version below BASE_PATH over REST and gRPC, as TensorFlow Serving would.

    BASE_PATH holds one subdirectory for each version, named by an integer, as `rembert export` writes it.
    Ctrl-C or SIGTERM ends the server once running requests are answered.
    """
    # Set before TensorFlow is imported: its start-up notices would bury what the user has to read.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    console.print(f"Loading {base_path} ...", markup=False)
    from rembert_tf.serving.server import ModelServer, serve_forever

    server = ModelServer(base_path, name=name, host=host, rest_port=rest_port, grpc_port=grpc_port)
    serve_forever(server, on_ready=lambda ready: _announce(ready, as_json))
    console.print("Stopped.")


def _announce(server, as_json):
    from rembert_tf.serving.server.example_request import curl_line

    servable = server.model
    signature = servable.signatures.get(DEFAULT_SIGNATURE)
    console.print(f"Serving {servable.path} as {server.name!r}: {server.rest_url} and {server.grpc_url}", markup=False)
    console.print("A stand-in for development with TensorFlow Serving's wire contract.", markup=False)
    if signature is not None:
        console.print(f"Try it:\n  {curl_line(server.rest_url, server.name, signature)}", markup=False)
    if as_json:
        ready = {
            "name": server.name,
            "version": servable.version,
            "host": server.host,
            "rest_port": server.rest_port,
            "grpc_port": server.grpc_port,
        }
        click.echo(json.dumps(ready))  # flushed by click, so that a waiting program sees it at once
