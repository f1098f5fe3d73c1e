from collections import Counter

from rembert_tf.demo.catalogues import Text
from rembert_tf.demo.grouping import MAX_SHARED, drop_ambiguous, group_messages
from rembert_tf.demo.splitting import DEV_SHARE, TEST_SHARE, split_groups


def text(message, key, label="forms", language="en"):
    return Text(key, label, language, message, key)


def test_messages_that_share_a_text_in_any_language_form_one_group():
    texts = [
        text("a", "log in"),
        text("a", "anmelden", language="de"),
        text("b", "sign in"),
        text("b", "anmelden", language="de"),
        text("c", "enter"),
        text("c", "sign in", language="da"),  # joins c to a through b
        text("d", "password"),
    ]
    group_of = group_messages(texts)
    assert group_of == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_a_text_under_two_labels_goes_everywhere_and_takes_its_english_message_along():
    texts = [
        text("a", "search", "administration"),
        text("a", "suche", "administration", "de"),
        text("b", "search", "documentation"),
        text("b", "suchen", "documentation", "de"),
        text("c", "find", "documentation"),
        text("c", "suche", "documentation", "de"),
    ]
    dropped = Counter()
    assert drop_ambiguous(texts, dropped) == [texts[4]]
    assert dropped["distinct texts under several labels"] == 2
    assert dropped["messages whose English text has several labels"] == 2


def test_a_text_that_too_many_messages_share_does_not_chain_them():
    shared = [text(f"m{i}", "jan", language="de") for i in range(MAX_SHARED + 1)]
    own = [text(f"m{i}", f"january {'i' * i}") for i in range(MAX_SHARED + 1)]
    kept = drop_ambiguous(shared + own, Counter())
    assert kept == own
    assert len(set(group_messages(kept).values())) == MAX_SHARED + 1


def test_the_split_is_seeded_and_has_the_same_shares_for_each_label():
    groups = {f"catalogue:{label}{i}": label for label in ("forms", "dates") for i in range(200)}
    split = split_groups(groups, seed=3)
    assert split == split_groups(dict(reversed(groups.items())), seed=3)  # the order of arrival does not matter
    assert split != split_groups(groups, seed=4)
    for label in ("forms", "dates"):
        share = Counter(split[group] for group in groups if groups[group] == label)
        assert share["test"] == 200 * TEST_SHARE
        assert share["dev"] == 200 * DEV_SHARE
