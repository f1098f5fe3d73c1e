"""Pictures of a benchmark: each target beside what was measured, and cost over real tokens."""

import numpy as np

from rembert_tf.benchmarking.flops import encoder_flops
from rembert_tf.benchmarking.inputs import MIXED
from rembert_tf.benchmarking.plan import OURS
from rembert_tf.benchmarking.settings import GROWTH, SIZES
from rembert_tf.training.pictures import INK, SEEN_COLOUR, UNSEEN_COLOUR, new_figure, save


def draw(outcome, folder):
    """Draws what an Outcome holds; returns the paths of the pictures.

    Args:
        outcome: of a benchmark.
        folder: Path of the folder.
    """
    paths = []
    if outcome.verdicts:
        paths.append(draw_targets(outcome.verdicts, folder / "bench-targets.png"))
    times = outcome.medians(GROWTH, outcome.settings.dtypes[0], OURS)
    if times:
        paths.append(draw_growth(times, outcome, folder / "bench-growth.png"))
    return paths


def draw_targets(verdicts, path):
    """Draws every target's ratio as a bar, with a mark where the target stands."""
    figure = new_figure(8.5, 1.2 + 0.42 * len(verdicts))
    axes = figure.add_subplot()
    rows = range(len(verdicts))
    colours = [SEEN_COLOUR if verdict.met else UNSEEN_COLOUR for verdict in verdicts]
    axes.barh(rows, [verdict.ratio for verdict in verdicts], color=colours, height=0.6)
    for row, verdict in zip(rows, verdicts, strict=True):
        axes.plot([verdict.target] * 2, [row - 0.42, row + 0.42], color=INK, linewidth=2)
        axes.text(verdict.ratio, row, f" {verdict.ratio:.2f}", va="center", color=INK, fontsize=8)
    labels = [f"{v.what}\n{'at most, ' if v.at_most else ''}beside {v.against}" for v in verdicts]
    axes.set_yticks(rows, labels, fontsize=7)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("ratio; the line is the target")
    return save(figure, path)


def draw_growth(times, outcome, path):
    """Draws milliseconds over real tokens, a line a batch size, beside what the operations alone would take."""
    size = SIZES[outcome.settings.size]
    figure = new_figure(6.5, 4.5)
    axes = figure.add_subplot()
    for batch in size.batches:
        lengths = [length for length in size.lengths if f"{batch}x{length}" in times]
        tokens = [batch * length for length in lengths]
        axes.plot(tokens, [1000 * times[f"{batch}x{length}"] for length in lengths], "o-", label=f"batch {batch}")
    mixed = {int(case.split()[1]): seconds for case, seconds in times.items() if case.startswith(MIXED)}
    real = [int(np.linspace(size.lengths[0], size.lengths[-1], batch).astype(int).sum()) for batch in mixed]
    axes.plot(real, [1000 * seconds for seconds in mixed.values()], "s", color=INK, label="mixed lengths")
    batch, length = size.batches[-1], size.lengths[-1]
    rate = encoder_flops(outcome.fields, batch, length) / times[f"{batch}x{length}"]
    ideal = [1000 * encoder_flops(outcome.fields, batch, length) / rate for length in size.lengths]
    tokens = [batch * length for length in size.lengths]
    axes.plot(tokens, ideal, ":", color=INK, label=f"{rate / 1e12:.2f} TFLOP/s")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("real tokens in a batch")
    axes.set_ylabel("milliseconds")
    axes.legend(fontsize=8)
    return save(figure, path)
