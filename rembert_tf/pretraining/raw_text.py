"""From files of raw text to the corpus and the vocabulary of a run that begins with them."""

import random

from rembert_tf.errors import InputError
from rembert_tf.pretraining.corpus_folder import MANIFEST
from rembert_tf.tokenization.train_vocabulary import train_vocabulary
from rembert_tf.tokenization.vocabulary import VOCABULARY_FILE
from rembert_tf.weights.atomic_files import write_files

CORPUS, VOCABULARY = "corpus", "vocabulary"  # folders within the run's
# Lines of a language at most from which a vocabulary is trained: drawn evenly from all, and so held in memory.
LINES_FOR_VOCABULARY = 200_000


def check_texts(paths, settings):
    """Raises an InputError where files are missing or of an unknown kind, or nothing tells their language.

    Args:
        paths: files of raw text.
        settings: CorpusSettings.
    """
    _sources(paths, settings)


def corpus_of_texts(paths, folder, origin, settings, seed, report=None):
    """Prepares a corpus in a run folder, unless a run before did it; returns its folder.

    Args:
        paths: files of raw text.
        folder: the run folder, a Path.
        origin: an Origin, which names the vocabulary.
        settings: CorpusSettings.
        seed: of the sample from which a vocabulary is trained.
        report: called as `report(done, total, note)`, to show progress; or None.

    Raises:
        InputError: a file cannot be read, or a vocabulary cannot be trained on it; what is done stays.
    """
    corpus = folder / CORPUS
    if not (corpus / MANIFEST).is_file():
        from rembert_tf.pretraining.corpus.prepare import prepare_corpus

        vocabulary = _vocabulary(paths, folder / VOCABULARY, origin, settings, seed, report)
        prepare_corpus(paths, str(vocabulary), str(corpus), settings, report=report)
    return corpus


def _sources(paths, settings):
    from rembert_tf.pipelines.runner import import_beam

    import_beam("preparing a corpus")
    from rembert_tf.pretraining.corpus.sources import list_sources

    return list_sources(paths, settings)


def _vocabulary(paths, folder, origin, settings, seed, report):
    """Returns the path of a SentencePiece model or of the model directory that has it; trains it where need be."""
    given = origin.sentencepiece or origin.model
    if given is not None:
        return given
    file = folder / VOCABULARY_FILE
    if not file.is_file():
        if report is not None:
            report(0, 1, f"training {origin.vocab_size} pieces")
        lines, languages = sampled_lines(_sources(paths, settings), settings, seed)
        if not lines:
            raise InputError(
                "no line of the files is left to train a vocabulary on: they are empty, or what they hold is not UTF-8 "
                "or has no letters."
            )
        content = train_vocabulary(lines, origin.vocab_size, languages, byte_fallback=True, seed=seed)
        write_files(folder, {VOCABULARY_FILE: content}, last=VOCABULARY_FILE)
    return file


def sampled_lines(sources, settings, seed, most=LINES_FOR_VOCABULARY):
    """Returns (lines, their languages): of each language all its lines, or so many of them, each equally likely.

    Args:
        sources: list of Source.
        settings: CorpusSettings.
        seed: decides which lines are drawn.
        most: lines of a language at most.
    """
    from rembert_tf.pretraining.corpus.cleaning import clean_document
    from rembert_tf.pretraining.corpus.documents import Document
    from rembert_tf.pretraining.corpus.reading import read_documents

    draw, kept, seen = random.Random(seed), {}, {}
    for source in sources:
        for found in read_documents(source, settings):
            document = clean_document(found)[0] if isinstance(found, Document) else None
            for _, line in document.lines if document else ():
                lines, count = kept.setdefault(document.language, []), seen.get(document.language, 0)
                seen[document.language] = count + 1
                place = count if count < most else draw.randrange(count + 1)  # reservoir sampling
                if place == len(lines):
                    lines.append(line)
                elif place < most:
                    lines[place] = line
    pairs = [(line, language) for language in sorted(kept) for line in kept[language]]
    return [line for line, _ in pairs], [language for _, language in pairs]
