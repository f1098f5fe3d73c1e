"""The `tatoeba` task: for each sentence, the nearest one in the other language. Nothing is trained."""

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.tasks.recipe import recipe_of
from rembert_tf.tasks.retrieval.grouped_examples import GroupedExamples
from rembert_tf.tasks.retrieval.margin import margin_candidates
from rembert_tf.tasks.retrieval.parallel_texts import read_parallel_texts
from rembert_tf.tasks.retrieval.retrieval_task import RetrievalTask
from rembert_tf.tasks.retrieval.settings import RetrievalSettings
from rembert_tf.tasks.retrieval.similarity import nearest, nearest_by_distance, shifted_to, unit_rows
from rembert_tf.tasks.retrieval.submission import write_submission
from rembert_tf.tasks.task import Mistake


class Tatoeba(RetrievalTask):
    """Retrieval of translations among Tatoeba's sentences, by the embeddings of a layer.

    XTREME asks for the foreign sentence nearest to each English one, and that is `accuracy`;
    `to_english` is the other way round. A prediction, that of row i of a language, is a dictionary:
    `nearest`, the row of the foreign sentence nearest to English sentence i; `nearest_english`, the row of the
    English sentence nearest to foreign sentence i; and `cosine` of the first pair.

    Args:
        settings: RetrievalSettings, or None for XTREME's.
    """

    name = "tatoeba"
    recipe = recipe_of(name)
    metrics = ("accuracy", "to_english")

    def __init__(self, settings=None):
        super().__init__(settings or RetrievalSettings())

    def read(self, paths, labels=None):
        """Returns the GroupedExamples of files; see `parallel_texts.read_parallel_texts`."""
        return GroupedExamples(read_parallel_texts(paths))

    def score_by_language(self, examples, predictions):
        """Returns {language: {"accuracy", "to_english"}}."""
        self.check_gold(examples)
        return {group.language: _accuracies(group, found) for group, found in examples.by_group(predictions)}

    def check_gold(self, examples):
        """Raises an InputError where lines do not correspond."""
        for group in examples.groups:
            if group.gold is None:
                raise InputError(
                    f"{group.place}: the English side is sorted, so that lines do not correspond; give the files as "
                    f"LASER has them, or labels in a file test-{group.language}.tsv."
                )

    def write_predictions(self, examples, predictions, path):
        """Writes XTREME's submission: `test-<language>.tsv`, the row of the nearest sentence a line.

        The lines stand for the English sentences in alphabetical order, into which XTREME's preprocessing
        brings them.

        Args:
            examples: GroupedExamples.
            predictions: what `predict` returned.
            path: a folder; or, where there is one language, a file that ends in .tsv.

        Returns:
            The files written.
        """
        contents = {}
        for group, found in examples.by_group(predictions):
            order = sorted(range(len(group)), key=group.english.__getitem__)
            contents[group.language] = "".join(f"{found[row]['nearest']}\n" for row in order)
        return write_submission(contents, path)

    def mistakes(self, examples, predictions):
        """Returns the English sentences whose nearest one is another than their translation."""
        wrong = []
        for group, found in examples.by_group(predictions):
            for row, (gold, prediction) in enumerate(zip(group.gold or [], found, strict=False)):
                if prediction["nearest"] != gold:
                    wrong.append(
                        Mistake(
                            text=group.english[row],
                            expected=group.texts[gold],
                            predicted=group.texts[prediction["nearest"]],
                            badness=prediction["cosine"],
                            language=group.language,
                            length=len(group.english[row]),
                        )
                    )
        return wrong, {}

    def _sides(self, group):
        return [*group.texts, *group.english]

    def _search(self, group, embedded):
        texts, english = embedded[: len(group)], embedded[len(group) :]
        to_foreign = _first_of_equal(group.texts)[_nearest_rows(english, texts, self.settings)]
        to_english = _first_of_equal(group.english)[_nearest_rows(texts, english, self.settings)]
        cosines = np.einsum("nw,nw->n", unit_rows(english), unit_rows(texts)[to_foreign])
        return [
            {"nearest": int(nearest), "nearest_english": int(back), "cosine": float(cosine)}
            for nearest, back, cosine in zip(to_foreign, to_english, cosines, strict=True)
        ]


def _nearest_rows(queries, keys, settings):
    if settings.shift == "mean":
        queries = shifted_to(queries, keys)
    if settings.scoring == "distance":
        return nearest_by_distance(queries, keys)
    queries, keys = unit_rows(queries), unit_rows(keys)
    if settings.scoring == "margin":
        return margin_candidates(queries, keys, neighbours=settings.neighbours).best_targets[0]
    return nearest(queries, keys)[1][:, 0]


def _first_of_equal(texts):
    """Returns for each row the first one with the same text: equal sentences are one answer."""
    first = {}
    return np.array([first.setdefault(text, row) for row, text in enumerate(texts)])


def _accuracies(group, predictions):
    back = {gold: row for row, gold in enumerate(group.gold)}
    right = sum(found["nearest"] == gold for found, gold in zip(predictions, group.gold, strict=True))
    right_back = sum(found["nearest_english"] == back.get(row) for row, found in enumerate(predictions))
    return {"accuracy": right / len(group), "to_english": right_back / len(group)}
