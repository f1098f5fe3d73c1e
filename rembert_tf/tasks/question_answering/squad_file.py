"""Questions about texts, from files in the SQuAD 1.1 format, or 2.0, where some have no answer."""

import dataclasses
import json

from rembert_tf.errors import InputError
from rembert_tf.text_files.languages import language_of, languages_of
from rembert_tf.text_files.opening import open_text

EXPECTED = 'SQuAD JSON: {"data": [{"paragraphs": [{"context": ..., "qas": [{"id": ..., "question": ...}]}]}]}'
KINDS = {str: "a string", list: "a list", int: "a whole number", bool: "true or false"}
SHOWN = 60  # characters of a text in messages

# The original TyDiQA file holds all languages; there the ids begin with the language's name.
TYDIQA_LANGUAGES = {
    "arabic": "ar",
    "bengali": "bn",
    "english": "en",
    "finnish": "fi",
    "indonesian": "id",
    "korean": "ko",
    "russian": "ru",
    "swahili": "sw",
    "telugu": "te",
}


@dataclasses.dataclass(frozen=True)
class Answer:
    """One right answer.

    Args:
        text: as it stands in the context.
        start: the character of the context where it begins.
    """

    text: str
    start: int


@dataclasses.dataclass(frozen=True)
class Question:
    """A question about a context.

    Args:
        id: of the question, unique in its file.
        text: the question.
        context: the text that may answer it.
        answers: tuple of Answer; empty where none is known, or there is none.
        is_impossible: whether the context holds no answer.
        language: of the question, "" where unknown.
        context_language: of the context and the answers.
        path: the file it comes from.
    """

    id: str
    text: str
    context: str
    answers: tuple = ()
    is_impossible: bool = False
    language: str = ""
    context_language: str = ""
    path: str = ""

    @property
    def place(self):
        """The file and the id, for messages."""
        return f"{self.path}, question {self.id!r}"


class Questions(list):
    """A list of Question, as the question-answering tasks read, answer and score them."""

    @property
    def languages(self):
        """The questions' languages, one code each."""
        return [question.language for question in self]


def read_questions(paths):
    """Reads files of questions; ids may occur again in another file, as in XQuAD's parallel ones.

    Args:
        paths: files in the format of SQuAD 1.1 or 2.0, plain, .gz or .xz. Questions without answers are
            read too: they can be answered, but neither trained on nor scored. So are answers that XTREME's
            preprocessing has emptied.

    Raises:
        MissingFileError: a file does not exist.
        InputError: it is no such JSON, lacks a key, repeats an id, or an answer is not where it should be;
            the message names the file and the question.
    """
    return Questions(question for path in paths for question in _read_file(path))


def _read_file(path):
    content = _parsed("".join(open_text(path)), path)
    articles = content["data"] if isinstance(content, dict) and "data" in content else content
    if not isinstance(articles, list):
        raise InputError(f"{path} has no list of articles: expected {EXPECTED}.")
    questions, seen = [], set()
    for question in _questions(articles, str(path)):
        if question.id in seen:
            raise InputError(f"{question.place}: the id occurs twice in the file; ids must be unique.")
        seen.add(question.id)
        questions.append(question)
    if not questions:
        raise InputError(f"{path} has no questions: expected {EXPECTED}.")
    return questions


def _parsed(text, path):
    if not text.strip():
        raise InputError(f"{path} is empty: expected {EXPECTED}.")
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise InputError(f"{path}, line {problem.lineno}: not JSON ({problem.msg}); expected {EXPECTED}.") from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply to be {EXPECTED}.") from None


def _questions(articles, path):
    language = language_of(path)
    codes = languages_of(path)
    context_language = codes[0] if len(codes) > 1 else language
    for number, article in enumerate(articles, start=1):
        place = f"{path}, article {number}"
        for index, paragraph in enumerate(_value(article, "paragraphs", list, place), start=1):
            in_paragraph = f"{place}, paragraph {index}"
            context = _text(paragraph, "context", in_paragraph)
            for order, entry in enumerate(_value(paragraph, "qas", list, in_paragraph), start=1):
                question = _question(entry, context, path, f"{in_paragraph}, question {order}")
                named = TYDIQA_LANGUAGES.get(question.id.split("-")[0], "")
                yield dataclasses.replace(
                    question, language=named or language, context_language=named or context_language
                )


def _question(entry, context, path, place):
    identifier = _text(entry, "id", place)
    place = f"{path}, question {identifier!r}"
    text = _text(entry, "question", place)
    is_impossible = _value({"is_impossible": False, **entry}, "is_impossible", bool, place)
    listed = _value({"answers": [], **entry}, "answers", list, place)
    answers = tuple(answer for answer in (_answer(one, context, place) for one in listed) if answer.text)
    if is_impossible and answers:
        raise InputError(f"{place}: is_impossible, but it has the answer {_shown(answers[0].text)}; drop one of them.")
    return Question(identifier, text, context, answers, is_impossible, path=path)


def _answer(entry, context, place):
    text = _text(entry, "text", place)
    start = _value(entry, "answer_start", int, place)
    found = context[max(start, 0) : max(start, 0) + len(text)]
    if start < 0 or found != text:
        raise InputError(
            f"{place}: the answer {_shown(text)} should stand at character {start} of the context, "
            f"where {_shown(found) if start >= 0 else 'nothing'} stands."
        )
    if text and not text.strip():
        raise InputError(f"{place}: the answer {text!r} at character {start} is nothing but white space.")
    return Answer(text, start)


def _value(entry, key, kind, place):
    if not isinstance(entry, dict):
        raise InputError(f"{place}: expected a JSON object with {key!r}, not {_shown(entry)}.")
    if key not in entry:
        raise InputError(f"{place}: the key {key!r} is missing; its keys are {', '.join(entry) or 'none'}.")
    value = entry[key]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InputError(f"{place}: {key!r} must be {KINDS[kind]}, not {_shown(value)}.")
    return value


def _text(entry, key, place):
    text = _value(entry, key, str, place)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{place}: {key!r} holds half of a surrogate pair, which no UTF-8 text has.") from None
    return text


def _shown(value):
    shown = repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."
