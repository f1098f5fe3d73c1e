"""Rows for another vocabulary: from pieces that are spelled alike, else from the pieces that a spelling is cut into."""

import dataclasses

import numpy as np

WORD_START = "\u2581"  # SentencePiece's mark for a space


@dataclasses.dataclass(frozen=True)
class MatchedPieces:
    """Where each row of a new vocabulary's tables comes from.

    Args:
        rows: for each new id a list of ids in the old vocabulary, whose mean it becomes; empty for none.
        by_spelling: how many have a piece of the same spelling or role.
        by_parts: how many are the mean of several or of other pieces.
        is_same: whether it is the old vocabulary again: the same ids for every text.
    """

    rows: list
    by_spelling: int
    by_parts: int
    is_same: bool

    @property
    def without(self):
        """How many have no origin: they get the mean of all old rows."""
        return len(self.rows) - self.by_spelling - self.by_parts

    def table(self, array):
        """Returns a new table (new rows, ...) float32 of an old one."""
        mean = array.mean(axis=0, dtype="float64").astype("float32")
        result = np.empty((len(self.rows), *array.shape[1:]), "float32")
        for number, row in enumerate(self.rows):
            result[number] = array[row[0]] if len(row) == 1 else array[row].mean(axis=0) if row else mean
        return result


def match_pieces(old, new):
    """Returns the MatchedPieces of two vocabularies.

    Args:
        old: tokenizer of the source.
        new: tokenizer of the result.
    """
    roles = {new.vocabulary.special_id(role): token for role, token in old.vocabulary.special_tokens.items()}
    known = {old.vocabulary.id_to_token(number): number for number in range(len(old.vocabulary))}
    rows, by_spelling, by_parts = [], 0, 0
    for number in range(len(new.vocabulary)):
        token = roles.get(number, new.vocabulary.id_to_token(number))
        if token in known:
            rows.append([known[token]])
            by_spelling += 1
        else:
            rows.append(_parts(old.vocabulary, new.vocabulary, number))
            by_parts += bool(rows[-1])
    in_place = rows == [[number] for number in range(len(old.vocabulary))]
    return MatchedPieces(rows, by_spelling, by_parts, in_place and _reading(old) == _reading(new))


def _reading(tokenizer):
    """Returns what decides into which pieces a text is cut."""
    rules = tokenizer.do_lower_case, tokenizer.keep_accents, tokenizer.remove_space
    return tokenizer.vocabulary.model, rules, tokenizer.all_special_tokens


def _parts(old, new, number):
    """Returns the old ids that a new piece's text is cut into; none for one that is no text or that none can spell."""
    if number >= new.size or _is_no_text(new.processor, number):
        return []
    piece = new.id_to_token(number)
    ids = old.processor.encode(piece.replace(WORD_START, " ").strip(), out_type=int)
    # The old vocabulary puts a word's start before any text; where the piece has none, its own mark says nothing.
    if ids and not piece.startswith(WORD_START) and old.id_to_token(ids[0]) == WORD_START:
        ids = ids[1:]
    return [number for number in ids if number != old.processor.unk_id()]


def _is_no_text(processor, number):
    kinds = (processor.is_control, processor.is_unknown, processor.is_unused, processor.is_byte)
    return any(is_kind(number) for is_kind in kinds)
