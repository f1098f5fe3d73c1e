"""The picture of a corpus: each language's share, as it is and as pre-training draws it."""

import io

from rembert_tf.training.pictures import DOTS_PER_INCH, INK, SEEN_COLOUR, UNSEEN_COLOUR, new_figure

SMOOTHING = 0.5  # paper: languages are sampled in proportion to size ** 0.5


def shares(pieces, exponent=1.0):
    """Returns each language's share of the pieces, after its size was raised to a power.

    Args:
        pieces: {language: pieces}.
        exponent: 1 leaves the sizes as they are, 0 makes all languages equal.
    """
    powers = {language: count**exponent for language, count in pieces.items()}
    return {language: power / sum(powers.values()) for language, power in powers.items()}


def draw_languages(pieces):
    """Returns a PNG with two bars for each language, the largest first.

    Args:
        pieces: {language: pieces}.
    """
    order = sorted(pieces, key=lambda language: (-pieces[language], language))
    figure = new_figure(max(6.0, 1.5 + 0.27 * len(order)), 4.0)
    axes = figure.add_subplot()
    bars = (("as it is", 1.0, -0.2, SEEN_COLOUR), (f"smoothed ** {SMOOTHING}", SMOOTHING, 0.2, UNSEEN_COLOUR))
    for label, exponent, offset, colour in bars:
        found = shares(pieces, exponent)
        places = [position + offset for position in range(len(order))]
        axes.bar(places, [found[language] for language in order], width=0.4, color=colour, label=label)
    axes.set_xticks(range(len(order)), order, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.8, len(order) - 0.2)
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"{sum(pieces.values()):,} pieces by language", color=INK)
    axes.legend(frameon=False)
    content = io.BytesIO()
    figure.savefig(content, dpi=DOTS_PER_INCH, format="png")
    return content.getvalue()
