"""What every task has: a way from files to batches, and one from a model's outputs to a metric."""

import dataclasses

from rembert_tf.text_files.languages import language_of


@dataclasses.dataclass(frozen=True)
class Mistake:
    """One example that a model got wrong, for the error analysis.

    Args:
        text: what it read, with the place in question where there is one.
        expected: what was right.
        predicted: what it said.
        badness: how wrong or how sure of it the model was; the largest are shown first.
        language: a code, or "" where none is known.
        length: pieces or characters, whatever the task counts.
    """

    text: str
    expected: str
    predicted: str
    badness: float
    language: str = ""
    length: int = 0


class Task:
    """One kind of task. A subclass says what is special about it; everything else is shared by all.

    Attributes:
        name: on the command line.
        architecture: name of the model class.
        recipe: a Recipe, which `recipes/<name>.toml` holds; see `tasks.recipe`.
        prediction_suffix: of the files that `write_predictions` writes.
        has_classes: whether a label is one of several classes, of which label smoothing can take a share.

    `Examples` below is whatever `read` returns: an object with `len()` and a list `languages`, one code an
    example ("" where none is known).
    """

    name = None
    architecture = None
    recipe = None
    prediction_suffix = ".tsv"
    has_classes = True

    def language(self, path):
        """Returns the code under which a file's scores are shown; files of the same one are read together."""
        return language_of(path)

    def read(self, paths, labels=None):
        """Returns the Examples of files in the task's official format.

        Args:
            paths: list of files; a language is told from a file's name (`text_files.languages`).
            labels: names of the classes to expect, in order, or None to take what the files have.

        Raises:
            MissingFileError: a file does not exist.
            InputError: a row is malformed or has an impossible label; the message says in which file and line.
        """
        raise NotImplementedError

    def check_answers(self, examples, purpose):
        """Raises an InputError unless it is known of every example what is right.

        Args:
            examples: Examples.
            purpose: what that is needed for, "training" or "scoring".
        """

    def config_fields(self, examples):
        """Returns the configuration's fields that the data decides, such as `id2label`.

        Args:
            examples: Examples, of the training files.
        """
        return {}

    def batches(self, tokenizer, examples, batch_size, max_length):
        """Returns the training Batches, whose items are (inputs, labels); see `tasks.batches`.

        Args:
            tokenizer: a RemBertTokenizerFast.
            examples: Examples.
            batch_size: rows of a batch.
            max_length: pieces of a row.
        """
        raise NotImplementedError

    def predict(self, model, tokenizer, examples, batch_size, max_length, report=None):
        """Returns a list with a prediction for each example, as JSON could hold it.

        Args:
            model: of the task's class.
            tokenizer: a RemBertTokenizerFast.
            examples: Examples; labels are not looked at.
            batch_size: rows at a time.
            max_length: pieces of a row.
            report: called as `report(done, total)`, or None.
        """
        raise NotImplementedError

    def score(self, examples, predictions):
        """Returns {metric: number from 0 to 1}; the first metric is the one that decides which epoch is best.

        Args:
            examples: Examples.
            predictions: what `predict` returned for them.
        """
        raise NotImplementedError

    def write_predictions(self, examples, predictions, path):
        """Writes predictions into a file in XTREME's submission format, or the task's own where it has none.

        Args:
            examples: Examples.
            predictions: what `predict` returned for them.
            path: of the file.
        """
        raise NotImplementedError

    def mistakes(self, examples, predictions):
        """Returns a list of Mistake, in any order, and {(expected, predicted): count} of classes, or {}.

        Args:
            examples: Examples.
            predictions: what `predict` returned for them.
        """
        return [], {}
