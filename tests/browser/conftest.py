"""A real browser, Chromium without a window, and the whole service on a socket."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import uvicorn
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.console.conftest import PASSWORD
from traylane.app import App
from traylane.config import Config

WAIT_SECONDS = 10
MISSING = (
    "the tests in tests/browser need Chromium and its driver: on Debian `apt-get install chromium chromium-driver`; "
    "CHROMIUM and CHROMEDRIVER name others"
)


class Screen:
    """What a person does with a page and sees of it."""

    def __init__(self, driver: Chrome, address: str) -> None:
        self.driver = driver
        self.address = address

    def open(self, path: str) -> None:
        self.driver.get(self.address + path)

    def sign_in(self, name: str = "anna") -> None:
        self.open("/sign-in")
        self.driver.find_element(By.NAME, "name").send_keys(name)
        self.driver.find_element(By.NAME, "password").send_keys(PASSWORD + "\n")
        self.sees("Sign out")

    def type(self, text: str) -> None:
        """Keys, as a barcode reader sends them: wherever the cursor is, with no pause."""
        self.driver.switch_to.active_element.send_keys(text)

    def sees(self, text: str) -> None:
        """Wait until the page says this."""
        WebDriverWait(self.driver, WAIT_SECONDS, 0.02).until(
            lambda driver: text in driver.execute_script("return document.body.innerText"), f"{text!r} is not shown"
        )

    def element(self, selector: str) -> WebElement:
        """What fits, as soon as it is there."""
        return WebDriverWait(self.driver, WAIT_SECONDS, 0.02).until(
            lambda driver: driver.find_element(By.CSS_SELECTOR, selector), f"nothing is {selector}"
        )

    def has_focus(self) -> str | None:
        return self.driver.switch_to.active_element.get_attribute("id")

    def colour(self, selector: str) -> str:
        return self.driver.find_element(By.CSS_SELECTOR, selector).value_of_css_property("background-color")

    def offline(self, *, away: bool) -> None:
        """Take the network away from the browser, or give it back."""
        speed = {"offline": away, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", speed)

    def complaints(self) -> list[str]:
        """What the browser's console holds of errors and warnings."""
        entries: list[dict[str, str]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries]


@pytest.fixture(scope="session")
def driver() -> Iterator[Chrome]:
    """One browser for all tests of this worker."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    chromedriver = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.fail(MISSING, pytrace=False)
    options = ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1024,768"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(chromedriver))
    yield driver
    driver.quit()


@pytest.fixture
def screen(driver: Chrome, sqlite_url: str) -> Iterator[Screen]:
    """A browser that nobody has signed in with, at a service on a fresh database."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        served = _Served(sqlite_url, listening)
        served.start()
        address = f"http://localhost:{listening.getsockname()[1]}"
        driver.delete_all_cookies()
        driver.get_log("browser")  # type: ignore[no-untyped-call]
        yield Screen(driver, address)
        driver.get("about:blank")
        served.stop()


class _Served(threading.Thread):
    """The whole service in a thread."""

    def __init__(self, url: str, listening: socket.socket) -> None:
        super().__init__(name="served")
        self._listening = listening
        config = uvicorn.Config(
            App(Config(database=url, dispatch=False)),
            log_config=None,
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=1,
        )
        self._uvicorn = uvicorn.Server(config)

    def run(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._uvicorn.serve(sockets=[self._listening]))

    def stop(self) -> None:
        self._uvicorn.should_exit = True
        self.join(20)
        assert not self.is_alive(), "the service did not stop"


def picture(driver: Chrome, name: str) -> None:
    """Keep a picture of the page where TRAYLANE_PICTURES says, for people to look at."""
    folder = os.environ.get("TRAYLANE_PICTURES")
    if folder:
        driver.save_screenshot(str(Path(folder) / f"{name}.png"))
