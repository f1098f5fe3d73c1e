"""What can be chosen when a head is exported, one dataclass a head; free of TensorFlow, so that `--help` is quick."""

import dataclasses
import warnings

from rembert_tf.errors import InputError
from rembert_tf.generation.settings import GenerationSettings

POOLINGS = ("mean", "cls", "pooler")


def _require(owner, name, fits, accepted):
    if not fits:
        raise InputError(f"{name} must be {accepted}, not {getattr(owner, name)!r}.")


def _is_integer(value, least):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


@dataclasses.dataclass(frozen=True)
class NoOptions:
    """Of a head whose answers leave nothing to choose."""


@dataclasses.dataclass(frozen=True)
class EmbeddingOptions:
    """How a text becomes one vector.

    Args:
        pooling: "mean" of all positions that are not padding, "cls" the first position, or "pooler" what the
            pooler makes of it.
        layer: hidden state to pool: 0 is the embedding, -1 the last one.
        normalize: whether vectors get length 1, so that a dot product is the cosine.
    """

    pooling: str = "mean"
    layer: int = -1
    normalize: bool = False

    def __post_init__(self):
        _require(self, "pooling", self.pooling in POOLINGS, " or ".join(map(repr, POOLINGS)))
        _require(self, "layer", isinstance(self.layer, int) and not isinstance(self.layer, bool), "an integer")
        if self.pooling == "pooler" and self.layer != -1:
            raise InputError(f"layer must be -1 with pooling='pooler', which reads the last layer, not {self.layer}.")


@dataclasses.dataclass(frozen=True)
class GenerationOptions:
    """How a prompt is continued.

    Args:
        max_new_tokens: pieces to add at most. They count in the export's `max_length`: of a prompt that leaves
            no room for them, the end is read.
        num_beams: continuations kept at each step; 1 is greedy search or sampling.
        do_sample: whether pieces are drawn instead of taking the likeliest.
        temperature: logits are divided by it before sampling.
        top_k: how many of the likeliest pieces are drawn from; 0 means all.
        top_p: pieces are drawn from the likeliest that hold this share of the probability.
        repetition_penalty: scores of pieces already there are divided (or, if negative, multiplied) by it.
        length_penalty: exponent of the length that beam scores are divided by; above 0 favours long ones.
        early_stopping: whether beam search ends once as many continuations as beams are complete; "never" goes on
            until none is possible.
        seed: of sampling: the same request then has the same answer; None draws anew for every request.
        return_prompt: whether `text` is the prompt with its continuation, not the continuation alone.
    """

    max_new_tokens: int = 32
    num_beams: int = 1
    do_sample: bool = False
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    length_penalty: float = 1.0
    early_stopping: bool | str = False
    seed: int | None = None
    return_prompt: bool = False

    def __post_init__(self):
        self._settings()
        for name in ("do_sample", "return_prompt"):
            _require(self, name, isinstance(getattr(self, name), bool), "True or False")

    def settings(self, eos_token_id, pad_token_id):
        """Returns the GenerationSettings for a vocabulary.

        Args:
            eos_token_id: piece that completes a continuation.
            pad_token_id: what follows it.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said already when the options were made
            return self._settings(eos_token_id=eos_token_id, pad_token_id=pad_token_id)

    def _settings(self, **ids):
        chosen = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        del chosen["return_prompt"]
        return GenerationSettings(**chosen, **ids)


AGGREGATIONS = ("entities", "words")
# Candidates of a question that share its probability, as in the task: `tasks.question_answering.answers.N_BEST`.
MOST_ANSWERS = 20


@dataclasses.dataclass(frozen=True)
class TokenClassificationOptions:
    """How the tags of words become spans of text.

    Args:
        aggregation: "entities" joins words by their B- and I- tags into spans whose label has no prefix; "words"
            makes a span of every word, with its whole tag. Tags without prefixes, such as parts of speech, make
            a span of every word in both.
        stride: pieces that consecutive windows of a long text share; fewer where a window has no room for it.
        include_outside: whether words with the tag O are spans too.
        pretokenized: whether white space alone separates words. Otherwise punctuation does too, but in texts
            where it stands apart already.
    """

    aggregation: str = "entities"
    stride: int = 64
    include_outside: bool = False
    pretokenized: bool = False

    def __post_init__(self):
        _require(self, "aggregation", self.aggregation in AGGREGATIONS, " or ".join(map(repr, AGGREGATIONS)))
        _require(self, "stride", _is_integer(self.stride, 0), "a number of pieces, 0 or more")
        for name in ("include_outside", "pretokenized"):
            _require(self, name, isinstance(getattr(self, name), bool), "True or False")


@dataclasses.dataclass(frozen=True)
class QuestionAnsweringOptions:
    """How answers are looked for; names, units and defaults are those of the question-answering tasks.

    Args:
        doc_stride: pieces that consecutive windows of a context share.
        max_answer_length: pieces of an answer.
        top_k: answers to return, with different texts; 1 leaves the dimension out.
        max_question_length: pieces of a question, which loses its end beyond.
        null_threshold: there is no answer where that scores higher than the best one by more than this; None
            always answers.
    """

    doc_stride: int = 128
    max_answer_length: int = 30
    top_k: int = 1
    max_question_length: int = 64
    null_threshold: float | None = None

    def __post_init__(self):
        _require(self, "doc_stride", _is_integer(self.doc_stride, 0), "a number of pieces, 0 or more")
        for name in ("max_answer_length", "max_question_length"):
            _require(self, name, _is_integer(getattr(self, name), 1), "a number of pieces, 1 or more")
        fits = _is_integer(self.top_k, 1) and self.top_k <= MOST_ANSWERS
        _require(self, "top_k", fits, f"an integer from 1 to {MOST_ANSWERS}")
        threshold = self.null_threshold
        is_number = isinstance(threshold, (int, float)) and not isinstance(threshold, bool) and threshold == threshold
        _require(self, "null_threshold", threshold is None or is_number, "a number or None")


@dataclasses.dataclass(frozen=True)
class MaskedLMOptions:
    """What is told about a mask.

    Args:
        top_k: pieces of each mask, the likeliest first.
    """

    top_k: int = 5

    def __post_init__(self):
        _require(self, "top_k", _is_integer(self.top_k, 1), "an integer, 1 or more")
