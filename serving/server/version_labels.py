"""Which versions labels may stand for."""

from rembert_tf.serving.server.status import Code, ServingError


def checked_labels(repository, configs, allow_unavailable):
    """The labels of new configurations, once none of them stands for a version that cannot answer.

    Args:
        repository: a `ModelRepository` that knows what is loaded and the present labels.
        configs: list of `ModelConfig`.
        allow_unavailable: whether a label that is new may stand for any version. One that moves may not: it
            would take requests from a version that answers to one that does not.

    Returns:
        A dict of model name -> dict of label -> version.

    Raises:
        ServingError: FAILED_PRECONDITION.
    """
    for config in configs:
        available, present = repository.available(config.name), repository.labels(config.name)
        for label, version in config.labels.items():
            moves = present.get(label, version) != version
            if version not in available and (moves or not allow_unavailable):
                raise ServingError(
                    Code.FAILED_PRECONDITION,
                    f"Request to assign label to version {version} of model {config.name}, "
                    "which is not currently available for inference",
                )
    return {config.name: dict(config.labels) for config in configs}
