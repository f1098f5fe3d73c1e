"""The demo's corpus, built once: it takes two seconds."""

import pytest


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """The folder and the summary of a corpus built from the installed packages."""
    for package in ("babel", "django", "allauth", "sphinx"):
        pytest.importorskip(package, reason="the demo extra is not installed")
    from rembert_tf.demo.corpus import build_corpus

    folder = tmp_path_factory.mktemp("corpus")
    return folder, build_corpus(folder, seed=0)
