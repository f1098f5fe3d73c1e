"""Which class of the family a directory holds."""

from rembert_tf.errors import InputError
from rembert_tf.verification.plain_heads import HEAD_WEIGHTS


def architecture_of(config, tensors):
    """Returns the class that `architectures` in config.json names, or the one that the weights make likely.

    Args:
        config: the directory's RemBertConfig.
        tensors: its NamedTensors.

    Raises:
        InputError: config.json names a class of another family.
    """
    named = config.extra.get("architectures") or []
    for name in named:
        # The reference's TensorFlow classes had the same names with a prefix.
        if name.removeprefix("TF") in HEAD_WEIGHTS:
            return name.removeprefix("TF")
    if named:
        raise InputError(
            f"config.json in {tensors.directory!r} says architectures {', '.join(map(repr, named))}; "
            f"a RemBERT is one of {', '.join(HEAD_WEIGHTS)}."
        )
    return _by_weights(config, tensors)


def _by_weights(config, tensors):
    if "cls.predictions.decoder.weight" in tensors:
        return "RemBertForCausalLM" if config.is_decoder else "RemBertForMaskedLM"
    if "qa_outputs.weight" in tensors:
        return "RemBertForQuestionAnswering"
    if "classifier.weight" in tensors:
        # A token classifier's file has no pooler.
        pooled = "pooler.dense.weight" in tensors
        return "RemBertForSequenceClassification" if pooled else "RemBertForTokenClassification"
    return "RemBertModel"
