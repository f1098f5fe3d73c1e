"""A real headless browser, Debian's Chromium, as tests use it."""

import os
import shutil
import unittest.mock

import pytest

REQUIRED = "REMBERT_REQUIRE_BROWSER"  # set to 1, no browser is a failure and not a skip
WAIT_SECONDS = 60
PHONE, DESKTOP = (375, 812), (1280, 900)

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
)


def require_browser():
    """Returns the paths of Chromium and its driver; skips where they are not installed, or fails where they must be."""
    found = shutil.which("chromium"), shutil.which("chromedriver")
    if all(found):
        return found
    reason = "no browser: `apt-get install chromium chromium-driver` brings one"
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{reason}, and {REQUIRED}=1 asks for it")
    pytest.skip(reason)


def start_browser(profile):
    """Returns a selenium driver with a profile of its own; nothing is ever downloaded.

    Args:
        profile: an empty folder.
    """
    chromium, driver = require_browser()
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium drives the browser")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={DESKTOP[0]},{DESKTOP[1]}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # The driver is on this machine, whatever the way to others.
    with unittest.mock.patch.dict(os.environ, {"no_proxy": "localhost,127.0.0.1"}):
        return webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=driver))
