"""Make the pictures of the console in `docs/screenshots`: `python -m docs.screenshots`.

A sample laboratory in a temporary folder, the service on it, and Chromium without a window, driven as a person would.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from PIL import Image
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By

from traylane.cli import sample

FOLDER = Path(__file__).parent / "screenshots"
MISSING = "Chromium and its driver are needed: on Debian `apt-get install chromium chromium-driver`"
PASSWORD = "tray by tray"
ORDERS = 500
SECONDS = 20
SIZE = {"width": 1024, "height": 768, "deviceScaleFactor": 1, "mobile": False}
WALL = SIZE | {"width": 1366}
COLOURS = 128


class Screen:
    """A person at a browser."""

    def __init__(self, driver: Chrome, address: str) -> None:
        self._driver = driver
        self._address = address

    def open(self, path: str) -> None:
        self._driver.get(self._address + path)

    def sign_in(self, name: str) -> None:
        """As somebody else, or for the first time."""
        self._driver.delete_all_cookies()
        self.open("/sign-in")
        self._driver.find_element(By.NAME, "name").send_keys(name)
        self._driver.find_element(By.NAME, "password").send_keys(f"{PASSWORD}\n")
        self.sees("Sign out")

    def scan(self, text: str, then: str) -> None:
        """What a barcode reader sends, and what the page says to it."""
        self._driver.switch_to.active_element.send_keys(f"{text}\n")
        self.sees(then)

    def sees(self, text: str) -> None:
        """Wait until the page says this. Raises TimeoutError."""
        ends = time.monotonic() + SECONDS
        while text not in self._driver.execute_script("return document.body.innerText"):
            if time.monotonic() > ends:
                raise TimeoutError(f"{self._driver.current_url} does not say {text!r}")
            time.sleep(0.05)

    def picture(self, name: str, *, dark: bool = False, size: dict[str, int] = SIZE) -> None:
        """Keep what is on show."""
        features = [{"name": "prefers-color-scheme", "value": "dark"}] if dark else []
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        time.sleep(0.3)  # for what moves
        shot = Image.open(io.BytesIO(self._driver.get_screenshot_as_png()))
        shot.quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


class Shot(NamedTuple):
    """Who looks, and what they do before the picture is made."""

    who: str
    work: Callable[[Screen], None]


def desk(screen: Screen) -> None:
    """The clerk."""
    screen.scan(sample.TRAY_TO_CANCEL, "Free to cancel")
    screen.picture("cancel-desk")
    screen.scan("CUS", "Undo: restore the order")
    screen.picture("cancelled")
    for number in ("337178", "337179"):
        screen.scan(number, "Free to cancel")
        screen.scan("DUP", "Undo: restore the order")
    screen.scan(sample.THROUGH_GENERATOR, "Through GEN")
    screen.picture("too-late", dark=True)
    screen.open("/orders")
    screen.picture("orders")
    screen.open("/orders/337177")
    screen.picture("order")


def floor(screen: Screen) -> None:
    """The station, and the wall."""
    screen.open("/station/BLK")
    screen.scan(sample.TRAY_TO_CANCEL, "STOP")
    screen.picture("stop")
    screen.open("/boards/recall")
    screen.picture("recall", size=WALL)
    screen.open("/boards/wip")
    screen.picture("in-process", dark=True, size=WALL)


def supervisor(screen: Screen) -> None:
    """Numbers, and the line."""
    screen.open("/reports")
    screen.picture("reports")
    screen.open("/set-up/stations")
    screen.picture("stations")
    screen.open("/set-up/settings")
    screen.picture("settings")


SHOTS = (Shot("desk", desk), Shot("floor", floor), Shot("supervisor", supervisor))


def main() -> int:
    """Make them all."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    driver = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
    if chromium is None or driver is None:
        sys.stderr.write(f"{MISSING}\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, _service(_filled(Path(folder))) as address:
        browser = _browser(chromium, driver)
        try:
            screen = Screen(browser, address)
            for shot in SHOTS:
                screen.sign_in(shot.who)
                shot.work(screen)
        finally:
            browser.quit()
    return 0


def _filled(folder: Path) -> str:
    database = f"sqlite:///{folder / 'lab.db'}"
    _traylane("migrate", "--database", database)
    _traylane("setup", "apply", "-", "--database", database, given=sample.setup_text().encode())
    _traylane("orders", "import", "-", "--database", database, given=b"".join(sample.order_lines(ORDERS)))
    for shot in SHOTS:
        _traylane("users", "create", shot.who, "--role", shot.who, "--database", database, given=PASSWORD.encode())
    return database


def _traylane(*arguments: str, given: bytes = b"") -> None:
    subprocess.run([sys.executable, "-m", "traylane", *arguments], input=given, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _service(database: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "traylane", "serve", "--database", database, "--port", str(port)]
    service = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/readyz")
        yield f"http://localhost:{port}"
    finally:
        service.terminate()
        service.wait(SECONDS)


def _wait_for(url: str) -> None:
    ends = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)


def _browser(chromium: str, driver: str) -> Chrome:
    options = ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    browser = Chrome(options=options, service=ChromeService(driver))
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SIZE)
    return browser


if __name__ == "__main__":
    sys.exit(main())
