"""What character n-grams alone retrieve: names, numbers and related spellings."""

import numpy as np

from rembert_tf.errors import MissingExtraError

NGRAM_RANGE = (2, 4)


def ngram_similarities(sources, targets):
    """Returns the cosines (sources, targets) of the texts' character 2- to 4-grams, weighted by TF-IDF.

    Args:
        sources: list of texts.
        targets: list of texts.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ModuleNotFoundError:
        raise MissingExtraError("the n-gram baseline", "demo") from None

    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=NGRAM_RANGE, dtype=np.float32)
    vectorizer.fit([*sources, *targets])
    return (vectorizer.transform(sources) @ vectorizer.transform(targets).T).toarray()
