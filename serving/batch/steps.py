"""The steps of the pipeline: files -> parts -> answers on the disk."""

import json

import apache_beam as beam
from apache_beam.pvalue import AsSingleton
from apache_beam.utils.shared import Shared

from rembert_tf.errors import InputError
from rembert_tf.pipelines import storage
from rembert_tf.pipelines.progress import tell
from rembert_tf.serving.batch.json_values import json_line
from rembert_tf.serving.batch.parquet_answers import parquet_file
from rembert_tf.serving.batch.part_answers import answer_rows
from rembert_tf.serving.batch.parts import part_of, read_rows, split
from rembert_tf.serving.batch.record_answers import record_file
from rembert_tf.serving.batch.requests import RowRequests
from rembert_tf.serving.batch.settings import JSON_LINES, RECORDS

COUNTING, ANSWERING = "counting rows of files", "answering"
PARTS, ROWS = "parts", "rows"


def build(pipeline, sources, work):
    """Adds all steps to a pipeline.

    No row travels from step to step: a part is read, answered and written by one worker, so that whatever happens to
    it meanwhile, it is done once its record is there, and its answers are there once.

    Args:
        pipeline: a Beam pipeline.
        sources: list of Source.
        work: a Work.
    """
    planned = (
        pipeline
        | "files" >> beam.Create(sources, reshuffle=False)
        | "a worker for each file" >> beam.Reshuffle()
        | "into parts" >> beam.ParDo(IntoParts(work, len(sources))).with_outputs(ROWS, main=PARTS)
    )
    rows = planned[ROWS] | "all rows" >> beam.CombineGlobally(sum)
    _ = (
        planned[PARTS]
        | "a worker for each part" >> beam.Reshuffle()
        | "answer" >> beam.ParDo(AnswerPart(work), AsSingleton(rows))
    )


class IntoParts(beam.DoFn):
    """Files -> Parts, and how many rows they have; a plan that is there already is kept.

    Args:
        work: a Work.
        files: how many there are.
    """

    def __init__(self, work, files):
        self.work, self.files = work, files

    def process(self, source):
        path = self.work.output.plan(source.number)
        if storage.exists(path):
            stretches = json.loads(storage.read(path))
        else:
            stretches = split(source, self.work.settings.part_rows)
            storage.write(path, json.dumps(stretches).encode())
        for number, stretch in enumerate(stretches):
            yield part_of(source, number, stretch)
        yield beam.pvalue.TaggedOutput(ROWS, sum(rows for _, rows, _ in stretches))
        tell(COUNTING, 1, self.files)


class AnswerPart(beam.DoFn):
    """Parts -> files of answers, and records of what is done; parts that are done already stay as they are.

    Args:
        work: a Work.
    """

    def __init__(self, work):
        self.work = work
        self._shared = Shared()  # one model for all threads of a process

    def process(self, part, total):
        work, source = self.work, part.source
        if work.output.read_part(source.number, part.number) is not None:
            tell(ANSWERING, part.rows, total)
            return
        requests = RowRequests(work.signature, work.settings, source.file_format)
        found = answer_rows(
            source.path,
            read_rows(part, requests.needed),
            requests,
            self._model,
            work.settings.batch_size,
            lambda rows: tell(ANSWERING, rows, total),
        )
        if len(found.answered) + len(found.rejected) != part.rows:
            raise InputError(f"{source.path} has changed since its rows were counted: leave it as it is meanwhile.")
        work.output.write_part(part, self._content(found.answered), len(found.answered), found.rejected)

    def _model(self):
        def load():
            from rembert_tf.serving.batch.model import LoadedModel

            return LoadedModel(self.work.model, self.work.signature)

        return self._shared.acquire(load, tag=self.work.model)

    def _content(self, answered):
        if not answered:
            return None
        settings = self.work.settings
        if settings.output_format == JSON_LINES:
            return b"".join(map(json_line, answered))
        file_of = record_file if settings.output_format == RECORDS else parquet_file
        return file_of(answered, self.work.signature, settings.id_column is not None)
