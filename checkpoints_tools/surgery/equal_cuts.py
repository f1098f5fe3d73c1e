"""Proof that two vocabularies cut a corpus alike, text by text."""

import dataclasses
import itertools
import random

import numpy as np

from rembert_tf.checkpoints_tools.surgery.kept_pieces import ids_of, other_readings, trimmed_tokenizer

SAMPLED_TEXTS = 4


@dataclasses.dataclass
class CutProof:
    """What was seen.

    Args:
        texts: of the corpus.
        changed: those that the whole vocabulary cuts otherwise, since rare pieces had to go.
        unknown: unknown pieces that the new vocabulary gives for the corpus.
        sample: some texts.
    """

    texts: int = 0
    changed: int = 0
    unknown: int = 0
    sample: list = dataclasses.field(default_factory=list)


def prove_cuts(tokenizer, trimmed, kept, corpus, report=None):
    """Cuts every text of a corpus with both vocabularies and compares the ids one to one.

    Texts that spell special tokens are cut in each way in which a tokenizer may read that.

    Args:
        tokenizer: the whole vocabulary's.
        trimmed: the new one's.
        kept: KeptPieces.
        corpus: a Corpus.
        report: called as `report(done, total, note)`, or None.

    Returns:
        A CutProof.

    Raises:
        RuntimeError: a text is cut otherwise than it must be.
    """
    proof, chooser = CutProof(), random.Random(0)
    whole = len(kept.available) == tokenizer.vocab_size
    expected_of = tokenizer if whole else trimmed_tokenizer(tokenizer, kept.available)
    # What a token is in the whole vocabulary, for each id of the other two.
    old_id, expected_id = (_old_ids(ids, tokenizer) for ids in (kept.ids, kept.available))
    if list(trimmed.get_vocab()) != [tokenizer.vocabulary.id_to_token(int(number)) for number in old_id]:
        raise RuntimeError("the smaller vocabulary has other tokens than those that were kept")
    for batch in corpus.batches(report, "comparing every text"):
        rows = ids_of(trimmed, batch)
        ours = _in_old_ids(rows, old_id)
        expected = _in_old_ids(ids_of(expected_of, batch), expected_id)
        _compare(batch, ours, expected)
        for reading, texts in other_readings(tokenizer, batch):
            pair = ((trimmed, old_id), (expected_of, expected_id))
            _compare(texts, *(_in_old_ids(ids_of(cutter, texts, reading), numbers) for cutter, numbers in pair))
        before = expected if whole else ids_of(tokenizer, batch)
        proof.changed += sum(new != first for new, first in zip(ours, before, strict=True))
        proof.unknown += sum(row.count(trimmed.unk_token_id) for row in rows)
        for text in batch:
            _sample(proof, text, chooser)
    return proof


def _compare(texts, ours, expected):
    for text, new, wanted in zip(texts, ours, expected, strict=True):
        if new != wanted:
            raise RuntimeError(f"the smaller vocabulary cuts {text[:200]!r} into {new[:20]}, not {wanted[:20]}")


def _old_ids(kept, tokenizer):
    return np.array([*kept, *range(tokenizer.vocab_size, len(tokenizer))])


def _in_old_ids(rows, old_id):
    """Returns rows of ids in another vocabulary's numbers."""
    ids = old_id[np.fromiter(itertools.chain.from_iterable(rows), np.int64)].tolist()
    ends = list(itertools.accumulate(map(len, rows)))
    return [ids[end - len(row) : end] for row, end in zip(rows, ends, strict=True)]


def _sample(proof, text, chooser):
    """Gives every text of the corpus the same chance to be in the sample."""
    proof.texts += 1
    if len(proof.sample) < SAMPLED_TEXTS:
        proof.sample.append(text)
    elif (place := chooser.randrange(proof.texts)) < SAMPLED_TEXTS:
        proof.sample[place] = text
