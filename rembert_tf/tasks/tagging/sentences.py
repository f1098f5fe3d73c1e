"""Sentences cut into words, each with a tag."""

import dataclasses

from rembert_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class TaggedSentences:
    """Sentences of one or several files, in order.

    Args:
        words: list of lists of strings.
        tags: for each sentence a list with its words' tags, or None where the file has no tags.
        languages: a code for each sentence, "" where none is known.
        places: "file, line n" of each sentence's first word, for messages.
        labels: the tags that may occur, in the order of their class numbers.
    """

    words: list
    tags: list
    languages: list
    places: list
    labels: tuple

    def __len__(self):
        return len(self.words)

    def select(self, rows):
        """Returns the TaggedSentences at these positions, such as those of one language.

        Args:
            rows: integers, in the order wanted.
        """
        columns = (self.words, self.tags, self.languages, self.places)
        return TaggedSentences(*([column[row] for row in rows] for column in columns), self.labels)

    def require_tags(self, purpose):
        """Raises an InputError unless every sentence is tagged.

        Args:
            purpose: what the tags are needed for, to end the message.
        """
        for place, tags in zip(self.places, self.tags, strict=True):
            if tags is None:
                raise InputError(f"{place}: no tag; a line must be a token, a tab and a tag for {purpose}.")
