"""Requests that touch every signature of an export, for warm-up and for the check of what was written."""

import tensorflow as tf

SHORT_TEXT = "a"
BATCH_SIZES = (1, 8)
# A few of the scripts that a vocabulary of 110 languages has, and what texts from strangers look like.
TEXTS = (
    "The museum opens at nine.",
    "Das Museum öffnet um neun.",
    "Музей открывается в девять.",
    "يفتح المتحف في التاسعة.",
    "संग्रहालय नौ बजे खुलता है।",
    "美术馆九点开门。",
    "พิพิธภัณฑ์เปิดเก้าโมง",
    "",
)


def warmup_requests(module, signatures):
    """Returns requests with a short and a longest text, in two batch sizes, for every signature.

    Args:
        module: HeadSignatures.
        signatures: its {name: concrete function}.

    Returns:
        List of (signature name, {input name: list of values}).
    """
    longest = " ".join([SHORT_TEXT] * module.max_length)  # every word has one piece at least
    rows = [[text] * size for text in (SHORT_TEXT, longest) for size in BATCH_SIZES]
    return [request for texts in rows for request in _requests(module, signatures, texts)]


def check_requests(module, signatures):
    """Returns one request of several languages for every signature; arguments and result as of `warmup_requests`."""
    return _requests(module, signatures, list(TEXTS))


def _requests(module, signatures, texts):
    rows = [module.sample_inputs(text) for text in texts]
    contents = {
        "serving_default": {name: [row[name] for row in rows] for name in rows[0]},
        "tokenize": {"text": texts},
    }
    return [(name, contents[name] if name in contents else _examples(rows)) for name in signatures]


def _examples(rows):
    return {"inputs": [_example(row) for row in rows]}


def _example(features):
    """Returns a serialized tf.Example of string features."""
    values = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()])) for name, text in features.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=values)).SerializeToString()
