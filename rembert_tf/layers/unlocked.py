"""The one place that touches Keras' bookkeeping of a built layer's variables and sublayers."""

import contextlib


@contextlib.contextmanager
def unlocked(layer):
    """Lets a built layer get further variables or sublayers, as Keras' own `enable_lora` does.

    Keras (3.0 to 3.15 at least) locks a layer's tracker after `build` and has no public way to open it.

    Args:
        layer: a built Keras layer.
    """
    tracker = layer._tracker
    tracker.unlock()
    try:
        yield layer
    finally:
        tracker.lock()
