"""Training a SentencePiece vocabulary with RemBERT's layout."""

import io
import random
import re

from rembert_tf.errors import InputError
from rembert_tf.text_files.tables import TEXT
from rembert_tf.tokenization.tokenizer_base import TokenizerBase
from rembert_tf.tokenization.vocabulary_report import texts_and_languages

# [PAD] 0, </s> 1, <unk> 2, 309 reserved pieces, [CLS] 312, [SEP] 313, [MASK] 314: the released
# vocabulary's numbers as far as they are known.
RESERVED = [f"[unused{number}]" for number in range(309)]
MARKERS = ["[CLS]", "[SEP]", "[MASK]"]
FIRST_ORDINARY_ID = 315
BYTE_PIECES = 256
SAMPLING_EXPONENT = 0.5  # of the languages, as in the paper's pre-training
COVERAGE = (0.98, 1.0)  # what SentencePiece accepts
LONGEST = 4192  # bytes of a text that SentencePiece takes unless told otherwise
# SentencePiece leaves whole texts out that hold one of these: its own mark of a space, and zero.
_UNUSABLE = str.maketrans({"▁": " ", "\0": " "})


def train_vocabulary(texts, vocab_size, languages=None, byte_fallback=False, character_coverage=0.9995, seed=0):
    """Trains a unigram SentencePiece model.

    Args:
        texts: list of strings, a sentence or paragraph each.
        vocab_size: pieces, the 315 reserved ones included.
        languages: each text's language code, to sample them in proportion to size ** 0.5; or None.
        byte_fallback: whether characters without a piece become byte pieces instead of unknown.
        character_coverage: share of the characters that must have pieces, 0.98 to 1.
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
    if not COVERAGE[0] <= character_coverage <= COVERAGE[1]:
        raise InputError(f"character_coverage must be {COVERAGE[0]} to {COVERAGE[1]}, not {character_coverage}.")
    if languages:
        texts = balanced(texts, languages, seed)
    texts = [text for text in (text.translate(_UNUSABLE) for text in texts) if text.strip()]
    if not texts:
        raise InputError("there is no text to train a vocabulary on.")
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=model,
            model_type="unigram",
            vocab_size=vocab_size,
            # Longer texts would be left out without a word.
            max_sentence_length=max(LONGEST, *(len(text.encode("utf-8")) for text in texts)),
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
    files,
    output,
    vocab_size,
    text_column=TEXT,
    language_column=None,
    columns=None,
    on_step=lambda message: None,
    **training_options,
):
    """Trains a vocabulary on the texts of files and writes it, with its settings, into a directory.

    Args:
        files: `.txt`, `.csv` or `.tsv` files; see `rembert_tf.text_files.tables.read_table`.
        output: directory for `sentencepiece.model` and `tokenizer_config.json`.
        vocab_size: pieces.
        text_column: the column with the text.
        language_column: the column with a language code, to balance the languages; or None.
        columns: names of the columns of files without a header.
        on_step: called with a message before a part of the work that takes long.
        **training_options: of `train_vocabulary`.

    Returns:
        The number of pieces, and of texts.
    """
    texts, languages = texts_and_languages(files, text_column, language_column, columns)
    on_step(f"training {vocab_size} pieces on {len(texts)} texts")
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
    """Returns a sentence about SentencePiece's error, without its source position."""
    words = str(problem).strip().splitlines()[-1]
    if found := re.search(r"Vocabulary size too high .* value <= (\d+)", words):
        return f"they hold no more than {found[1]}; take a smaller vocab_size or more text"
    if found := re.search(r"smaller than required_chars\. (\d+) vs (\d+)", words):
        return f"characters and reserved pieces alone are {found[2]}; take a larger vocab_size or less coverage"
    return words.rsplit("] ", 1)[-1].strip(". ") or words
