"""The client: one class over two transports."""

from urllib.parse import urlsplit

from rembert_tf.errors import InputError
from rembert_tf.serving.client.rest_transport import RestTransport
from rembert_tf.serving.client.results import VersionStatus, classifications, decode_strings, split_rows
from rembert_tf.serving.client.signatures import to_arrays
from rembert_tf.serving.server.defaults import DEFAULT_MODEL_NAME, DEFAULT_SIGNATURE

# The input that a text goes to, and the one that its companion goes to, by the names that exports use.
_FIRST_INPUTS = ("text", "question", "prompt")


class Client:
    """Asks a model server, this package's or TensorFlow Serving.

    It may be shared by threads, and is a context manager that closes its connections.

    Args:
        url: `http://host:port` (or https) for REST, `grpc://host:port` for gRPC.
        model: the model's name on the server.
        version: its version; None asks the newest.
        timeout: seconds to wait for an answer.

    Raises:
        InputError: the URL is of another form.
        MissingExtraError: a `grpc://` URL without the `serving` extra.

    Example:
        with Client("http://127.0.0.1:8501") as client:
            client.classify(["The museum opens at nine."])[0].label
    """

    def __init__(self, url, *, model=DEFAULT_MODEL_NAME, version=None, timeout=60.0):
        self.model = model
        self.version = version
        self._transport = _open_transport(url, timeout)
        self._signatures = None

    def predict(self, inputs, signature_name=None):
        """Runs a signature on a batch.

        Args:
            inputs: dict of input name -> array or nested lists; strings are str or bytes.
            signature_name: None is `serving_default`.

        Returns:
            A dict of output name -> array. Strings are object arrays of str, or of bytes where the output's
            name ends in `_bytes`.

        Raises:
            InputError: the inputs do not fit the signature.
            ModelServerError: the server refused; `code` says why.
            UnreachableServerError: there was no answer.
        """
        signature_name = signature_name or DEFAULT_SIGNATURE
        signature = self._signature(signature_name)
        arrays = to_arrays(inputs, signature)
        outputs = self._transport.predict(self.model, self.version, signature_name, arrays, signature)
        return decode_strings(outputs)

    def classify(self, texts, text_pairs=None):
        """Labels texts with a sequence classification model.

        Args:
            texts: list of str.
            text_pairs: list of str of the same length, for a model exported with pairs.

        Returns:
            A list of `Classification`, one for each text.

        Raises:
            InputError: as `predict`, or when the model is no classifier.
        """
        inputs = {"text": texts}
        if text_pairs is not None:
            inputs["text_pair"] = text_pairs
        return classifications(self.predict(inputs))

    def ask(self, texts, pairs=()):
        """Sends texts to whichever inputs the model has.

        Args:
            texts: list of str for the input `text`, `question` or `prompt`.
            pairs: list of str for the second input, if the model has one: one for each text, or a single one
                for all. A multiple-choice model gets all of them as the choices of every text.

        Returns:
            For each text a dict of output name -> scalar or array, without padding.

        Raises:
            InputError: as `predict`, or when the pairs do not fit.
        """
        texts, pairs = list(texts), list(pairs)
        specs = self._signature(DEFAULT_SIGNATURE).inputs
        first = next((name for name in _FIRST_INPUTS if name in specs), min(specs))
        others = [name for name in specs if name != first]
        if len(others) > 1:
            raise InputError(f"the model takes {', '.join(sorted(specs))}; use `predict` for more than two inputs")
        if bool(others) != bool(pairs):
            need = f"needs a {others[0]} for every text" if others else f"takes {first} alone, no pairs"
            raise InputError(f"the model {need}")
        inputs = {first: texts}
        if others:
            inputs[others[0]] = _match_pairs(pairs, len(texts), others[0], specs[others[0]])
        return split_rows(self.predict(inputs))

    def signatures(self):
        """The model's signatures: a dict of name -> `Signature` with the inputs' and outputs' types and shapes."""
        if self._signatures is None:
            self._signatures = self._transport.signatures(self.model, self.version)
        return self._signatures

    def status(self):
        """A list of `VersionStatus`, newest version first."""
        return [
            VersionStatus(int(entry["version"]), entry["state"], entry["status"]["error_message"])
            for entry in self._transport.status(self.model, self.version)
        ]

    def close(self):
        """Closes the connections."""
        self._transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def _signature(self, name):
        signatures = self.signatures()
        if name not in signatures:
            raise InputError(f"model {self.model!r} has no signature {name}; it has {', '.join(sorted(signatures))}")
        return signatures[name]


def _open_transport(url, timeout):
    address = urlsplit(url)
    if not _names_a_server(address):
        raise InputError(f"{url} is no server's URL; http://host:port (REST) and grpc://host:port are")
    if address.scheme != "grpc":
        return RestTransport(address, timeout)
    from rembert_tf.serving.client.grpc_transport import GrpcTransport

    return GrpcTransport(address, timeout)


def _names_a_server(address):
    try:
        port = address.port
    except ValueError:  # not a number, or too large
        return False
    if address.scheme == "grpc":  # has no customary port
        return bool(address.hostname and port)
    return bool(address.hostname) and address.scheme in ("http", "https")


def _match_pairs(pairs, num_texts, name, spec):
    if spec.shape is not None and len(spec.shape) == 2:
        return [pairs] * num_texts
    if len(pairs) == 1:
        return pairs * num_texts
    if len(pairs) != num_texts:
        raise InputError(f"{len(pairs)} values of {name} for {num_texts} texts; give one for each, or one for all")
    return pairs
