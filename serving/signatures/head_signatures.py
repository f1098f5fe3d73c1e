"""What every served model has: its tokenizer, its weights, one core function, and the signature `tokenize`."""

import tensorflow as tf

from rembert_tf.layers.token_layout import padding_removed
from rembert_tf.serving.stored_weights import StoredWeights

STRINGS = tf.TensorSpec([None], tf.string)


class HeadSignatures(tf.Module):
    """The signatures of a model. A subclass says what is special about its head.

    Args:
        model: of the class that `architecture` names.
        tokenizer: its RemBertTokenizerFast, which becomes part of the graph.
        max_length: pieces of a row that the model sees.
        options: an `options_class`.
        labels: names of the classes in the order of the logits; None for a head without classes.
        pair: whether every request holds `text` and `text_pair`.
        weight_type: how weights are stored: see `StoredWeights`.

    Attributes:
        architecture: name of the model class.
        options_class: dataclass of the head's options, see `serving.options`.
        has_labels: whether the logits are classes that have names.
        takes_pair: whether the head can be exported for pairs of texts.
        in_steps: whether it runs the encoder many times, most of them as its own layers compute.
    """

    architecture = None
    options_class = None
    has_labels = False
    takes_pair = False
    in_steps = False

    def __init__(self, model, tokenizer, max_length, options, labels=None, pair=False, weight_type=None):
        super().__init__(name="serving")
        self.tokenizer = tokenizer
        self.stored = StoredWeights(model, weight_type)
        # Not the Keras model as an attribute: it would list each weight a second time.
        self._model = lambda: model
        self.max_length = max_length
        self.options = options
        self.labels = None if labels is None else tuple(labels)
        self.pair = pair

    @classmethod
    def least_length(cls, options, pair):
        """Returns the smallest `max_length` that leaves room for a piece of every text."""
        return 4 if pair else 3  # [CLS] a [SEP], or [CLS] a [SEP] b [SEP]

    @property
    def model(self):
        """The Keras model."""
        return self._model()

    @property
    def repeatable(self):
        """Whether the same request always has the same answer."""
        return True

    def signatures(self):
        """Returns {signature name: concrete function}."""
        return {"serving_default": self.serving_default(), "tokenize": self.tokenize()}

    def serving_default(self):
        """Returns the concrete function that most requests mean: named string inputs, a dictionary of outputs."""
        raise NotImplementedError

    def sample_inputs(self, text):
        """Returns {input of `serving_default`: its value in one row}, for warm-up and for the check of an export."""
        return {"text": text}

    def encode(self, *texts):
        """Returns model input for (batch,) texts or pairs, trimmed; special tokens spelled in them are plain text."""
        return self.tokenizer(
            *texts, padding="longest", truncation=True, max_length=self.max_length, split_special_tokens=True
        )

    def core(self, function, *specs):
        """Returns the one traced function that every signature calls: a graph for each would multiply load time.

        Args:
            function: of tensors; it may call the model, whose weights are then the stored ones, and which spends
                nothing on padding.
            *specs: a TensorSpec for each tensor.
        """

        @tf.function(input_signature=specs, autograph=False)
        def shared(*tensors):
            with padding_removed(), self.stored.in_place():
                return function(*tensors)

        # As a tf.function it would be traced again when it is saved.
        return shared.get_concrete_function()

    def tokenize(self):
        """Returns the concrete function of the signature `tokenize`: `text` to `input_ids` and `attention_mask`."""

        @tf.function(autograph=False)
        def tokenize(text):
            encoded = self.encode(text)
            return {name: encoded[name] for name in ("input_ids", "attention_mask")}

        return tokenize.get_concrete_function(text=string_input("text"))


def string_input(name):
    """Returns the spec of a (batch,) string input."""
    return tf.TensorSpec([None], tf.string, name=name)
