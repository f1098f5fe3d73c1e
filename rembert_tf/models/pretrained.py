"""What every RemBERT model can do: be built from a config, loaded, saved and serialized."""

import keras

from rembert_tf.config import RemBertConfig
from rembert_tf.errors import InputError
from rembert_tf.models.inputs import check_inputs, check_ranges


class PretrainedModel(keras.Model):
    """A Keras model whose architecture is a RemBertConfig and whose weights live in a model directory.

    A subclass adds its layers in `__init__`, builds them in `build`, and ends `__init__` with
    `self.build()`, so that weights exist before the first call.

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
        super().__init__(**kwargs)
        self.config = config

    def __call__(self, inputs, *args, **kwargs):
        # Before Keras sees the inputs: it takes no nested lists, and buries an error raised within `call`
        # in a listing of the arguments.
        tensors = self.check_inputs(inputs)
        check_ranges(tensors, self.config)
        return super().__call__(tensors, *args, **kwargs)

    def check_inputs(self, inputs):
        """Returns the inputs of a call as tensors, or raises an InputError."""
        return check_inputs(inputs, self.config)

    @classmethod
    def from_pretrained(cls, path, **config_overrides):
        """Loads a model directory.

        Args:
            path: a directory with `config.json` and `model.safetensors`, written by `save_pretrained`
                or by the transformers library.
            **config_overrides: fields of the configuration to change before the model is built.

        Returns:
            The model. Weights of another head in the directory are passed over; weights of this head
            that the directory lacks start new, with a warning that names them.

        Raises:
            MissingFileError: there is no such directory, or it holds no model.
            InputError: the configuration is impossible, or weights are missing, unknown or of another
                shape; the message lists every one.
        """
        from rembert_tf.weights import model_directory

        config = model_directory.read_config(path).replace(**config_overrides)
        model = cls(config)
        model_directory.load_weights(model, path)
        return model

    def save_pretrained(self, path):
        """Writes `config.json` and `model.safetensors`; other files of the directory stay.

        Args:
            path: a directory, made if needed.
        """
        from rembert_tf.weights import model_directory

        model_directory.save(self, path)

    def get_config(self):
        return {**super().get_config(), "config": self.config.to_dict(), "dtype": self._saved_policy()}

    def _saved_policy(self):
        return keras.dtype_policies.serialize(self.dtype_policy)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        rembert_config = RemBertConfig.from_dict(config.pop("config"))
        return cls(rembert_config, **config)


def head_policy(policy):
    """Returns the dtype policy of an output layer: at least float32, so that losses and scores are exact.

    Args:
        policy: the model's Keras dtype policy.
    """
    return policy if policy.compute_dtype == "float64" else keras.dtype_policies.DTypePolicy("float32")
