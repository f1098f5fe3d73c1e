"""The `udpos` task: universal parts of speech."""

from rembert_tf.tasks.tagging.schemes import UPOS
from rembert_tf.tasks.tagging.tagging_task import TaggingTask
from rembert_tf.tasks.task import Recipe


class UdPos(TaggingTask):
    """UD-POS of XTREME: the 17 universal parts of speech."""

    name = "udpos"
    labels = UPOS
    recipe = Recipe(
        learning_rate=3e-5,
        batch_size=128,
        epochs=3,
        max_length=128,
        source="arXiv 2010.12821, table 15; the length, which it does not state, is XTREME's (scripts/train_udpos.sh)",
        command="rembert finetune udpos --model google-rembert --train train-en.tsv --dev dev-en.tsv "
        "--output runs/udpos",
        expected="F1 76.5, mean of XTREME's 33 languages, trained on English alone (arXiv 2010.12821, table 16)",
    )
