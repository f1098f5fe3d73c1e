"""The `panx` task: named entities."""

from rembert_tf.tasks.recipe import recipe_of
from rembert_tf.tasks.tagging.schemes import IOB2
from rembert_tf.tasks.tagging.tagging_task import TaggingTask


class Panx(TaggingTask):
    """PANX of XTREME: persons, organisations and places; Universal NER has the same tags and format."""

    name = "panx"
    labels = IOB2
    recipe = recipe_of(name)
