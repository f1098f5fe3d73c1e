"""Which layers are evaluated, and the table of what each reaches."""

from rembert_tf.tasks.retrieval.embeddings import SentenceEmbedder, default_layer, encoder_of

ALL = "all"


def chosen_layer(settings, model):
    """Returns the layer that settings mean for a model."""
    if settings.layer is not None:
        return settings.layer
    return default_layer(encoder_of(model).config.num_hidden_layers)


def wanted_layers(layers, chosen, model):
    """Returns the layers to evaluate, without repetition.

    Args:
        layers: list of layers, "all", or None.
        chosen: the layer that the metrics are of.
        model: tells how many there are.
    """
    if layers == ALL:
        layers = range(encoder_of(model).config.num_hidden_layers + 1)
    return sorted({chosen, *(layers or ())})


def embedder(model, tokenizer, settings, batch_size, max_length):
    """Returns the SentenceEmbedder that RetrievalSettings mean, for no more pieces than the model can take."""
    limit = min(max_length, encoder_of(model).config.max_position_embeddings)
    return SentenceEmbedder(model, tokenizer, settings.pooling, batch_size, limit, settings.specials)


def table_lines(by_layer, metric):
    """Returns a table by layer and language as lines of text, the best of each column marked.

    Args:
        by_layer: what `evaluate` returns under that name.
        metric: its name, such as "accuracy".
    """
    columns = ["mean", *by_layer[0]["by_language"]]
    cells = [[row[metric], *(metrics[metric] for metrics in row["by_language"].values())] for row in by_layer]
    best = [max(column) for column in zip(*cells, strict=True)]
    lines = ["layer " + "".join(f"{name:>8}" for name in columns)]
    for row, values in zip(by_layer, cells, strict=True):
        marked = [f"{value:7.1%}{'*' if value == top else ' '}" for value, top in zip(values, best, strict=True)]
        lines.append(f"{row['layer']:5} " + "".join(marked).rstrip())
    return lines


def part_of(report, before, size, total):
    """Returns a `report` for one part of a longer work.

    Args:
        report: of the whole.
        before: what was done before this part.
        size: of this part.
        total: of the whole.
    """
    return lambda done, part_total: report(before + size * done // max(part_total, 1), total)
