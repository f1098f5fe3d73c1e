"""What a checkpoint that is no RemBERT looks like, told from the names in it."""

import re

# The first pattern that any name matches; each family's own names, as its released code spells them.
_FAMILIES = (
    ("an ALBERT (blocks that share weights)", r"(^|/)encoder/transformer/group_\d+/|(^|\.)albert_layer_groups\."),
    ("an ELECTRA", r"^(electra|generator|discriminator_predictions)[/.]"),
    ("a T5", r"(^|/)block_\d+/layer_\d+/|(^|\.)block\.\d+\.layer\.\d+\."),
    ("an XLNet", r"^model/transformer/|^transformer\.layer\.\d+\.rel_attn\."),
    ("a DeBERTa", r"^deberta\.|\.rel_embeddings\."),
    ("a DistilBERT", r"^distilbert\.|^transformer\.layer\.\d+\.attention\.q_lin\."),
    ("a GPT", r"(^|/)h\d+/attn/c_attn|(^|\.)h\.\d+\.attn\.c_attn\."),
    ("a TF2 checkpoint of objects", r"^_CHECKPOINTABLE_OBJECT_GRAPH$"),
    ("an adapter (PEFT), which belongs to a model", r"\.lora_[AB]\."),
)
_BERT_TABLE = re.compile(r"(^|[/.])embeddings[/.]word_embeddings(\.weight)?$")
_PROJECTION = re.compile(r"embedding_hidden_mapping_in")


def looks_like(names):
    """Returns what a checkpoint with these variables seems to be, as a phrase, or None for a RemBERT.

    Args:
        names: of its variables, in any format.
    """
    names = list(names)
    for family, pattern in _FAMILIES:
        if any(re.search(pattern, name) for name in names):
            return family
    if not any(_BERT_TABLE.search(name) for name in names):
        some = ", ".join(sorted(names)[:3])
        return f"nothing known: it has no word_embeddings, its variables are {some}{', ...' if len(names) > 3 else ''}"
    if not any(_PROJECTION.search(name) for name in names):
        return (
            "a BERT (its tables are as wide as its encoder, without embedding_hidden_mapping_in): "
            "--from bert takes a Hugging Face directory of it"
        )
    return None
