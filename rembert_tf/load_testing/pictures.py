"""The picture of a load test: what is answered, and how late, under more and more load."""

from rembert_tf.training.pictures import BASELINE_COLOUR, INK, UNSEEN_COLOUR, new_figure, save

MEDIAN, SLOWEST = "o-", "s--"


def draw(outcome, path, target=None):
    """Draws texts a second and latencies over the load, a colour for each batch size.

    Args:
        outcome: an `Outcome` with points.
        path: of the PNG file.
        target: the `Target` whose p99 is marked, or None.

    Returns:
        The path written.
    """
    figure = new_figure(10.5, 4.2)
    rate, latency = figure.subplots(1, 2)
    latency.set_yscale("log")
    answered = [point for point in outcome.points if point.answered]
    for batch_size in dict.fromkeys(point.batch_size for point in answered):
        points = sorted((p for p in answered if p.batch_size == batch_size), key=lambda point: point.level.value)
        loads = [point.level.value for point in points]
        name = f"{batch_size} {'text' if batch_size == 1 else 'texts'} a request"
        (line,) = rate.plot(loads, [point.texts_per_second for point in points], MEDIAN, label=name)
        colour = line.get_color()
        latency.plot(loads, [p.latency["p50"] for p in points], MEDIAN, color=colour, label=f"p50, {name}")
        latency.plot(loads, [p.latency["p99"] for p in points], SLOWEST, color=colour, label=f"p99, {name}")
        _mark_failures(latency, points)
    if outcome.settings.rates:
        _mark_due(rate, outcome)
    if target is not None:
        latency.axhline(target.p99, color=BASELINE_COLOUR, linewidth=1, label=f"target p99, {target.p99:g} ms")
    rate.set_ylim(bottom=0)
    _finish(rate, "texts answered a second", outcome)
    _finish(latency, "milliseconds", outcome)
    figure.suptitle(f"Load test of {outcome.kind}", color=INK)
    return save(figure, path)


def _mark_failures(axes, points):
    failed = [point for point in points if point.failed]
    if failed:
        loads, heights = [p.level.value for p in failed], [p.latency["p99"] for p in failed]
        axes.plot(loads, heights, "x", color=UNSEEN_COLOUR, markersize=11, label="some requests failed")


def _mark_due(axes, outcome):
    """Draws what would be answered if everything was, which a server that takes the load reaches."""
    for number, batch_size in enumerate(outcome.settings.batch_sizes):
        due = [rate * batch_size for rate in sorted(outcome.settings.rates)]
        label = {} if number else {"label": "sent"}
        axes.plot(sorted(outcome.settings.rates), due, ":", color=BASELINE_COLOUR, **label)


def _finish(axes, what, outcome):
    axes.set_xlabel("requests sent a second" if outcome.settings.rates else "requests under way at a time")
    axes.set_ylabel(what)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    axes.legend(once.values(), once.keys(), frameon=False, fontsize=8)
