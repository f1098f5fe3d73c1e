"""Asking a model without knowing which kind it is."""

import dataclasses

from rembert_tf.serving.client.heads import MULTI_LABEL, head_of
from rembert_tf.serving.client.queries import named_inputs
from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE


@dataclasses.dataclass(frozen=True)
class AnyAnswer:
    """What a model answered to one text.

    Args:
        head: the kind of model, a `Head`; None where it is none of the known ones.
        value: what the head's method returns for one text; a dict of output name -> value where there is none.
        labels: a multi-label classifier's names; None for all others.
    """

    head: object
    value: object
    labels: list | None = None


def ask_any(client, texts, pairs=()):
    """Asks with the method that fits the model.

    Args:
        client: a `Client`.
        texts: list of str.
        pairs: list of str, as of `Client.ask`.

    Returns:
        A list of `AnyAnswer`, one for each text.
    """
    signature = client.signatures().get(DEFAULT_SIGNATURE)
    head = None if signature is None else head_of(signature)
    if head is None:
        return [AnyAnswer(None, row) for row in client.ask(texts, pairs)]
    inputs = named_inputs(texts, list(pairs), signature.inputs)
    values = getattr(client, head.method)(*inputs.values())
    labels = client.labels() if head == MULTI_LABEL else None
    return [AnyAnswer(head, value, labels) for value in values]
