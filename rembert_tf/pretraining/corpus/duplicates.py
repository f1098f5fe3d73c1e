"""Of equal lines of a language the first stays, in the order of files and lines."""

import apache_beam as beam

from rembert_tf.pretraining.corpus.documents import DUPLICATE, Document, digest_of

DOCUMENTS, REPEATED = "documents", "repeated"
KEPT, REJECTED = "kept", "rejected"


class RemoveDuplicates(beam.PTransform):
    """Takes lines out of documents that an earlier place of the same language has too.

    A document all of whose lines stand elsewhere vanishes. Returns {KEPT: documents, REJECTED: (reason, place)}.
    """

    def expand(self, documents):
        by_place = documents | "by place" >> beam.Map(lambda document: (document.place, document))
        repeated = (
            documents
            | "lines" >> beam.FlatMap(_lines_by_content)
            | "equal lines" >> beam.GroupByKey()
            | "later ones" >> beam.FlatMap(_all_but_the_first)
        )
        together = {DOCUMENTS: by_place, REPEATED: repeated} | beam.CoGroupByKey()
        return together | "without them" >> beam.ParDo(_WithoutRepeated()).with_outputs(REJECTED, main=KEPT)


def _lines_by_content(document):
    """Yields (digest of language and line, (document's place, position in it))."""
    for position, (_, text) in enumerate(document.lines):
        yield digest_of(document.language, text), (document.place, position)


def _all_but_the_first(group):
    """Yields (document's place, position) of every line of a group but the first."""
    _, places = group
    first = min(places)
    for place in places:
        if place != first:
            yield place


class _WithoutRepeated(beam.DoFn):
    def process(self, element):
        place, found = element
        [document] = found[DOCUMENTS]
        repeated = set(found[REPEATED])
        for position in sorted(repeated):
            yield beam.pvalue.TaggedOutput(REJECTED, (DUPLICATE, (place[0], document.lines[position][0])))
        lines = [line for position, line in enumerate(document.lines) if position not in repeated]
        if lines:
            yield Document(place, document.language, lines, document.digest) if repeated else document
