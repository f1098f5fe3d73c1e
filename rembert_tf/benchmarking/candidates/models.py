"""Model directories and exports with random weights, which the other candidates then run."""

import contextlib
import functools
from pathlib import Path

import keras
import tensorflow as tf

from rembert_tf import RemBertConfig, RemBertForSequenceClassification, RemBertTokenizerFast
from rembert_tf.errors import InputError
from rembert_tf.serving import export_saved_model
from rembert_tf.serving.optimized.cpu_model import cpu_model
from rembert_tf.serving.optimized.onednn_operations import require_onednn
from rembert_tf.serving.optimized.rewriting import graphs_as_they_are
from rembert_tf.serving.options import EmbeddingOptions
from rembert_tf.serving.precision import CPU_LEAN, with_dtype
from rembert_tf.serving.signatures.head_signatures import HeadSignatures

LABELS = ("culture", "economy", "science", "sport")
# Wide enough that random weights give texts different labels.
INITIALIZER_RANGE = 0.05
IDS = tf.TensorSpec([None, None], tf.int32)


def write(folder, sentencepiece, fields, dtypes, max_length):
    """Returns cases that write a classifier: `directory-DTYPE`, the export `text-DTYPE`, the encoder's `ids-DTYPE`.

    Exports named `lean-text-DTYPE` and `lean-ids-DTYPE` keep no second copies of weights.

    Args:
        folder: that exists; each case makes a folder of its name below it.
        sentencepiece: path of the vocabulary.
        fields: of RemBertConfig.
        dtypes: names of the number types.
        max_length: pieces of a text.
    """
    keras.utils.set_random_seed(0)
    tokenizer = RemBertTokenizerFast.from_pretrained(sentencepiece)
    config = RemBertConfig(
        **{"vocab_size": len(tokenizer), "initializer_range": INITIALIZER_RANGE, **fields},
        pad_token_id=tokenizer.pad_token_id,
        id2label=dict(enumerate(LABELS)),
    )
    model, folder = RemBertForSequenceClassification(config), Path(folder)
    optimize = fastest_optimize()
    lean = optimize and CPU_LEAN
    settings = {"version": 1, "max_length": max_length, "warmup": False, "check": False}

    def directory(dtype):
        path = folder / f"directory-{dtype}"
        with_dtype(model, dtype).save_pretrained(path)
        tokenizer.save_pretrained(path)

    def text(dtype, name="text", optimize=optimize):
        export_saved_model(model, tokenizer, folder / f"{name}-{dtype}", dtype=dtype, optimize=optimize, **settings)

    def ids(dtype, name="ids", optimize=optimize):
        export_encoder(model.rembert, tokenizer, max_length, dtype, optimize, folder / f"{name}-{dtype}" / "1")

    kinds = {"directory": directory, "text": text, "ids": ids}
    kinds |= {
        f"lean-{kind}": functools.partial(kinds[kind], name=f"lean-{kind}", optimize=lean) for kind in ("text", "ids")
    }
    return {f"{kind}-{dtype}": functools.partial(kinds[kind], dtype) for kind in kinds for dtype in dtypes}


def fastest_optimize():
    """Returns what `export_saved_model` is to be given as `optimize` on this machine."""
    try:
        require_onednn()
    except InputError:
        return None
    return "cpu"


class EncoderOnIds(HeadSignatures):
    """What an exported encoder computes, without its tokenizer: the input of other libraries' encoders."""

    architecture = "RemBertModel"
    options_class = EmbeddingOptions

    def serving_default(self):
        encode = self.core(self._encode, IDS, IDS)

        @tf.function(autograph=False)
        def encoder(input_ids, attention_mask):
            return encode(input_ids, attention_mask)

        specs = {name: tf.TensorSpec([None, None], tf.int32, name=name) for name in ("input_ids", "attention_mask")}
        return encoder.get_concrete_function(**specs)

    def _encode(self, input_ids, attention_mask):
        return self.model({"input_ids": input_ids, "attention_mask": attention_mask}, training=False)


def export_encoder(model, tokenizer, max_length, dtype, optimize, path):
    """Exports a RemBertModel in the form that `export_saved_model` gives it, but with ids for texts.

    Args:
        model: a RemBertModel.
        tokenizer: its tokenizer, for the other signature.
        max_length: pieces of a row.
        dtype: name of the number type.
        optimize: "cpu", "cpu-lean" or None.
        path: of the SavedModel.
    """
    twin = with_dtype(model, dtype) if optimize is None else cpu_model(model, dtype, optimize == CPU_LEAN)
    with graphs_as_they_are() if optimize else contextlib.nullcontext():
        module = EncoderOnIds(twin, tokenizer, max_length, EmbeddingOptions())
        signatures = {"serving_default": module.serving_default()}
        tf.saved_model.save(module, str(path), signatures=signatures)
