"""The pipeline: files -> clean documents -> ids -> packed rows -> shards, with counts of everything."""

import json

import apache_beam as beam
from apache_beam.pvalue import AsDict, AsList, AsSingleton

from rembert_tf.pipelines import storage
from rembert_tf.pretraining.corpus.duplicates import RemoveDuplicates
from rembert_tf.pretraining.corpus.steps import (
    KEPT,
    LINES,
    PACKED,
    REJECTED,
    ROWS,
    Pack,
    ReadAndClean,
    SumOfTuples,
    Tokenize,
    WriteShard,
    into_bucket,
    into_shards,
    size_of,
)

LISTED = 1000  # lines that are named for each reason; all are counted


def build(pipeline, sources, settings, work):
    """Adds all steps to a pipeline.

    Args:
        pipeline: a Beam pipeline.
        sources: list of Source.
        settings: CorpusSettings.
        work: a WorkFolder: where the vocabulary lies, and shards and counts go.
    """
    read = (
        pipeline
        | "files" >> beam.Create(sources, reshuffle=False)
        | "a worker each" >> beam.Reshuffle()
        | "read and clean" >> beam.ParDo(ReadAndClean(settings, len(sources))).with_outputs(REJECTED, LINES, main=KEPT)
    )
    rejected = [read[REJECTED]]
    if settings.deduplicate:
        unique = read[KEPT] | "remove duplicates" >> RemoveDuplicates()
        documents, rejected = unique[KEPT], [*rejected, unique[REJECTED]]
    else:
        documents = read[KEPT] | "spread" >> beam.Reshuffle()
    lines = read[LINES] | "all lines" >> beam.CombineGlobally(sum)
    tokenized = documents | "tokenize" >> beam.ParDo(Tokenize(work.vocabulary), AsSingleton(lines)).with_outputs(
        REJECTED, main=KEPT
    )
    sizes, packed, shards = _rows(tokenized[KEPT], settings, work)
    counts = (AsDict(sizes), AsSingleton(packed), AsList(shards))
    _report(pipeline, [*rejected, tokenized[REJECTED]], counts, work.summary)


def _rows(pieces, settings, work):
    """Returns the sizes by language and part, what was packed in all, and what was written."""
    sizes = (
        pieces | "sizes" >> beam.Map(size_of, settings.held_out) | "by language" >> beam.CombinePerKey(SumOfTuples())
    )
    packed = (
        pieces
        | "into buckets" >> beam.Map(into_bucket, AsDict(sizes), settings)
        | "buckets" >> beam.GroupByKey()
        | "pack" >> beam.ParDo(Pack(work.cls_id, work.sep_id, settings.max_length)).with_outputs(PACKED, main=ROWS)
    )
    rows = packed[ROWS] | "rows" >> beam.Map(lambda element: (element[0], len(element[1])))
    shards = (
        packed[ROWS]
        | "into shards" >> beam.FlatMap(into_shards, AsDict(rows), settings.shard_rows)
        | "shards" >> beam.GroupByKey()
        | "write" >> beam.ParDo(WriteShard(work.folder, settings.shard_rows), AsDict(rows))
    )
    return sizes, packed[PACKED] | "all packed" >> beam.CombineGlobally(SumOfTuples()), shards


def _report(pipeline, rejected, made, path):
    rejected = tuple(rejected) | "all that is left out" >> beam.Flatten()
    counts = rejected | "count" >> beam.combiners.Count.PerKey()
    listed = rejected | "first ones" >> beam.combiners.Top.SmallestPerKey(LISTED)
    _ = (
        pipeline
        | "once" >> beam.Create([path], reshuffle=False)
        | "write counts" >> beam.Map(write_summary, *made, AsDict(counts), AsDict(listed))
    )


def write_summary(path, sizes, packed, shards, counts, listed):
    """Writes what the pipeline found: the process that began it may be on another machine.

    Args:
        path: of the JSON file.
        sizes: {(language, part): (documents, lines, pieces)}.
        packed: (documents, pieces, rows).
        shards: list of (language, part, path below the folder, rows).
        counts: {reason: lines}.
        listed: {reason: the first places (file's number, line)}.
    """
    summary = {
        "sizes": [[*key, *numbers] for key, numbers in sorted(sizes.items())],
        "packed": packed,
        "shards": sorted(shards),
        "rejected": counts,
        "listed": listed,
    }
    storage.write(path, json.dumps(summary).encode())
