"""The errors that a user can mend, as opposed to defects of this library."""


class InputError(ValueError):
    """Something the caller gave cannot be used; the message says what, where, and what would be accepted.

    The command line turns it into one sentence and exit code 2. Everything else that escapes is a
    defect of ours and ends with exit code 1.
    """

    # Spelled out for TensorFlow: while it traces a function it raises an error again only if its type has
    # the plain constructor, and turns it into one of its own types otherwise.
    __init__ = Exception.__init__


class MissingFileError(InputError, FileNotFoundError):
    """A file or directory that the caller named does not exist.

    Args:
        message: the sentence to show.
    """

    def __init__(self, message):
        # FileNotFoundError would otherwise format its arguments as "[Errno ...]".
        ValueError.__init__(self, message)

    def __str__(self):
        return str(self.args[0])


class MissingExtraError(InputError, ImportError):
    """An optional dependency is needed; the message holds the `pip install` line that brings it.

    Args:
        feature: what needs it, as the message begins.
        extra: name of the extra in setup.py.
    """

    def __init__(self, feature, extra):
        ValueError.__init__(self, f"{feature} needs packages that are not installed: pip install 'rembert-tf[{extra}]'")

    def __str__(self):
        return str(self.args[0])
