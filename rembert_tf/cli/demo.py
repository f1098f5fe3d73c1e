"""`rembert demo`: the whole product on real text."""

import click

from rembert_tf.cli.console import progress
from rembert_tf.cli.options import example


@click.command("demo", epilog=example("rembert demo --output runs/demo"))
@click.option("--output", default="rembert-demo", show_default=True, metavar="DIR", help="Run folder.")
@click.option("--quick", is_flag=True, help="The same with one pass over the texts: lower figures, about a minute.")
@click.option("--seed", default=0, show_default=True, help="Another seed splits the texts and starts otherwise.")
def command(output, quick, seed):
    """Train, evaluate, export and serve a small model on real text in 46 languages.

    The texts are the message catalogues of Django, django-allauth and Sphinx, which the demo extra installs;
    the label is what a message is about. Nothing is downloaded. An earlier demo in DIR is replaced.
    """
    from rembert_tf.demo.run import run_demo

    run_demo(output, quick=quick, seed=seed, tell=click.echo, progress=progress)
