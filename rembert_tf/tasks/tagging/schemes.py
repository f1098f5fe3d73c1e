"""The tags of XTREME's two tagging tasks, in the sorted order of its `labels.txt`."""

# https://universaldependencies.org/u/pos
# fmt: off
UPOS = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM",
    "PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X",
)
# fmt: on

# IOB2: the first word of every entity is B-, the others are I-.
IOB2 = ("B-LOC", "B-ORG", "B-PER", "I-LOC", "I-ORG", "I-PER", "O")
