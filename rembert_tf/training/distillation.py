"""Distillation: a student whose training loss is partly how far it is from a teacher."""

from keras import ops

from rembert_tf.training.teaching import ONE_LABEL_A_ROW, Teaching, labelled_rows


class TaughtModel:
    """Mixed into a task model's class by `taught`; becomes a student with `learn_from`.

    Only the training loss is another one. What the model returns, its evaluation and what is saved stay those of its
    class. With micro-batches a part counts by its labels, and so do its hidden states.
    """

    teaching = None

    def learn_from(self, teacher, settings):
        """Adds a teacher to the training loss; call it before `compile`.

        Args:
            teacher: a model of the same class and vocabulary, of any depth and width; its weights never change.
            settings: DistillationSettings.
        """
        self.teaching = Teaching(self, teacher, settings)

    def label_count(self, y):
        # A row without a label is learned from too.
        return ops.shape(y)[0] if isinstance(self, ONE_LABEL_A_ROW) else super().label_count(y)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if self.teaching is None or not training:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        total = self.teaching.loss(self, x, y, y_pred, sample_weight)
        alpha = self.teaching.settings.alpha
        if alpha == 1:
            return total
        own = super().compute_loss(x, y, y_pred, sample_weight, training)
        labelled = labelled_rows(self, y)
        return total + (1 - alpha) * (own if labelled is None else _share(labelled) * own)


def _share(rows):
    """Returns the share of rows that are true; 0 where a replica has no row."""
    rows = ops.cast(rows, "float32")
    return ops.sum(rows) / ops.maximum(ops.cast(ops.size(rows), "float32"), 1.0)


def taught(model_class):
    """Returns a subclass of a task model's class that can learn from a teacher; it has the same name.

    The name is written into `config.json`: a student's directory is an ordinary one of its class.
    """
    return type(model_class.__name__, (TaughtModel, model_class), {"__module__": __name__})
