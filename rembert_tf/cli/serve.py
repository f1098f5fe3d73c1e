"""`rembert serve`: the embedded model server."""

import contextlib
import json
import logging
import os

import click

from rembert_tf.cli.console import console, say
from rembert_tf.cli.serve_options import serve_options
from rembert_tf.serving.server.defaults import DEFAULT_MODEL_NAME, DEFAULT_SIGNATURE

EPILOG = """\b
Examples:
  rembert serve runs/topic
  curl -d '{"instances": ["The museum opens at nine."]}' http://127.0.0.1:8501/v1/models/model:predict
\b
  rembert serve --model-config-file models.config --enable-batching
  rembert serve runs/topic --playground
"""


@click.command("serve", epilog=EPILOG)
@click.argument("path", type=click.Path(), required=False)
@serve_options
def command(
    path,
    name,
    model_config_file,
    max_length,
    pair,
    optimize,
    check,
    host,
    rest_port,
    grpc_port,
    playground,
    as_json,
    **options,
):
    """Serves SavedModels over REST and gRPC, as TensorFlow Serving would.

    PATH holds one subdirectory for each version, named by an integer, as `rembert export` writes it. The newest one
    answers; when a newer one appears, it is loaded and takes over without a failed request.
    Or PATH is a model directory or a run folder: it is exported first, into PATH/export, unless that was done before.
    Ctrl-C or SIGTERM ends the server once running requests are answered.
    """
    if (path is None) == (model_config_file is None):
        raise click.UsageError("Give either PATH or --model-config-file.")
    if model_config_file is not None and name is not None:
        raise click.UsageError("--name goes with PATH; --model-config-file has the names in it.")
    # Set before TensorFlow is imported: its start-up notices would bury what the user has to read.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    settings = _settings(**options)
    model = _model(path)
    base_path = _base_path(path, model, max_length=max_length, pair=pair, optimize=optimize, check=check)
    say(f"Loading {base_path or model_config_file} ...")
    from rembert_tf.serving.server import ModelServer, serve_forever

    name = name or DEFAULT_MODEL_NAME
    server = ModelServer(
        base_path,
        model_config_file=model_config_file,
        name=name,
        host=host,
        rest_port=rest_port,
        grpc_port=grpc_port,
        settings=settings,
        playground=_playground(name, model, base_path, max_length, pair) if playground else None,
    )
    with log_on_console():
        serve_forever(server, on_ready=lambda ready: _announce(ready, as_json))
    console.print("Stopped.")


def _model(path):
    """Returns the model directory that the path means, or None where it holds exports already."""
    from rembert_tf.serving.served_model import model_of

    return None if path is None else model_of(path)


def _base_path(path, model, **export):
    """Returns the folder of versions that is served: the path itself, or that of a model's export."""
    given = {name: value for name, value in export.items() if value is not None}
    if model is not None:
        from rembert_tf.serving.own_export import export_of

        return export_of(path, model, say, **given)
    if given:
        name, value = next(iter(given.items()))
        option = f"{'no-' if value is False else ''}{name.replace('_', '-')}"
        raise click.UsageError(f"--{option} goes with a model directory or a run folder, which is exported first.")
    return path


def _playground(name, model, base_path, max_length, pair):
    """Returns the `Playground`; it explains a model that was exported for this server alone."""
    from rembert_tf.serving.playground import Explainer, Playground
    from rembert_tf.serving.server.version_directories import list_versions

    if model is None:
        return Playground()
    return Playground({name: Explainer(model, max_length, pair, version=max(list_versions(base_path)))})


def _settings(
    enable_batching,
    batching_parameters_file,
    file_system_poll_wait_seconds,
    model_config_file_poll_wait_seconds,
    max_num_load_retries,
    enable_grpc_healthcheck_service,
    allow_version_labels_for_unavailable_models,
    **same,
):
    """`ServerSettings` from options; those in `same` are called as the settings are."""
    from rembert_tf.serving.server.batching_parameters import BatchingParameters
    from rembert_tf.serving.server.settings import ServerSettings

    if batching_parameters_file is not None and not enable_batching:
        raise click.UsageError("--batching-parameters-file goes with --enable-batching.")
    batching = None
    if enable_batching:
        file = batching_parameters_file
        batching = BatchingParameters() if file is None else BatchingParameters.from_file(file)
    return ServerSettings(
        batching=batching,
        poll_seconds=file_system_poll_wait_seconds,
        config_poll_seconds=model_config_file_poll_wait_seconds,
        load_retries=max_num_load_retries,
        enable_health_service=enable_grpc_healthcheck_service,
        allow_labels_for_unavailable=allow_version_labels_for_unavailable_models,
        **same,
    )


@contextlib.contextmanager
def log_on_console():
    """Tells on standard error which versions come and go."""
    log = logging.getLogger("rembert_tf.serving.server")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False  # an export before may have given the root logger a handler, which would say it all again
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
        log.propagate = True


def _announce(server, as_json):
    from rembert_tf.serving.server.example_request import curl_line

    models = server.models
    console.print(f"REST: {server.rest_url}   gRPC: {server.grpc_url}", markup=False)
    for name, servable in models.items():
        console.print(f"Serving {servable.path} as {name!r}", markup=False)
    if server.playground_url is not None:
        console.print(f"Playground: {server.playground_url}", markup=False)
    console.print("A stand-in for development with TensorFlow Serving's wire contract.", markup=False)
    signature = models[server.name].signatures.get(DEFAULT_SIGNATURE)
    if signature is not None:
        console.print(f"Try it:\n  {curl_line(server.rest_url, server.name, signature)}", markup=False)
    if as_json:
        ready = {
            "name": server.name,
            "version": models[server.name].version,
            "models": {name: servable.version for name, servable in models.items()},
            "host": server.host,
            "rest_port": server.rest_port,
            "grpc_port": server.grpc_port,
            "playground": server.playground_url,
        }
        click.echo(json.dumps(ready))  # flushed by click, so that a waiting program sees it at once
