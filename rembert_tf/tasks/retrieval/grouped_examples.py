"""Examples of several languages, in groups that are searched each by itself."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class GroupedExamples:
    """The examples of a retrieval task, one group after another.

    Args:
        groups: list of ParallelTexts, whose examples are the English sentences, or of ComparableTexts, whose
            examples are the sentences of the other language.
    """

    groups: list

    def __len__(self):
        return sum(map(len, self.groups))

    @property
    def languages(self):
        """The language of each example."""
        return [group.language for group in self.groups for _ in range(len(group))]

    def by_group(self, predictions):
        """Yields each group with its part of the predictions."""
        start = 0
        for group in self.groups:
            yield group, predictions[start : start + len(group)]
            start += len(group)
