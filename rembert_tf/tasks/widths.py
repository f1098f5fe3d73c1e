"""How wide a batch becomes: its longest row's pieces, rounded up. No other module decides it."""

import itertools

# Matrix units like multiples of it, and fewer widths occur.
WIDTH_STEP = 8
NARROWEST = 16


class CloseWidths:
    """Widths that follow the rows: little padding, many widths.

    Args:
        longest: pieces of the longest row of all; no width goes beyond, so that a model needs no further positions.
        step: widths are multiples of this.
    """

    def __init__(self, longest, step=WIDTH_STEP):
        self.longest, self.step = longest, step

    def __call__(self, length):
        """Returns the width of a batch whose longest row has `length` pieces."""
        return min(-(-length // self.step) * self.step, self.longest)


class FewWidths:
    """Widths from a short list, 16 24 32 48 64 96 ..., which depends on nothing but the longest allowed.

    XLA compiles a step anew for each width. In this list one is at most half as large again as the one before.

    Args:
        max_length: the last of the list.
    """

    def __init__(self, max_length):
        doubled = (NARROWEST * 2**power for power in itertools.count())
        growing = (width for power in doubled for width in (power, power * 3 // 2))
        self.widths = (*itertools.takewhile(lambda width: width < max_length, growing), max_length)

    def __call__(self, length):
        """Returns the width of a batch whose longest row has `length` pieces."""
        return next(width for width in self.widths if width >= length)
