"""Reads the catalogues: every message, its label, and its text in every language of the demo."""

import gettext
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256

from rembert_tf.demo.cleaning import clean_text, same_text_key, says_something
from rembert_tf.demo.languages import SEEN, UNSEEN
from rembert_tf.demo.sources import CATALOGUES, component
from rembert_tf.errors import MissingExtraError, MissingFileError

# Between them these counts select every plural form of the languages read (gettext's Plural-Forms rules).
PLURAL_PROBES = (0, 1, 2, 3, 5, 7, 11, 21, 100)


@dataclass(frozen=True)
class Text:
    """One text of the corpus; `message` is shared by its translations, `key` by texts that count as the same."""

    text: str
    label: str
    language: str
    message: str
    key: str


def read_catalogues():
    """Reads every text of the demo's languages.

    Fuzzy translations never reach the compiled catalogues that are read here.

    Returns:
        (texts, dropped): a list of `Text`, and a Counter of what was left out, by reason.
    """
    texts, dropped = [], Counter()
    for catalogue in CATALOGUES:
        translations = open_translations(catalogue)
        for message in english_messages(catalogue):
            label = message_label(catalogue, message, dropped)
            if label is not None:
                texts += message_texts(catalogue, message, label, translations, dropped)
    return texts, dropped


def english_messages(catalogue):
    """Lists the catalogue's English messages, with the source files that use them."""
    try:
        from babel.messages.pofile import read_po
    except ModuleNotFoundError:
        raise MissingExtraError("reading the demo's catalogues", "demo") from None
    if not catalogue.template.is_file():
        raise MissingFileError(f"{catalogue.template}: {catalogue.source.distribution} has no such catalogue")
    with open(catalogue.template, "rb") as file:
        return [message for message in read_po(file) if message.id]


def open_translations(catalogue):
    """Opens the compiled catalogues of the languages that have one: {language code: translations}."""
    opened = {}
    for language in SEEN + UNSEEN:
        folder = catalogue.locale_folder / language.folder(catalogue.domain)
        path = folder / "LC_MESSAGES" / f"{catalogue.domain}.mo"
        if language.code != "en" and path.is_file():
            with open(path, "rb") as file:
                opened[language.code] = gettext.GNUTranslations(file)
    return opened


def message_label(catalogue, message, dropped):
    """Returns the one label of the files that use a message, or None (and counts why)."""
    labels = {component(catalogue.source, source_file) for source_file, _ in message.locations}
    if len(labels) > 1:
        dropped["messages used by several components"] += 1
        return None
    label = labels.pop() if labels else None
    if label is None:
        dropped["messages about none of the labels"] += 1
    return label


def message_texts(catalogue, message, label, translations, dropped):
    """Returns a message's texts: English as written in the source, and each translation's plural forms."""
    english = message.id if isinstance(message.id, tuple) else (message.id,)
    identity = sha256(repr((message.context, english[0])).encode()).hexdigest()[:10]
    message_id = f"{catalogue.name}:{identity}"
    copies = {same_text_key(clean_text(form)) for form in english}
    texts = []
    forms_by_language = {code: translated_forms(t, message.context, english) for code, t in translations.items()}
    for code, forms in {"en": english, **forms_by_language}.items():
        for form in dict.fromkeys(forms):
            text = clean_text(form)
            key = same_text_key(text)
            if not says_something(key):
                dropped["texts of too few letters"] += 1
            elif code != "en" and key in copies:
                dropped["texts left untranslated"] += 1
            else:
                texts.append(Text(text, label, code, message_id, key))
    return texts


def translated_forms(translations, context, english):
    """Looks a message up; gettext answers with the English text where there is no translation."""
    if len(english) == 1:
        return (translations.pgettext(context, *english) if context else translations.gettext(*english),)
    if context:
        return tuple(translations.npgettext(context, *english, count) for count in PLURAL_PROBES)
    return tuple(translations.ngettext(*english, count) for count in PLURAL_PROBES)
