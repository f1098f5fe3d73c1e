"""Workers of a training wait for each other before TensorFlow does, which would wait for ever without a word."""

import contextlib
import json
import logging
import math
import os
import socket
import time

from rembert_tf.errors import InputError

LIMIT = "REMBERT_TF_WORKER_WAIT"  # environment variable: seconds that a worker waits for the others at most
DEFAULT_LIMIT = 900.0
NOTICE_AFTER = 30.0  # seconds until a worker says for whom it waits
TURN = 0.5  # seconds of waiting at a time
GREETING = 1.0  # seconds that a caller has to say who it is
LONGEST = 2**16  # bytes of a message
MOST_NAMED = 4  # workers in a message
GO, OTHERS = b"go\n", b"other workers\n"

logger = logging.getLogger("rembert_tf")


def meet(cluster, limit=None, notice_after=NOTICE_AFTER):
    """Returns as soon as all workers of a cluster have come here.

    Worker 0 listens at its own address until all others have called; then it leaves the port to TensorFlow.

    Args:
        cluster: a Cluster of several workers.
        limit: seconds to wait at most; None means the environment's REMBERT_TF_WORKER_WAIT, or 15 minutes.
        notice_after: seconds after which a line is logged that names those who are missing.

    Raises:
        InputError: a worker did not come in time, was given other workers, or the port is taken.
    """
    patience = _Patience(_limit_of_environment() if limit is None else limit, notice_after)
    if cluster.index == 0:
        _gather(cluster, patience)
    else:
        _call(cluster, patience)


class _Patience:
    def __init__(self, limit, notice_after):
        self.limit, self.notice_after = limit, notice_after
        self._begin, self._said = time.monotonic(), False

    def check(self, missing):
        """Says once what is missing; raises an InputError when it has been so for too long."""
        waited = time.monotonic() - self._begin
        if waited >= self.limit:
            raise InputError(
                f"waited {self.limit:g} s in vain for {missing}: start all workers of TF_CONFIG, and see that their "
                f"ports are open; {LIMIT} takes other seconds."
            )
        if waited >= self.notice_after and not self._said:
            self._said = True
            logger.warning("waiting for %s; %.0f s more", missing, self.limit - waited)


def _gather(cluster, patience):
    """Listens until every other worker holds a connection, then tells them to begin."""
    present = {}
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listener(cluster.hosts[0]))
        while True:
            present = {number: caller for number, caller in present.items() if _still_there(caller)}
            missing = [number for number in range(1, cluster.workers) if number not in present]
            if not missing:
                break
            patience.check(_named(missing, cluster.hosts))
            with contextlib.suppress(TimeoutError, ConnectionError):  # nobody called, or hung up at once
                caller = stack.enter_context(listener.accept()[0])
                number = _greeted(caller, cluster)
                if number is None:
                    caller.close()
                else:
                    present[number] = caller
        for number, caller in present.items():
            try:
                caller.sendall(GO)
            except OSError:
                raise InputError(f"{_named([number], cluster.hosts)} left again: start all workers anew.") from None
        for caller in present.values():  # they close first, so that no connection keeps the port
            caller.settimeout(GREETING)
            with contextlib.suppress(OSError):
                caller.recv(1)


def _named(numbers, hosts):
    named = " and ".join(f"worker {number} at {hosts[number]}" for number in numbers[:MOST_NAMED])
    return named if len(numbers) <= MOST_NAMED else f"{named} and {len(numbers) - MOST_NAMED} more"


def _listener(address):
    port = _host_and_port(address)[1]
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        listener = socket.create_server(("", port), family=family, dualstack_ipv6=both)
    except OSError as problem:
        raise InputError(f"worker 0 cannot listen at {address}: {problem.strerror or problem}.") from None
    listener.settimeout(TURN)
    return listener


def _greeted(caller, cluster):
    """Returns a caller's number, or None where it is no worker of this training."""
    caller.settimeout(GREETING)
    try:
        said = json.loads(_line(caller))
        number, hosts = said["worker"], said["hosts"]
    except (OSError, ValueError, TypeError, KeyError):
        return None  # whoever tries ports
    if hosts != list(cluster.hosts) or number not in range(1, cluster.workers):
        logger.warning("a worker called whose TF_CONFIG names %s, not %s", hosts, list(cluster.hosts))
        with contextlib.suppress(OSError):
            caller.sendall(OTHERS)
        return None
    return number


def _line(connection):
    """Returns what comes until the end of a line, or until the other side closes."""
    received = b""
    while not received.endswith(b"\n") and len(received) < LONGEST:
        more = connection.recv(4096)
        if not more:
            break
        received += more
    return received


def _still_there(caller):
    caller.setblocking(False)
    try:
        return caller.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True  # open, and nothing said
    except OSError:
        return False


def _call(cluster, patience):
    """Calls worker 0 until it says that all are there."""
    greeting = json.dumps({"worker": cluster.index, "hosts": cluster.hosts}).encode() + b"\n"
    chief = f"worker 0 at {cluster.hosts[0]}"
    address = _host_and_port(cluster.hosts[0])
    while True:
        patience.check(chief)
        answer = b""
        with contextlib.suppress(OSError), socket.create_connection(address, GREETING) as connection:
            connection.sendall(greeting)
            answer = _answer(connection, patience, f"the other workers, which {chief} names")
        if answer == GO:
            return
        if answer == OTHERS:
            raise InputError(f"{chief} was given other workers than {', '.join(cluster.hosts)}: TF_CONFIG must agree.")
        time.sleep(TURN)  # it has not begun to listen, or what listens there is still another training


def _answer(connection, patience, missing):
    connection.settimeout(TURN)
    while True:
        with contextlib.suppress(TimeoutError):
            return _line(connection)
        patience.check(missing)


def _host_and_port(address):
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _limit_of_environment():
    text = os.environ.get(LIMIT, "").strip()
    try:
        limit = float(text) if text else DEFAULT_LIMIT
    except ValueError:
        limit = math.nan
    if not limit > 0:
        raise InputError(f"{LIMIT} must be a number of seconds above 0, not {text!r}.")
    return limit
