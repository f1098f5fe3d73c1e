"""The `bucc` task: find the translations hidden in two corpora. Nothing is trained."""

from collections import Counter

import numpy as np

from rembert_tf.errors import InputError
from rembert_tf.tasks.recipe import recipe_of
from rembert_tf.tasks.retrieval.bucc_mistakes import bucc_mistakes
from rembert_tf.tasks.retrieval.comparable_texts import DEV, TEST, read_comparable_texts
from rembert_tf.tasks.retrieval.embeddings import encoder_of
from rembert_tf.tasks.retrieval.grouped_examples import GroupedExamples
from rembert_tf.tasks.retrieval.margin import MARGINS, margin_candidates
from rembert_tf.tasks.retrieval.mining import RETRIEVAL, best_threshold, mined_pairs, pair_metrics
from rembert_tf.tasks.retrieval.retrieval_task import RetrievalTask
from rembert_tf.tasks.retrieval.settings import RetrievalSettings
from rembert_tf.tasks.retrieval.similarity import shifted_to, unit_rows
from rembert_tf.tasks.retrieval.submission import write_submission

# XTREME's scripts: the first token's state, whatever the depth of the model that of block 7, from 0.
XTREME = RetrievalSettings(layer=8, pooling="cls", scoring="margin")


class Bucc(RetrievalTask):
    """Mining of translations by margin scores, with a threshold that is tuned on the dev split.

    A prediction, that of a sentence of the other language, is the list of its pairs as [target id, score],
    mostly one or none, good and bad ones: a threshold parts them later. Sentences that occur twice in their
    corpus have none, as in XTREME.

    Args:
        settings: RetrievalSettings, or None for XTREME's (`XTREME`; a model of fewer layers takes its last).
            Their `scoring` is not looked at: `margin` is.
        margin: "ratio", "distance", or "absolute" for the cosine itself.
        retrieval: how pairs are chosen; see `mining.mined_pairs`.
        thresholds: {language: score} to use instead of tuning, or None.

    Raises:
        InputError: an argument is not one of those accepted.
    """

    name = "bucc"
    recipe = recipe_of(name)
    metrics = ("f1", "precision", "recall")

    def __init__(self, settings=None, margin="ratio", retrieval="max", thresholds=None):
        for name, value, accepted in (("margin", margin, MARGINS), ("retrieval", retrieval, RETRIEVAL)):
            if value not in accepted:
                raise InputError(f"{name} must be one of {', '.join(accepted)}, not {value!r}.")
        super().__init__(settings or XTREME)
        self.default = settings is None
        self.margin, self.retrieval, self.given = margin, retrieval, thresholds or {}

    def read(self, paths, labels=None):
        """Returns the GroupedExamples of files; see `comparable_texts.read_comparable_texts`."""
        return GroupedExamples(read_comparable_texts(paths))

    def score_by_language(self, examples, predictions):
        """Returns {language: {"f1", "precision", "recall", "threshold"}}.

        They are of the test split, with the threshold of the dev split; where there is only a dev split, of
        that one.
        """
        self.check_gold(examples)
        thresholds = self.thresholds(examples, predictions)
        scores = {}
        for group, found in _final(examples, predictions):
            threshold = thresholds[group.language]
            scores[group.language] = {**pair_metrics(group.gold, _above(group, found, threshold))}
            scores[group.language]["threshold"] = threshold
        return scores

    def check_gold(self, examples):
        """Raises an InputError where gold pairs are missing, or a dev split to tune the threshold on."""
        self._check_thresholds(examples)
        for group, _ in _final(examples, []):
            if group.gold is None:
                raise InputError(f"{group.place}: no score without the gold pairs; give the file that ends in .gold.")

    def thresholds(self, examples, predictions):
        """Returns {language: threshold}: the given ones, or those with the best F1 on the dev split.

        Raises:
            InputError: a language has neither.
        """
        self._check_thresholds(examples)
        thresholds = dict(self.given)
        for group, found in examples.by_group(predictions):
            if group.split == DEV and group.gold is not None and group.language not in self.given:
                pairs = _pairs(group, found)
                correct = [pair in group.gold for pair in pairs]
                thresholds[group.language] = best_threshold(list(pairs.values()), correct, len(group.gold))
        return thresholds

    def _check_thresholds(self, examples):
        tuned = {group.language for group in examples.groups if group.split == DEV and group.gold is not None}
        for group in examples.groups:
            if group.language not in self.given and group.language not in tuned:
                raise InputError(
                    f"{group.place}: the threshold is tuned on the dev split; give its three files too, or a "
                    f"threshold for {group.language}."
                )

    def write_predictions(self, examples, predictions, path):
        """Writes XTREME's submission: `test-<language>.tsv`, the ids of a pair a line.

        Args:
            examples: GroupedExamples; of a language with a test split that split is written.
            predictions: what `predict` returned.
            path: a folder; or, where there is one language, a file that ends in .tsv.

        Returns:
            The files written.
        """
        thresholds = self.thresholds(examples, predictions)
        contents = {
            group.language: "".join(
                f"{source}\t{target}\n" for source, target in sorted(_above(group, found, thresholds[group.language]))
            )
            for group, found in _final(examples, predictions)
        }
        return write_submission(contents, path)

    def mistakes(self, examples, predictions):
        """Returns wrong pairs above the threshold and translations that were not found, and their counts."""
        thresholds = self.thresholds(examples, predictions)
        wrong, counts = [], Counter()
        for group, found in _final(examples, predictions):
            if group.gold is not None:
                above = _above(group, found, thresholds[group.language])
                of_group, counts_of_group = bucc_mistakes(group, _pairs(group, found), above)
                wrong += of_group
                counts += Counter(counts_of_group)
        return wrong, dict(counts)

    def _layer(self, model):
        layer = super()._layer(model)
        return min(layer, encoder_of(model).config.num_hidden_layers) if self.default else layer

    def _sides(self, group):
        return [*group.source.texts, *group.target.texts]

    def _search(self, group, embedded):
        # Equal sentences are mined as one, and then left out, as in XTREME.
        source, target = _Unique(group.source.texts), _Unique(group.target.texts)
        sources, targets = embedded[source.rows], embedded[len(group.source) + target.rows]
        if self.settings.shift == "mean":
            sources = shifted_to(sources, targets)
        candidates = margin_candidates(unit_rows(sources), unit_rows(targets), self.margin, self.settings.neighbours)
        predictions = [[] for _ in group.source.ids]
        for row, column, score in mined_pairs(candidates, self.retrieval):
            if source.counts[row] == target.counts[column] == 1:
                predictions[source.rows[row]].append([group.target.ids[target.rows[column]], score])
        return predictions


class _Unique:
    """The first row of each different text, and how often it occurs."""

    def __init__(self, texts):
        counts = Counter(texts)
        first = {}
        for row, text in enumerate(texts):
            first.setdefault(text, row)
        self.rows = np.array(list(first.values()))
        self.counts = [counts[text] for text in first]


def _final(examples, predictions):
    """Yields the groups that are scored: the test splits, and the dev splits of languages without one."""
    tested = {group.language for group in examples.groups if group.split == TEST}
    for group, found in examples.by_group(predictions):
        if group.split == TEST or group.language not in tested:
            yield group, found


def _pairs(group, predictions):
    """Returns {(source id, target id): score}."""
    return {
        (source, target): score
        for source, found in zip(group.source.ids, predictions, strict=True)
        for target, score in found
    }


def _above(group, predictions, threshold):
    return {pair for pair, score in _pairs(group, predictions).items() if score >= threshold}
