"""What every layer of a model gives for an input, by either implementation, under the same names."""

import warnings

import numpy as np

from rembert_tf.verification.lockstep import in_lockstep
from rembert_tf.verification.plain_encoder import PlainEncoder
from rembert_tf.verification.plain_heads import HEAD_WEIGHTS, head_outputs

PROJECTION = "embedding projection"
BLOCK = "encoder.layer."  # as in the weights' names
POOLER = "pooler"
LOGITS = ("logits", "start_logits", "end_logits")


def layer_name(index):
    """Returns what hidden state `index` is called: the projected embeddings, then the file's names of blocks."""
    return PROJECTION if index == 0 else f"{BLOCK}{index - 1}"


def plain_outputs(config, architecture, tensors, inputs_by_case, report=None):
    """Runs the plain NumPy implementation, every case through one block before the next is read.

    Args:
        config: a RemBertConfig.
        architecture: a class of the family.
        tensors: NamedTensors.
        inputs_by_case: {case: inputs of that class's call}.
        report: called as `report(done, total)` before each block, or None.

    Returns:
        {case: {layer: array}}, layers from bottom to top; pooler and head only where the directory holds
        their weights.
    """
    encoder = PlainEncoder(config, tensors)
    runs = [encoder.states(flatten_choices(inputs, architecture)) for inputs in inputs_by_case.values()]
    outputs = [{} for _ in runs]
    for index, states in enumerate(in_lockstep(runs, config.num_hidden_layers + 1, report)):
        for layers, state in zip(outputs, states, strict=True):
            layers[layer_name(index)] = state
    for layers, last, inputs in zip(outputs, states, inputs_by_case.values(), strict=True):
        if "pooler.dense.weight" in tensors:
            layers[POOLER] = encoder.pooler(last)
        layers.update(head_outputs(architecture, encoder, last, np.shape(inputs["input_ids"])))
    return dict(zip(inputs_by_case, outputs, strict=True))


def flatten_choices(inputs, architecture):
    """Returns inputs as the encoder sees them: choices are rows of the batch."""
    if architecture != "RemBertForMultipleChoice":
        return inputs
    return {name: np.reshape(array, (-1, *np.shape(array)[2:])) for name, array in inputs.items()}


class KerasOutputs:
    """Runs our Keras model.

    Args:
        directory: a model directory.
        architecture: a class of the family; where this version lacks it, the bare encoder stands in.

    Attributes:
        notes: sentences about what could not be loaded or run.
    """

    def __init__(self, directory, architecture):
        import rembert_tf

        self.architecture, self.notes = architecture, []
        model_class = getattr(rembert_tf, architecture, None)
        if model_class is None:
            self.notes.append(f"this version has no {architecture}: its encoder alone is compared")
            model_class = rembert_tf.RemBertModel
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            self.model = model_class.from_pretrained(directory)
        self.notes += [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]

    def __call__(self, inputs):
        """Returns {layer: array} from bottom to top."""
        from rembert_tf.exact_float32 import exact_float32

        with warnings.catch_warnings(), exact_float32():
            # Keras doubts that anyone means a softmax over one key, which is what a text of one piece has.
            warnings.filterwarnings("ignore", message="You are using a softmax over axis")
            return self._run(inputs)

    def _run(self, inputs):
        encoder = getattr(self.model, "rembert", self.model)
        encoded = encoder(flatten_choices(inputs, self.architecture), output_hidden_states=True)
        outputs = {layer_name(index): _numpy(state) for index, state in enumerate(encoded["hidden_states"])}
        if "pooler_output" in encoded:
            outputs[POOLER] = _numpy(encoded["pooler_output"])
        if encoder is self.model or HEAD_WEIGHTS[self.architecture] is None:
            return outputs
        head = self.model(inputs)
        head = head if isinstance(head, dict) else {"logits": head}
        return outputs | {name: _numpy(head[name]) for name in LOGITS if name in head}


def _numpy(tensor):
    from keras import ops

    return np.asarray(ops.convert_to_numpy(tensor), np.float32)
