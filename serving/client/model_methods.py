"""The client's methods, for a caller that waits and for one that awaits."""

from rembert_tf.errors import InputError
from rembert_tf.serving.client import queries
from rembert_tf.serving.client.batches import join_batches, split_batch
from rembert_tf.serving.client.errors import ModelServerError
from rembert_tf.serving.client.heads import CLASSIFICATION, MULTI_LABEL, require_head
from rembert_tf.serving.client.results import read_statuses
from rembert_tf.serving.client.rows import decode_strings
from rembert_tf.serving.client.signatures import ModelChangedError
from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE


class ModelMethods:
    """What can be asked of one model on a server.

    A method is a plan: a generator that yields lists of requests, is sent the lists of their results, and
    returns what the method returns. A subclass's `_run` carries a plan out, so that nothing but sending
    differs between `Client` and `AsyncClient`, whose methods are awaited.

    Every method raises InputError where its arguments do not fit the model, ModelServerError where the server
    refused (`code` says why), and UnreachableServerError where there was no answer.

    Args:
        messages: builds the requests.
        model: the model's name.
        batch_size: rows of one request.
    """

    def __init__(self, messages, model, batch_size):
        self.model = model
        self._messages = messages
        self._batch_size = batch_size
        self._known_signatures = None
        self._known_labels = None

    def predict(self, inputs, signature_name=None, batch_size=None):
        """Runs a signature.

        Args:
            inputs: dict of input name -> array or nested lists; strings are str or bytes.
            signature_name: None is `serving_default`.
            batch_size: rows of one request; None sends all of them in one, since only the caller knows
                whether the signature treats each row by itself.

        Returns:
            A dict of output name -> array. Strings are object arrays of str, or of bytes where the output's
            name ends in `_bytes`. Outputs of several batches are padded to the widest, with 0 or "".
        """
        return self._run(self._query_plan(queries.predict(inputs, signature_name or DEFAULT_SIGNATURE), batch_size))

    def classify(self, texts, text_pairs=None):
        """Labels texts with a sequence classification model.

        Args:
            texts: list of str.
            text_pairs: list of str of the same length, for a model exported with pairs.

        Returns:
            A list of `Classification`, one for each text.
        """
        return self._ask(queries.classify, texts, text_pairs)

    def regress(self, texts, text_pairs=None):
        """Values of texts, from a regression model.

        Args:
            texts: list of str.
            text_pairs: list of second texts, or None.

        Returns:
            A list of `Regression`, one for each text.
        """
        return self._ask(queries.regress, texts, text_pairs)

    def entities(self, texts):
        """Labelled spans of texts.

        Args:
            texts: list of str.

        Returns:
            For each text a list of `Entity`.
        """
        return self._ask(queries.entities, texts)

    def answer(self, questions, contexts):
        """Answers questions from contexts.

        Args:
            questions: list of str.
            contexts: list of str of the same length.

        Returns:
            A list of `Answer`; a list of lists, the best first, from a model exported with `top_k` above 1.
        """
        return self._ask(queries.answer, questions, contexts)

    def fill_mask(self, texts):
        """What could stand at each `[MASK]`.

        Args:
            texts: list of str.

        Returns:
            For each text, for each `[MASK]` in it, a list of `Fill` (token, score), the best first.
        """
        return self._ask(queries.fill_mask, texts)

    def choose(self, prompts, choices):
        """Picks the best continuation of each prompt.

        Args:
            prompts: list of str.
            choices: for each prompt a list of str; they need not be equally long.

        Returns:
            A list of `Choice`.
        """
        return self._ask(queries.choose, prompts, choices)

    def generate(self, prompts):
        """Continues prompts.

        Args:
            prompts: list of str.

        Returns:
            A list of `Generated`, one for each prompt.
        """
        return self._ask(queries.generate, prompts)

    def embed(self, texts):
        """Vectors of texts.

        Args:
            texts: list of str.

        Returns:
            A float32 array (len(texts), hidden_size).
        """
        return self._ask(queries.embed, texts)

    def tokenize(self, texts):
        """Ids of the pieces that the model sees of each text.

        Args:
            texts: list of str.

        Returns:
            A list of lists of int, without padding.
        """
        return self._ask(queries.tokenize, texts)

    def ask(self, texts, pairs=()):
        """Sends texts to whichever inputs the model has.

        Args:
            texts: list of str for the input `text`, `question` or `prompt`.
            pairs: list of str for the second input, if the model has one: one for each text, or a single one
                for all. A multiple-choice model gets all of them as the choices of every text.

        Returns:
            For each text a dict of output name -> scalar or array, without padding.
        """
        return self._ask(queries.ask, texts, pairs)

    def labels(self):
        """Returns the names of a classifier's classes, in the order of its probabilities: a list of str."""
        return self._run(self._labels_plan())

    def signatures(self):
        """Returns a dict of the signatures' names -> `Signature` with the types and shapes of inputs and outputs."""
        return self._run(self._signatures_plan())

    def status(self):
        """Returns a list of `VersionStatus`, newest version first."""
        return self._run(self._status_plan())

    def _run(self, plan):
        raise NotImplementedError

    def _ask(self, make_query, *arguments):
        def plan():  # arguments are looked at inside, so that an AsyncClient's mistakes, too, appear when awaited
            return (yield from self._query_plan(make_query(*arguments), self._batch_size))

        return self._run(plan())

    def _query_plan(self, query, batch_size):
        try:
            return (yield from self._exchange_plan(query, batch_size))
        except ModelChangedError:  # another version answers now, with other outputs
            self._forget()
            return (yield from self._exchange_plan(query, batch_size))
        except ModelServerError:
            self._forget()
            raise

    def _exchange_plan(self, query, batch_size):
        signature = yield from self._signature_plan(query.signature_name)
        batches = split_batch(query.prepare(signature), batch_size)
        parts = yield [self._messages.predict(query.signature_name, batch, signature) for batch in batches]
        return query.read(decode_strings(join_batches(parts, batches, signature)))

    def _signature_plan(self, name):
        signatures = yield from self._signatures_plan()
        if name not in signatures:
            raise InputError(f"model {self.model!r} has no signature {name}; it has {', '.join(sorted(signatures))}")
        return signatures[name]

    def _signatures_plan(self):
        if self._known_signatures is None:
            (self._known_signatures,) = yield [self._messages.signatures()]
        return self._known_signatures

    def _labels_plan(self):
        if self._known_labels is None:
            signature = yield from self._signature_plan(DEFAULT_SIGNATURE)
            require_head(signature, CLASSIFICATION, MULTI_LABEL)
            # The signature on examples is the one that names every class; what the text says does not matter.
            features = dict.fromkeys(signature.inputs, "")
            (self._known_labels,) = yield [self._messages.class_names("classify", features)]
        return list(self._known_labels)

    def _status_plan(self):
        (entries,) = yield [self._messages.status()]
        return read_statuses(entries)

    def _forget(self):
        self._known_signatures = self._known_labels = None
