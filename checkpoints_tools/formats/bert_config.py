"""What a configuration of the BERT family says, as a RemBertConfig."""

import dataclasses

from rembert_tf.config import RemBertConfig
from rembert_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class Family:
    """How a relative differs from BERT.

    Args:
        name: for messages.
        pad_token_id: of its configurations that do not say.
        positions_after_padding: whether the first row of the position table that a text uses follows the
            padding id (fairseq's counting); the rows before it are never used.
        head_activation: the activation of its language model head; None: the encoder's.
    """

    name: str
    pad_token_id: int
    positions_after_padding: bool = False
    head_activation: str | None = None


_ROBERTA = {"pad_token_id": 1, "positions_after_padding": True, "head_activation": "gelu"}
FAMILIES = {
    "bert": Family("BERT", pad_token_id=0),
    "electra": Family("ELECTRA", pad_token_id=0),
    "roberta": Family("RoBERTa", **_ROBERTA),
    "xlm-roberta": Family("XLM-R", **_ROBERTA),
    "camembert": Family("CamemBERT", **_ROBERTA),
}

_OTHERS = {
    "rembert": "a RemBERT already: use --from hf",
    "albert": "an ALBERT, whose blocks share one set of weights",
    "distilbert": "a DistilBERT, which has no token types and names its blocks otherwise",
    "deberta": "a DeBERTa, whose attention is relative",
    "deberta-v2": "a DeBERTa, whose attention is relative",
    "mpnet": "an MPNet, whose attention is relative",
    "xlm": "an XLM (not XLM-R), which embeds languages",
    "xlm-roberta-xl": "an XLM-R XL, whose LayerNorms stand before the blocks",
    "roberta-prelayernorm": "a RoBERTa whose LayerNorms stand before the blocks",
    "modernbert": "a ModernBERT, whose LayerNorms stand before the blocks and whose positions are rotary",
}
# transformers' names -> ours; the second row has the same function under the name of its implementation.
_ACTIVATIONS = {name: name for name in ("gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "swish", "tanh")}
_ACTIVATIONS |= {"gelu_python": "gelu", "gelu_fast": "gelu_new"}

_SIZES = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
_OPTIONAL = ("initializer_range", "layer_norm_eps", "hidden_dropout_prob", "attention_probs_dropout_prob")
_BERT_DROPOUT = 0.1
PAIRED_TYPES = 2


@dataclasses.dataclass(frozen=True)
class Description:
    """A source's architecture.

    Args:
        family: a Family.
        config: the RemBertConfig of the same function.
        first_position: rows of the source's position table that no text uses, at its beginning.
        token_types: rows of the source's table of token types.
        tied: whether the source's head scores against the input table.
    """

    family: Family
    config: RemBertConfig
    first_position: int
    token_types: int
    tied: bool


def describe(content, where, hidden_act=None):
    """Returns the Description of a configuration.

    Args:
        content: the object in a `config.json`.
        where: its path, for messages.
        hidden_act: what the user says instead of the configuration, or None.

    Raises:
        InputError: it is another kind of network, or it lacks a size.
    """
    family = _family(content, where)
    sizes = {name: _size(content, name, where) for name in _SIZES}
    types = _size({"type_vocab_size": PAIRED_TYPES, **content}, "type_vocab_size", where)
    padding = content.get("pad_token_id", family.pad_token_id)
    first = _first_position(family, padding, where)
    positions = _size(content, "max_position_embeddings", where, at_least=first + 1)
    hidden, dropout = sizes["hidden_size"], content.get("hidden_dropout_prob", _BERT_DROPOUT)
    classifier_dropout = content.get("classifier_dropout")
    defaults = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": _BERT_DROPOUT}
    try:
        config = RemBertConfig(
            **sizes,
            **{**defaults, **{name: content[name] for name in _OPTIONAL if content.get(name) is not None}},
            hidden_act=hidden_act or _activation(content, where),
            input_embedding_size=hidden,
            output_embedding_size=hidden,
            max_position_embeddings=positions - first,
            type_vocab_size=max(types, PAIRED_TYPES),
            classifier_dropout_prob=dropout if classifier_dropout is None else classifier_dropout,
            pad_token_id=padding,
            bos_token_id=content.get("bos_token_id"),
            eos_token_id=content.get("eos_token_id"),
        )
    except InputError as problem:
        raise InputError(f"{where}: {problem}") from None
    return Description(family, config, first, types, content.get("tie_word_embeddings", True) is not False)


def _family(content, where):
    """Returns the Family, or says what else it is."""
    kind = str(content.get("model_type", "bert"))  # BERT's own configurations had none before 2020
    accepted = f"what can become a RemBERT is one of {', '.join(FAMILIES)}, with the LayerNorms after the blocks"
    if kind not in FAMILIES:
        found = _OTHERS.get(kind, f"a model of another kind ({kind!r})")
        raise InputError(f"{where} describes {found}; {accepted}.")
    positions = content.get("position_embedding_type", "absolute")
    if positions != "absolute":
        raise InputError(f"{where} describes a {kind} with relative positions ({positions!r}); {accepted}.")
    if content.get("is_decoder"):
        raise InputError(f"{where} describes a {kind} used as a decoder (is_decoder); {accepted}, as an encoder.")
    width, hidden = content.get("embedding_size", content.get("hidden_size")), content.get("hidden_size")
    if width != hidden:
        raise InputError(
            f"{where} describes a {kind} whose tables are {width} wide and whose encoder is {hidden} wide; "
            f"only those with equal widths are read."
        )
    return FAMILIES[kind]


def _activation(content, where):
    name = str(content.get("hidden_act", "gelu"))
    if name not in _ACTIVATIONS:
        raise InputError(f"{where} has hidden_act {name!r}; known are {', '.join(_ACTIVATIONS)}.")
    return _ACTIVATIONS[name]


def _first_position(family, padding, where):
    """Returns how many rows of the position table no text uses."""
    if not family.positions_after_padding:
        return 0
    if not isinstance(padding, int) or isinstance(padding, bool) or padding < 0:
        raise InputError(
            f"{where} has pad_token_id {padding!r}; {family.name} counts positions from it, so it is an id."
        )
    return padding + 1


def _size(content, name, where, at_least=1):
    value = content.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < at_least:
        raise InputError(f"{where} has {name} {value!r}; an integer of at least {at_least} is needed.")
    return value
