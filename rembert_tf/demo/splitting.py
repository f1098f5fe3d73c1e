"""Divides groups of messages into train, dev and test: seeded, and the same shares for every label and catalogue."""

from collections import defaultdict
from hashlib import sha256

SPLITS = ("train", "dev", "test")
TEST_SHARE = 0.23
DEV_SHARE = 0.05


def split_groups(label_of_group, seed):
    """Assigns every group to a split by a seeded hash, stratified by label and by the group's catalogue.

    Args:
        label_of_group: dict group -> label; a group is named `<catalogue>:<message>`.
        seed: an integer; the same seed always gives the same split.

    Returns:
        dict group -> "train", "dev" or "test".
    """
    strata = defaultdict(list)
    for group, label in label_of_group.items():
        strata[label, group.split(":")[0]].append(group)
    assigned = {}
    for groups in strata.values():
        groups.sort(key=lambda group: sha256(f"{seed} {group}".encode()).digest())
        for position, group in enumerate(groups):
            assigned[group] = split_at((position + 0.5) / len(groups))
    return assigned


def split_at(share):
    """Names the split of a group that stands at this share (0 to 1) of its stratum."""
    if share < TEST_SHARE:
        return "test"
    return "dev" if share < TEST_SHARE + DEV_SHARE else "train"
