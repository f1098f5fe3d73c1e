"""The `udpos` task: universal parts of speech."""

from rembert_tf.tasks.recipe import recipe_of
from rembert_tf.tasks.tagging.schemes import UPOS
from rembert_tf.tasks.tagging.tagging_task import TaggingTask


class UdPos(TaggingTask):
    """UD-POS of XTREME: the 17 universal parts of speech."""

    name = "udpos"
    labels = UPOS
    recipe = recipe_of(name)
