"""Asks the running server about the sentences typed by hand, over REST and over gRPC."""

from dataclasses import dataclass

from rembert_tf.demo.live_sentences import LIVE_SENTENCES, LiveSentence

# The two interfaces carry the same float32 in different ways: JSON's decimals must lose nothing.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class LiveAnswer:
    """What the server answered to one sentence."""

    sentence: LiveSentence
    label: str
    score: float  # probability of the label, 0 to 1

    @property
    def expected(self):
        """Whether it is the answer that a person would give."""
        return self.label == self.sentence.label


def ask_server(rest_url, grpc_url, sentences=LIVE_SENTENCES):
    """Sends the sentences to a server twice.

    Args:
        rest_url: `http://host:port`.
        grpc_url: `grpc://host:port`.
        sentences: a list of `LiveSentence`.

    Returns:
        (answers, difference): a list of `LiveAnswer`, and the largest difference between a probability
        that REST returned and the one that gRPC returned.

    Raises:
        RuntimeError: the two interfaces disagree.
    """
    from rembert_tf.serving import Client

    texts = [sentence.text for sentence in sentences]
    with Client(rest_url) as client:
        over_rest = client.classify(texts)
    with Client(grpc_url) as client:
        over_grpc = client.classify(texts)
    pairs = list(zip(over_rest, over_grpc, strict=True))
    difference = max(float(abs(rest.probabilities - grpc.probabilities).max()) for rest, grpc in pairs)
    if difference > TOLERANCE or any(rest.label != grpc.label for rest, grpc in pairs):
        raise RuntimeError(f"REST and gRPC answer differently: probabilities differ by up to {difference:.1e}")
    answers = [LiveAnswer(sentence, row.label, row.score) for sentence, row in zip(sentences, over_rest, strict=True)]
    return answers, difference
