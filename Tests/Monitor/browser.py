"""A browser in a namespace, by the WebDriver protocol (W3C) of chromedriver."""

import base64
import json
import subprocess
import time

from lab import run

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Escape": "\uE00C", "Right": "\uE014", "Left": "\uE012"}


class Browser:
    def __init__(self, lab, dark=False, width=1280, height=900):
        self.lab = lab
        self.driver = lab.start(
            lab.here, "chromedriver", "--port=9515", "--log-level=SEVERE", stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en-US",
            f"--window-size={width},{height}", "--force-device-scale-factor=1",
        ]
        if dark:
            arguments.append("--force-dark-mode")
            arguments.append("--blink-settings=preferredColorScheme=0")
        wanted = {
            "browserName": "chrome", "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        end = time.time() + 60
        while True:
            try:
                self.session = ""
                answer = self.call("POST", "", {"capabilities": {"alwaysMatch": wanted}})
                break
            except (AssertionError, json.JSONDecodeError):
                if time.time() > end:
                    raise
                time.sleep(0.2)
        self.session = "/" + answer["sessionId"]

    def call(self, method, path, data=None):
        command = [
            "ip", "netns", "exec", self.lab.here, "curl", "-sS", "--max-time", "60", "-X", method,
            f"http://127.0.0.1:9515/session{self.session}{path}",
        ]
        text = json.dumps(data if data is not None else {}) if method == "POST" else None
        if text is not None:
            command += ["-H", "Content-Type: application/json", "--data-binary", "@-"]
        result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=90)
        value = json.loads(result.stdout)["value"]
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{method} {path}: {value['error']}: {value.get('message', '')[:400]}")
        return value

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()

    def open(self, address):
        self.call("POST", "/url", {"url": address})
        self.wait("return document.body.dataset.ready === 'true'")

    def address(self):
        return self.call("GET", "/url")

    def script(self, text, *arguments):
        return self.call("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def wait(self, condition, patience=20):
        end = time.time() + patience
        while True:
            value = self.script(condition)
            if value:
                return value
            if time.time() > end:
                raise AssertionError(f"waited for nothing: {condition}\n{self.script('return document.body.innerText')}")
            time.sleep(0.1)

    def element(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.call("POST", f"/element/{self.element(selector)}/click")

    def type(self, text):
        """Presses keys where the focus is."""
        actions = []
        for key in [text] if text in KEYS else text:
            key = KEYS.get(key, key)
            actions += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def drag(self, selector, start, end):
        """Drags the mouse over an element, from one share of its width to another."""
        box = self.script(
            "const b = document.querySelector(arguments[0]).getBoundingClientRect(); return [b.x, b.y, b.width, b.height]",
            selector)
        places = [(int(box[0] + box[2] * share), int(box[1] + box[3] / 2)) for share in (start, (start + end) / 2, end)]
        moves = [{"type": "pointerMove", "duration": 50, "x": x, "y": y, "origin": "viewport"} for x, y in places]
        actions = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}]
        self.call(
            "POST", "/actions",
            {"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}]})

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def resize(self, width, height):
        self.call("POST", "/window/rect", {"width": width, "height": height})

    def complaints(self):
        """Errors of scripts, of the policy, and of the network."""
        return [entry for entry in self.call("POST", "/se/log", {"type": "browser"}) if entry["level"] == "SEVERE"]

    def requests(self):
        """The addresses that the page asked for."""
        addresses = []
        for entry in self.call("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                addresses.append(message["params"]["request"]["url"])
        return addresses
