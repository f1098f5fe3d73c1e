"""`rembert score`: how good translations are, by a learned metric."""

import json
from pathlib import Path

import click

from rembert_tf.cli.console import progress, say
from rembert_tf.cli.model_path import model_path
from rembert_tf.cli.options import example


@click.command(epilog=example("rembert score bleurt --references ref.txt --candidates mt.txt --output scores.txt"))
@click.argument("directory", metavar="DIR")
@click.option("--references", required=True, metavar="FILE", help="Text file, a reference translation a line.")
@click.option("--candidates", required=True, metavar="FILE", help="Text file, line by line the translations to score.")
@click.option("--batch-size", type=click.IntRange(min=1), default=32, show_default=True)
@click.option("--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with the mean and the scores.")
def command(directory, references, candidates, batch_size, output, as_json):
    """Score every line of CANDIDATES against the same line of REFERENCES with the regression model in DIR.

    DIR is a converted BLEURT (`rembert convert`), or any model directory with one output. Scores are
    printed one a line, in the order of the files; their mean goes to standard error.
    """
    from rembert_tf.tasks.translation_scores import read_pairs, score
    from rembert_tf.weights.atomic_files import write_files

    pairs = read_pairs(references, candidates)
    with progress("scoring") as report:
        scores = score(model_path(directory), *pairs, batch_size, report)
    mean = float(scores.mean(dtype="float64"))
    listed = [str(number) for number in scores]  # float32's shortest spelling, which reads back as the same number
    if as_json:
        text = json.dumps({"mean": mean, "pairs": len(listed), "scores": [float(number) for number in listed]})
    else:
        text = "\n".join(listed)
    if output:
        file = Path(output)
        write_files(file.parent, {file.name: f"{text}\n".encode()}, last=file.name)
    else:
        click.echo(text)
    say(f"mean {mean:.4f} of {len(listed)} pairs" + (f", scores in {output}" if output else ""))
