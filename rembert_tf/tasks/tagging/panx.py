"""The `panx` task: named entities."""

from rembert_tf.tasks.tagging.schemes import IOB2
from rembert_tf.tasks.tagging.tagging_task import TaggingTask
from rembert_tf.tasks.task import Recipe


class Panx(TaggingTask):
    """PANX of XTREME: persons, organisations and places; Universal NER has the same tags and format."""

    name = "panx"
    labels = IOB2
    recipe = Recipe(
        learning_rate=8e-6,
        batch_size=64,
        epochs=3,
        max_length=128,
        source="arXiv 2010.12821, table 15; the length, which it does not state, is XTREME's (scripts/train_panx.sh)",
        command="rembert finetune panx --model google-rembert --train train-en.tsv --dev dev-en.tsv --output runs/panx",
        expected="F1 70.1, mean of XTREME's 40 languages, trained on English alone (arXiv 2010.12821, table 16)",
    )
