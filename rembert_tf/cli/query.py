"""`rembert query`: asks a model server from the command line."""

import json

import click

from rembert_tf.serving.server.defaults import DEFAULT_MODEL_NAME

EPILOG = """\b
Example:
  rembert query http://127.0.0.1:8501 "A wonderful museum." "The queue was endless."
  rembert query grpc://127.0.0.1:8500 "When does it open?" --pair "The museum opens at nine."
"""


@click.command("query", epilog=EPILOG)
@click.argument("url")
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True)
@click.option("--pair", "pairs", multiple=True, help="The second input (text_pair, context, a choice); repeatable.")
@click.option("--name", default=DEFAULT_MODEL_NAME, show_default=True, help="The model's name on the server.")
@click.option("--timeout", default=60.0, show_default=True, help="Seconds to wait for the answer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each text.")
def command(url, texts, pairs, name, timeout, as_json):
    """Sends every TEXT to the model server at URL and prints one line for each.

    URL is http://host:port for REST or grpc://host:port for gRPC. A classifier's line is its label and
    score, another model's are its outputs.
    """
    from rembert_tf.serving.client import Client

    with Client(url, model=name, timeout=timeout) as client:
        for row in client.ask(texts, pairs):
            click.echo(_as_json(row) if as_json else _as_text(row))


def _as_json(row):
    return json.dumps({key: _plain(value) for key, value in row.items()}, ensure_ascii=False)


def _plain(value):
    """Lists, strings and numbers; a float32 with the digits that tell it apart, not those of its double."""
    import numpy as np

    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.floating):
        return float(str(value))
    return value.item() if isinstance(value, np.generic) else value


def _as_text(row):
    if "label" in row and "score" in row:
        return f"{_short(row['label'])}\t{_short(row['score'])}"
    if len(row) == 1:
        return _short(next(iter(row.values())))
    return "\t".join(f"{name}={_short(value)}" for name, value in row.items())


def _short(value):
    """One line, a few digits, long arrays with their middle left out."""
    import numpy as np

    if isinstance(value, np.ndarray):
        return " ".join(np.array2string(value, precision=4, threshold=16, max_line_width=10**6).split())
    if isinstance(value, np.floating):
        return f"{value:.4f}"
    text = str(_plain(value))
    return json.dumps(text, ensure_ascii=False) if set(text) & set("\t\r\n") else text
