"""What became of requests that were not answered, by kind."""

from rembert_tf.errors import InputError
from rembert_tf.serving.client.errors import ModelServerError, UnreachableServerError
from rembert_tf.serving.client.signatures import ModelChangedError

TIMEOUT = "TIMEOUT"
NO_CONNECTION = "NO_CONNECTION"  # refused, or broken before the answer
UNREADABLE = "UNREADABLE"  # an answer that is none of a model server's
MODEL_CHANGED = "MODEL_CHANGED"
NOT_SENT = "NOT_SENT"  # due at its rate, but too many others were still under way until the point ended

# What sending a request raises; anything else is a defect.
FAILURES = (TimeoutError, InputError)
MAX_MESSAGE_CHARACTERS = 200


def kind_of(error):
    """Returns a failure's kind: one of the above, or the canonical code of the server's own refusal.

    Args:
        error: one of `FAILURES`.
    """
    if isinstance(error, TimeoutError):
        return TIMEOUT
    if isinstance(error, ModelServerError):
        return error.code
    if isinstance(error, ModelChangedError):
        return MODEL_CHANGED
    if isinstance(error, UnreachableServerError):
        return NO_CONNECTION if error.repeatable else UNREADABLE
    raise error


def message_of(error):
    """Returns a failure's words as one short printable line: a server may answer anything."""
    said = str(error) or "no answer in time"  # a TimeoutError says nothing
    line = "".join(character if character.isprintable() else " " for character in said)
    return line if len(line) <= MAX_MESSAGE_CHARACTERS else line[:MAX_MESSAGE_CHARACTERS] + "..."
