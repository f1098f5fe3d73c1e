"""The questions: what is compared, and what the paper found at its own size."""

import dataclasses

VARIANTS, LAYERS, LANGUAGES = "variants", "layers", "languages"


@dataclasses.dataclass(frozen=True)
class Question:
    """A question, a table and a picture.

    Args:
        name: on the command line.
        title: the question.
        variants: names of those that are compared, the first what others are compared with.
        shows: VARIANTS (a row each), LAYERS (a row a layer) or LANGUAGES (a row a language).
        paper: where the paper asks it, and what it found; None where it does not.
        needs_tasks: whether there is nothing to show without UD-POS or Tatoeba.
    """

    name: str
    title: str
    variants: tuple
    shows: str
    paper: str | None = None
    needs_tasks: bool = False


_ALL = (
    Question(
        "coupling",
        "One table for both ends, or two?",
        ("coupled", "decoupled"),
        VARIANTS,
        "table 2: two tables of equal width are a little better (average 62.7 against 62.3)",
    ),
    Question(
        "output-width",
        "How wide should the output table be?",
        ("decoupled", "small-output", "small-both", "small-input", "large-output"),
        VARIANTS,
        "tables 3 and 4: wider is better (average 56.6, 60.2, 61.8 with 128, 768, 3072)",
    ),
    Question(
        "input-width",
        "What is gained by a small input table, when its weights go elsewhere?",
        ("decoupled", "small-input", "more-hidden", "more-layers"),
        VARIANTS,
        "table 6: 60.2 with a small table; 64.5 with its weights in the width, 66.2 with them in layers",
    ),
    Question(
        "dropped-layers",
        "Do layers that are dropped after pre-training serve as a wider output table does?",
        ("small-both", "layers-dropped", "layers-kept", "small-input"),
        VARIANTS,
        "table 5: no (58.0 against 60.2 with as many weights in pre-training)",
        needs_tasks=True,
    ),
    Question(
        "layer-transfer",
        "Does a wider output table make the last layers more general?",
        ("small-both", "small-input", "large-output"),
        LAYERS,
        "figures 1 and 2: yes (nearest neighbours of the last layer 44, 50, 64 % with 128, 768, 3072)",
        needs_tasks=True,
    ),
    Question(
        "pretraining",
        "What does a longer pre-training give?",
        ("from-nothing", "pretrained"),
        LANGUAGES,
    ),
)
QUESTIONS = {question.name: question for question in _ALL}
ALL = "all"
