"""What each of the client's methods sends, and what it makes of the answer."""

import dataclasses
from collections.abc import Callable

from rembert_tf.errors import InputError
from rembert_tf.serving.client import heads, rows
from rembert_tf.serving.client.signatures import to_arrays
from rembert_tf.serving.server.defaults import DEFAULT_SIGNATURE

# The input that a text goes to, by the names that exports use.
_FIRST_INPUTS = ("text", "question", "prompt")


@dataclasses.dataclass(frozen=True)
class Query:
    """A batch for one signature.

    Args:
        prepare: gets the `Signature`; returns a dict of input name -> array, or raises an InputError.
        read: turns the outputs, strings decoded, into the method's result.
        signature_name: the signature's.
    """

    prepare: Callable
    read: Callable
    signature_name: str = DEFAULT_SIGNATURE


def _query(accepted, inputs, read, signature_name=DEFAULT_SIGNATURE):
    """A query for the kinds of model in `accepted`."""

    def prepare(signature):
        heads.require_head(signature, *accepted)
        return to_arrays(inputs, signature)

    return Query(prepare, read, signature_name)


def predict(inputs, signature_name):
    return Query(lambda signature: to_arrays(inputs, signature), lambda outputs: outputs, signature_name)


def classify(texts, text_pairs):
    accepted = (heads.CLASSIFICATION, heads.MULTI_LABEL, heads.REGRESSION)
    return _query(accepted, _text_inputs(texts, text_pairs), rows.read_classifications)


def regress(texts, text_pairs):
    return _query([heads.REGRESSION], _text_inputs(texts, text_pairs), rows.read_regressions)


def entities(texts):
    texts = _listed("texts", texts)
    readable = [_readable(text) for text in texts]
    return _query([heads.ENTITIES], {"text": texts}, lambda outputs: rows.read_entities(outputs, readable))


def answer(questions, contexts):
    questions = _listed("questions", questions)
    contexts = _matched("contexts", contexts, "questions", questions)
    return _query([heads.ANSWER], {"question": questions, "context": contexts}, rows.read_answers)


def fill_mask(texts):
    return _query([heads.FILL_MASK], {"text": _listed("texts", texts)}, rows.read_fills)


def choose(prompts, choices):
    prompts = _listed("prompts", prompts)
    choices = [_listed("choices of a prompt", offered) for offered in _matched("choices", choices, "prompts", prompts)]
    if not all(choices):
        raise InputError(f"prompt {[bool(offered) for offered in choices].index(False)} has no choices")
    most = max(map(len, choices), default=1)
    # An empty string is no choice: with it, prompts with fewer can stand in the same table.
    table = [offered + [""] * (most - len(offered)) for offered in choices]
    inputs = {"prompt": prompts, "choices": table}

    def prepare(signature):
        heads.require_head(signature, heads.CHOICE)
        arrays = to_arrays(inputs if table else {"prompt": [], "choices": [[""]]}, signature)
        return {**arrays, "choices": arrays["choices"][: len(prompts)]}

    return Query(prepare, lambda outputs: rows.read_choices(outputs, choices))


def generate(prompts):
    return _query([heads.GENERATION], {"prompt": _listed("prompts", prompts)}, rows.read_generated)


def embed(texts):
    return _query([heads.EMBEDDING], {"text": _listed("texts", texts)}, rows.read_embeddings)


def tokenize(texts):
    return _query([heads.TOKENIZE], {"text": _listed("texts", texts)}, rows.read_token_ids, "tokenize")


def ask(texts, pairs):
    texts, pairs = _listed("texts", texts), _listed("pairs", pairs)

    def prepare(signature):
        return to_arrays(named_inputs(texts, pairs, signature.inputs), signature)

    return Query(prepare, rows.split_rows)


def named_inputs(texts, pairs, specs):
    """Gives texts and their companions to whichever inputs a model has.

    Args:
        texts: list of str.
        pairs: list of str: one for each text, or a single one for all; for inputs of rank 2 all are each text's.
        specs: a signature's inputs.

    Returns:
        A dict of input name -> list, the texts' input first.

    Raises:
        InputError: the model has other inputs.
    """
    first = next((name for name in _FIRST_INPUTS if name in specs), min(specs, default=""))
    others = [name for name in specs if name != first]
    if len(others) > 1 or not specs:
        raise InputError(f"the model takes {', '.join(sorted(specs)) or 'nothing'}; use `predict` for such inputs")
    if bool(others) != bool(pairs):
        need = f"needs a {others[0]} for every text" if others else f"takes {first} alone, no pairs"
        raise InputError(f"the model {need}")
    if not others:
        return {first: texts}
    return {first: texts, others[0]: _match_pairs(pairs, len(texts), others[0], specs[others[0]])}


def _match_pairs(pairs, num_texts, name, spec):
    if spec.shape is not None and len(spec.shape) == 2:
        return [pairs] * num_texts
    if len(pairs) == 1:
        return pairs * num_texts
    if len(pairs) != num_texts:
        raise InputError(f"{len(pairs)} values of {name} for {num_texts} texts; give one for each, or one for all")
    return pairs


def _text_inputs(texts, text_pairs):
    texts = _listed("texts", texts)
    if text_pairs is None:
        return {"text": texts}
    return {"text": texts, "text_pair": _matched("text_pairs", text_pairs, "texts", texts)}


def _listed(name, values):
    """A list of what was given; a bare string would otherwise be taken for a list of letters."""
    if isinstance(values, (str, bytes)):
        raise InputError(f"{name} is one string; give a list of them")
    try:
        return list(values)
    except TypeError:
        raise InputError(f"{name} must be a list of strings, not {type(values).__name__}") from None


def _matched(name, values, other_name, others):
    values = _listed(name, values)
    if len(values) != len(others):
        raise InputError(f"{len(values)} {name} for {len(others)} {other_name}; give one for each")
    return values


def _readable(text):
    if not isinstance(text, bytes):
        return text
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return None
