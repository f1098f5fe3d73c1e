"""`rembert verify`: hold a model directory against references, or against another directory."""

import json

import click

from rembert_tf.cli.console import progress
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import example


@click.command(epilog=example("rembert verify runs/topic/best"))
@click.argument("directory", metavar="DIR")
@click.argument("other", metavar="[OTHER]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory, other, as_json):
    """Show that the model in DIR computes what it should, or how far it is from OTHER.

    DIR alone: every layer is computed by the Keras model and by a second implementation in plain NumPy,
    and compared with stored outputs of the reference implementation where DIR holds a known model.
    With OTHER: both directories get the same inputs; layers, weights and configurations that differ
    are listed.

    Exit codes: 0 verified or consistent (with OTHER: equal), 1 a mismatch (with OTHER: different), shown
    by the table; 2 something you can mend.
    """
    from rembert_tf.verification.compare import compare
    from rembert_tf.verification.verify import verify

    directory, other = model_path(directory), model_path(other)
    with progress("verifying") as report:
        found = compare(directory, other, report) if other else verify(directory, report)
    click.echo(json.dumps(found.to_dict(), ensure_ascii=False) if as_json else "\n".join(found.lines()))
    return found.exit_code
