"""What a pre-training leaves besides its models: results by language, and pictures."""

from rembert_tf.errors import InputError
from rembert_tf.training.pictures import draw_language_bars, draw_training_curves

CURVES, BARS = "training_curves.png", "languages.png"


def by_language(metrics, shares):
    """Returns metrics with those of languages in a dictionary of their own.

    Args:
        metrics: what `evaluate_languages` returned and `finetune` kept: "accuracy", "accuracy/de" and so on.
        shares: {language: how often it was drawn}.

    Returns:
        The same, with `languages`: {code: {"share", "accuracy", "perplexity"}}; a language without held-out rows has
        its share alone.
    """
    languages = {language: {"share": share} for language, share in shares.items()}
    for name, value in metrics.items():
        metric, _, language = name.partition("/")
        if language:
            languages.setdefault(language, {"share": 0.0})[metric] = value
    return {**{name: value for name, value in metrics.items() if "/" not in name}, "languages": languages}


def leave_pictures(run, languages):
    """Draws the curves of a run, and the accuracy in every language.

    Args:
        run: a RunFolder.
        languages: as `by_language` returns them.

    Raises:
        InputError: a picture cannot be written; a part of one is removed.
    """
    rows = [
        {"language": code, "accuracy": found["accuracy"], "split_kind": "seen" if found["share"] else "unseen"}
        for code, found in languages.items()
        if "accuracy" in found
    ]
    title = "Hidden pieces guessed, by language"
    for name, draw, what, more in (
        (CURVES, draw_training_curves, run.history, {}),
        (BARS, draw_language_bars, rows, {"title": title}),
    ):
        path = run.path / name
        try:
            draw(what, path, **more)
        except OSError as problem:
            path.unlink(missing_ok=True)
            raise InputError(f"cannot write {str(path)!r}: {problem.strerror or problem}.") from problem
