"""What a step must know about the other replicas of a `tf.distribute` strategy."""

import keras


def replica_count():
    """Returns how many replicas share each batch: 1 without a strategy, and with JAX, which has none."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def replica_number():
    """Returns which of them this is, from 0; within a replica's step."""
    import tensorflow as tf

    return tf.distribute.get_replica_context().replica_id_in_sync_group


def summed(tensors):
    """Returns the sums of tensors, or of gradients, over all replicas; within a replica's step.

    Args:
        tensors: list of tensors or IndexedSlices; None where there is no gradient.
    """
    import tensorflow as tf

    if replica_count() == 1:
        return tensors
    known = [tensor for tensor in tensors if tensor is not None]
    sums = iter(tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, known))
    return [None if tensor is None else next(sums) for tensor in tensors]


def summed_gradients(gradients, optimizer):
    """Returns the sums of gradients over all replicas, where an optimizer does not sum by itself.

    Args:
        gradients: list of gradients, None where there is none.
        optimizer: a Keras optimizer; one with `takes_summed_gradients` leaves it to us, and may stand within a
            LossScaleOptimizer.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return summed(gradients) if getattr(inner, "takes_summed_gradients", False) else gradients


def reducible(metrics):
    """Returns a step's metrics as Keras can reduce them over replicas.

    Over several workers Keras takes means along the first axis, which a scalar does not have (keras#20585).

    Args:
        metrics: dictionary of scalars.
    """
    if replica_count() == 1 or not _several_workers():
        return metrics
    return keras.tree.map_structure(lambda value: value[None], metrics)


def first_local_batch(strategy, iterator):
    """Returns the first batch of an epoch as one of this process' replicas gets it, or None where there is none.

    Keras itself takes the mean over replicas, which fails over several workers, and makes numbers of ids (keras#20585).

    Args:
        strategy: a `tf.distribute` strategy.
        iterator: a Keras epoch iterator.
    """
    for _, _, batches in iterator:
        batch = next(batches)
        return keras.tree.map_structure(lambda value: strategy.experimental_local_results(value)[0], batch)


def _several_workers():
    import tensorflow as tf

    resolver = getattr(tf.distribute.get_strategy(), "cluster_resolver", None)
    if not isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy) or resolver is None:
        return False
    cluster = resolver.cluster_spec()
    return sum(cluster.num_tasks(job) for job in cluster.jobs) > 1
