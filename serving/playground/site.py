"""The playground as a function from a request to a reply: the page's files, and what the page asks for."""

import logging

from rembert_tf.errors import InputError
from rembert_tf.serving.playground.described_models import described_model, why_unexplained
from rembert_tf.serving.playground.page_files import PAGE, page_files
from rembert_tf.serving.playground.pieces import pieces_of
from rembert_tf.serving.playground.reply import Reply, json_reply
from rembert_tf.serving.playground.visitors import check_visitor
from rembert_tf.serving.server.json_document import parse_document
from rembert_tf.serving.server.repository import ModelSpec
from rembert_tf.serving.server.status import Code, ServingError, invalid_argument

PLAYGROUND_PATH = "/playground"
_FOLDER = f"{PLAYGROUND_PATH}/"
_API = f"{_FOLDER}api/"

log = logging.getLogger(__name__)


class Playground:
    """Answers what is asked below `/playground`; `ModelServer` takes one as its argument `playground`.

    Predictions are not its business: the page asks the REST interface, as any client does.

    Args:
        explainers: {name of a model: its `Explainer`}; without one a model has neither attention nor attributions.

    Example:
        with ModelServer("runs/topic/export", playground=Playground({"model": Explainer("runs/topic/best")})) as server:
            print(server.playground_url)
    """

    def __init__(self, explainers=None):
        self._explainers = dict(explainers or {})
        self._repository = self._names = self._host = None
        self._questions = {"pieces": self._pieces, "attention": self._attention, "attributions": self._attributions}

    def connect(self, repository, names, host):
        """Says what is served.

        Args:
            repository: a `ModelRepository`.
            names: function that returns the names of the models.
            host: the interface that the server listens on.
        """
        self._repository, self._names, self._host = repository, names, host

    def owns(self, path):
        """Returns whether a path belongs to the playground."""
        return path == PLAYGROUND_PATH or path.startswith(_FOLDER)

    def answer(self, method, path, headers, body, record):
        """Answers one request; never raises.

        Args:
            method: the HTTP verb.
            path: one that it owns, as sent, without the query.
            headers: a mapping.
            body: bytes.
            record: the `RequestRecord` to fill in.

        Returns:
            A `Reply`.
        """
        record.method = "Playground"
        try:
            check_visitor(method, headers, self._host)
            return self._answer(method, path, body, record)
        except ServingError as error:
            record.status = error.code.name
            return json_reply(error.http_status, {"error": error.message})
        except InputError as error:
            record.status = Code.INVALID_ARGUMENT.name
            return json_reply(400, {"error": str(error)})
        except Exception as error:
            log.exception("%s %.200s failed", method, path)
            record.status = Code.INTERNAL.name
            return json_reply(500, {"error": f"{type(error).__name__}: {error}"})

    def _answer(self, method, path, body, record):
        if path.startswith(_API):
            return self._answer_page(method, path.removeprefix(_API), body, record)
        if method not in ("GET", "HEAD"):
            return json_reply(405, {"error": f"{path} can only be read, not {method}"}, Allow="GET, HEAD")
        if path == PLAYGROUND_PATH:
            # Relative, as all addresses are: before the server may stand a proxy that adds to them.
            return Reply(308, b"", "text/plain", {"Location": "playground/"})
        file = page_files().get(path.removeprefix(_FOLDER) or PAGE)
        if file is None:
            raise ServingError(Code.NOT_FOUND, f"There is no {path[:200]}")
        return Reply(200, *file)

    def _answer_page(self, method, question, body, record):
        wanted = "GET" if question == "models" else "POST"
        if question != "models" and question not in self._questions:
            raise ServingError(Code.NOT_FOUND, f"There is no {_API}{question[:200]}")
        if method != wanted:
            return json_reply(405, {"error": f"{_API}{question} takes {wanted}, not {method}"}, Allow=wanted)
        if question == "models":
            return json_reply(200, {"models": self._models()})
        document = parse_document(body)
        name = document.get("model")
        if not isinstance(name, str):
            raise invalid_argument("model must be the name of a model")
        record.model = name
        with self._repository.handle(ModelSpec(name)) as servable:
            record.found(servable, "")
            return json_reply(200, self._questions[question](name, servable, document))

    def _models(self):
        names = [name for name in self._names() if self._repository.available(name)]
        found = []
        for name in names:
            with self._repository.handle(ModelSpec(name)) as servable:
                found.append(described_model(name, servable, self._explainers.get(name)))
        return found

    def _pieces(self, name, servable, document):
        return {"texts": pieces_of(servable, document.get("texts"))}

    def _attention(self, name, servable, document):
        explainer, inputs, target = self._explained(name, servable, document)
        shown = {key: document[key] for key in ("layer", "head") if key in document}
        return explainer.attention(inputs, target, **shown)

    def _attributions(self, name, servable, document):
        explainer, inputs, target = self._explained(name, servable, document)
        return explainer.attributions(inputs, target)

    def _explained(self, name, servable, document):
        """Returns the explainer of a model, and a request's inputs and target."""
        explainer = self._explainers.get(name)
        reason = why_unexplained(servable, explainer)
        if reason:
            raise ServingError(Code.FAILED_PRECONDITION, reason)
        inputs, target = document.get("inputs"), document.get("target", {})
        if not isinstance(inputs, dict) or not isinstance(target, dict):
            raise invalid_argument("inputs and target must be objects")
        return explainer, inputs, target
