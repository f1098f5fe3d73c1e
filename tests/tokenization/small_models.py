"""Small SentencePiece models of every kind, trained at once."""

import io

import sentencepiece

TEXTS = [f"Wort{number} und {number}  words, мир ёлка é 今日は" for number in range(300)]


def trained_model(**options):
    """Trains a small model with special tokens among its pieces; returns its bytes."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_writer=model,
        **{
            "vocab_size": 400,
            "hard_vocab_limit": False,
            "pad_id": 3,
            "pad_piece": "[PAD]",
            "minloglevel": 2,
            **options,
        },
    )
    return model.getvalue()
