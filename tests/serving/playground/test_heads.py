"""Every kind of model on the page in a real browser: what is typed, and that the server's answer is seen."""

import pytest

from tests.serving.playground.browser import PHONE
from tests.serving.playground.conftest import MODEL
from tests.serving.rest import ask

TEXT = "Oslo 🎉 <b>bold</b> x"


def answer(server, model, row):
    """What the REST interface answers to one row."""
    status, content = ask(server, {"instances": [row]}, model)
    assert status == 200
    return content["predictions"][0]


def marks(page):
    """What is marked in the text, each with the name beside it, if it has one."""
    return [
        (each.text, page.texts("#answer .mark-name")[i : i + 1])
        for i, each in enumerate(page.all("#answer .mark-text"))
    ]


def test_a_classifier(page, playground_server):
    page.open(MODEL)
    page.type("text", "Two quiet museums")
    row = answer(playground_server, MODEL, {"text": "Two quiet museums"})
    labels = ["<b>animal</b>", "لون", "colour"]
    expected = sorted(zip(labels, row["probabilities"], strict=True), key=lambda pair: -pair[1])
    shown = page.rows("#answer")
    assert [cells[1] for cells in shown] == [f"{score:.4f}" for _, score in expected]
    assert [cells[0].removesuffix(" best") for cells in shown] == [label for label, _ in expected]
    assert shown[0][0] == f"{row['label']} best"  # also without colours and bars
    assert page.status() == f"{row['label']}, {row['score']:.4f}."
    widths = [float(bar.get_attribute("style").split("width: ")[1].rstrip("%;")) for bar in page.all(".bar-inner")]
    assert widths[:3] == pytest.approx([100 * score for _, score in expected], abs=0.01)


def test_a_tagger_counts_characters_and_not_code_units(page, playground_server):
    page.open("entities")
    page.type("text", TEXT)
    row = answer(playground_server, "entities", {"text": TEXT})
    assert marks(page) == [("Oslo", ["W4"]), ("🎉", ["W1"]), ("<b>bold</b>", ["W11"]), ("x", ["W1"])]
    assert [cells[2:] for cells in page.rows("#answer")] == [
        [f"{start}–{end}", f"{score:.4f}"]
        for start, end, score in zip(row["start"], row["end"], row["score"], strict=True)
    ]
    assert page.one(".marked").text.replace("\n", "").startswith("Oslo")


def test_a_reader(page, playground_server):
    page.open("answer", context="Über den Fluss führt eine Brücke.")
    page.type("question", "Wohin")
    row = answer(playground_server, "answer", {"question": "Wohin", "context": "Über den Fluss führt eine Brücke."})
    assert [text for text, _ in marks(page)] == [row["answer"]] == ["Über "]
    assert page.rows("#answer") == [[row["answer"], f"{row['start']}–{row['end']}", f"{row['score']:.4f}"]]
    page.open("answers", question="Who", context="abcdef")
    assert [cells[0] for cells in page.rows("#answer")] == ["abc", "a"]
    page.type("question", "")
    page.wait(lambda: "Write something" in page.status())


def test_masks(page, playground_server):
    page.open("fill_mask")
    page.type("text", "A [MASK] and a [MASK].")
    assert [text for text, _ in marks(page)] == ["yes", "yes"]
    assert page.one(".marked").text == "A yes and a yes."
    assert page.texts("#answer h3") == ["Mask 1", "Mask 2"]
    assert page.rows("#answer") == [["yes best", "0.7500"], ["no", "0.2500"]] * 2
    page.type("text", "No mask.")
    assert page.status() == "The text has no [MASK]."


def test_choices(page, playground_server):
    page.open("choose", prompt="p", choices="ab\n\n abcd \na")
    row = answer(playground_server, "choose", {"prompt": "p", "choices": ["ab", "abcd", "a"]})
    names = ["ab", "abcd best", "a"]
    expected = [[name, f"{score:.4f}"] for name, score in zip(names, row["probabilities"], strict=True)]
    assert page.rows("#answer") == expected
    assert page.status() == f"abcd, {row['probabilities'][1]:.4f}."


def test_writing(page):
    page.open("generate")
    page.type("prompt", "<i>Go</i>")
    assert page.one("#answer blockquote").text == "<i>Go</i>!" and page.status() == "2 pieces written."


def test_two_texts_are_compared(page, playground_server):
    page.open("embed", text="abc", other="äöüß")
    one, other = (answer(playground_server, "embed", {"text": text}) for text in ("abc", "äöüß"))
    lengths = (one[0] ** 2 + one[1] ** 2) ** 0.5 * (other[0] ** 2 + other[1] ** 2) ** 0.5
    expected = (one[0] * other[0] + one[1] * other[1]) / lengths
    assert page.one("#answer .large").text == f"{expected:.4f}" == "0.9487"
    assert page.status() == "Cosine similarity 0.9487."
    page.type("other", "")
    page.wait(lambda: page.status() == "One vector.")


def test_numbers(page):
    page.open("regress", text="four")
    assert page.one("#answer .large").text == "4.0000"
    page.open("several_values", text="äö")
    assert page.one("#answer .large").text == "2.0000, 4.0000"


def test_right_to_left_text_is_written_so(page):
    page.open("entities", text="يفتح المتحف")
    right = "return getComputedStyle(document.querySelector(arguments[0])).direction"
    for selector in ("#field-text", "#answer .marked", "#pieces .chips"):
        assert page.driver.execute_script(right, selector) == "rtl", selector
    assert page.driver.execute_script(right, "#answer table") == "ltr"  # the page itself stays English
    first, second = (each.rect["x"] for each in page.all("#answer mark"))
    assert first > second
    page.open("entities", text="Museum")
    assert page.driver.execute_script(right, "#answer .marked") == "ltr"


def test_texts_of_two_directions_do_not_mix(page):
    page.open("entities", text="زار Anna Schmidt القاهرة")
    spans, names = ([each.rect for each in page.all(f"#answer .mark-{part}")] for part in ("text", "name"))
    assert len(spans) == len(names) == 4
    for span, name in zip(spans, names, strict=True):  # beside its own, on the side where the text goes on
        assert 4 < span["x"] - name["x"] - name["width"] < 10
    page.open("answer", question="123456789", context="اللغة العربية")
    (answered,) = page.all("#status bdi")
    assert answered.text == "اللغة الع" and page.status() == f"{answered.text}, 1.1250."
    assert answered.rect["x"] == page.one("#status").rect["x"]  # the score stands behind it, and not within


def test_a_long_word_stays_on_the_screen(page):
    page.resize(*PHONE)
    word = "Donaudampfschifffahrtsgesellschaftskapitän" * 3
    page.open("answer", question=word, context=word)
    assert page.status().startswith(word)
    assert page.driver.execute_script("return document.documentElement.scrollWidth") == PHONE[0]


def test_what_looks_like_markup_stays_text(page, tmp_path):
    hostile = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"
    for model, field in (("entities", "text"), ("generate", "prompt"), ("fill_mask", "text"), (MODEL, "text")):
        page.open(model, **{field: f"{hostile} [MASK]"})
        page.settle()
        assert page.all("main img, main script, #answer b") == []
        assert page.one("#status").text
    assert "<b>animal</b>" in page.one("#answer").text  # a label
    assert page.driver.execute_script("return window.hacked") is None
    # And the policy forbids what would get through: an inline script does not run.
    inline = "const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s)"
    page.driver.execute_script(inline)
    assert page.driver.execute_script("return window.hacked") is None
    assert any("Content Security Policy" in message for message in page.console())
    page.resize(*PHONE)
    page.screenshot(tmp_path / "hostile.png")
