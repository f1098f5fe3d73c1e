"""What the weights of BERT and its relatives are called, in the weight table's names."""

import re

# Under which layer of a `tf_model.h5` the transformers library keeps what: the class's name stands between.
_DATASET = re.compile(r"(?:.*/)?(bert|roberta|camembert|electra|lm_head|\w+___cls)/(.+):0")
_BLOCK = re.compile(r"layer_\._(\d+)")
_H5_ENDINGS = {"kernel": "weight", "embeddings": "weight"}
# LayerNorm in files from before 2019's renaming, and in every tf_model.h5.
_NORM_ENDINGS = {"gamma": "weight", "beta": "bias"}

_ENCODER = re.compile(r"(bert|roberta|camembert|electra)\.")
_INSIDE = re.compile(r"embeddings\.(?!position_ids$|token_type_ids$)|encoder\.|pooler\.")
_HEAD = {
    "cls.predictions.transform.dense": "cls.predictions.dense",
    "cls.predictions.transform.LayerNorm": "cls.predictions.LayerNorm",
    "cls.predictions": "cls.predictions.decoder",
    "lm_head.dense": "cls.predictions.dense",
    "lm_head.layer_norm": "cls.predictions.LayerNorm",
    "lm_head.decoder": "cls.predictions.decoder",
    "lm_head": "cls.predictions.decoder",
}

_REASONS = (
    (r"embeddings\.(position_ids|token_type_ids)$", "numbers that follow from the configuration, no weights"),
    (r"cls\.seq_relationship\.", "the head for sentence order, which RemBERT lacks"),
    (r"cls\.predictions\.|lm_head\.", "a second name of weights that the source shares, or a part of its head"),
    (r"(classifier|qa_outputs|discriminator_predictions|generator_\w+)\.", "the head of a task or of pre-training"),
)


def table_name(name):
    """Returns a weight's name in the weight table, or at least one without prefix.

    Args:
        name: in any file of the transformers library for BERT, RoBERTa, XLM-R, CamemBERT or ELECTRA.
    """
    match = _DATASET.fullmatch(name)
    if match:
        layer, rest = match[1].rpartition("___")[2], match[2].replace("/", ".")
        name = _BLOCK.sub(r"layer.\1", rest if _ENCODER.match(f"{layer}.") else f"{layer}.{rest}")
    name = _ENCODER.sub("", name, count=1) if _ENCODER.match(name) else name
    layer, _, last = name.rpartition(".")
    last = _NORM_ENDINGS.get(last, _H5_ENDINGS.get(last, last) if match else last)
    return f"{_HEAD.get(layer, layer)}.{last}" if layer else last


def is_inside(name):
    """Whether a name, as `table_name` returns it, stands in the network itself and not in a head."""
    return bool(_INSIDE.match(name))


def reason_to_skip(name):
    """Returns why a weight that is none of RemBERT's is left out, for the report."""
    return next((reason for pattern, reason in _REASONS if re.match(pattern, name)), "no weight of the encoder")
