"""What a question's variants reached: mean and deviation over the seeds, and the tables that show them."""

import dataclasses
import re

import numpy as np

from rembert_tf.experiments.questions import LANGUAGES, LAYERS

# metric -> title of its column
COLUMNS = {
    "mlm_accuracy": "MLM accuracy",
    "pos_f1_en": "UD-POS F1, en",
    "pos_f1_others": "UD-POS F1, others",
    "tatoeba": "Tatoeba",
}
OF_LAYER = {"probe_en": "probe, en", "probe_others": "probe, others", "tatoeba": "Tatoeba"}
OF_LANGUAGE = {"mlm_accuracy": "MLM accuracy", "pos_f1": "UD-POS F1", "tatoeba": "Tatoeba"}
MEANS = {"pos_f1": "pos_f1_others"}  # the other means have their metric's own name
NOTHING = "-"


@dataclasses.dataclass(frozen=True)
class Row:
    """A variant and what it reached.

    Args:
        variant: a Variant.
        runs: {seed: {metric: number}}.
    """

    variant: object
    runs: dict

    @property
    def mean(self):
        """{metric: mean over the seeds}."""
        return {name: float(np.mean(values)) for name, values in self._columns().items()}

    @property
    def deviation(self):
        """{metric: that of a sample}; 0 of one seed."""
        return {n: float(np.std(v, ddof=1)) if len(v) > 1 else 0.0 for n, v in self._columns().items()}

    def _columns(self):
        runs = list(self.runs.values())
        return {name: [run[name] for run in runs] for name in runs[0] if all(name in run for run in runs)}

    def cell(self, metric):
        """Returns "41.3 ± 0.5", in percent, of one seed "41.3"; a dash where it was not measured."""
        if metric not in self.mean:
            return NOTHING
        number = f"{100 * self.mean[metric]:.1f}"
        return number if len(self.runs) < 2 else f"{number} ± {100 * self.deviation[metric]:.1f}"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A question that was answered.

    Args:
        question: a Question.
        rows: list of Row, in the question's order.
    """

    question: object
    rows: list

    def to_dict(self):
        """Returns what is written as JSON."""
        variants = {}
        for row in self.rows:
            in_pretraining, kept = row.variant.parameters
            variants[row.variant.name] = {
                "config": row.variant.config.to_dict(),
                "kept_layers": row.variant.kept_layers,
                "parameters": {"pretraining": in_pretraining, "kept": kept},
                "mean": row.mean,
                "deviation": row.deviation,
                "runs": {str(seed): run for seed, run in row.runs.items()},
            }
        return {"question": self.question.name, "title": self.question.title, "variants": variants}

    def has(self, metric):
        """Whether any variant was measured so."""
        return any(metric in row.mean for row in self.rows)

    @property
    def layers(self):
        """Numbers of the hidden states that were measured."""
        return _endings(self.rows, r".+/layer (\d+)", int)

    @property
    def languages(self):
        """Codes of the languages in which anything was measured."""
        return _endings(self.rows, r"[^/]+/((?!layer )[^/]+)", str)

    def markdown(self):
        """Returns a section: the question, its table, and how to read it."""
        seeds = max(len(row.runs) for row in self.rows)
        spread = f"mean ± deviation of {seeds} seeds" if seeds > 1 else "one seed"
        paper = f" The paper, at its size: {self.question.paper}." if self.question.paper else ""
        tables = {LAYERS: [self._layer_table], LANGUAGES: [self._language_table, self._layer_table]}
        tables = [table() for table in tables.get(self.question.shows, [self._variant_table])]
        parts = [f"## {self.question.title}", *("\n".join(lines) for lines in tables if lines)]
        return "\n\n".join([*parts, f"`{self.question.name}`: {spread}, %.{paper}"]) + "\n"

    def _variant_table(self):
        metrics = [metric for metric in COLUMNS if self.has(metric)]
        header = ["", "input, hidden, output", "layers", "weights in pre-training", "kept"]
        lines = []
        for row in self.rows:
            config, (in_pretraining, kept) = row.variant.config, row.variant.parameters
            widths = f"{config.input_embedding_size}, {config.hidden_size}, {config.output_embedding_size}"
            layers = str(config.num_hidden_layers)
            if row.variant.kept_layers is not None:
                layers += f", then {row.variant.kept_layers}"
            lines.append([row.variant.name, widths, layers, f"{in_pretraining / 1e6:.2f} M", f"{kept / 1e6:.2f} M"])
            lines[-1] += [row.cell(metric) for metric in metrics]
        return _table([*header, *(COLUMNS[metric] for metric in metrics)], lines)

    def _layer_table(self):
        if not self.layers:
            return []
        metrics = [metric for metric in OF_LAYER if self.has(f"{metric}/layer {self.layers[0]}")]
        pairs = [(metric, row) for metric in metrics for row in self.rows]
        header = ["layer", *(f"{OF_LAYER[metric]}: {row.variant.name}" for metric, row in pairs)]
        return _table(
            header,
            [[str(n), *(row.cell(f"{metric}/layer {n}") for metric, row in pairs)] for n in self.layers],
        )

    def _language_table(self):
        pairs = [(metric, row) for metric in OF_LANGUAGE for row in self.rows]
        pairs = [(m, row) for m, row in pairs if any(f"{m}/{language}" in row.mean for language in self.languages)]
        header = ["language", *(f"{OF_LANGUAGE[metric]}: {row.variant.name}" for metric, row in pairs)]
        lines = [[code, *(row.cell(f"{metric}/{code}") for metric, row in pairs)] for code in self.languages]
        means = [row.cell(MEANS.get(metric, metric)) for metric, row in pairs]
        title = "mean" + (", of UD-POS without en" if any(metric in MEANS for metric, _ in pairs) else "")
        return _table(header, [*lines, [title, *means]])


def _endings(rows, pattern, kind):
    matches = (re.fullmatch(pattern, metric) for row in rows for metric in row.mean)
    return sorted({kind(match[1]) for match in matches if match})


def _table(header, rows):
    """Returns the lines of a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
