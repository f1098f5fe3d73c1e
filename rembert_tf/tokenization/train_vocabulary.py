"""Training a SentencePiece vocabulary with RemBERT's layout."""

import io
import random

from rembert_tf.errors import InputError
from rembert_tf.text_files.tables import TEXT, read_tables
from rembert_tf.tokenization.tokenizer_base import TokenizerBase

# [PAD] 0, </s> 1, <unk> 2, 309 reserved pieces, [CLS] 312, [SEP] 313, [MASK] 314: the released
# vocabulary's numbers as far as they are known.
RESERVED = [f"[unused{number}]" for number in range(309)]
MARKERS = ["[CLS]", "[SEP]", "[MASK]"]
FIRST_ORDINARY_ID = 315
BYTE_PIECES = 256
SAMPLING_EXPONENT = 0.5  # of the languages, as in the paper's pre-training


def train_vocabulary(texts, vocab_size, languages=None, byte_fallback=False, character_coverage=0.9995, seed=0):
    """Trains a unigram SentencePiece model.

    Args:
        texts: list of strings, a sentence or paragraph each.
        vocab_size: pieces, the 315 reserved ones included.
        languages: each text's language code, to sample them in proportion to size ** 0.5; or None.
        byte_fallback: whether characters without a piece become byte pieces instead of unknown.
        character_coverage: share of the characters that must have pieces.
        seed: of the sampling.

    Returns:
        The serialized model, as bytes.

    Raises:
        InputError: there is no text, or the size is impossible for it.
    """
    import sentencepiece

    smallest = FIRST_ORDINARY_ID + (BYTE_PIECES if byte_fallback else 0) + 1
    if vocab_size < smallest:
        raise InputError(f"vocab_size must be at least {smallest}, not {vocab_size}: reserved pieces take the rest.")
    if languages is not None:
        texts = balanced(texts, languages, seed)
    texts = [text for text in texts if text.strip()]
    if not texts:
        raise InputError("there is no text to train a vocabulary on.")
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=model,
            model_type="unigram",
            vocab_size=vocab_size,
            character_coverage=character_coverage,
            byte_fallback=byte_fallback,
            pad_id=0,
            pad_piece="[PAD]",
            eos_id=1,
            eos_piece="</s>",
            unk_id=2,
            unk_piece="<unk>",
            bos_id=-1,
            control_symbols=RESERVED + MARKERS,
            minloglevel=2,
        )
    except RuntimeError as problem:
        raise InputError(f"cannot train {vocab_size} pieces on {len(texts)} texts: {_reason(problem)}.") from None
    return model.getvalue()


def train_vocabulary_files(
    files, output, vocab_size, text_column=TEXT, language_column=None, columns=None, **training_options
):
    """Trains a vocabulary on the texts of files and writes it, with its settings, into a directory.

    Args:
        files: `.txt`, `.csv` or `.tsv` files; see `rembert_tf.text_files.tables.read_table`.
        output: directory for `sentencepiece.model` and `tokenizer_config.json`.
        vocab_size: pieces.
        text_column: the column with the text.
        language_column: the column with a language code, to balance the languages; or None.
        columns: names of the columns of files without a header.
        **training_options: of `train_vocabulary`.

    Returns:
        The number of pieces, and of texts.
    """
    tables = read_tables(files, columns)
    for table in tables:
        table.require(text_column, *([language_column] if language_column else []))
    texts = [text for table in tables for text in table.columns[text_column]]
    languages = [code for table in tables for code in table.columns[language_column]] if language_column else None
    tokenizer = TokenizerBase(train_vocabulary(texts, vocab_size, languages, **training_options))
    tokenizer.save_pretrained(output)
    return len(tokenizer), len(texts)


def balanced(texts, languages, seed=0):
    """Samples texts so that a language's share is its size to the power of 0.5, renormalised.

    Args:
        texts: list of strings.
        languages: each text's language code.
        seed: decides which texts of a large language are left out and which of a small one repeat.

    Returns:
        About as many texts as before.
    """
    by_language = {}
    for text, language in zip(texts, languages, strict=True):
        by_language.setdefault(language, []).append(text)
    weights = {language: len(group) ** SAMPLING_EXPONENT for language, group in by_language.items()}
    scale = len(texts) / sum(weights.values())
    chooser = random.Random(seed)
    sample = []
    for language, group in sorted(by_language.items()):
        repeats, remainder = divmod(max(1, round(scale * weights[language])), len(group))
        sample += group * repeats + chooser.sample(group, remainder)
    chooser.shuffle(sample)
    return sample


def _reason(problem):
    """Returns SentencePiece's own sentence, without its source position."""
    return str(problem).strip().splitlines()[-1].rsplit("] ", 1)[-1].rstrip(". ")
