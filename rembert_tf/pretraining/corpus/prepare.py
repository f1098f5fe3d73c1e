"""Making a corpus: raw text in files becomes packed rows of ids, a folder of them for each language."""

import dataclasses
import functools
import hashlib
import json

from rembert_tf.pipelines.runner import import_beam, pipeline_options, run
from rembert_tf.pipelines.worker_processes import run_restarted, uses_processes
from rembert_tf.pretraining.corpus.settings import CorpusSettings


def prepare_corpus(paths, sentencepiece, output, settings=None, runner_flags=(), report=None):
    """Cleans, splits, tokenizes, packs, counts and shards texts with an Apache Beam pipeline.

    The same files and settings give the same corpus, on every runner.

    Args:
        paths: files in UTF-8, `.gz` and `.xz` too: plain text (a text a line, blank lines between documents), `.tsv`
            (language and text, each line a document) or `.jsonl` (an object a line with `text`, a document, and
            perhaps `language`).
        sentencepiece: the vocabulary: a SentencePiece model.
        output: the folder to make; see `rembert_tf.pretraining.corpus_folder`. What the same command left behind
            when it was killed is removed first.
        settings: CorpusSettings; None takes the defaults.
        runner_flags: Beam's, as strings: `["--runner", "FlinkRunner", ...]`. Without any, this process does all.
        report: called with (done, total, what is being done) where this process does all.

    Returns:
        The manifest, as `read_manifest` returns it.

    Raises:
        MissingExtraError: Apache Beam is not installed.
        MissingFileError: a file is not there.
        InputError: a file, a flag or the folder cannot be used, a line has no language, or no line is left.
    """
    import_beam("preparing a corpus")
    from rembert_tf.pipelines import storage
    from rembert_tf.pretraining.corpus import manifest, pipeline, sources
    from rembert_tf.pretraining.corpus.work_folder import WorkFolder
    from rembert_tf.tokenization.tokenizer_base import TokenizerBase
    from rembert_tf.tokenization.vocabulary import Vocabulary

    settings = settings or CorpusSettings()
    options = pipeline_options(runner_flags)
    found = sources.list_sources([paths] if isinstance(paths, str) else paths, settings)
    vocabulary = Vocabulary(TokenizerBase.from_pretrained(sentencepiece).vocabulary.model)
    identity = {
        "files": [[source.path, storage.size(source.path)] for source in found],
        "sentencepiece_sha256": hashlib.sha256(vocabulary.model).hexdigest(),
        "settings": dataclasses.asdict(settings),
    }
    special = (vocabulary.special_id(role) for role in ("cls_token", "sep_token"))
    work = WorkFolder(str(output).rstrip("/") or "/", *special)
    work.begin(identity, vocabulary.model)
    try:
        build = functools.partial(pipeline.build, sources=found, settings=settings, work=work)
        if uses_processes(options):
            run_restarted(build, runner_flags, work.count_shards)
        else:
            run(build, options, report)
        made = manifest.make(work.read_summary(), identity, len(vocabulary))
        work.finish(manifest.files(made, work.read_summary()["listed"], identity))
    except BaseException:
        work.discard()
        raise
    return json.loads(json.dumps(made))
