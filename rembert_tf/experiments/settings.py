"""What an experiment is asked to do."""

import dataclasses

from rembert_tf.errors import InputError
from rembert_tf.experiments.questions import ALL, QUESTIONS
from rembert_tf.experiments.scale import FULL, Scale
from rembert_tf.pretraining.corpus.settings import CorpusSettings


@dataclasses.dataclass(frozen=True)
class ExperimentSettings:
    """What to compare, how often, and how large.

    Args:
        name: of a question, or "all".
        seeds: how often each model is trained.
        scale: a Scale.
        sentencepiece: path of a vocabulary; None trains one on the text.
        language: code of all raw text, where no file's name tells it.
        languages_from_column: of raw text in `.tsv` files, the column with the language, 1 or 2.

    Raises:
        InputError: there is no such question, or a number is impossible.
    """

    name: str = ALL
    seeds: int = 3
    scale: Scale = FULL
    sentencepiece: str | None = None
    language: str | None = None
    languages_from_column: int | None = None

    def __post_init__(self):
        if self.name != ALL and self.name not in QUESTIONS:
            raise InputError(f"there is no question {self.name!r}: there are {', '.join(QUESTIONS)}, and {ALL}.")
        if self.seeds < 1:
            raise InputError(f"seeds must be at least 1, not {self.seeds}.")
        self.text_settings()  # checks the others

    @property
    def questions(self):
        """The Questions to answer."""
        return list(QUESTIONS.values()) if self.name == ALL else [QUESTIONS[self.name]]

    def text_settings(self):
        """Returns the CorpusSettings of the raw text."""
        return CorpusSettings(
            max_length=self.scale.max_length,
            held_out=self.scale.held_out,
            language=self.language,
            languages_from_column=self.languages_from_column,
        )

    def asked(self, data, tasks):
        """Returns what the runs of a folder must have in common: an experiment may be given more questions and seeds.

        Args:
            data: files of raw text.
            tasks: folder of the tasks, or None.
        """
        shared = dataclasses.asdict(self)
        del shared["name"], shared["seeds"]
        return {"data": list(map(str, data)), "tasks": tasks and str(tasks), **shared}
