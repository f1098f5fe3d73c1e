"""Public names of a package that are imported when they are first used."""

import importlib
import sys

from rembert_tf.errors import MissingExtraError


def lazy_names(package, homes, refuse=None):
    """Returns the functions `__getattr__` and `__dir__` of a package.

    Args:
        package: its `__name__`; its `__all__` is what `dir` shows.
        homes: dict of public name -> module that defines it, or imports it in the same way.
        refuse: called with a name that is none of these, to raise an error with more to say; or None.
    """

    def __getattr__(name):
        if name not in homes:
            if refuse is not None:
                refuse(name)
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(_imported(homes[name]), name)
        setattr(sys.modules[package], name, value)  # found without this function from now on
        return value

    def __dir__():
        return sorted(sys.modules[package].__all__)

    return __getattr__, __dir__


def _imported(module):
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name != "jax":
            raise
        raise MissingExtraError("Keras on the JAX backend", "jax") from None
