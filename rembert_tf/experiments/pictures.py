"""A picture for each question: bars of variants, lines over layers, bars of languages."""

from rembert_tf.experiments.outcome import COLUMNS, OF_LANGUAGE, OF_LAYER
from rembert_tf.experiments.questions import LANGUAGES, LAYERS
from rembert_tf.training.pictures import INK, new_figure, save

COLOURS = ("#2a6f97", "#e07a1f", "#6a994e", "#9d4edd", "#bc4749")
SEED_COLOUR = "#1f2933"


def draw(outcome, path):
    """Draws an Outcome as a PNG file and returns its path."""
    drawing = {LAYERS: _draw_layers, LANGUAGES: _draw_languages}.get(outcome.question.shows, _draw_variants)
    return save(drawing(outcome), path)


def _draw_variants(outcome):
    metrics = [metric for metric in COLUMNS if outcome.has(metric)]
    figure = new_figure(1.5 + 2.9 * len(metrics), 3.8)
    figure.suptitle(outcome.question.title, color=INK)
    for position, metric in enumerate(metrics):
        axes = figure.add_subplot(1, len(metrics), position + 1)
        for place, row in enumerate(outcome.rows):
            if metric not in row.mean:
                continue
            colour = COLOURS[place % len(COLOURS)]
            axes.bar(place, row.mean[metric], 0.7, yerr=row.deviation[metric], color=colour, capsize=3)
            seeds = [run[metric] for run in row.runs.values()]
            axes.scatter([place] * len(seeds), seeds, s=14, color=SEED_COLOUR, zorder=3)
        names = [row.variant.name for row in outcome.rows]
        axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
        _finish(axes, COLUMNS[metric])
    return figure


def _draw_layers(outcome):
    layers = outcome.layers
    metrics = [metric for metric in OF_LAYER if outcome.has(f"{metric}/layer {layers[0]}")]
    figure = new_figure(1.5 + 3.4 * len(metrics), 3.8)
    figure.suptitle(outcome.question.title, color=INK)
    for position, metric in enumerate(metrics):
        axes = figure.add_subplot(1, len(metrics), position + 1)
        for colour, row in zip(COLOURS, outcome.rows, strict=False):
            names = [f"{metric}/layer {layer}" for layer in layers if f"{metric}/layer {layer}" in row.mean]
            values, spread = [row.mean[n] for n in names], [row.deviation[n] for n in names]
            places = layers[: len(names)]
            axes.errorbar(places, values, spread, color=colour, marker="o", capsize=3, label=row.variant.name)
        axes.set_xlabel("layer")
        axes.set_xticks(layers)
        axes.legend(frameon=False, fontsize=8)
        _finish(axes, OF_LAYER[metric])
    return figure


def _draw_languages(outcome):
    codes = outcome.languages
    shown = {m: [c for c in codes if outcome.has(f"{m}/{c}")] for m in OF_LANGUAGE}
    shown = {metric: languages for metric, languages in shown.items() if languages}
    longest = max(map(len, shown.values()))
    figure = new_figure(2.0 + 0.3 * longest, 2.8 * len(shown))
    figure.suptitle(outcome.question.title, color=INK)
    width = 0.8 / len(outcome.rows)
    for position, (metric, languages) in enumerate(shown.items()):
        axes = figure.add_subplot(len(shown), 1, position + 1)
        for number, row in enumerate(outcome.rows):
            places = [place for place, code in enumerate(languages) if f"{metric}/{code}" in row.mean]
            if not places:
                continue  # it would be named in the legend
            names = [f"{metric}/{languages[place]}" for place in places]
            axes.bar(
                [place + (number - (len(outcome.rows) - 1) / 2) * width for place in places],
                [row.mean[name] for name in names],
                width,
                yerr=[row.deviation[name] for name in names],
                color=COLOURS[number % len(COLOURS)],
                label=row.variant.name,
            )
        axes.set_xticks(range(len(languages)), languages, rotation=60, fontsize=8)
        axes.legend(frameon=False, fontsize=8)
        _finish(axes, OF_LANGUAGE[metric])
    return figure


def _finish(axes, title):
    from matplotlib.ticker import PercentFormatter

    axes.set_title(title, color=INK, fontsize=10)
    axes.margins(y=0.1)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
