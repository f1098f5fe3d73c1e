"""An encoder's configuration in Model Garden's words: `encoders.EncoderConfig` and the YAML files that hold one."""

import dataclasses
from pathlib import Path

from rembert_tf.config import RemBertConfig
from rembert_tf.errors import InputError, MissingExtraError, MissingFileError

YAML_FILE = "encoder.yaml"
# What Model Garden's trainer writes beside its checkpoints.
_TRAINER_FILE = "params.yaml"
_TYPES = ("bert", "bert_v2")

SIZES = {
    "vocab_size": "vocab_size",
    "hidden_size": "hidden_size",
    "num_layers": "num_hidden_layers",
    "num_attention_heads": "num_attention_heads",
    "intermediate_size": "intermediate_size",
    "max_position_embeddings": "max_position_embeddings",
    "type_vocab_size": "type_vocab_size",
    "embedding_size": "input_embedding_size",
}
_OTHERS = {
    "dropout_rate": "hidden_dropout_prob",
    "attention_dropout_rate": "attention_probs_dropout_prob",
    "initializer_range": "initializer_range",
}
# BertEncoderConfig's defaults, which count where a file leaves the field out.
_DEFAULTS = {"dropout_rate": 0.1, "attention_dropout_rate": 0.1, "initializer_range": 0.02, "hidden_activation": "gelu"}
# These change what an encoder returns, not what it computes.
_OUTPUTS = {"output_range", "return_all_encoder_outputs", "return_attention_scores", "return_word_embeddings"}
_KNOWN = {*SIZES, *_DEFAULTS, *_OUTPUTS, "norm_first"}

# `gelu` is official.modeling.activations.gelu, the tanh form. The erf form has no name there: one that
# nothing resolves stops `build_encoder`, where a name that it knows would be another function.
ERF = "gelu_erf"
_ACTIVATIONS = {"gelu": "gelu_new", ERF: "gelu", "relu": "relu", "swish": "silu", "silu": "silu", "tanh": "tanh"}
_WORDS = {"gelu": ERF, "gelu_new": "gelu", "gelu_pytorch_tanh": "gelu", "silu": "swish"}


@dataclasses.dataclass(frozen=True)
class GardenConfig:
    """What a YAML file says about an encoder.

    Args:
        where: the file's path, for messages.
        fields: of BertEncoderConfig, those that the file has.
        mlm_activation: of the language model's head, or None.
    """

    where: str
    fields: dict
    mlm_activation: str | None = None

    @property
    def hidden_activation(self):
        """Model Garden's word for the encoder's activation."""
        return str(self.fields.get("hidden_activation") or _DEFAULTS["hidden_activation"])

    @property
    def head_differs(self):
        """Whether the head's activation is said to be another one than the encoder's."""
        words = (self.mlm_activation or self.hidden_activation, self.hidden_activation)
        return len({_ACTIVATIONS.get(str(word).lower(), word) for word in words}) > 1


def find_yaml(folder, given=None):
    """Returns the path of the file with the encoder's configuration, or None where there is none.

    Args:
        folder: where the checkpoint lies.
        given: the path that the user named, or None.

    Raises:
        MissingFileError: the named one does not exist.
        InputError: the folder holds several.
    """
    if given is not None:
        if not Path(given).is_file():
            raise MissingFileError(f"there is no configuration file at {str(given)!r}.")
        return Path(given)
    found = sorted(path for ending in ("*.yaml", "*.yml") for path in Path(folder).glob(ending))
    usual = [path for path in found if path.name == _TRAINER_FILE]
    if len(found) > 1 and not usual:
        names = ", ".join(path.name for path in found)
        raise InputError(f"{str(folder)!r} holds several YAML files ({names}): name one with --config.")
    return next(iter(usual or found), None)


def read_yaml(path):
    """Returns the GardenConfig of a file: of a whole experiment, of a task, of a model, or of an encoder alone.

    Raises:
        InputError: it is no YAML, or holds no configuration of a BERT encoder.
        MissingExtraError: PyYAML is not installed.
    """
    content, head = _load(path), {}
    for step in ("task", "model", "encoder"):
        head = content if "mlm_activation" in content else head
        content = content[step] if isinstance(content.get(step), dict) else content
    given = [name for name in _TYPES if isinstance(content.get(name), dict)]
    kind = content.get("type") or next(iter(given), None)
    if kind is not None and kind not in _TYPES:
        raise InputError(
            f"{str(path)!r} describes an encoder of type {kind!r}: only {' and '.join(_TYPES)} are BERT's."
        )
    fields = content[kind] if kind in given else {name: value for name, value in content.items() if name != "type"}
    if kind is None and not _KNOWN & fields.keys():
        raise InputError(
            f"{str(path)!r} holds no encoder's configuration: expected the fields of Model Garden's EncoderConfig, "
            f"alone or under task: model: encoder:."
        )
    return GardenConfig(str(path), fields, head.get("mlm_activation"))


