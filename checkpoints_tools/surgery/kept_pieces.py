"""Which pieces of a vocabulary a corpus needs, so that its texts are cut as before."""

import dataclasses
import itertools

import numpy as np

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tokenization.call_options import ALL_BUT_MASK
from rembert_tf.tokenization.sentencepiece_editing import rewrite_pieces
from rembert_tf.tokenization.sentencepiece_proto import BPE, PieceType, parse_model

_MERGED = (PieceType.NORMAL, PieceType.UNUSED)


@dataclasses.dataclass(frozen=True)
class KeptPieces:
    """The outcome.

    Args:
        ids: sorted ids of the pieces that stay.
        counts: array, how often the corpus uses each id of the whole vocabulary.
        available: sorted ids of the vocabulary that the new one must agree with on every text: all of
            them, or, where rare pieces had to go, all but those.
    """

    ids: list
    counts: np.ndarray
    available: list


def find_kept_pieces(tokenizer, corpus, named=(), min_count=1, report=None):
    """Reads a corpus and decides what stays.

    Why texts are cut as before, for each kind of SentencePiece model:
    A unigram model takes the best-scored way to cut a text. Without pieces that no text uses, other ways
    only get worse or vanish, since the two numbers that are taken from all pieces, the lowest and the highest
    score (of unknown characters and of user-defined pieces), stay. A BPE model merges neighbours, the
    best-scored pair first. All that it ever merges within a text lies inside the text's final pieces; so, when
    every piece inside a kept piece is kept, it takes the same steps.

    Args:
        tokenizer: a RemBertTokenizer.
        corpus: a Corpus.
        named: ids that must stay.
        min_count: ordinary pieces that are used less often go, and their texts are cut otherwise.
        report: called as `report(done, total, note)`, or None.

    Returns:
        KeptPieces.

    Raises:
        InputError: the corpus has no text or cannot be read.
    """
    model = parse_model(tokenizer.vocabulary.model)
    counts, spelled = count_ids(tokenizer, corpus, report)
    everything = range(len(model.pieces))
    always = _always_kept(model, tokenizer.vocabulary) | {number for number in named if number < len(everything)}
    always |= {number for number in spelled if number < len(everything)}
    frequent = {number for number in everything if counts[number] >= min_count}
    needed = with_inner_pieces(model, always | frequent)
    rare = {number for number in everything if 0 < counts[number] < min_count} - needed
    if not rare:
        return KeptPieces(sorted(needed), counts, list(everything))
    # Texts with rare pieces are cut anew, and what they are cut into then must stay too.
    available = sorted(set(everything) - rare)
    recounted, spelled = count_ids(trimmed_tokenizer(tokenizer, available), corpus, report)
    used = {available[number] for number in (*np.flatnonzero(recounted), *spelled) if number < len(available)}
    return KeptPieces(sorted(with_inner_pieces(model, always | used, set(available))), counts, available)


def count_ids(tokenizer, corpus, report=None):
    """Counts what a corpus is cut into.

    Returns:
        How often each id comes, an array of `len(tokenizer)` integers; and the set of ids that come where the
        spellings of special tokens are ordinary text.

    Raises:
        InputError: the corpus has no text or cannot be read.
    """
    counts, spelled, texts = np.zeros(len(tokenizer), np.int64), set(), 0
    for batch in corpus.batches(report, "counting pieces"):
        texts += len(batch)
        ids = np.fromiter(itertools.chain.from_iterable(ids_of(tokenizer, batch)), np.int64)
        counts += np.bincount(ids, minlength=len(counts))
        for reading, chosen in other_readings(tokenizer, batch):
            spelled.update(itertools.chain.from_iterable(ids_of(tokenizer, chosen, reading)))
    if not texts:
        raise InputError(f"the corpus has no text: {', '.join(map(str, corpus.files))}.")
    return counts, spelled


def ids_of(tokenizer, texts, split_special_tokens=False):
    """Returns a list of ids for each text, special tokens of the template left out."""
    return tokenizer(texts, add_special_tokens=False, split_special_tokens=split_special_tokens)["input_ids"]


def other_readings(tokenizer, texts):
    """Yields (split_special_tokens, texts that are cut otherwise with it): those that spell a special token."""
    spellings = list(tokenizer.vocabulary.literals)
    chosen = [text for text in texts if any(spelling in text for spelling in spellings)]
    if chosen:
        yield from ((reading, chosen) for reading in (True, ALL_BUT_MASK))


def read_piece_list(path, vocabulary):
    """Returns the ids of pieces that a file lists, one a line.

    Raises:
        MissingFileError: there is no such file.
        InputError: it is not UTF-8, or a line is no piece.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.rstrip("\r\n") for line in file]
    except FileNotFoundError:
        raise MissingFileError(f"there is no file {str(path)!r}: --keep takes a list of pieces, one a line.") from None
    except (UnicodeDecodeError, OSError) as problem:
        raise InputError(f"{str(path)!r} is not a list of pieces in UTF-8: {problem}.") from None
    for number, text in enumerate(lines, start=1):
        if text and not vocabulary.has_piece(text):
            raise InputError(f"{path}, line {number}: {text!r} is no piece of the vocabulary (▁ stands for a space).")
    return {vocabulary.processor.piece_to_id(text) for text in lines if text}


def trimmed_tokenizer(tokenizer, ids):
    """Returns a tokenizer of the same class and settings with some of the pieces.

    Args:
        tokenizer: a tokenizer of this package; special tokens after its pieces move up.
        ids: sorted ids of the pieces that stay.
    """
    vocabulary = tokenizer.vocabulary
    pieces = parse_model(vocabulary.model).pieces
    shift = len(ids) - len(pieces)
    return type(tokenizer)(
        rewrite_pieces(vocabulary.model, [pieces[number] for number in ids]),
        do_lower_case=tokenizer.do_lower_case,
        remove_space=tokenizer.remove_space,
        keep_accents=tokenizer.keep_accents,
        model_max_length=tokenizer.model_max_length,
        padding_side=tokenizer.padding_side,
        additional_special_tokens=tokenizer.additional_special_tokens,
        added_tokens_decoder={number + shift: token for token, number in vocabulary.appended.items()},
        **vocabulary.special_tokens,
    )


def with_inner_pieces(model, ids, available=None):
    """Returns ids and, for a BPE model, those of all available pieces that lie inside their texts."""
    if model.model_type != BPE:
        return set(ids)
    numbers = {
        piece.text: number
        for number, piece in enumerate(model.pieces)
        if piece.type in _MERGED and (available is None or number in available)
    }
    found = set(ids)
    for text in [model.pieces[number].text for number in ids if model.pieces[number].type in _MERGED]:
        for start, end in itertools.combinations(range(len(text) + 1), 2):
            if text[start:end] in numbers:
                found.add(numbers[text[start:end]])
    return found


def _always_kept(model, vocabulary):
    """Returns ids of pieces that are no ordinary ones, of special tokens, and of the extreme scores."""
    kept = {number for number, piece in enumerate(model.pieces) if piece.type != PieceType.NORMAL}
    kept |= {number for number in vocabulary.literals.values() if number < len(model.pieces)}
    normal = [number for number, piece in enumerate(model.pieces) if piece.type == PieceType.NORMAL]
    scores = [model.pieces[number].score for number in normal]
    extremes = {normal[int(np.argmin(scores))], normal[int(np.argmax(scores))]} if normal else set()
    return kept | extremes
