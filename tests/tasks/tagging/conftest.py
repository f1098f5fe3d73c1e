"""What the tagging tests share: files in the official formats, and a small tagger."""

import pytest

UDPOS = "The\tDET\ndog\tNOUN\nbarks\tVERB\n.\tPUNCT\n\nNew York\tPROPN\nsleeps\tVERB\n\n"
PANX = "Angela\tB-PER\nMerkel\tI-PER\nin\tO\nParis\tB-LOC\n\nSiemens\tB-ORG\n"


@pytest.fixture
def write(tmp_path):
    """Writes a file and returns its path."""

    def write(content, name="train-en.tsv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return str(path)

    return write


@pytest.fixture(scope="session")
def tagger(text_config):
    """A new model for the tags of UD-POS."""
    import keras

    from rembert_tf import RemBertForTokenClassification
    from rembert_tf.tasks.tagging.schemes import UPOS

    keras.utils.set_random_seed(0)
    return RemBertForTokenClassification(text_config.replace(id2label=dict(enumerate(UPOS))))
