"""What a pre-training begins with: a model directory, or new weights and a vocabulary."""

import dataclasses

import keras

from rembert_tf.config import RemBertConfig
from rembert_tf.errors import InputError
from rembert_tf.tasks.start import check_lengths, from_directory, from_nothing
from rembert_tf.weights import model_directory

ARCHITECTURE = "RemBertForMaskedLM"


@dataclasses.dataclass(frozen=True)
class Origin:
    """What a pre-training begins with.

    Args:
        model: a model directory, whose head stays where it is a language model's; or None.
        config: instead of it, the RemBertConfig of new weights; its `vocab_size` becomes the vocabulary's.
        sentencepiece: for new weights, path of the SentencePiece model; None means the prepared corpus' own.
        vocab_size: for new weights on raw text, pieces of a vocabulary that is trained on it first; or None.

    Raises:
        InputError: these do not go together.
    """

    model: str | None = None
    config: RemBertConfig | None = None
    sentencepiece: str | None = None
    vocab_size: int | None = None

    def __post_init__(self):
        if (self.model is None) == (self.config is None):
            raise InputError("a pre-training begins with a model directory or with a configuration: give one of them.")
        if self.model is not None and (self.sentencepiece is not None or self.vocab_size is not None):
            raise InputError("a model directory brings its own vocabulary: give neither sentencepiece nor vocab_size.")
        if self.sentencepiece is not None and self.vocab_size is not None:
            raise InputError("give sentencepiece, or vocab_size to train a vocabulary, but not both.")

    @property
    def asked(self):
        """What `run.json` says about it."""
        config = {} if self.config is None else {"config": self.config.to_dict()}
        return {"model": self.model, "sentencepiece": self.sentencepiece, "vocab_size": self.vocab_size, **config}

    def check_vocabulary_is_named(self):
        """Raises an InputError where nothing says which vocabulary raw text shall be written in."""
        if self.model is None and self.sentencepiece is None and self.vocab_size is None:
            raise InputError(
                "raw text needs a vocabulary: say --vocab-size N, to train one on the text, or --sentencepiece FILE."
            )

    def check_length(self, max_length):
        """Raises an InputError where rows are longer than the model's positions."""
        config = self.config or model_directory.read_config(self.model)
        if max_length > config.max_position_embeddings:
            raise InputError(
                f"rows have up to {max_length} pieces, but the model has {config.max_position_embeddings} positions "
                "(max_position_embeddings)."
            )

    def load(self, corpus, settings):
        """Returns (RemBertForMaskedLM, tokenizer).

        Args:
            corpus: the CorpusData it shall learn from.
            settings: PretrainSettings.

        Raises:
            InputError: model and corpus do not belong together.
        """
        vocabulary = self.sentencepiece or corpus.vocabulary
        start = from_directory(self.model) if self.model else from_nothing(self.config, vocabulary)
        keras.utils.set_random_seed(settings.seed)
        model, tokenizer = start(ARCHITECTURE, {}, settings.mixed_precision)
        corpus.check_vocabulary(tokenizer, repr(str(self.model or vocabulary)))
        check_lengths(model, tokenizer, corpus.max_length)
        if settings.gradient_checkpointing:
            model.gradient_checkpointing_enable()
        return model, tokenizer
