"""Token ids in configurations: which there are, and the same configuration with other numbers."""

from rembert_tf.errors import InputError

_ENDINGS = ("_token_id", "_token_ids")
_NAMES = ("suppress_tokens", "begin_suppress_tokens", "bad_words_ids", "force_words_ids")
# Pairs and keys of ids that would need rules of their own, for settings that hardly anyone has.
_REFUSED = ("forced_decoder_ids", "sequence_bias")


def named_ids(content):
    """Returns the set of token ids that a configuration (a JSON object) names."""
    found = []
    renumbered(content, lambda number: found.append(number) or number)
    return set(found)


def renumbered(content, new_id):
    """Returns a configuration with other token ids.

    Args:
        content: dictionary of a `config.json` or `generation_config.json`.
        new_id: old id -> new id.

    Raises:
        InputError: a setting names tokens in a form that has no rule here.
    """
    for name in _REFUSED:
        if content.get(name):
            raise InputError(f"the setting {name} holds token ids that cannot be renumbered: remove it first.")
    return {
        name: _mapped(value, new_id) if name.endswith(_ENDINGS) or name in _NAMES else value
        for name, value in content.items()
    }


def _mapped(value, new_id):
    if isinstance(value, list):
        return [_mapped(entry, new_id) for entry in value]
    # -1 is no token.
    is_id = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return new_id(value) if is_id else value
