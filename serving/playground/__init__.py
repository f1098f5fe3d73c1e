"""The playground: a page that `rembert serve --playground` serves, on which a model can be tried and looked into."""

from rembert_tf.serving.playground.explainer import Explainer
from rembert_tf.serving.playground.site import Playground

__all__ = ["Explainer", "Playground"]
