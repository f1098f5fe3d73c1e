"""`rembert export`: a SavedModel that takes raw strings, or a file for another runtime that takes ids."""

import click

from rembert_tf.cli.console import console, say
from rembert_tf.cli.export_formats import (
    ALL_DTYPES,
    SAVED_MODEL,
    check_options,
    export_portable_folder,
    portable_options,
)
from rembert_tf.cli.export_options import head_options, make_head_options
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import example
from rembert_tf.serving.precision import OPTIMIZED
from rembert_tf.serving.signatures.catalogue import ARCHITECTURES


@click.command(epilog=example("rembert export runs/topic/best models/topic"))
@click.argument("model", metavar="DIR")
@click.argument("base_path")
@portable_options
@click.option("--architecture", type=click.Choice(ARCHITECTURES), help="Model class. [default: what DIR holds]")
@click.option("--version", type=int, help="Version number; default: the next free one.")
@click.option(
    "--max-length",
    type=int,
    help="Pieces of a text, pair or window; default: what the model can take. ONNX, LiteRT: of every row. [open]",
)
@click.option("--pair", is_flag=True, help="Classifier: requests hold text and text_pair.")
@click.option(
    "--optimize",
    type=click.Choice(OPTIMIZED),
    help="cpu: oneDNN's operations, for x86-64 processors; cpu-lean: in less memory.",
)
@click.option(
    "--dtype",
    type=click.Choice(ALL_DTYPES),
    help="bfloat16 (ONNX, LiteRT: float16) halves the weights, int8 quarters most of them; default: the model's own, "
    "with --optimize cpu bfloat16 where this processor is fast in it.",
)
@click.option("--warmup/--no-warmup", default=None, help="Write warm-up requests; default: where the serving extra is.")
@click.option("--check/--no-check", default=True, help="Load the result in a fresh process and compare its answers.")
@head_options
@click.pass_context
def command(
    context, model, base_path, architecture, file_format, batch_size, hidden_states, attentions, **of_saved_model
):
    """Export the model in DIR, or the best one of a run folder, to BASE_PATH/VERSION for TensorFlow Serving.

    Texts in, answers out: tokenization, windows over long texts and the choice of answers are part of the graph.

    With --format onnx or litert, BASE_PATH becomes a folder with one file for ONNX Runtime or LiteRT: ids in, logits
    or states out.
    """
    from rembert_tf.tasks.start import architecture_of

    check_options(context)
    model = model_path(model)
    architecture = architecture or architecture_of(model)
    if file_format == SAVED_MODEL:
        _export_saved_model(model, base_path, architecture, **of_saved_model)
        return
    export_portable_folder(
        file_format,
        model,
        base_path,
        architecture,
        dtype=of_saved_model["dtype"],
        max_length=of_saved_model["max_length"],
        batch_size=batch_size,
        hidden_states=hidden_states,
        attentions=attentions,
    )


def _export_saved_model(
    model, base_path, architecture, version, max_length, pair, optimize, dtype, warmup, check, **options
):
    from rembert_tf.serving.export import export_saved_model
    from rembert_tf.tasks.start import load_trained

    chosen = make_head_options(architecture, options)
    with console.status("exporting"):
        path = export_saved_model(
            *load_trained(model, architecture),
            base_path,
            version=version,
            max_length=max_length,
            pair=pair,
            optimize=optimize,
            dtype=dtype,
            warmup="auto" if warmup is None else warmup,
            options=chosen,
            check=check,
        )
    say(f"serve it with: rembert serve {base_path}")
    click.echo(path)
