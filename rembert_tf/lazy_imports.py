"""Public names of a package that are imported when they are first used."""

import importlib
import sys


def lazy_names(package, homes):
    """Returns the functions `__getattr__` and `__dir__` of a package.

    Args:
        package: its `__name__`; its `__all__` is what `dir` shows.
        homes: dict of public name -> module that defines it, or imports it in the same way.
    """

    def __getattr__(name):
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)  # found without this function from now on
        return value

    def __dir__():
        return sorted(sys.modules[package].__all__)

    return __getattr__, __dir__
