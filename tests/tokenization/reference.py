"""The reference's rule in Python: SentencePiece, and splitting at the spellings of special tokens.

Written on strings and lists, with the `sentencepiece` package, to stand beside the two engines.
"""

import re
from collections import Counter

import sentencepiece

ROLES = ("cls_token", "sep_token", "unk_token", "pad_token", "mask_token")


class Reference:
    """Raw SentencePiece with literals.

    Args:
        model: bytes of a SentencePiece model.
        special: {role: (spelling, id)}, as the recorded tokenizations give it.
    """

    def __init__(self, model, special):
        self.processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        self.ids = {spelling: number for spelling, number in special.values()}
        self.mask = special["mask_token"][0]
        longest_first = sorted(self.ids, key=len, reverse=True)
        self.literals = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")

    def encode(self, text):
        """Returns the ids of a text, whose literals become special tokens; [MASK] takes the space before it."""
        return [number for number, _ in self.encode_with_spans(text)]

    def encode_with_spans(self, text):
        """Returns [(id, (start, end))], the spans in characters of the text."""
        found, begin, parts = [], 0, self.literals.split(text)
        for index, part in enumerate(parts):
            if index % 2:
                found.append((self.ids[part], (begin, begin + len(part))))
            else:
                before_mask = parts[index + 1 : index + 2] == [self.mask]
                found += [
                    (number, (begin + start, begin + end))
                    for number, (start, end) in self.raw_spans(part.rstrip() if before_mask else part)
                ]
            begin += len(part)
        return found

    def raw_spans(self, text):
        """Returns [(id, (start, end))] of SentencePiece alone, its bytes turned into characters."""
        content = text.encode()
        pieces = self.processor.encode(text, return_type="proto").pieces
        return [
            (piece.id, (len(content[: piece.begin].decode()), len(content[: piece.end].decode()))) for piece in pieces
        ]

    def tied(self, first, second):
        """Whether two segmentations of one text are equally good: the same characters at the same total score.

        tensorflow-text holds an older SentencePiece than the Python package; the two break such ties
        differently. Nothing else may differ.
        """
        size = self.processor.get_piece_size()
        pieces = [[self.processor.id_to_piece(i) if i < size else f"<{i}>" for i in ids] for ids in (first, second)]
        if "".join(pieces[0]) != "".join(pieces[1]):
            return False
        only_first, only_second = Counter(first) - Counter(second), Counter(second) - Counter(first)
        scores = [
            sum(self.processor.get_score(number) * count for number, count in only.items())
            for only in (only_first, only_second)
        ]
        return abs(scores[0] - scores[1]) < 1e-5 * max(1.0, abs(scores[0]))
