"""Which kind of model a signature belongs to, and so which of the client's methods asks it."""

import dataclasses

from rembert_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class Head:
    """A kind of model.

    Args:
        method: the client's method for it.
        kind: what it is, with its article, for messages.
        outputs: the names by which it is known.
    """

    method: str
    kind: str
    outputs: frozenset[str]


CLASSIFICATION = Head("classify", "a sequence classifier", frozenset({"label", "score", "probabilities"}))
MULTI_LABEL = Head("classify", "a multi-label classifier", frozenset({"probabilities"}))
REGRESSION = Head("regress", "a regression model", frozenset({"score"}))
ENTITIES = Head("entities", "a token classifier", frozenset({"entity", "start", "end", "score", "num_entities"}))
ANSWER = Head("answer", "a question answering model", frozenset({"answer", "start", "end", "score"}))
FILL_MASK = Head("fill_mask", "a masked language model", frozenset({"token", "score", "num_masks"}))
CHOICE = Head("choose", "a multiple-choice model", frozenset({"choice", "probabilities"}))
GENERATION = Head("generate", "a causal language model", frozenset({"text", "num_tokens"}))
EMBEDDING = Head("embed", "an encoder", frozenset({"embedding"}))
TOKENIZE = Head("tokenize", "a tokenizer", frozenset({"input_ids", "attention_mask"}))

HEADS = (
    CLASSIFICATION,
    MULTI_LABEL,
    REGRESSION,
    ENTITIES,
    ANSWER,
    FILL_MASK,
    CHOICE,
    GENERATION,
    EMBEDDING,
    TOKENIZE,
)


def head_of(signature):
    """The `Head` that a signature's outputs are known as, or None."""
    return next((head for head in HEADS if head.outputs == set(signature.outputs)), None)


def require_head(signature, *accepted):
    """Raises an InputError that says what the model returns, and which method fits, unless it is of such a kind."""
    head = head_of(signature)
    if head in accepted:
        return
    returned = ", ".join(sorted(signature.outputs))
    fitting = f"it is {head.kind}: `{head.method}` asks it" if head else "`predict` and `ask` ask it"
    raise InputError(f"the model is not {accepted[0].kind}: it returns {returned}; {fitting}")
