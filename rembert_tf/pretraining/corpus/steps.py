"""The steps of the pipeline: each turns elements of one kind into those of the next."""

import apache_beam as beam
import numpy as np

from rembert_tf.pipelines import storage
from rembert_tf.pipelines.progress import tell
from rembert_tf.pretraining.corpus.cleaning import clean_document
from rembert_tf.pretraining.corpus.documents import Document, number_of, share_of
from rembert_tf.pretraining.corpus.packing import bucket_of, count_shards, pack_rows, shards_of
from rembert_tf.pretraining.corpus.reading import read_documents
from rembert_tf.pretraining.corpus.shards import shuffled, write_shard
from rembert_tf.pretraining.corpus.tokenizing import DocumentTokenizer
from rembert_tf.pretraining.corpus_folder import HELD_OUT, TRAIN

READING, TOKENIZING, WRITING = "reading", "tokenizing", "writing shards"  # files, lines, shards
KEPT, REJECTED, LINES = "kept", "rejected", "lines"
ROWS, PACKED = "rows", "packed"


class ReadAndClean(beam.DoFn):
    """Files -> Documents of clean lines; (reason, place) of what is left out; how many lines a document keeps.

    Args:
        settings: CorpusSettings.
        files: how many there are.
    """

    def __init__(self, settings, files):
        self.settings, self.files = settings, files

    def process(self, source):
        for found in read_documents(source, self.settings):
            if not isinstance(found, Document):
                yield beam.pvalue.TaggedOutput(REJECTED, found)
                continue
            document, rejected = clean_document(found)
            for reason_and_place in rejected:
                yield beam.pvalue.TaggedOutput(REJECTED, reason_and_place)
            if document:
                yield beam.pvalue.TaggedOutput(LINES, len(document.lines))
                yield document
        tell(READING, 1, self.files)


class Tokenize(beam.DoFn):
    """Documents -> Pieces; (reason, place) of lines without any.

    Args:
        model_path: of the SentencePiece model, which each worker reads once.
    """

    def __init__(self, model_path):
        self.model_path = model_path

    def setup(self):
        self.tokenizer = DocumentTokenizer(storage.read(self.model_path))

    def process(self, document, total):
        pieces, rejected = self.tokenizer(document)
        for reason_and_place in rejected:
            yield beam.pvalue.TaggedOutput(REJECTED, reason_and_place)
        if pieces:
            yield pieces
        tell(TOKENIZING, len(document.lines), total)


def part_of(pieces, held_out):
    """Returns the part of the corpus that a document belongs to: its text alone decides."""
    return HELD_OUT if share_of(pieces.digest) < held_out else TRAIN


def size_of(pieces, held_out):
    """Returns ((language, part), (documents, lines, pieces)) of a document."""
    return (pieces.language, part_of(pieces, held_out)), (1, pieces.lines, len(pieces.ids) // 4)


class SumOfTuples(beam.CombineFn):
    """Adds tuples of three numbers, place by place."""

    def create_accumulator(self):
        return (0, 0, 0)

    def add_input(self, accumulator, element):
        return tuple(map(sum, zip(accumulator, element, strict=True)))

    def merge_accumulators(self, accumulators):
        return tuple(map(sum, zip(*accumulators, strict=True)))

    def extract_output(self, accumulator):
        return accumulator


def into_bucket(pieces, sizes, settings):
    """Returns ((language, part, bucket), (place, ids)) of a document.

    Args:
        pieces: the document's Pieces.
        sizes: {(language, part): (documents, lines, pieces)}.
        settings: CorpusSettings.
    """
    key = pieces.language, part_of(pieces, settings.held_out)
    bucket = bucket_of(number_of(pieces.digest), sizes[key][2], settings.bucket_pieces)
    return (*key, bucket), (pieces.place, pieces.ids)


class Pack(beam.DoFn):
    """A bucket's documents, in the order of their places -> (bucket, list of rows as bytes of int32 ids).

    Also (documents, pieces, rows), for a check that none was lost on the way.

    Args:
        cls_id, sep_id, max_length: of the rows.
    """

    def __init__(self, cls_id, sep_id, max_length):
        self.options = (cls_id, sep_id, max_length)

    def process(self, element):
        bucket, documents = element
        ordered = [np.frombuffer(ids, np.int32) for _, ids in sorted(documents)]
        rows = [row.tobytes() for row in pack_rows(ordered, *self.options)]
        yield beam.pvalue.TaggedOutput(PACKED, (len(ordered), sum(map(len, ordered)), len(rows)))
        yield bucket, rows


def into_shards(element, buckets, shard_rows):
    """Yields ((language, part, shard, number of shards), row) of a bucket's rows.

    Args:
        element: (bucket, rows).
        buckets: {bucket: number of rows}, of all.
        shard_rows: most rows in a shard.
    """
    key, rows = element
    language, part, _ = key
    count, first = shards_of(buckets, key, shard_rows)
    for position, row in enumerate(rows):
        yield (language, part, (first + position) % count, count), row


class WriteShard(beam.DoFn):
    """Rows of a shard -> (language, part, path below the folder, rows).

    Args:
        folder: of the corpus.
        shard_rows: most rows in a shard.
    """

    def __init__(self, folder, shard_rows):
        self.folder, self.shard_rows = folder, shard_rows

    def process(self, element, buckets):
        (language, part, number, count), rows = element
        rows = shuffled(rows)
        path = write_shard(self.folder, part, language, number, count, rows)
        tell(WRITING, 1, count_shards(buckets, self.shard_rows))
        yield language, part, path, len(rows)
