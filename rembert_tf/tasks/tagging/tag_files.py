"""Reading files of one word a line with its tag, with errors that name the file and the line."""

import re

from rembert_tf.errors import InputError
from rembert_tf.tasks.tagging.sentences import TaggedSentences
from rembert_tf.text_files.languages import language_of
from rembert_tf.text_files.opening import open_text

FORMAT = "expected a token, a tab and a tag a line, and a blank line after each sentence"
# WikiANN, from which PANX is made, writes `de:Haus`.
_PREFIX = re.compile(r"([a-z]{2,3}(?:-[a-z-]+)?):")
CONLLU_COLUMNS = 10


def read_tag_files(paths, labels):
    """Reads files of `token<TAB>tag` lines with blank lines between sentences, as XTREME's tagging tasks have.

    Lines may have no tag, as in XTREME's test files; then no line of the file may have one. A file in which
    every token begins with the same language, `de:Haus`, is PANX before XTREME's preprocessing: the language
    is taken off. Only a tab separates, so that a token may hold spaces.

    Args:
        paths: list of files, plain, `.gz` or `.xz`.
        labels: the tags that may occur, in the order of their class numbers.

    Returns:
        TaggedSentences.

    Raises:
        MissingFileError: a file does not exist.
        InputError: a file is empty, a line has other columns, some lines have tags and others none, or a tag
            is not among `labels`.
    """
    merged = TaggedSentences([], [], [], [], tuple(labels))
    for path in paths:
        lines = _split_lines(path)
        language = _take_prefix_off(path, lines) or language_of(path)
        tagged = _has_tags(path, lines)
        if tagged:
            _check_tags(path, lines, merged.labels)
        for sentence in _sentences(lines):
            merged.words.append([token for _, token, _ in sentence])
            merged.tags.append([tag for _, _, tag in sentence] if tagged else None)
            merged.languages.append(language)
            merged.places.append(f"{path}, line {sentence[0][0]}")
    return merged


def _split_lines(path):
    """Returns a [line number, token, tag or None] for each word, and None for each blank line."""
    lines = []
    for number, line in enumerate(open_text(path), start=1):
        if not line.strip():
            lines.append(None)
            continue
        cells = line.rstrip("\r\n").split("\t")
        if len(cells) > 2:
            hint = "; convert CoNLL-U with XTREME's preprocessing first" if len(cells) == CONLLU_COLUMNS else ""
            raise InputError(f"{path}, line {number}: {len(cells)} columns instead of 2: {FORMAT}{hint}.")
        # XTREME's preprocessing strips both too.
        token, tag = cells[0].strip(), cells[1].strip() if len(cells) == 2 else ""
        lines.append([number, token, tag or None])
    if not any(lines):
        raise InputError(f"{path} holds no word: {FORMAT}.")
    return lines


def _words(lines):
    return [line for line in lines if line is not None]


def _take_prefix_off(path, lines):
    """Takes `de:` off all tokens and returns "de", or "" when the file has no such prefix."""
    words = _words(lines)
    found = _PREFIX.match(words[0][1])
    prefix = found[0] if found else ""
    without = [line for line in words if not line[1].startswith(prefix)]
    # A few tokens such as `re:` are words like any other; a few without are damage.
    if not prefix or 2 * len(without) >= len(words):
        return ""
    if without:
        number, token, _ = without[0]
        raise InputError(f"{path}, line {number}: {token!r} does not begin with {prefix!r} as the other tokens do.")
    for line in words:
        line[1] = line[1][len(prefix) :].strip()
    return found[1]


def _has_tags(path, lines):
    """Returns whether the words have tags; all must, or none."""
    words = _words(lines)
    first, _, tag = words[0]
    for number, token, other in words:
        if tag is not None and other is None:
            raise InputError(f"{path}, line {number}: no tag beside {token!r}: {FORMAT}.")
        if tag is None and other is not None:
            raise InputError(f"{path}, line {number}: a tag, {other!r}, though line {first} has none: {FORMAT}.")
    return tag is not None


def _check_tags(path, lines, labels):
    known = set(labels)
    for number, token, tag in _words(lines):
        if tag not in known:
            raise InputError(
                f"{path}, line {number}: the tag {tag!r} of {token!r} is not one of the {len(labels)} of this "
                f"task: {', '.join(labels)}."
            )


def _sentences(lines):
    sentence = []
    for line in [*lines, None]:
        if line is not None:
            sentence.append(line)
        elif sentence:
            yield sentence
            sentence = []
