"""That two commands on this machine do not write the same answers at once."""

import contextlib
import errno

from rembert_tf.errors import InputError
from rembert_tf.pipelines import storage

LOCK = "lock"


@contextlib.contextmanager
def only_one(output):
    """Keeps others out within the block; the system lets them in when this process ends, however it ends.

    Args:
        output: OutputFiles, whose folder is there. On other machines than this one nobody is kept out.

    Raises:
        InputError: another command is at work.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows
        fcntl = None
    if fcntl is None or storage.is_remote(output.folder):
        yield
        return
    with open(f"{output.folder}/{LOCK}", "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise InputError(
                    f"another command is writing the answers {output.prefix!r} at this moment: wait for it, or stop it."
                ) from None
            # Some network disks know no locks.
        yield
