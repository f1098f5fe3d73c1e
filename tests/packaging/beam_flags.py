"""Flags of clusters that guides show: Beam's own parser takes them, since no cluster is here to run them."""

from rembert_tf.pipelines.runner import is_local, pipeline_options


def assert_taken(flags):
    """Holds the options that Beam made of `--name value` flags against the flags."""
    options = pipeline_options(flags)
    assert not is_local(options)
    given = {name.removeprefix("--"): value for name, value in zip(flags[::2], flags[1::2], strict=True)}
    taken = options.get_all_options()
    assert {name: taken[name] for name in given} == given
