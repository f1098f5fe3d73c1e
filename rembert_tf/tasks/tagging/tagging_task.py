"""What tagging parts of speech and tagging named entities have in common: all but their tags."""

from rembert_tf.tasks.tagging.predicting import predict_tags
from rembert_tf.tasks.tagging.submission import write_tags
from rembert_tf.tasks.tagging.tag_batches import training_batches
from rembert_tf.tasks.tagging.tag_files import read_tag_files
from rembert_tf.tasks.tagging.tag_mistakes import tag_mistakes
from rembert_tf.tasks.tagging.tag_scores import tag_scores
from rembert_tf.tasks.tagging.windows import make_windows
from rembert_tf.tasks.task import Task


class TaggingTask(Task):
    """A tag for every word, learned on its first piece; see `Task`.

    Attributes:
        labels: the tags of the task, in the order of their class numbers.
    """

    architecture = "RemBertForTokenClassification"
    labels = None

    def read(self, paths, labels=None):
        """Returns the TaggedSentences of files; see `read_tag_files`.

        Args:
            paths: list of files.
            labels: a model's tags, in order, or None for the task's own.
        """
        return read_tag_files(paths, labels or self.labels)

    def check_answers(self, examples, purpose):
        examples.require_tags(purpose)

    def config_fields(self, examples):
        return {"id2label": dict(enumerate(examples.labels))}

    def batches(self, tokenizer, examples, batch_size, max_length):
        examples.require_tags("training")
        number = {tag: index for index, tag in enumerate(examples.labels)}
        classes = [[number[tag] for tag in tags] for tags in examples.tags]
        windows = make_windows(tokenizer, examples.words, max_length)
        return training_batches(windows, classes, tokenizer.pad_token_id, batch_size)

    def predict(self, model, tokenizer, examples, batch_size, max_length, report=None):
        return predict_tags(model, tokenizer, examples.words, batch_size, max_length, report)

    def score(self, examples, predictions):
        """Returns seqeval's {"f1", "precision", "recall", "accuracy"}; see `tag_scores`."""
        examples.require_tags("scoring")
        return tag_scores(examples.tags, [prediction["tags"] for prediction in predictions])

    def write_predictions(self, examples, predictions, path):
        """Writes a `.tsv` file in XTREME's submission format, or a `.jsonl` file; see `write_tags`.

        A submission has a file a language, `udpos/test-de.tsv`.
        """
        write_tags(path, examples.words, predictions)

    def mistakes(self, examples, predictions):
        examples.require_tags("finding mistakes")
        return tag_mistakes(examples, predictions)
