"""RemBertConfig: every number that shapes a RemBERT, checked once and never changed."""

import copy
import dataclasses
import json
import math

from rembert_tf.errors import InputError, MissingFileError

CONFIG_FILE = "config.json"
MODEL_TYPE = "rembert"
ACTIVATIONS = ("gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "swish", "tanh")
PROBLEM_TYPES = ("regression", "single_label_classification", "multi_label_classification")

# The original release's JSON has its own spelling of one field.
GOOGLE_SPELLINGS = {"embedding_size": "input_embedding_size"}


@dataclasses.dataclass(frozen=True)
class RemBertConfig:
    """The architecture of a RemBERT and the few settings that travel with its weights.

    Three widths are never confused: tokens are looked up in a table of width `input_embedding_size`,
    projected to `hidden_size` for the encoder, and scored against the vocabulary at
    `output_embedding_size`. Defaults are those of the released checkpoint.

    Args:
        vocab_size: rows of the input table and of the output matrix.
        hidden_size: width of the encoder; a multiple of `num_attention_heads`.
        num_hidden_layers: encoder blocks.
        num_attention_heads: attention heads of width `hidden_size / num_attention_heads`.
        input_embedding_size: width of the word, position and token-type tables; kept for fine-tuning.
        output_embedding_size: width of the language model head; used in pre-training only. The paper
            says 1536, its parameter count (995 M) and the released configuration say 1664.
        intermediate_size: width between the two projections of a feed-forward block.
        hidden_act: `gelu` is x * Phi(x) with erf; `gelu_new` and `gelu_pytorch_tanh` are the tanh form.
        hidden_dropout_prob: after the embedding LayerNorm and after both outputs of a block.
        attention_probs_dropout_prob: after the softmax.
        classifier_dropout_prob: before the sequence, token and multiple-choice heads.
        max_position_embeddings: the longest input, in pieces; longer input is an error.
        type_vocab_size: kinds of segments (first and second text).
        initializer_range: standard deviation of new weights.
        layer_norm_eps: of every LayerNorm. 1e-12 is far below Keras' default of 1e-3.
        use_cache: kept for compatibility; a call never depends on it.
        pad_token_id, bos_token_id, eos_token_id: [PAD], [CLS] and [SEP] of the released vocabulary.
        is_decoder: causal attention.
        add_cross_attention: a block attends to `encoder_hidden_states`; needs `is_decoder`.
        tie_word_embeddings: must stay False: the two tables have different widths.
        problem_type: one of `regression`, `single_label_classification`, `multi_label_classification`,
            or None: one label means regression, integer labels one class, float labels several.
        num_labels: outputs of a classification head; follows from `id2label` when that is given.
        id2label, label2id: the labels' names. Only one of the two is needed.
        extra: keys of a configuration file that this class does not know, kept as they are.

    Raises:
        InputError: naming the field, its value and what is possible.
    """

    vocab_size: int = 250300
    hidden_size: int = 1152
    num_hidden_layers: int = 32
    num_attention_heads: int = 18
    input_embedding_size: int = 256
    output_embedding_size: int = 1664
    intermediate_size: int = 4608
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.0
    attention_probs_dropout_prob: float = 0.0
    classifier_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    use_cache: bool = True
    pad_token_id: int | None = 0
    bos_token_id: int | None = 312
    eos_token_id: int | None = 313
    is_decoder: bool = False
    add_cross_attention: bool = False
    tie_word_embeddings: bool = False
    problem_type: str | None = None
    num_labels: int | None = None
    id2label: dict | None = dataclasses.field(default=None, hash=False)
    label2id: dict | None = dataclasses.field(default=None, hash=False)
    extra: dict = dataclasses.field(default_factory=dict, hash=False)

    def __post_init__(self):
        labels = _label_names(self.num_labels, self.id2label, self.label2id)
        object.__setattr__(self, "num_labels", len(labels))
        object.__setattr__(self, "id2label", labels)
        object.__setattr__(self, "label2id", {name: index for index, name in labels.items()})
        object.__setattr__(self, "extra", copy.deepcopy(self.extra))
        _check(self)

    @property
    def head_size(self):
        """Width of one attention head."""
        return self.hidden_size // self.num_attention_heads

    def replace(self, **changes):
        """Returns a copy with some fields changed; changing the labels' number or names renames the others."""
        other_number = changes.get("num_labels", self.num_labels) != self.num_labels
        if other_number or {"id2label", "label2id"} & changes.keys():
            changes = {"num_labels": None, "id2label": None, "label2id": None, **changes}
        unknown = changes.keys() - FIELDS
        if unknown:
            raise InputError(f"RemBertConfig has no field {_listed(unknown)}; its fields are {_listed(FIELDS)}.")
        return dataclasses.replace(self, **changes)

    def to_dict(self):
        """Returns the content of a `config.json`, labels and unknown keys included."""
        content = {**copy.deepcopy(self.extra), "model_type": MODEL_TYPE}
        for name in FIELDS - {"extra", "num_labels"}:
            content[name] = getattr(self, name)
        content["id2label"] = {str(index): name for index, name in self.id2label.items()}
        return dict(sorted(content.items()))

    @classmethod
    def from_dict(cls, content):
        """Builds a configuration from the content of a `config.json`, in either spelling.

        Raises:
            InputError: a value is impossible, or the content describes another family of models.
        """
        if not isinstance(content, dict):
            raise InputError(f"a configuration is a JSON object, not {type(content).__name__}.")
        content = dict(content)
        model_type = content.pop("model_type", MODEL_TYPE)
        if model_type != MODEL_TYPE:
            raise InputError(f"the configuration is of model_type {model_type!r}, not {MODEL_TYPE!r}.")
        for theirs, ours in GOOGLE_SPELLINGS.items():
            if ours not in content and theirs in content:
                content[ours] = content.pop(theirs)
        known = {name: content.pop(name) for name in FIELDS - {"extra"} if name in content}
        if known.get("id2label") is not None:
            known.pop("num_labels", None)
        return cls(**known, extra=content)

    @classmethod
    def from_pretrained(cls, path):
        """Reads a model directory's `config.json`, or any JSON file, the original release's included.

        Args:
            path: of the directory or file: local, one that `tf.io.gfile` reaches, or a hub id.

        Raises:
            MissingFileError: there is no such file.
            InputError: it is not valid JSON, or the configuration is impossible.
        """
        from rembert_tf.weights.locations import CONFIG, local_path

        with local_path(path, CONFIG) as file:
            file = file / CONFIG_FILE if file.is_dir() else file
            if not file.is_file():
                raise MissingFileError(f"no configuration at {str(file)!r}: expected a model directory or a JSON file.")
            try:
                return cls.from_dict(json.loads(file.read_text(encoding="utf-8")))
            except (UnicodeDecodeError, json.JSONDecodeError) as problem:
                raise InputError(f"{str(file)!r} is not valid JSON: {problem}.") from None
            except InputError as problem:
                raise InputError(f"{str(file)!r}: {problem}") from None

    def to_json(self):
        """Returns the text of a `config.json`."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    def save_pretrained(self, directory):
        """Writes `config.json` into a directory, which is made if needed."""
        from rembert_tf.weights.atomic_files import write_files

        write_files(directory, {CONFIG_FILE: self.to_json().encode("utf-8")}, last=CONFIG_FILE)


FIELDS = frozenset(field.name for field in dataclasses.fields(RemBertConfig))

_POSITIVE_INTEGERS = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "input_embedding_size",
    "output_embedding_size",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
)
_PROBABILITIES = ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout_prob")
_FLAGS = ("use_cache", "is_decoder", "add_cross_attention", "tie_word_embeddings")
_TOKEN_IDS = ("pad_token_id", "bos_token_id", "eos_token_id")


def _listed(names):
    return ", ".join(sorted(map(str, names)))


def _is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _label_names(num_labels, id2label, label2id):
    """Returns {index: name} from whichever of the three ways to say it was used."""
    if id2label is None and label2id is not None:
        if not isinstance(label2id, dict) or len(set(label2id.values())) < len(label2id):
            raise InputError(f"label2id must map names to numbers of their own, not {label2id!r}.")
        id2label = {index: name for name, index in label2id.items()}
    if id2label is None:
        num_labels = 2 if num_labels is None else num_labels
        if not _is_integer(num_labels) or num_labels < 1:
            raise InputError(f"num_labels must be a positive integer, not {num_labels!r}.")
        return {index: f"LABEL_{index}" for index in range(num_labels)}
    try:
        names = {int(index): str(name) for index, name in id2label.items()}
    except (AttributeError, TypeError, ValueError):
        raise InputError(f"id2label must map label numbers to names, not {id2label!r}.") from None
    if sorted(names) != list(range(len(names))) or not names:
        raise InputError(f"id2label must number its labels 0, 1, 2, ..., not {sorted(names)}.")
    if len(set(names.values())) != len(names):
        raise InputError(f"id2label gives two labels the same name: {list(names.values())}.")
    if num_labels is not None and num_labels != len(names):
        raise InputError(f"num_labels is {num_labels!r}, but id2label names {len(names)} labels.")
    return dict(sorted(names.items()))


def _check(config):
    """Raises an InputError that names the first impossible field and its value."""

    def require(holds, name, accepted):
        if not holds(getattr(config, name)):
            raise InputError(f"{name} must be {accepted}, not {getattr(config, name)!r}.")

    for name in _POSITIVE_INTEGERS:
        require(lambda value: _is_integer(value) and value > 0, name, "a positive integer")
    for name in _PROBABILITIES:
        require(lambda value: _is_number(value) and 0 <= value < 1, name, "a number from 0 to below 1")
    for name in _FLAGS:
        require(lambda value: isinstance(value, bool), name, "true or false")
    for name in _TOKEN_IDS:
        require(lambda value: value is None or (_is_integer(value) and value >= 0), name, "a token id or null")
    for name in ("initializer_range", "layer_norm_eps"):
        require(lambda value: _is_number(value) and value > 0, name, "a positive number")
    require(lambda value: isinstance(value, str) and value in ACTIVATIONS, "hidden_act", f"one of {ACTIVATIONS}")
    require(lambda value: isinstance(value, dict), "extra", "a dictionary")
    require(lambda value: value is None or value in PROBLEM_TYPES, "problem_type", f"null or one of {PROBLEM_TYPES}")
    if config.hidden_size % config.num_attention_heads:
        raise InputError(
            f"hidden_size must be a multiple of num_attention_heads, "
            f"but {config.hidden_size} is not one of {config.num_attention_heads}."
        )
    if config.add_cross_attention and not config.is_decoder:
        raise InputError("add_cross_attention=True needs is_decoder=True, which is False.")
    if config.tie_word_embeddings:
        raise InputError(
            "tie_word_embeddings must be false, not True: RemBERT's input and output embeddings have different widths."
        )
