"""The playground's page as a test sees it: fields, what is shown, keys, the accessibility tree."""

import urllib.parse

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.serving.playground.browser import WAIT_SECONDS


class Page:
    """The page in a browser.

    Args:
        driver: a selenium driver.
        url: of the playground.
    """

    def __init__(self, driver, url):
        self.driver = driver
        self.url = url

    def open(self, model=None, **fields):
        """Opens the page anew with what its address may hold, and waits for the answer."""
        self.driver.get("about:blank")
        given = {name: value for name, value in {"model": model, **fields}.items() if value is not None}
        self.driver.get(f"{self.url}#{urllib.parse.urlencode(given)}")
        self.wait_for("#status", lambda element: element.text or self.all("#failure .failure"))

    def type(self, field, text):
        """Writes into a field by keys, and asks at once by Ctrl+Enter; waits until the answer is there."""
        element = self.one(f"#field-{field}")
        element.send_keys(Keys.CONTROL, "a")
        element.send_keys(Keys.NULL, text or Keys.DELETE)
        before = self.driver.execute_script("return window.answered = document.querySelector('#answer').firstChild")
        element.send_keys(Keys.CONTROL, Keys.ENTER)
        self.wait(lambda: before is None or self.driver.execute_script("return !window.answered.isConnected"))
        self.settle()

    def settle(self):
        """Waits until nothing is being computed."""
        self.wait(lambda: not self.all("[aria-busy=true]"))

    def all(self, selector):
        """The elements that a CSS selector finds."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        """The first of them, once it is there."""
        return self.wait(lambda: next(iter(self.all(selector)), None))

    def texts(self, selector):
        """The visible texts of all that a selector finds."""
        return [element.text for element in self.all(selector)]

    def rows(self, selector):
        """The rows of a table's body, lists of the texts of their cells; bars are left out."""
        script = """return [...document.querySelectorAll(arguments[0] + ' tbody tr')].map(
            row => [...row.children].filter(cell => !cell.ariaHidden).map(cell => cell.textContent))"""
        return self.driver.execute_script(script, selector)

    def status(self):
        """The sentence that screen readers are told."""
        return self.one("#status").text

    def wait_for(self, selector, condition):
        """Waits for an element that a condition holds for."""
        return self.wait(lambda: condition(self.one(selector)))

    def wait(self, condition):
        """Waits until a condition gives something true, which is returned."""
        waiting = WebDriverWait(self.driver, WAIT_SECONDS, 0.05, [StaleElementReferenceException])
        return waiting.until(lambda _: condition())

    def resize(self, width, height):
        """Makes the window a screen of this many CSS pixels."""
        self.driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, **features):
        """Emulates media features: `prefer(prefers_color_scheme="dark")`."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": named})

    def console(self):
        """What the browser complained about since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def screenshot(self, path):
        """Saves a picture of the whole page."""
        import base64

        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        options = {"format": "png", "captureBeyondViewport": True, "clip": clip}
        path.write_bytes(base64.b64decode(self.driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"]))
