"""The baseline of the demo: character n-grams and logistic regression, strong on short texts in any script."""

from collections import Counter

from rembert_tf.errors import MissingExtraError

# Chosen on dev.csv among n-grams of 1-4, 2-4 and 1-5 characters, within and across words, and C of 3, 10 and 30.
NGRAM_RANGE = (1, 5)
INVERSE_REGULARIZATION = 10.0


def ngram_baseline(train, test):
    """Trains the baseline on one list of examples and labels another.

    Args:
        train: a list of `Example`.
        test: a list of `Example`; only `text` is read.

    Returns:
        A list with one predicted label for each example of `test`.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    return fit_ngram_baseline(train)([example.text for example in test])


def fit_ngram_baseline(train):
    """Trains the baseline and returns a function from a list of texts to a list of labels."""
    try:
        import numpy as np
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
    except ModuleNotFoundError:
        raise MissingExtraError("the n-gram baseline", "demo") from None

    vectorizer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=NGRAM_RANGE, min_df=3, sublinear_tf=True, dtype=np.float32
    )
    features = vectorizer.fit_transform(example.text for example in train)
    classifier = LogisticRegression(C=INVERSE_REGULARIZATION, tol=1e-3, max_iter=200)
    classifier.fit(features, [example.label for example in train])

    def predict(texts):
        return classifier.predict(vectorizer.transform(texts)).tolist()

    return predict


def most_frequent_label(train):
    """Returns the label that most examples carry: what a classifier that reads nothing would answer."""
    return Counter(example.label for example in train).most_common(1)[0][0]
