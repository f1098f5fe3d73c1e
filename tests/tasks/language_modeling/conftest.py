"""Texts of several documents, some longer than a row."""

import numpy as np
import pytest

from rembert_tf.tasks.language_modeling.texts import TextLines

DOCUMENTS = [
    ["Der Hund läuft über die Straße.", "Dann bleibt er stehen und schaut."],
    ["Kurz."],
    ["Ein Satz nach dem anderen."] * 9,
    ["今日は良い天気です。", "Привет, мир", "\u200b"],
]


@pytest.fixture(scope="session")
def lines():
    texts = [text for document in DOCUMENTS for text in document]
    numbers = [number for number, document in enumerate(DOCUMENTS) for _ in document]
    return TextLines(texts, np.array(numbers), ["de"] * len(texts))


@pytest.fixture(scope="session")
def pieces(small_vocabulary):
    """The pieces of every text, as the sentencepiece package cuts it."""
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=small_vocabulary)
    return [[processor.encode(text) for text in document] for document in DOCUMENTS]
