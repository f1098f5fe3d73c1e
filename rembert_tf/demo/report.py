"""The demo's results as lines of text."""

from rembert_tf.demo.languages import BY_CODE, SEEN_CODES
from rembert_tf.demo.sources import LABELS

KINDS = {"seen": "languages seen in training", "unseen": "languages never seen in training"}
LANGUAGES_PER_LINE = 4


def corpus_lines(summary, compared):
    """Says where the text comes from, how much there is and what the leak check compared.

    Args:
        summary: a `CorpusSummary`.
        compared: what `check_no_leakage` returned.
    """
    for source in summary.sources:
        yield f"  {source['distribution']} {source['version']}, message catalogues ({source['licence']})"
    languages = {split: len(counts) for split, counts in summary.by_language.items()}
    for split, rows in summary.rows.items():
        yield f"  {split + '.csv':10} {rows:6,} texts in {languages[split]} languages"
    yield "  The label is what a text is about, whatever its language:"
    for label, meaning in LABELS.items():
        yield f"    {label:15} {summary.by_label['train'].get(label, 0):6,} texts to train on: {meaning}"
    counts = ", ".join(f"{number:,} {kind}" for kind, number in compared.items())
    yield f"  No leak: none of {counts} stands on both sides of the split."


def model_lines(config, pieces, texts, steps):
    """Says what is trained.

    Args:
        config: the model's RemBertConfig.
        pieces: the vocabulary's size.
        texts: on which the vocabulary was trained.
        steps: of the training.
    """
    yield f"  SentencePiece vocabulary of {pieces:,} pieces from the {texts:,} training texts"
    layers = f"{config.num_hidden_layers} layer" + ("s" if config.num_hidden_layers > 1 else "")
    yield (
        f"  RemBERT of {layers}, input embedding {config.input_embedding_size}, "
        f"hidden {config.hidden_size}, {config.num_attention_heads} heads; {steps:,} steps from random weights"
    )


def comparison_lines(compared):
    """Sets the model beside the baseline and the most frequent class.

    Args:
        compared: dict "seen" and "unseen" -> `Comparison`.
    """
    for kind, comparison in compared.items():
        count = len(comparison.model.languages)
        yield f"  Held-out test, {count} {KINDS[kind]} ({comparison.model.rows:,} texts)"
        yield f"    {'':24} accuracy  macro F1"
        rows = {
            "this model": comparison.model,
            "character n-grams": comparison.baseline,
            "most frequent class": comparison.most_frequent,
        }
        for name, scores in rows.items():
            yield f"    {name:24} {scores.accuracy:8.1%}  {scores.macro_f1:8.1%}"
    yield "  By class, seen languages"
    yield f"    {'':15} texts  precision  recall     F1  n-grams' F1"
    seen = compared["seen"]
    for own, other in zip(seen.model.classes, seen.baseline.classes, strict=True):
        yield f"    {own.label:15} {own.rows:5,} {own.precision:10.1%} {own.recall:7.1%} {own.f1:6.1%} {other.f1:12.1%}"
    for kind, comparison in compared.items():
        yield f"  By language, accuracy (in brackets the n-grams'), {KINDS[kind]}"
        yield from language_lines(comparison)


def language_lines(comparison):
    """Lists every language of a comparison, several a line."""
    pairs = zip(comparison.model.languages, comparison.baseline.languages, strict=True)
    cells = [f"{own.language:7} {own.accuracy:4.0%} ({other.accuracy:3.0%})" for own, other in pairs]
    for start in range(0, len(cells), LANGUAGES_PER_LINE):
        yield "    " + "    ".join(cells[start : start + LANGUAGES_PER_LINE]).rstrip()


def answer_lines(answers, difference):
    """Lists what the server answered; the sentence stands last, for its script may be of any width.

    Args:
        answers: a list of `LiveAnswer`.
        difference: the largest between a probability over REST and over gRPC.
    """
    yield f"    {'language':20} {'answer':15} {'score':>5}  {'expected':15} sentence"
    for answer in answers:
        language = BY_CODE[answer.sentence.language]
        name = language.name + ("" if language.code in SEEN_CODES else " (unseen)")
        wanted = "yes" if answer.expected else answer.sentence.label
        yield f"    {name:20} {answer.label:15} {answer.score:5.2f}  {wanted:15} {answer.sentence.text}"
    right = sum(answer.expected for answer in answers)
    scripts = {BY_CODE[answer.sentence.language].script for answer in answers}
    yield f"  {right} of {len(answers)} as a person would answer; {len(scripts)} scripts."
    yield f"  REST and gRPC gave the same {len(answers)} answers; probabilities differ by {difference:.0e} at most."


def folder_lines(folder):
    """Says what lies where in a finished `DemoFolder`."""
    contents = {
        folder.metrics: "every figure above",
        folder.training_curves: "training curves",
        folder.confusion_matrix: "what was taken for what (test, seen languages)",
        folder.languages: "accuracy by language",
        folder.model: "the model directory, in the Hugging Face layout",
        folder.exports: "the SavedModel, for rembert serve or TensorFlow Serving",
        folder.corpus: "the texts",
    }
    width = max(len(str(path)) for path in contents)
    for path, meaning in contents.items():
        yield f"  {str(path):{width}}  {meaning}"


def command_lines(commands):
    """Lists commands under what they do."""
    for purpose, line in commands:
        yield f"  # {purpose}"
        yield f"  {line}"