def _load(path):
    try:
        import yaml
    except ImportError:
        raise MissingExtraError("reading a Model Garden configuration", "garden") from None

    class Loader(yaml.SafeLoader):
        """Reads what Model Garden's trainer dumps, tuples included, and builds no other object."""

    Loader.add_constructor("tag:yaml.org,2002:python/tuple", Loader.construct_yaml_seq)
    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.load(file, Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise InputError(f"{str(path)!r} is not valid YAML: {' '.join(str(problem).split())}.") from None
    if not isinstance(content, dict):
        raise InputError(f"{str(path)!r} holds no configuration: expected a mapping of names to values.")
    return content


def settle(said, sizes, hidden_act=None):
    """Returns the RemBertConfig of what a YAML file says and what the tensors show, and how it was decided.

    Args:
        said: a GardenConfig, or None where there is no file.
        sizes: {field of RemBertConfig: size} of the tensors.
        hidden_act: what the user asked for, or None.

    Returns:
        A tuple (RemBertConfig, list of decisions, list of warnings).

    Raises:
        InputError: they disagree, each field by name and value, or the file describes another architecture.
    """
    if said is None:
        why = "there is no YAML, and Model Garden's default, gelu, is the tanh form"
        act, decisions = _decide(hidden_act, "gelu_new", why)
        return RemBertConfig(**sizes, hidden_act=act), [*decisions, "without a YAML the dropout rates are 0."], []
    fields = {name: value for name, value in said.fields.items() if value is not None}
    if "embedding_size" in said.fields:  # null: as wide as the encoder
        fields.setdefault("embedding_size", sizes["hidden_size"])
    if fields.get("norm_first"):
        raise InputError(f"{said.where!r} says norm_first: {fields['norm_first']}: RemBERT normalises last (false).")
    differing = [
        f"{name} {fields[name]!r} but {sizes[ours]}"
        for name, ours in SIZES.items()
        if name in fields and fields[name] != sizes[ours]
    ]
    if differing:
        raise InputError(f"{said.where!r} disagrees with the tensors: it says {'; '.join(differing)} in the tensors.")
    word = said.hidden_activation
    act, decisions = _decide(hidden_act, _ACTIVATIONS.get(word.lower()), _meaning(word, said.where))
    unknown = sorted(map(str, said.fields.keys() - _KNOWN))
    warnings = [f"{said.where!r} has fields that a BERT encoder has not: {', '.join(unknown)}."] if unknown else []
    try:
        others = {ours: {**_DEFAULTS, **fields}[name] for name, ours in _OTHERS.items()}
        return RemBertConfig(**sizes, **others, hidden_act=act), decisions, warnings
    except InputError as problem:
        raise InputError(f"{said.where!r}: {problem}") from None


def _meaning(word, where):
    form = {"gelu": ", which is the tanh form in Model Garden", ERF: ", the erf form"}.get(word.lower(), "")
    return f"{where!r} says hidden_activation: {word}{form}"


def _decide(asked, found, why):
    """Returns the activation and the sentences about it."""
    if asked is not None:
        return asked, [f"hidden_act is {asked}: as asked ({why})."]
    if found is None:
        known = ", ".join(sorted(_ACTIVATIONS))
        raise InputError(f"{why}, which is none of {known}: say what it is with --hidden-act gelu or gelu_new.")
    return found, [f"hidden_act is {found}: {why}."]


def word_for(hidden_act):
    """Returns Model Garden's word for a RemBertConfig's activation."""
    return _WORDS.get(hidden_act, hidden_act)


def yaml_text(config, notes):
    """Returns the text of a file that `encoders.EncoderConfig.from_yaml` reads.

    Args:
        config: a RemBertConfig.
        notes: sentences and lines of code, written as comments.
    """
    fields = {name: getattr(config, ours) for name, ours in {**SIZES, **_OTHERS}.items()}
    fields["hidden_activation"] = word_for(config.hidden_act)
    lines = [f"# {note}".rstrip() for note in notes] + ["type: bert_v2", "bert_v2:"]
    return "\n".join(lines + [f"  {name}: {_number(value)}" for name, value in fields.items()]) + "\n"


def _number(value):
    """Returns a value as YAML 1.1 reads it, to which 1e-05 is a word and 1.0e-05 a number."""
    text = str(value)
    return text.replace("e", ".0e") if isinstance(value, float) and "e" in text and "." not in text else text
