"""The page in a real browser. PICTURES=FOLDER keeps screenshots, such as those in Documentation."""

import json
import os
import re
import tempfile
import time
import unittest

from browser import Browser
from history import write_day
from lab import Lab, Monitor

HOSTILE = ["<script>document.title='owned'</script>", "\"><img src=x onerror=\"document.title='owned'\">", "\u202egro.elpmaxe", "x" * 300]
EVENING = lambda hour: 1 + max(0, 1 - abs(hour - 20) / 3)
KINDS = [
    (4.2, 0.4, 0.0002, lambda hour: 1), (11.8, 1.2, 0.0, EVENING), (0.35, 0.03, 0.0, lambda hour: 1),
    (28.0, 3.0, 0.02, lambda hour: 1 + 0.3 * (hour % 6 < 1)), (7.5, 0.6, 0.0, lambda hour: None if 9.1 < hour < 9.6 else 1),
    (19.0, 6.0, 0.001, EVENING),
]
SITES = ["berlin", "paris", "oslo"]


def configuration(names):
    text = ""
    for index, name in enumerate(names):
        target = "192.0.2.2" if index % 9 else "tcp://192.0.2.2:22"
        tags = f'site = "{SITES[index % 3]}"'
        text += f"[[target]]\nname = {json.dumps(name)}\ntarget = \"{target}\"\ntags = {{ {tags} }}\n"
    return text + '[[target]]\nname = "printer"\ntarget = "192.0.2.66"\ntags = { site = "oslo" }\n'


class PageTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.close)
        folder = tempfile.TemporaryDirectory(prefix="monitor-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        names = [f"{kind}{number}.example.net" for kind in ("core", "edge", "web", "mail") for number in range(1, 7)]
        cls.monitor = cls.start("m", names + HOSTILE)
        cls.browser = Browser(cls.lab)
        cls.addClassCleanup(cls.browser.close)
        cls.base = f"http://127.0.0.1:{cls.monitor.port}"

    @classmethod
    def start(cls, name, names, port=9430):
        """Starts a monitor that already has a day of history."""
        config, store = f"{cls.folder}/{name}.toml", f"{cls.folder}/{name}.sqlite"
        with open(config, "w") as file:
            file.write(configuration(names))
        first = Monitor(cls.lab, "--config", config, store=store, port=port)
        first.wait_for_page()
        first.stop()
        write_day(store, int(time.time() * 1000), KINDS)
        monitor = Monitor(cls.lab, "--config", config, store=store, port=port)
        cls.addClassCleanup(monitor.stop)
        monitor.wait(lambda: monitor.targets()["printer"]["state"] == "down")
        return monitor

    def picture(self, name):
        folder = os.environ.get("PICTURES")
        if folder:
            self.browser.picture(f"{folder}/{name}.png")

    def tearDown(self):
        self.assertEqual(self.browser.complaints(), [])
        self.browser.resize(1280, 900)

    def text(self, selector):
        return self.browser.script("return document.querySelector(arguments[0]).innerText", selector)

    def rows(self):
        return self.browser.script(
            "return [...document.querySelectorAll('#targets tbody tr')].map(r => r.querySelector('a').textContent)")

    def identifier(self, name):
        return self.monitor.targets()[name]["id"]

    def test_overview(self):
        self.browser.open(self.base + "/")
        rows = self.rows()
        self.assertEqual(len(rows), 29)
        self.assertIn("printer", rows[:6], "problems first")
        self.assertRegex(self.text("#counts"), r"\d+ up · \d+ problem")
        self.browser.wait("return document.getElementById('live').dataset.state === 'on'")
        self.assertNotEqual(self.browser.script("return document.title"), "owned")
        for name in HOSTILE:
            self.assertIn(name, rows)
        self.browser.open(self.base + "/?filter=.example.net")
        self.picture("monitor-overview")

    def test_nothing_is_asked_of_other_hosts(self):
        self.browser.requests()
        self.browser.open(self.base + "/")
        self.browser.open(f"{self.base}/target/{self.identifier('core2.example.net')}")
        self.browser.wait("return document.querySelector('#chart svg')")
        for address in self.browser.requests():
            self.assertTrue(address.startswith(self.base + "/") or address.startswith("data:"), address)

    def test_filter_and_sort_by_keyboard(self):
        self.browser.open(self.base + "/")
        self.browser.type("/")
        self.browser.type("web oslo")
        self.browser.wait("return document.querySelectorAll('#targets tbody tr').length === 2")
        self.assertTrue(all(name.startswith("web") for name in self.rows()))
        self.assertIn("filter=web", self.browser.address())
        # The address opens the same view again.
        self.browser.open(self.browser.address())
        self.assertEqual(len(self.rows()), 2)
        self.browser.click("#filter")
        self.browser.type("Escape")
        self.browser.wait("return document.querySelectorAll('#targets tbody tr').length === 29")
        self.browser.type("nonsense")
        self.browser.wait("return !document.getElementById('empty').hidden")
        self.assertEqual(self.text("#empty"), "No target matches the filter.")

    def test_live_update(self):
        self.browser.open(self.base + "/?filter=core2")
        first = self.browser.wait("return document.querySelector('#targets td.last').textContent")
        self.browser.wait(
            f"return document.querySelector('#targets td.last').textContent !== {json.dumps(first)}", patience=15)
        self.browser.open(self.base + "/")
        self.lab.echo(False)
        try:
            self.browser.wait("return document.querySelectorAll('.state[data-state=down]').length > 10", patience=15)
            self.assertRegex(self.browser.script("return document.title"), r"^\(\d+\) swift-net monitor$")
            self.browser.wait("return document.getElementById('announce').textContent.endsWith(': down')")
            self.picture("outage")
        finally:
            self.lab.echo(True)
        self.browser.wait("return document.querySelectorAll('.state[data-state=down]').length <= 5", patience=15)

    def test_target_zoom_and_back(self):
        self.browser.open(f"{self.base}/target/{self.identifier('core5.example.net')}?span=24h")
        self.browser.wait("return document.querySelector('#chart svg .median')")
        self.assertEqual(self.text("#target-name"), "core5.example.net")
        self.assertTrue(self.browser.script("return document.querySelectorAll('#chart .loss-5').length > 0"))
        before = self.browser.address()
        self.browser.drag("#chart svg", 0.4, 0.6)
        self.browser.wait("return location.search.startsWith('?from=')")
        query = dict(re.findall(r"(from|to)=([^&]+)", self.browser.address()))
        begin, end = (time.mktime(time.strptime(query[name][:19], "%Y-%m-%dT%H:%M:%S")) for name in ("from", "to"))
        self.assertAlmostEqual(end - begin, 0.2 * 86400 * 1.07, delta=1500)
        ready = self.browser.wait("return document.querySelector('#chart').dataset.ready")
        self.assertTrue(ready)
        self.browser.script("history.back()")
        self.browser.wait(f"return location.href === {json.dumps(before)}")
        self.browser.script("document.getElementById('chart').focus()")
        self.browser.type("+")
        self.browser.wait("return location.search.startsWith('?from=')")
        zoomed = self.browser.address()
        self.browser.type("Left")
        self.browser.wait(f"return location.href !== {json.dumps(zoomed)}")
        self.browser.click("#spans button[data-span='600']")
        self.browser.wait("return location.search === '?span=10m'")
        self.assertGreater(self.browser.wait("return document.querySelectorAll('#numbers tbody tr').length"), 0)
        self.assertIn("format=csv", self.browser.script("return document.getElementById('csv').href"))

    def test_past_span(self):
        number = self.identifier("mail5.example.net")
        end = int(time.time()) // 600 * 600 - 600
        self.browser.open(f"{self.base}/target/{number}?from={self.iso(end - 86400)}&to={self.iso(end)}")
        self.browser.wait("return document.querySelector('#chart svg .median')")
        self.assertTrue(self.browser.script("return document.querySelectorAll('#spans [aria-pressed=true]').length === 0"))
        self.picture("monitor-target")

    @staticmethod
    def iso(seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

    def test_events(self):
        self.browser.open(self.base + "/events")
        self.browser.wait("return document.querySelectorAll('#all-events tr').length > 1")
        self.assertIn("printer", self.text("#all-events"))
        self.picture("events")
        self.browser.script("const k = document.getElementById('kind'); k.value = 'started'; k.dispatchEvent(new Event('change'))")
        self.browser.wait("return location.search === '?kind=started'")
        self.browser.wait("return !document.querySelector('#all-events').innerText.includes('printer')")
        self.browser.open(self.base + "/events?kind=down")
        self.browser.click("#all-events a")
        self.browser.wait("return location.pathname.startsWith('/target/')")
        self.browser.wait("return document.querySelector('#chart svg .event-down')")

    def test_narrow(self):
        self.browser.resize(500, 800)
        for path in ("/", f"/target/{self.identifier('web1.example.net')}", "/events"):
            self.browser.open(self.base + path)
            self.browser.wait("return !document.querySelector('#target').hidden ? document.querySelector('#chart svg') : true")
            self.assertTrue(
                self.browser.script("return document.documentElement.scrollWidth <= window.innerWidth"), path)
            self.picture("narrow" + path.split("/")[1])

    def test_names_for_screen_readers(self):
        self.browser.open(f"{self.base}/target/{self.identifier('web1.example.net')}")
        self.browser.wait("return document.querySelector('#chart svg')")
        self.assertEqual(
            self.browser.script(
                "return [...document.querySelectorAll('input, select, button, a, [role=img], [role=group]')].filter(e => "
                "!e.closest('[hidden]') && !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length || "
                "e.querySelector('title'))).map(e => e.outerHTML.slice(0, 80))"), [])

    def test_no_such_target(self):
        self.browser.open(self.base + "/target/99999")
        self.assertEqual(self.text("#target-name"), "There is no such target.")
        # The server says 400 to the questions about it.
        self.browser.wait("return document.querySelector('#chart .empty')")
        self.assertTrue(all("400" in entry["message"] for entry in self.browser.complaints()))


class DarkTests(unittest.TestCase):
    def test_dark_and_many(self):
        lab = Lab()
        self.addCleanup(lab.close)
        with tempfile.TemporaryDirectory(prefix="monitor-") as folder:
            config = folder + "/m.toml"
            with open(config, "w") as file:
                file.write(configuration([f"host{number}" for number in range(1000)]))
            monitor = Monitor(lab, "--config", config)
            self.addCleanup(monitor.stop)
            monitor.wait(lambda: monitor.targets()["host998"]["received"] > 0)
            browser = Browser(lab, dark=True)
            self.addCleanup(browser.close)
            browser.open("http://127.0.0.1:9430/")
            self.assertEqual(browser.script("return document.querySelectorAll('#targets tbody tr').length"), 1001)
            color = browser.script("return getComputedStyle(document.body).backgroundColor")
            self.assertLess(sum(int(part) for part in re.findall(r"\d+", color)[:3]), 200, color)
            drawn = browser.script("const t = performance.now(); drawOverview(); document.body.offsetHeight; return performance.now() - t")
            print(f"1,000 targets drawn in {drawn:.0f} ms")
            if os.environ.get("PICTURES"):
                browser.picture(os.environ["PICTURES"] + "/dark.png")


if __name__ == "__main__":
    unittest.main()
