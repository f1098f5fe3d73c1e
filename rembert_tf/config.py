"""RemBertConfig: every number that shapes a RemBERT, checked once and never changed."""

import copy
import dataclasses
import json

from rembert_tf.config_checks import check_fields, label_names
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.former_arguments import FORMER_ARGUMENTS, FORMER_FIELDS, argument_advice, suggestion
from rembert_tf.former_fields import unchangeable
from rembert_tf.former_members import CONFIG_MEMBERS, FormerMembers

CONFIG_FILE = "config.json"
MODEL_TYPE = "rembert"

# The original release's JSON has its own spelling of one field.
GOOGLE_SPELLINGS = {"embedding_size": "input_embedding_size"}


@unchangeable
@dataclasses.dataclass(frozen=True)
class RemBertConfig(FormerMembers):
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
        pad_token_id: [PAD] of the released vocabulary.
        bos_token_id: its [CLS].
        eos_token_id: its [SEP].
        is_decoder: causal attention.
        add_cross_attention: a block attends to `encoder_hidden_states`; needs `is_decoder`.
        tie_word_embeddings: must stay False: the two tables have different widths.
        problem_type: one of `regression`, `single_label_classification`, `multi_label_classification`,
            or None: one label means regression, integer labels one class, float labels several.
        num_labels: outputs of a classification head; follows from `id2label` when that is given.
        id2label: {class: name of the label}; follows from `label2id` when that is given.
        label2id: {name of the label: class}.
        extra: keys of a configuration file that this class does not know, kept as they are.

    Raises:
        InputError: naming the field, its value and what is possible.
    """

    model_type = MODEL_TYPE  # the same for all, and therefore no field
    FORMER_MEMBERS = CONFIG_MEMBERS

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
        labels = label_names(self.num_labels, self.id2label, self.label2id)
        object.__setattr__(self, "num_labels", len(labels))
        object.__setattr__(self, "id2label", labels)
        object.__setattr__(self, "label2id", {name: index for index, name in labels.items()})
        object.__setattr__(self, "extra", copy.deepcopy(self.extra))
        check_fields(self)

    def __getattr__(self, name):
        # Asked last, and while a copy is made also before there are fields.
        if name in self.__dict__.get("extra", {}):
            raise AttributeError(f"{name} is no field; what a file said of it is config.extra[{name!r}].")
        return super().__getattr__(name)

    @property
    def head_size(self):
        """Width of one attention head."""
        return self.hidden_size // self.num_attention_heads

    def replace(self, **changes):
        """Returns a copy with some fields changed; changing the labels' number or names renames the others.

        Args:
            **changes: {field: new value}.
        """
        other_number = changes.get("num_labels", self.num_labels) != self.num_labels
        if other_number or {"id2label", "label2id"} & changes.keys():
            changes = {"num_labels": None, "id2label": None, "label2id": None, **changes}
        unknown = changes.keys() - FIELDS
        if unknown:
            raise InputError(_no_fields(unknown))
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
        """Returns the configuration that the content of a `config.json` describes, in either spelling.

        Args:
            content: dictionary; keys that are no fields are kept in `extra`.

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
    def from_pretrained(cls, path, **changes):
        """Returns the configuration in a model directory, or in any JSON file, the original release's included.

        Args:
            path: of the directory or file: local, one that `tf.io.gfile` reaches, or a hub id.
            **changes: {field: value other than the file's}, as `replace` takes them.

        Raises:
            MissingFileError: there is no such file.
            InputError: it is not valid JSON, or the configuration is impossible; or a change is of no field.
        """
        from rembert_tf.weights.locations import CONFIG, local_path

        with local_path(path, CONFIG) as file:
            file = file / CONFIG_FILE if file.is_dir() else file
            if not file.is_file():
                raise MissingFileError(f"no configuration at {str(file)!r}: expected a model directory or a JSON file.")
            try:
                config = cls.from_dict(json.loads(file.read_text(encoding="utf-8")))
            except (UnicodeDecodeError, json.JSONDecodeError) as problem:
                raise InputError(f"{str(file)!r} is not valid JSON: {problem}.") from None
            except InputError as problem:
                raise InputError(f"{str(file)!r}: {problem}") from None
        return config.replace(**changes) if changes else config

    def to_json(self):
        """Returns the text of a `config.json`."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    def save_pretrained(self, directory):
        """Writes `config.json` into a directory.

        Args:
            directory: local path, made if needed.
        """
        from rembert_tf.weights.atomic_files import write_files

        write_files(directory, {CONFIG_FILE: self.to_json().encode("utf-8")}, last=CONFIG_FILE)


FIELDS = frozenset(field.name for field in dataclasses.fields(RemBertConfig))


def _no_fields(names):
    """Returns the sentence about names that are none of the fields."""
    advice = argument_advice(names, {**FORMER_ARGUMENTS, **FORMER_FIELDS})
    told = f" ({advice})" if advice else suggestion(names, FIELDS)
    return f"RemBertConfig has no field {_listed(names)}{told}; its fields are {_listed(FIELDS)}."


def _listed(names):
    return ", ".join(sorted(map(str, names)))
