"""`rembert query`: asks a model server from the command line."""

import click

from rembert_tf.cli.options import ca_file_option, header_option
from rembert_tf.serving.server.defaults import DEFAULT_MODEL_NAME

EPILOG = """\b
Example:
  rembert query http://127.0.0.1:8501 "A wonderful museum." "The queue was endless."
  rembert query grpc://127.0.0.1:8500 "When does it open?" --pair "The museum opens at nine."
  rembert query http://127.0.0.1:8501 --input questions.csv --json
"""


@click.command("query", epilog=EPILOG)
@click.argument("url")
@click.argument("texts", metavar="[TEXT...]", nargs=-1)
@click.option(
    "--input", "source", metavar="FILE", help="Texts: .txt one a line, .csv or .tsv with a column text; - is stdin."
)
@click.option("--pair", "pairs", multiple=True, help="The second input (text_pair, context, a choice); repeatable.")
@click.option("--name", default=DEFAULT_MODEL_NAME, show_default=True, help="The model's name on the server.")
@click.option("--version", type=click.IntRange(min=0), help="The model's version; default: the newest.")
@click.option("--label", help="A label of a version, instead of --version.")
@click.option("--timeout", default=60.0, show_default=True, help="Seconds that a request and its repetitions may take.")
@click.option("--retries", default=3, show_default=True, help="Repetitions of a request to an overloaded server.")
@click.option("--batch-size", default=32, show_default=True, help="Texts of one request.")
@header_option
@ca_file_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each text.")
def command(url, texts, source, pairs, as_json, name, **connection):
    """Sends every TEXT to the model server at URL and prints one line for each.

    URL is http://host:port for REST or grpc://host:port for gRPC; https and grpcs use TLS. The line is what
    the model answers: a label and its score, entities with their characters, an answer, fills, a choice, ...
    """
    from rembert_tf.cli.query_answers import as_line, as_record
    from rembert_tf.cli.query_texts import read_texts
    from rembert_tf.serving.client import Client
    from rembert_tf.serving.client.asking import ask_any

    texts, pairs = read_texts(texts, source, pairs)
    with Client(url, model=name, **connection) as client:
        answers = ask_any(client, texts, pairs)
    for answer in answers:
        click.echo(as_record(answer) if as_json else as_line(answer))
