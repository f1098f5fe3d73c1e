"""The options of an export that only some heads have."""

import click

from rembert_tf.serving.options import AGGREGATIONS, POOLINGS

_OPTIONS = (
    click.option("--pooling", type=click.Choice(POOLINGS), help="Encoder: how a text becomes one vector. [mean]"),
    click.option("--layer", type=int, help="Encoder: hidden state to pool. [-1, the last]"),
    click.option("--normalize", is_flag=True, default=None, help="Encoder: vectors of length 1."),
    click.option("--aggregation", type=click.Choice(AGGREGATIONS), help="Tags: what is a span. [entities]"),
    click.option("--stride", type=int, help="Tags: pieces that windows of a long text share. [64]"),
    click.option("--include-outside", is_flag=True, default=None, help="Tags: also words outside of all entities."),
    click.option("--pretokenized", is_flag=True, default=None, help="Tags: white space alone separates words."),
    click.option("--doc-stride", type=int, help="Questions: pieces that windows of a context share. [128]"),
    click.option("--max-answer-length", type=int, help="Questions: pieces of an answer. [30]"),
    click.option("--max-question-length", type=int, help="Questions: pieces of a question. [64]"),
    click.option("--null-threshold", type=float, help="Questions: how much better no answer must be. [always answers]"),
    click.option("--top-k", type=int, help="Questions: answers [1]. Masks: pieces [5]. Sampling: pieces. [all]"),
    click.option("--max-new-tokens", type=int, help="Generation: pieces to add at most. [32]"),
    click.option("--num-beams", type=int, help="Generation: beams. [1]"),
    click.option("--do-sample", is_flag=True, default=None, help="Generation: draw instead of taking the likeliest."),
    click.option("--temperature", type=float, help="Generation: of sampling. [1.0]"),
    click.option("--top-p", type=float, help="Generation: share of the probability to sample from. [1.0]"),
    click.option("--repetition-penalty", type=float, help="Generation: above 1 avoids what was there. [1.0]"),
    click.option("--length-penalty", type=float, help="Generation: above 0 favours long beams. [1.0]"),
    click.option("--seed", type=int, help="Generation: the same request draws the same answer. [none]"),
    click.option("--return-prompt", is_flag=True, default=None, help="Generation: the prompt before its continuation."),
)


def head_options(command):
    """Adds the options to a click command; take them out of its keywords with `make_head_options`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def make_head_options(architecture, given):
    """Returns the options of a head, or None where none was given.

    Args:
        architecture: name of the model class.
        given: keywords of the command; None stands for what was not given.

    Raises:
        click.UsageError: the head has no such option.
    """
    import dataclasses

    from rembert_tf.serving.signatures.catalogue import signatures_class

    options_class = signatures_class(architecture).options_class
    accepted = [field.name for field in dataclasses.fields(options_class)]
    given = {name: value for name, value in given.items() if value is not None}
    for name in sorted(given.keys() - set(accepted)):
        those = ", ".join(map(_spelled, accepted)) or "none"
        raise click.UsageError(f"{_spelled(name)} is no option of a {architecture}, whose options are: {those}.")
    return options_class(**given) if given else None


def _spelled(name):
    return f"--{name.replace('_', '-')}"
