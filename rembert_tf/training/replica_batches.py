"""How the rows of a batch are divided among workers and replicas: disjoint slices of the same batch."""

import functools

import tensorflow as tf

from rembert_tf.errors import InputError


def slice_bounds(rows, part, parts):
    """Returns (begin, end) of one of the slices into which a batch's rows are cut, as equal as can be."""
    return rows * part // parts, rows * (part + 1) // parts


def sliced(batch, part, parts):
    """Returns one slice of a batch.

    Args:
        batch: any structure of tensors (rows, ...).
        part: number of the slice, from 0.
        parts: slices of the batch.
    """
    if parts == 1:
        return batch
    first = tf.nest.flatten(batch)[0]
    rows = first.shape[0] if first.shape[0] is not None else tf.shape(first)[0]
    begin, end = slice_bounds(rows, part, parts)
    return tf.nest.map_structure(lambda tensor: tensor[begin:end], batch)


def distributed(strategy, dataset, replicas):
    """Returns a dataset whose next element gives each replica of this process its slice of the next batch.

    Args:
        strategy: a `tf.distribute` strategy.
        dataset: of this process' rows of each batch.
        replicas: of this process.

    Raises:
        InputError: the replicas are those of several machines, which one process feeds.
    """

    def of_machine(dataset):
        def checked(context):
            if context.num_replicas_in_sync != replicas * context.num_input_pipelines:
                raise InputError(
                    f"the TPU's {replicas} cores are those of {context.num_input_pipelines} machines, of which each "
                    "would read the same rows: take a TPU of one machine."
                )
            return dataset

        return strategy.distribute_datasets_from_function(checked)

    if replicas == 1:
        return of_machine(dataset)

    def slices(*batch):
        batch = batch if len(batch) > 1 else batch[0]  # a tuple arrives as several arguments
        parts = [tf.data.Dataset.from_tensors(sliced(batch, part, replicas)) for part in range(replicas)]
        return functools.reduce(tf.data.Dataset.concatenate, parts)

    # The replicas take elements in turn.
    return of_machine(dataset.flat_map(slices).prefetch(2 * replicas))
