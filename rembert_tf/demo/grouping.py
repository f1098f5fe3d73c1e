"""Which messages must stay on the same side of the split: those that share a text in any language."""

from collections import Counter, defaultdict

# A text that more messages than this share ("Password changed" in one language, nine wordings in another) says
# little and would chain hundreds of messages into one group.
MAX_SHARED = 4


def drop_ambiguous(texts, dropped):
    """Leaves out texts that occur under several labels, and texts that too many messages share.

    Args:
        texts: a list of `Text`.
        dropped: a Counter that receives what was left out, by reason.

    Returns:
        The texts kept. A message whose English text occurs under several labels goes with all its translations.
    """
    labels, messages = defaultdict(set), defaultdict(set)
    for text in texts:
        labels[text.key].add(text.label)
        messages[text.key].add(text.message)
    confused = {key for key, found in labels.items() if len(found) > 1}
    bridging = {key for key, found in messages.items() if len(found) > MAX_SHARED} - confused
    in_several = {text.message for text in texts if text.language == "en" and text.key in confused}
    dropped["distinct texts under several labels"] += len(confused)
    dropped[f"distinct texts shared by more than {MAX_SHARED} messages"] += len(bridging)
    dropped["messages whose English text has several labels"] += len(in_several)
    ambiguous = confused | bridging
    return [text for text in texts if text.key not in ambiguous and text.message not in in_several]


def group_messages(texts):
    """Joins messages that share a text, directly or through others (union-find).

    Args:
        texts: a list of `Text`.

    Returns:
        dict message -> the name of its group (its first message in sorted order).
    """
    parent = {text.message: text.message for text in texts}

    def root(message):
        while parent[message] != message:
            parent[message] = parent[parent[message]]
            message = parent[message]
        return message

    first_with = {}
    for text in texts:
        one, other = root(text.message), root(first_with.setdefault(text.key, text.message))
        if one != other:
            parent[max(one, other)] = min(one, other)
    return {message: root(message) for message in parent}


def largest_group(group_of):
    """Returns the number of messages in the largest group."""
    return max(Counter(group_of.values()).values())
