"""How well a vocabulary fits texts: unknown pieces and pieces per word, by language."""

import json

from rembert_tf.errors import InputError
from rembert_tf.text_files.tables import TEXT, read_tables
from rembert_tf.weights.atomic_files import write_files

REPORT_FILE = "vocabulary_report.json"
ALL = "all"
# Written without spaces between words: each character counts as one.
UNSPACED = ("zh", "ja", "th", "lo", "km", "my")
ETHIOPIC_SPACE = "፡"
_COUNTS = ("texts", "words", "pieces", "unknown_pieces", "byte_pieces")


def vocabulary_report(vocabulary, texts, languages=None):
    """Measures a vocabulary on texts.

    Words are what white space (or the Ethiopic word mark) separates; in languages that write none
    (`UNSPACED`) each character is one.

    Args:
        vocabulary: the `vocabulary` of a tokenizer.
        texts: list of strings.
        languages: each text's language code ("zh", "zh-Hans", "pt_BR"), or None.

    Returns:
        {language: row}, with the row "all" last. A row holds `texts`, `words`, `pieces`, `unknown_pieces`,
        `byte_pieces`, the shares of the last two among the pieces, `unknown_rate` and `byte_rate` (None
        without pieces), and `pieces_per_word` (None without words).
    """
    processor = vocabulary.processor
    unknown = processor.unk_id()
    is_byte = [processor.is_byte(index) for index in range(processor.get_piece_size())]
    counts = {}
    for text, language in zip(texts, languages or [ALL] * len(texts), strict=True):
        row = counts.setdefault(language, dict.fromkeys(_COUNTS, 0))
        ids = processor.encode(text)
        row["texts"] += 1
        row["words"] += number_of_words(text, language)
        row["pieces"] += len(ids)
        row["unknown_pieces"] += ids.count(unknown)
        row["byte_pieces"] += sum(is_byte[index] for index in ids)
    total = {name: sum(row[name] for row in counts.values()) for name in _COUNTS}
    rows = {language: row for language, row in sorted(counts.items()) if language != ALL}
    return {language: _with_rates(row) for language, row in {**rows, ALL: total}.items()}


def texts_and_languages(files, text_column=TEXT, language_column=None, columns=None):
    """Reads two columns of files: texts, and language codes or None.

    Raises:
        MissingFileError: there is no such file.
        InputError: a file cannot be read, lacks a column, or a row has no language; its line is named.
    """
    tables = read_tables(files, columns)
    for table in tables:
        table.require(text_column, *([language_column] if language_column else []))
    texts = [text for table in tables for text in table.columns[text_column]]
    if language_column is None:
        return texts, None
    return texts, [code for table in tables for code in _codes(table, language_column)]


def write_report(directory, report, files):
    """Writes a report beside the vocabulary that it is about.

    Args:
        directory: of the vocabulary.
        report: what `vocabulary_report` returned.
        files: the files measured, for the record.
    """
    content = {"measured_on": [str(file) for file in files], "unspaced_languages": UNSPACED, "rows": report}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_files(directory, {REPORT_FILE: text.encode("utf-8")}, last=REPORT_FILE)


def number_of_words(text, language):
    """Counts the words of a text: by white space, or by characters where a language writes no spaces."""
    words = text.replace(ETHIOPIC_SPACE, " ").split()
    unspaced = language.replace("_", "-").split("-")[0].lower() in UNSPACED
    return sum(map(len, words)) if unspaced else len(words)


def _codes(table, column):
    for row, code in enumerate(table.columns[column]):
        if not code.strip():
            raise InputError(f"{table.place(row)}: the column {column!r} names no language.")
        yield code.strip()


def _with_rates(row):
    pieces = row["pieces"] or None
    return {
        **row,
        "unknown_rate": pieces and row["unknown_pieces"] / pieces,
        "byte_rate": pieces and row["byte_pieces"] / pieces,
        "pieces_per_word": row["pieces"] / row["words"] if row["words"] else None,
    }
