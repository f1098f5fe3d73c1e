"""What `rembert export --format onnx` and `--format litert` do, and which options they share with a SavedModel."""

import click

from rembert_tf.cli.console import console, say
from rembert_tf.serving.portable.formats import PORTABLE_DTYPES, PORTABLE_FORMATS
from rembert_tf.serving.precision import DTYPES

SAVED_MODEL = "savedmodel"
FORMATS = (SAVED_MODEL, *PORTABLE_FORMATS)
ALL_DTYPES = tuple(dict.fromkeys((*DTYPES, *PORTABLE_DTYPES)))

_SHARED = ("model", "base_path", "architecture", "max_length", "dtype", "file_format")
_PORTABLE_ONLY = ("batch_size", "hidden_states", "attentions")


def portable_options(command):
    """Adds the options of ONNX and LiteRT files to a click command."""
    for option in (  # the last one stands first on the help page
        click.option("--attentions", is_flag=True, help="ONNX, LiteRT: an encoder's attention probabilities too."),
        click.option("--hidden-states", is_flag=True, help="ONNX, LiteRT: an encoder's states of all layers too."),
        click.option("--batch-size", type=int, help="ONNX, LiteRT: rows of every batch. [open]"),
        click.option(
            "--format",
            "file_format",
            type=click.Choice(FORMATS),
            default=SAVED_MODEL,
            help="onnx, litert: a folder for ONNX Runtime or LiteRT, which takes ids. [savedmodel]",
        ),
    ):
        command = option(command)
    return command


def check_options(context):
    """Raises a click.UsageError for an option that was given and that the format does not have.

    Args:
        context: the command's click.Context.
    """
    chosen = context.params["file_format"]
    for parameter in context.command.params:
        name, source = parameter.name, context.get_parameter_source(parameter.name)
        if source is None or source.name in ("DEFAULT", "DEFAULT_MAP"):
            continue
        if name in _PORTABLE_ONLY if chosen == SAVED_MODEL else name not in (*_SHARED, *_PORTABLE_ONLY):
            has = f"--format {' or '.join(PORTABLE_FORMATS)}" if chosen == SAVED_MODEL else f"--format {SAVED_MODEL}"
            raise click.UsageError(f"{_typed(context, parameter)} is no option of --format {chosen}, but of {has}.")


def _typed(context, parameter):
    """Returns an option as it was typed: `--no-check`, where it is the "no" of a pair."""
    is_no = parameter.secondary_opts and not context.params[parameter.name]
    return (parameter.secondary_opts if is_no else parameter.opts)[0]


def export_portable_folder(file_format, directory, path, architecture, **settings):
    """Writes the folder and prints its path; says how near the file is to the model.

    Args:
        file_format: one of `PORTABLE_FORMATS`.
        directory: of the model.
        path: the folder to write.
        architecture: name of the model class.
        **settings: `dtype`, `batch_size`, `max_length`, `hidden_states`, `attentions` of `export_onnx`.
    """
    from rembert_tf.serving.portable.export import export_portable
    from rembert_tf.tasks.start import load_trained

    with console.status("exporting"):
        differences = export_portable(file_format, *load_trained(directory, architecture), path, **settings)
    for name, found in differences.items():
        say(f"{name}: differs from the Keras model by {found.largest:.1e}, where numbers go up to {found.scale:.1f}")
    click.echo(path)
