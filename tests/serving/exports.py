"""Tiny exports of every head, and requests that fit any of them."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

import rembert_tf
from rembert_tf.serving import export_saved_model
from rembert_tf.serving.options import EmbeddingOptions, GenerationOptions

LENGTH = 24
# Scripts, nothing, too much, what looks like special tokens, what JSON must escape, and bytes that are no text.
TEXTS = [
    "Guten Tag",
    "",
    "नमस्ते [MASK] दुनिया [MASK]",
    "a b c " * 50,
    '[CLS] "x"\\[SEP]\x00\n',
    b"\xff\xfe broken [MASK]",
]


@dataclasses.dataclass(frozen=True)
class TinyExport:
    """A way to export a small model.

    Args:
        name: says what is special about it.
        model_class: name of the model class.
        config: changes to the small configuration.
        arguments: of `export_saved_model`.
    """

    name: str
    model_class: str
    config: dict = dataclasses.field(default_factory=dict)
    arguments: dict = dataclasses.field(default_factory=dict)

    def __str__(self):
        return self.name

    def write(self, config, tokenizer, base_path):
        """Writes version 1 and returns its path.

        Args:
            config: a RemBertConfig that fits the tokenizer.
            tokenizer: a RemBertTokenizerFast.
            base_path: folder that holds the model's versions.
        """
        keras.utils.set_random_seed(0)
        # One layer has every operation; with dropout a model has variables that are no weights.
        fields = {"num_hidden_layers": 1, "initializer_range": 0.5, "classifier_dropout_prob": 0.1, **self.config}
        model = getattr(rembert_tf, self.model_class)(config.replace(**fields))
        arguments = {"max_length": LENGTH, "warmup": False, "check": False, **self.arguments}
        return export_saved_model(model, tokenizer, base_path, **arguments)


def writing(**options):
    """Returns `export_saved_model`'s arguments for a causal language model."""
    return {"options": GenerationOptions(max_new_tokens=6, **options)}


DECODER = {"is_decoder": True}
CLASSIFIER = "RemBertForSequenceClassification"
HEADS = [
    TinyExport("classification", CLASSIFIER, {"num_labels": 3}),
    TinyExport("embedding", "RemBertModel"),
    TinyExport(
        "token classification", "RemBertForTokenClassification", {"num_labels": 3}, {"labels": ["O", "B-A", "I-A"]}
    ),
    TinyExport("question answering", "RemBertForQuestionAnswering", {"num_labels": 2}),
    TinyExport("multiple choice", "RemBertForMultipleChoice"),
    TinyExport("masked language model", "RemBertForMaskedLM"),
    TinyExport("writing", "RemBertForCausalLM", DECODER, writing()),
]
VARIANTS = [
    TinyExport("pairs", CLASSIFIER, {"num_labels": 2}, {"pair": True}),
    TinyExport("regression", CLASSIFIER, {"num_labels": 1}),
    TinyExport("several labels", CLASSIFIER, {"problem_type": "multi_label_classification"}),
    TinyExport("bfloat16", CLASSIFIER, {}, {"dtype": "bfloat16"}),
    TinyExport("int8", CLASSIFIER, {}, {"dtype": "int8"}),
    TinyExport("pooler", "RemBertModel", {}, {"options": EmbeddingOptions(pooling="pooler", normalize=True)}),
    TinyExport("beams", "RemBertForCausalLM", DECODER, writing(num_beams=3, return_prompt=True)),
    TinyExport("sampling", "RemBertForCausalLM", DECODER, writing(do_sample=True, seed=3, top_k=50, top_p=0.9)),
    TinyExport("int8 beams", "RemBertForCausalLM", DECODER, {"dtype": "int8", **writing(num_beams=2)}),
]
# float32 and not what the processor likes best: the same answers everywhere.
OPTIMIZED = [
    *(
        dataclasses.replace(
            head,
            name=f"optimized {head.name}",
            arguments={"optimize": "cpu", "dtype": "float32", **head.arguments},
        )
        for head in HEADS
    ),
    TinyExport("optimized bfloat16", CLASSIFIER, {}, {"optimize": "cpu", "dtype": "bfloat16"}),
    TinyExport("optimized lean", CLASSIFIER, {}, {"optimize": "cpu-lean", "dtype": "bfloat16"}),
]


def requests(specs):
    """Yields {input name: array of bytes} for a signature: hostile texts, and none.

    Args:
        specs: {input name: TensorSpec of strings}.
    """
    contents = [text if isinstance(text, bytes) else text.encode() for text in TEXTS]
    for texts in (contents, []):
        yield {
            name: _strings(name, texts, number, spec.shape.rank) for number, (name, spec) in enumerate(specs.items())
        }


def _strings(name, texts, number, rank):
    """Returns one input's texts, in another order than the others' (by its number): none can stand for another."""
    rows = [_example(text) for text in texts] if name == "inputs" else [*texts[number:], *texts[:number]]
    if rank == 1:
        return np.array(rows, object)
    return np.array([[text, b"other", b""] for text in rows], object).reshape(len(rows), 3)


def _example(text):
    feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text]))
    features = tf.train.Features(feature={"text": feature, "text_pair": feature})
    return tf.train.Example(features=features).SerializeToString()
