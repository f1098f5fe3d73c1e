"""The page in use: by keys alone, by everybody, with failures, and with what stands in its address."""

import json

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from rembert_tf.serving.playground import Playground
from rembert_tf.serving.server import ModelServer
from rembert_tf.serving.server.settings import ServerSettings
from tests.serving.heads_zoo import save_head
from tests.serving.http_requests import request
from tests.serving.playground.accessibility import complaints
from tests.serving.playground.browser import DESKTOP, PHONE
from tests.serving.playground.conftest import MODEL
from tests.serving.playground.page import Page

TEXT = "The museum opens"


def post(server, question, **content):
    path = f"/playground/api/{question}"
    body = {"model": MODEL, **content}
    return json.loads(request(server.rest_port, path=path, body=body, headers={"Content-Type": "application/json"})[2])


def press(page, *keys):
    ActionChains(page.driver).send_keys(*keys).perform()


def tab_to(page, selector):
    """Presses Tab until an element has the focus, which must be seen."""
    for _ in range(40):
        press(page, Keys.TAB)
        focused = page.driver.switch_to.active_element
        outline = "const e = arguments[0].matches('[type=radio]') ? arguments[0].nextSibling : arguments[0];"
        outline += "return parseFloat(getComputedStyle(e).outlineWidth) * (getComputedStyle(e).outlineStyle !== 'none')"
        assert page.driver.execute_script(outline, focused) >= 2, focused.get_attribute("outerHTML")
        if page.driver.execute_script("return arguments[0].matches(arguments[1])", focused, selector):
            return focused
    raise AssertionError(f"Tab never reaches {selector}")


def test_pieces_attention_and_attributions_by_keys_alone(page, playground_server, tmp_path):
    page.open(MODEL)
    tab_to(page, "#field-text")
    ActionChains(page.driver).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).send_keys(TEXT).perform()
    press(page, Keys.CONTROL, Keys.ENTER)
    page.wait(lambda: "".join(page.texts("#pieces .chip-piece")[1:-1]).replace("▁", " ").strip() == TEXT)
    page.settle()

    tab_to(page, "#attention button")
    press(page, Keys.ENTER)
    page.one("#attention canvas")
    page.settle()
    assert page.driver.switch_to.active_element.get_attribute("id") == "attention-layer"
    press(page, Keys.ARROW_DOWN)  # the second layer
    page.wait(lambda: "layer 2" in page.one("#attention canvas").get_attribute("aria-label"))
    tab_to(page, "[name=attention-piece]")
    press(page, Keys.ARROW_RIGHT)
    expected = post(playground_server, "attention", inputs={"text": TEXT}, layer=1, head="mean")["weights"][1]
    assert page.texts("#attention ol .chip-number") == [f"{100 * weight:.0f} %" for weight in expected]
    tab_to(page, "#attention summary")
    press(page, Keys.ENTER)
    table = page.rows("#attention details")
    assert [row[2] for row in table] == [f"{weight:.4f}" for weight in sorted(expected, reverse=True)]

    tab_to(page, "#attributions-explain")
    press(page, Keys.ENTER)
    page.one("#attributions-result .chips")
    page.settle()
    label = page.rows("#answer")[0][0].removesuffix(" best")
    number = ["<b>animal</b>", "لون", "colour"].index(label)
    found = post(playground_server, "attributions", inputs={"text": TEXT}, target={"label": number})
    shown = [float(text.replace("−", "-")) for text in page.texts("#attributions-result .chip-number")]
    assert shown == pytest.approx(found["attributions"], abs=0.0051)
    assert label in page.one("#attributions-result p").text
    page.screenshot(tmp_path / "explained.png")
    assert complaints(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_and_use_it(page, scheme, tmp_path):
    page.prefer(prefers_color_scheme=scheme)
    for size in (PHONE, DESKTOP):
        page.resize(*size)
        for model in ("entities", "fill_mask", "embed"):
            page.open(model)
            page.settle()
            assert complaints(page) == [], model
            page.screenshot(tmp_path / f"{model}_{scheme}_{size[0]}.png")
    still = "return getComputedStyle(document.querySelector('.bar-inner')).transitionDuration"
    page.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    assert page.driver.execute_script(still) == "0s"
    status = page.one("#status")
    assert status.get_attribute("role") == "status" and page.one("#failure").get_attribute("role") == "alert"


def test_the_address_holds_what_was_typed(page):
    page.open("entities", text="a & b#c=d")
    assert page.one("#field-text").get_attribute("value") == "a & b#c=d"
    page.type("text", "é 100%")
    address = page.driver.current_url
    assert address.startswith(f"{page.url}#model=entities")
    page.driver.get("about:blank")
    page.driver.get(address)
    page.wait(lambda: page.texts("#answer .mark-text") == ["é", "100%"])
    assert page.one("#model-name").get_attribute("value") == "entities"


def test_answers_follow_while_one_types(page):
    page.open("regress", text="a")
    page.one("#field-text").send_keys("bcd")  # and nothing is pressed
    page.wait(lambda: page.one("#answer .large").text == "4.0000")
    assert "hread" not in page.one("main").text


def test_what_is_missing_is_said_with_how_to_get_it(page):
    page.open("entities")
    assert "rembert serve runs/topic --playground" in page.one("#attention").text


def test_a_server_that_refuses_and_one_that_is_gone(driver, tmp_path):
    settings = ServerSettings(max_body_bytes=500)
    with ModelServer(save_head(tmp_path, "regress"), settings=settings, playground=Playground()) as server:
        page = Page(driver, server.playground_url)
        page.open(text="a")
        assert page.one("#answer .large").text == "1.0000"
        page.type("text", "a" * 600)
        page.wait(lambda: page.texts("#failure p") == ["The request body is larger than 500 bytes"])
        assert page.texts("#answer .large") == [] and page.status() == ""
        page.type("text", "ab")
        assert page.one("#answer .large").text == "2.0000" and page.texts("#failure p") == []
    page.type("text", "abc")
    page.wait(lambda: page.texts("#failure p"))
    assert page.texts("#failure p") == ["The server does not answer: is “rembert serve” still running?"]
    page.console()  # the browser's own words on both
