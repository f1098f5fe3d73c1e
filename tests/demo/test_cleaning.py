import pytest

from rembert_tf.demo.cleaning import clean_text, same_text_key, says_something


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Add another %(verbose_name)s", "Add another"),
        ("The {name} “{obj}” was added successfully.", "The was added successfully."),
        ("%(count)s %(name)s was changed.", "was changed."),
        ("built in %dm %.3fs", "built in m s"),
        ("Enter a new password for <strong>%(username)s</strong>.", "Enter a new password for."),
        ("Topics, references, &amp; how-to’s", "Topics, references, how-to’s"),
        ("The :class:`toctree` directive needs ``maxdepth``", "The toctree directive needs maxdepth"),
        ("Hello {{ user }}, {% if x %}welcome{% endif %}!", "Hello, welcome!"),
        ("保存(&S)", "保存"),
        ("two\n  lines  of text ", "two lines of text"),
        ("Password:", "Password"),
        ("100 % sicher", "100 % sicher"),
    ],
)
def test_markup_and_placeholders_go_and_the_sentence_stays(message, expected):
    assert clean_text(message) == expected


def test_texts_that_differ_in_case_digits_or_punctuation_are_the_same():
    assert same_text_key("Past 7 days!") == same_text_key("past 30 DAYS") != same_text_key("past day")
    assert same_text_key("ＡＢＣ") == "abc"
    assert same_text_key("हिन्दी।") == "हिन्दी"  # vowel signs are part of the word


@pytest.mark.parametrize(
    ("text", "enough"), [("ok", False), ("yes", True), ("登录", True), ("12:30", False), ("네", False)]
)
def test_a_text_needs_a_few_letters(text, enough):
    assert says_something(same_text_key(text)) is enough
