"""Pictures of a run: confusion matrix, training curves, accuracy by language. Drawn without a display."""

from pathlib import Path

INK = "#1f2933"
SEEN_COLOUR = "#2a6f97"
UNSEEN_COLOUR = "#e07a1f"
BASELINE_COLOUR = "#1f2933"
DOTS_PER_INCH = 130


def new_figure(width, height):
    """Makes a figure that is bound to no window and to no global state of matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure, path):
    """Writes a figure as PNG, creating the folder, and returns its path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DOTS_PER_INCH, format="png")
    return path


def draw_confusion_matrix(matrix, labels, path, title="Confusion matrix"):
    """Draws a confusion matrix: colour is the share of the true label's rows, numbers are rows.

    Args:
        matrix: (C, C) counts; row i is the true label i, column j the predicted label j.
        labels: C names.
        path: the PNG file to write.
        title: stands above the picture.

    Returns:
        The path written.
    """
    import numpy as np

    matrix = np.asarray(matrix)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    size = max(4.5, 2.6 + 0.75 * len(labels))
    figure = new_figure(size + 0.8, size)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(labels) <= 20:  # beyond that the numbers no longer fit their cells
        write_cells(axes, matrix, shares)
    axes.set_xticks(range(len(labels)), labels, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.tick_params(length=0)
    axes.set_title(title, color=INK)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the true class")
    return save(figure, path)


def write_cells(axes, matrix, shares):
    """Writes each cell's rows and share, light on dark cells."""
    for i, j in ((i, j) for i in range(len(matrix)) for j in range(len(matrix))):
        text = f"{matrix[i, j]}\n{shares[i, j]:.0%}"
        colour = "white" if shares[i, j] > 0.55 else INK
        axes.text(j, i, text, ha="center", va="center", fontsize=9, color=colour)


def draw_training_curves(history_rows, path, title="Training"):
    """Draws loss and, where given, accuracy over the steps of a run.

    Args:
        history_rows: a list of dicts with `step` and any of `loss`, `dev_loss`, `accuracy`, `dev_accuracy`;
            a row may leave out what was not measured at its step.
        path: the PNG file to write.
        title: stands above the picture.

    Returns:
        The path written.
    """
    panels = {
        "loss": (("loss", "train", SEEN_COLOUR), ("dev_loss", "dev", UNSEEN_COLOUR)),
        "accuracy": (("accuracy", "train", SEEN_COLOUR), ("dev_accuracy", "dev", UNSEEN_COLOUR)),
    }
    measured = {key for row in history_rows for key, value in row.items() if value is not None}
    shown = {name: [c for c in curves if c[0] in measured] for name, curves in panels.items()}
    shown = {name: curves for name, curves in shown.items() if curves}
    figure = new_figure(5.2 * max(len(shown), 1), 3.8)
    figure.suptitle(title, color=INK)
    for position, (name, curves) in enumerate(shown.items()):
        axes = figure.add_subplot(1, len(shown), position + 1)
        for key, label, colour in curves:
            draw_curve(axes, history_rows, key, label, colour)
        axes.set_xlabel("step")
        axes.set_ylabel(name)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return save(figure, path)


def draw_curve(axes, rows, key, label, colour):
    """Draws one measure against the step; few points get markers, the best dev accuracy its figure."""
    points = [(row["step"], row[key]) for row in rows if row.get(key) is not None]
    steps, values = zip(*points, strict=True)
    axes.plot(steps, values, color=colour, label=label, linewidth=1.8, marker="o" if len(points) <= 30 else None)
    if key == "dev_accuracy":
        step, best = max(points, key=lambda point: point[1])
        offset = {"xytext": (0, -16), "textcoords": "offset points", "ha": "center"}
        axes.annotate(f"{best:.1%}", (step, best), color=colour, fontsize=9, **offset)


def draw_language_bars(rows, path, title="Accuracy by language"):
    """Draws the accuracy in every language as bars, best first, seen languages before unseen ones.

    Args:
        rows: a list of dicts with `language` (a code in Latin letters), `accuracy` (0 to 1), `split_kind`
            ("seen" or "unseen") and optionally `baseline` (the baseline's accuracy, drawn as a mark).
        path: the PNG file to write.
        title: stands above the picture.

    Returns:
        The path written.
    """
    rows = sorted(rows, key=lambda row: (row["split_kind"] != "seen", -row["accuracy"]))
    figure = new_figure(max(6.0, 1.5 + 0.27 * len(rows)), 4.0)
    axes = figure.add_subplot()
    places = [index + (0.8 if row["split_kind"] != "seen" else 0) for index, row in enumerate(rows)]
    for kind, colour in (("seen", SEEN_COLOUR), ("unseen", UNSEEN_COLOUR)):
        bars = [(place, row["accuracy"]) for place, row in zip(places, rows, strict=True) if row["split_kind"] == kind]
        if bars:
            axes.bar(*zip(*bars, strict=True), color=colour, width=0.75, label=f"{kind} in training")
    marks = [(place, row["baseline"]) for place, row in zip(places, rows, strict=True) if "baseline" in row]
    if marks:
        axes.scatter(
            *zip(*marks, strict=True), marker="_", s=70, linewidths=2, color=BASELINE_COLOUR, label="n-gram baseline"
        )
    axes.set_xticks(places, [row["language"] for row in rows], rotation=60, ha="right", rotation_mode="anchor")
    axes.set_ylim(0, 1)
    axes.set_xlim(-0.8, places[-1] + 0.8 if places else 1)
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, color=INK, pad=26)
    axes.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return save(figure, path)
