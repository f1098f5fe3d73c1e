"""The formats that checkpoints come in, one module each.

A module has `looks_like(path)`, whether a path seems to hold this format, and `open_source(path, request)`,
a context manager that yields a Source. Those that can be written too have `write(source, directory, ...)`.
"""

import importlib

# In the order in which an unnamed source is tried: the most particular first.
READERS = ("hf", "bleurt", "garden", "google", "bert")
WRITERS = ("hf", "google", "garden")


def module_of(name):
    """Returns the module of a format."""
    return importlib.import_module(f"rembert_tf.checkpoints_tools.formats.{name}")
