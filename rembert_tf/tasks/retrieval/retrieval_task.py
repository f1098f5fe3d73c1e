"""What the retrieval tasks share: nothing is trained, layers are compared, languages are averaged."""

from rembert_tf.errors import InputError
from rembert_tf.tasks.retrieval import layer_sweep
from rembert_tf.tasks.retrieval.grouped_examples import GroupedExamples
from rembert_tf.tasks.task import Task

# XTREME's scripts; a batch has no influence on the result.
MAX_LENGTH, BATCH_SIZE = 512, 64


class RetrievalTask(Task):
    """A task that compares embeddings of sentences.

    A subclass defines `_search` (predictions of a group from its embeddings), `_sides` (all sentences of a
    group, in the order in which `_search` wants them) and `score_by_language`.

    Args:
        settings: RetrievalSettings.
    """

    architecture = "RemBertModel"
    metrics = ()

    def __init__(self, settings):
        self.settings = settings

    def read_parts(self, paths):
        """Returns {language: GroupedExamples} of files; several of them make a language here.

        Args:
            paths: list of files.
        """
        parts = {}
        for group in self.read(paths).groups:
            parts.setdefault(group.language, []).append(group)
        return {language: GroupedExamples(groups) for language, groups in parts.items()}

    def batches(self, tokenizer, examples, batch_size, max_length):
        """Raises an InputError: there is nothing to train on."""
        raise InputError(f"{self.name} trains nothing: use `rembert evaluate {self.name}`.")

    def predict(self, model, tokenizer, examples, batch_size=BATCH_SIZE, max_length=MAX_LENGTH, report=None):
        """Returns what is nearest, by one layer; the class says in which form.

        Args:
            model: a RemBertModel, or a model with a head, whose encoder is used.
            tokenizer: its RemBertTokenizerFast.
            examples: GroupedExamples; what is right is not looked at.
            batch_size: sentences at a time.
            max_length: pieces of a sentence, as far as the model can take them.
            report: called as `report(done, total)` in examples, or None.

        Returns:
            A list with a prediction for each example.
        """
        layer = self._layer(model)
        return self._by_layer(model, tokenizer, examples, [layer], batch_size, max_length, report)[layer]

    def evaluate(
        self, model, tokenizer, examples, layers=None, batch_size=BATCH_SIZE, max_length=MAX_LENGTH, report=None
    ):
        """Returns the metrics, in all and by language, of one layer or of several.

        Args:
            model: as in `predict`.
            tokenizer: as in `predict`.
            examples: GroupedExamples whose answers are known.
            layers: list of layers for a table by layer, "all", or None for no table.
            batch_size: as in `predict`.
            max_length: as in `predict`.
            report: as in `predict`.

        Returns:
            Dictionary: the metrics, means over the languages; `layer` that they are of; `by_language`
            ({language: metrics}); and with `layers` also `by_layer` ([{"layer", metrics..., "by_language"}]),
            which `layer_sweep.table_lines` prints.

        Raises:
            InputError: an answer is not known, or there is no such layer.
        """
        self.check_gold(examples)
        chosen = self._layer(model)
        wanted = layer_sweep.wanted_layers(layers, chosen, model)
        by_layer = self._by_layer(model, tokenizer, examples, wanted, batch_size, max_length, report)
        rows = []
        for layer, predictions in by_layer.items():
            by_language = self.score_by_language(examples, predictions)
            rows.append({"layer": layer, **self._mean(by_language), "by_language": by_language})
        chosen_row = next(row for row in rows if row["layer"] == chosen)
        return chosen_row if layers is None else {**chosen_row, "by_layer": rows}

    def score(self, examples, predictions):
        """Returns the task's metrics, each the mean over the languages, as in XTREME."""
        return self._mean(self.score_by_language(examples, predictions))

    def score_by_language(self, examples, predictions):
        """Returns {language: {metric: number from 0 to 1}}."""
        raise NotImplementedError

    def check_gold(self, examples):
        """Raises an InputError unless it is known what is right."""
        raise NotImplementedError

    def _mean(self, by_language):
        rows = list(by_language.values())
        return {name: sum(row[name] for row in rows) / len(rows) for name in self.metrics} if rows else {}

    def _layer(self, model):
        return layer_sweep.chosen_layer(self.settings, model)

    def _by_layer(self, model, tokenizer, examples, layers, batch_size, max_length, report):
        """Returns {layer: predictions}."""
        predictions = {layer: [] for layer in layers}
        embedder = layer_sweep.embedder(model, tokenizer, self.settings, batch_size, max_length)
        before = 0
        for group in examples.groups:
            step = report and layer_sweep.part_of(report, before, len(group), len(examples))
            prefixed = [self.settings.prefix + text for text in self._sides(group)]
            for layer, embedded in embedder.by_layer(prefixed, layers, report=step):
                predictions[layer] += self._search(group, embedded)
            before += len(group)
        return predictions

    def _sides(self, group):
        raise NotImplementedError

    def _search(self, group, embedded):
        raise NotImplementedError
