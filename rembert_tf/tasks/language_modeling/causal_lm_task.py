"""The task `clm`: predict the next piece of plain text."""

from rembert_tf.errors import InputError
from rembert_tf.models.labels import IGNORED_LABEL
from rembert_tf.tasks.batches import Batches
from rembert_tf.tasks.language_modeling.answers_file import write_lines
from rembert_tf.tasks.language_modeling.continuations import continue_texts
from rembert_tf.tasks.language_modeling.line_scores import line_scores, total_scores
from rembert_tf.tasks.language_modeling.texts import read_lines
from rembert_tf.tasks.language_modeling.windows import chained_windows
from rembert_tf.tasks.pairs.model_inputs import model_inputs, rectangle
from rembert_tf.tasks.recipe import recipe_of
from rembert_tf.tasks.task import Task

GENERATION = frozenset(
    ("num_beams", "do_sample", "temperature", "top_k", "top_p", "repetition_penalty", "length_penalty")
    + ("early_stopping", "seed")
)


class CausalLmTask(Task):
    """Plain text, a text a line, blank lines between documents: [CLS] document [SEP], in windows of `max_length`.

    Args:
        line_by_line: whether every line is a document of its own.
        max_new_tokens: 0: `predict` scores texts; above 0 it continues each by that many pieces at most.
        generation: further arguments of `RemBertForCausalLM.generate`, such as {"do_sample": True, "seed": 0}.

    Raises:
        InputError: a negative number, or an unknown argument.
    """

    name = "clm"
    architecture = "RemBertForCausalLM"
    prediction_suffix = ".jsonl"
    has_classes = False
    recipe = recipe_of(name)

    def __init__(self, line_by_line=False, max_new_tokens=0, generation=None):
        if max_new_tokens < 0:
            raise InputError(f"max_new_tokens must be 0 or more, not {max_new_tokens}.")
        unknown = sorted(set(generation or {}) - GENERATION)
        if unknown:
            raise InputError(f"generation takes {', '.join(sorted(GENERATION))}, not {', '.join(unknown)}.")
        self.line_by_line = line_by_line
        self.max_new_tokens = max_new_tokens
        self.generation = dict(generation or {})

    def read(self, paths, labels=None):
        """Returns TextLines; see `Task.read`.

        Args:
            paths: list of files.
            labels: not used: there are no classes.
        """
        return read_lines(paths, self.line_by_line)

    def config_fields(self, examples):
        """Returns what makes the encoder a decoder."""
        return {"is_decoder": True}

    def batches(self, tokenizer, examples, batch_size, max_length):
        """Returns the training Batches; labels are the ids, as the head compares them with the position before."""
        windows = chained_windows(tokenizer, examples, max_length)
        gather = windows.gatherer()

        def features(rows, width):
            ids = gather(rows)
            return model_inputs(ids, tokenizer.pad_token_id, width), rectangle(ids, IGNORED_LABEL, width)

        return Batches(windows.sizes, features, batch_size)

    def predict(self, model, tokenizer, examples, batch_size, max_length, report=None):
        """Returns a dictionary for each text; see `Task.predict`.

        With `max_new_tokens` 0: `pieces` predicted, `correct` ones, `loss` (the sum of log-losses); the end of a
        document counts in its last text. Otherwise the `continuation`.
        """
        if self.max_new_tokens:
            return continue_texts(
                model,
                tokenizer,
                examples.texts,
                self.max_new_tokens,
                self.generation,
                batch_size,
                max_length,
                report,
            )
        windows = chained_windows(tokenizer, examples, max_length)
        return line_scores(
            model, windows, len(examples), windows.ids, windows.ids, tokenizer.pad_token_id, batch_size, 1, report
        )

    def score(self, examples, predictions):
        """Returns {"accuracy", "perplexity"} of the next piece; see `total_scores`."""
        return total_scores(predictions)

    def write_predictions(self, examples, predictions, path):
        """Writes texts and answers into a `.jsonl` file."""
        write_lines(path, examples, predictions)
