"""What every RemBERT model can do: be built from a config, loaded, saved and serialized."""

import dataclasses

import keras

from rembert_tf.config import FIELDS, RemBertConfig
from rembert_tf.errors import InputError
from rembert_tf.former_arguments import argument_advice, refuse_arguments
from rembert_tf.former_members import MODEL_MEMBERS, FormerMembers
from rembert_tf.layers.lora import LoraSettings, adapter_settings, add_adapters, encoder_of
from rembert_tf.models.array_inputs import in_batches
from rembert_tf.models.call_checks import check_call, check_constructor
from rembert_tf.models.inputs import DECODER_INPUTS, as_tensors, check_ranges, check_shapes

# Arguments of `fit` and `evaluate` that want arrays, or none at all.
FOR_KERAS = ("validation_split", "steps_per_epoch", "class_weight", "_use_cached_eval_dataset")


class PretrainedModel(FormerMembers, keras.Model):
    """A Keras model whose architecture is a RemBertConfig and whose weights live in a model directory.

    A subclass adds its layers in `__init__`, and ends it with `self.build()`: weights exist before the first call.

    Args:
        config: a RemBertConfig.
        **kwargs: `name`, `dtype` (a Keras dtype policy such as "mixed_bfloat16") and `trainable`.
    """

    def __init__(self, config, **kwargs):
        if not isinstance(config, RemBertConfig):
            raise InputError(
                f"{type(self).__name__} takes a RemBertConfig, not {config!r}; "
                f"a model directory is loaded with {type(self).__name__}.from_pretrained(directory)."
            )
        check_constructor(type(self), kwargs)
        super().__init__(**kwargs)
        self.config = config

    FORMER_MEMBERS = MODEL_MEMBERS
    # Keywords of `call`; what else a call is given was meant for transformers.
    CALL_ARGUMENTS = ("training",)

    def __call__(self, inputs=None, *args, **kwargs):
        # Before Keras sees the inputs: it takes no nested lists, and buries an error raised within `call`
        # in a listing of the arguments.
        check_call(type(self), args, kwargs)
        tensors = self.check_inputs(inputs)
        check_ranges(tensors, self.config)
        return super().__call__(tensors, *args, **kwargs)

    def check_inputs(self, inputs):
        """Returns the inputs of a call as tensors, or raises an InputError."""
        tensors = as_tensors(inputs, DECODER_INPUTS)
        check_shapes(tensors, self.config)
        return tensors

    def fit(self, x=None, y=None, batch_size=None, *args, **kwargs):
        """Trains as `keras.Model.fit` does; arrays are checked before the first step."""
        self.check_arrays(x, y)
        if not args and not any(kwargs.get(name) for name in FOR_KERAS):
            x, y, batch_size = in_batches(x, y, batch_size, kwargs, kwargs.get("shuffle", True))
        return super().fit(x, y, batch_size, *args, **kwargs)

    def evaluate(self, x=None, y=None, batch_size=None, *args, **kwargs):
        """Evaluates as `keras.Model.evaluate` does; arrays are checked before the first step."""
        self.check_arrays(x, y)
        if not args and not any(kwargs.get(name) for name in FOR_KERAS):
            x, y, batch_size = in_batches(x, y, batch_size, kwargs)
        return super().evaluate(x, y, batch_size, *args, **kwargs)

    def predict(self, x, batch_size=None, *args, **kwargs):
        """Predicts as `keras.Model.predict` does; arrays are checked before the first step."""
        self.check_arrays(x)
        x, _, batch_size = in_batches(x, None, batch_size, {})
        return super().predict(x, batch_size, *args, **kwargs)

    def check_arrays(self, x, y=None):
        """Raises an InputError if arrays hold numbers that no table has; inside a compiled step it is too late.

        Args:
            x: dictionary of arrays; anything else, such as a dataset, is left alone.
            y: labels, which a task checks.
        """
        if isinstance(x, dict):
            check_ranges({name: value for name, value in x.items() if hasattr(value, "shape")}, self.config)

    def resize_token_embeddings(self, new_num_tokens, **others):
        """Gives the input table, and a language model's output table and its bias, another number of rows.

        Rows that exist in both sizes stay, further ones start new. A compiled model must be compiled again.

        Args:
            new_num_tokens: the new `vocab_size`.
            **others: none is taken; for what transformers takes, the error says what to write.

        Returns:
            The model itself.

        Raises:
            InputError: the number is impossible.
        """
        from rembert_tf.layers.resizing import resize_input_table, resize_output_table

        if others:
            refuse_arguments("resize_token_embeddings", others)
        config = self.config.replace(vocab_size=new_num_tokens)
        encoder = encoder_of(self)
        resize_input_table(encoder.embeddings.word_embeddings, new_num_tokens)
        if hasattr(self, "lm_head"):
            resize_output_table(self.lm_head.decoder, new_num_tokens)
        self.config = encoder.config = config
        return self

    def gradient_checkpointing_enable(self):
        """Lets training keep one activation a block and compute the rest again: less memory, more time."""
        encoder_of(self).encoder.gradient_checkpointing = True

    def gradient_checkpointing_disable(self):
        """Lets training keep all activations again."""
        encoder_of(self).encoder.gradient_checkpointing = False

    def enable_lora(self, rank, alpha=None, targets=("query", "value")):
        """Adds low-rank adapters to the attention projections and freezes what is pre-trained.

        A task's head stays trainable, and so does the pooler below it. `save_pretrained` adds the adapters to
        the weights, so that the directory is an ordinary one; `save_lora` stores them alone.

        Args:
            rank: width between the two factors of an adapter.
            alpha: scale of the addition, relative to the rank; None means the rank.
            targets: some of "query", "key" and "value".

        Raises:
            InputError: a value is impossible, or the model has adapters already.
        """
        add_adapters(self, LoraSettings(rank, alpha, targets))

    def save_lora(self, path):
        """Writes adapters and head, in the PEFT library's format, into a directory; see `load_lora`.

        Args:
            path: a local directory, made if needed.
        """
        from rembert_tf.weights.adapter_directory import save_adapters

        save_adapters(self, path)

    def load_lora(self, path):
        """Reads adapters and head from a directory; a model without adapters gets them first.

        Args:
            path: a directory that `save_lora` or the PEFT library wrote.

        Raises:
            MissingFileError: there are no adapters at the path.
            InputError: they do not fit the model; nothing was changed.
        """
        from rembert_tf.weights.adapter_directory import load_adapters

        load_adapters(self, path)

    # What `from_pretrained` hands to the constructor, and not to the configuration.
    CONSTRUCTOR_ARGUMENTS = ("name", "dtype", "trainable")

    @classmethod
    def from_pretrained(cls, path, **overrides):
        """Loads a model directory.

        Args:
            path: a directory with `config.json` and weights, written by `save_pretrained` or by the transformers
                library: safetensors, `pytorch_model.bin` (one file or sharded) or `tf_model.h5`. A local path, one that
                `tf.io.gfile` reaches (`gs://...`), or the id of a model on the Hugging Face hub (`google/rembert`).
            **overrides: fields of the configuration to change before the model is built, and arguments of the
                constructor, such as `dtype`.

        Returns:
            The model. Weights of another head in the directory are passed over; weights of this head that the
            directory lacks start new, with a warning that names them.

        Raises:
            MissingFileError: there is no such directory, or it holds no model.
            InputError: the configuration is impossible, a file is damaged, or weights are missing, unknown or of
                another shape; the message lists every one.
        """
        from rembert_tf.weights import model_directory

        arguments = {name: overrides.pop(name) for name in cls.CONSTRUCTOR_ARGUMENTS if name in overrides}
        check_constructor(cls, arguments)
        others = overrides.keys() - FIELDS
        if argument_advice(others):
            refuse_arguments(f"{cls.__name__}.from_pretrained", others)
        model = cls(model_directory.read_config(path).replace(**overrides), **arguments)
        model_directory.load_weights(model, path)
        return model

    def save_pretrained(self, path, max_shard_size=None, **others):
        """Writes `config.json` and `model.safetensors`; other files of the directory stay.

        Args:
            path: a local directory, made if needed.
            max_shard_size: of a file `model-00001-of-0000N.safetensors`, in bytes or as "2GB"; None means one file.
            **others: none is taken; for what transformers takes, the error says what to write.

        Raises:
            InputError: the directory cannot be written, or the size is none.
        """
        from rembert_tf.weights import model_directory

        if others:
            refuse_arguments("save_pretrained", others, ["max_shard_size"])
        model_directory.save(self, path, max_shard_size)

    def get_config(self):
        lora = adapter_settings(self)
        return {
            **super().get_config(),
            "config": self.config.to_dict(),
            "dtype": self._saved_policy(),
            "lora": None if lora is None else dataclasses.asdict(lora),
        }

    def _saved_policy(self):
        return keras.dtype_policies.serialize(self.dtype_policy)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        if isinstance(config, RemBertConfig):
            return cls(config)
        if not isinstance(config, dict) or "config" not in config:
            raise InputError(
                f"{cls.__name__}.from_config takes a RemBertConfig, or what get_config of a model returned, not "
                f"{type(config).__name__}; a model directory is loaded with {cls.__name__}.from_pretrained(directory)."
            )
        config = dict(config)
        rembert_config, lora = RemBertConfig.from_dict(config.pop("config")), config.pop("lora", None)
        model = cls(rembert_config, **config)
        if lora is not None:
            model.enable_lora(**lora)
        return model


def head_policy(policy):
    """Returns the dtype policy of an output layer: at least float32, so that losses and scores are exact.

    Args:
        policy: the model's Keras dtype policy.
    """
    return policy if policy.compute_dtype == "float64" else keras.dtype_policies.DTypePolicy("float32")
