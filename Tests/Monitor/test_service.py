"""The monitor as its users run it."""

import json
import os
import random
import signal
import socket
import sqlite3
import tempfile
import time
import unittest

from lab import BINARY, ROOT, Lab, Monitor, read, run, seconds


class ServiceTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.close)

    def monitor(self, *arguments, **options):
        monitor = Monitor(self.lab, *arguments, **options)
        self.addCleanup(monitor.stop)
        return monitor

    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="monitor-")
        self.addCleanup(folder.cleanup)
        return folder.name

    def test_page_with_data_and_no_privileges(self):
        begin = time.time()
        monitor = self.monitor("192.0.2.2", "2001:db8::2", "tcp://192.0.2.2:7", "192.0.2.77")
        monitor.wait(lambda: monitor.targets()["192.0.2.2"]["received"] > 0)
        print(f"start to first page with data: {time.time() - begin:.2f} s")
        status, page = monitor.get("/")
        self.assertEqual(status, 200)
        self.assertIn("<!doctype html>", page.lower())
        with open(f"/proc/{monitor.process.pid}/status") as file:
            fields = dict(line.split(":\t", 1) for line in file if ":\t" in line)
        self.assertEqual(int(fields["CapEff"], 16) | int(fields["CapPrm"], 16), 0)
        self.assertEqual(fields["NoNewPrivs"].strip(), "1")
        monitor.wait(lambda: monitor.targets()["192.0.2.77"]["state"] == "down")
        targets = monitor.targets()
        self.assertEqual(targets["2001:db8::2"]["state"], "up")
        self.assertEqual(targets["tcp://192.0.2.2:7"]["reason"], "connection refused")
        self.assertIn("Unreachable", targets["192.0.2.77"]["reason"] or "Unreachable")
        self.assertEqual(monitor.stop(), 0)

    def test_outages_are_reported_with_their_bounds(self):
        monitor = self.monitor("192.0.2.2", store=self.folder() + "/m.sqlite")
        monitor.wait(lambda: monitor.targets()["192.0.2.2"]["received"] >= 3)
        bounds = []
        for length in (10, 4):
            begin = self.lab.echo(False)
            time.sleep(length)
            bounds.append((begin, self.lab.echo(True)))
            count = len(bounds)
            monitor.wait(lambda: len([e for e in monitor.events("down") if e["end"]]) == count)
            time.sleep(2)
        for event, (begin, end) in zip(monitor.events("down"), bounds):
            self.assertGreaterEqual(seconds(event["start"]), begin - 0.1)
            self.assertLess(seconds(event["start"]), begin + 1.1)
            self.assertGreaterEqual(seconds(event["end"]), end - 0.1)
            self.assertLess(seconds(event["end"]), end + 1.1)
        series = monitor.json("/api/v1/series?target=1&points=2000")
        lost = sum(point[2] for point in series["points"])
        self.assertTrue(12 <= lost <= 16, f"{lost}: {series}")

    def test_event_command(self):
        folder = self.folder()
        path = folder + "/events"
        monitor = self.monitor("192.0.2.66", "--on-event", f"cat >> {path}")
        monitor.wait(lambda: monitor.events("down"))
        monitor.wait(lambda: os.path.exists(path) and '"down"' in read(path))
        events = [json.loads(line) for line in read(path).splitlines()]
        self.assertEqual([event["kind"] for event in events], ["started", "down"])
        self.assertEqual(events[1]["name"], "192.0.2.66")

    def test_json(self):
        monitor = Monitor(self.lab, "--json", "192.0.2.66", "-i", "0.3", port=9432)
        monitor.wait(lambda: monitor.events("down"))
        monitor.signal(signal.SIGTERM)
        self.assertEqual(monitor.process.wait(timeout=20), 0)
        objects = [json.loads(line) for line in monitor.output().splitlines()]
        self.assertEqual(sorted(o["type"] for o in objects), ["event", "event", "start", "summary"])
        self.assertTrue(all(line.startswith('{"type":') and '"time":' in line for line in monitor.output().splitlines()))
        self.assertEqual([o["kind"] for o in objects if o["type"] == "event"], ["started", "down"])
        self.assertEqual(objects[-1]["type"], "summary")
        self.assertGreater(objects[-1]["transmitted"], 2)

    def test_killed_at_random_moments(self):
        store = self.folder() + "/m.sqlite"
        begin = time.time()
        seed = random.randrange(1 << 30)
        generator = random.Random(seed)
        lives = []
        for life in range(10):
            monitor = Monitor(self.lab, "192.0.2.2", "192.0.2.55", "-i", "0.2", store=store)
            monitor.wait(lambda: monitor.targets()["192.0.2.2"]["transmitted"] > 0)
            time.sleep(generator.uniform(0, 9))
            transmitted = monitor.targets()["192.0.2.2"]["transmitted"]
            monitor.signal(signal.SIGKILL)
            monitor.process.wait()
            lives.append(transmitted)
        monitor = self.monitor("192.0.2.2", "192.0.2.55", "-i", "0.2", store=store)
        monitor.wait_for_page()
        series = monitor.json(f"/api/v1/series?target=1&points=2000&from={begin:.3f}")
        kept = sum(point[1] for point in series["points"])
        # At most 5 s of each life are missing: 25 probes, and those between the question and the end.
        self.assertGreaterEqual(kept, sum(lives) - 10 * 27, f"seed {seed}: {lives}")
        self.assertLessEqual(kept, sum(lives) + 10 * 10 + 30)
        downs = [event for event in monitor.events("down") if event["name"] == "192.0.2.55"]
        starts = [event["start"] for event in downs]
        self.assertEqual(len(starts), len(set(starts)), f"seed {seed}: {downs}")
        self.assertEqual(len([event for event in downs if event["end"] is None]), 1, f"seed {seed}: {downs}")
        database = sqlite3.connect(store)
        self.addCleanup(database.close)
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))

    def test_stopped_for_ten_seconds(self):
        monitor = self.monitor("192.0.2.2", "tcp://192.0.2.2:7")
        monitor.wait(lambda: monitor.targets()["192.0.2.2"]["received"] >= 2)
        begin = time.time()
        monitor.signal(signal.SIGSTOP)
        time.sleep(10)
        monitor.signal(signal.SIGCONT)
        event = monitor.wait(lambda: monitor.events("monitor-asleep"))[0]
        self.assertLess(abs(seconds(event["start"]) - begin), 1.5)
        self.assertLess(abs(seconds(event["end"]) - begin - 10), 1.5)
        time.sleep(3)
        self.assertEqual([e for e in monitor.events("down", "loss", "slow") if e["name"] == "192.0.2.2"], [])

    def test_full_disk(self):
        folder = self.folder()
        run("mount", "-t", "tmpfs", "-o", "size=2M", "tmpfs", folder)
        self.addCleanup(run, "umount", "-l", folder)
        monitor = self.monitor("192.0.2.2", "-i", "0.1", store=folder + "/m.sqlite")
        monitor.wait(lambda: monitor.targets()["192.0.2.2"]["received"] >= 2)
        with open(folder + "/ballast", "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                pass
        monitor.wait(lambda: monitor.get("/healthz")[0] == 503, patience=60)
        self.assertIn("history is not being written: SQLite: ", monitor.output())
        self.assertEqual(monitor.json("/api/v1/targets")["store"]["state"], "failing")
        self.assertIn("swift_net_monitor_store_ok 0", monitor.get("/metrics")[1])
        time.sleep(6)
        os.remove(folder + "/ballast")
        monitor.wait(lambda: monitor.get("/healthz")[0] == 200)
        self.assertIn("history is being written again", monitor.output())
        target = monitor.targets()["192.0.2.2"]
        kept = sum(point[1] for point in monitor.json("/api/v1/series?target=1&points=2000")["points"])
        self.assertGreaterEqual(kept, target["transmitted"] - 2, "samples were lost")

    def test_reload(self):
        folder = self.folder()
        config = folder + "/monitor.toml"

        def write(text):
            with open(config, "w") as file:
                file.write(text)

        write('[[group]]\ntargets = ["192.0.2.2", "192.0.2.1"]\n')
        monitor = self.monitor("--config", config)
        monitor.wait(lambda: monitor.targets()["192.0.2.2"]["received"] >= 2)
        write('[[group]]\ntargets = ["192.0.2.2"\n')
        monitor.signal(signal.SIGHUP)
        monitor.wait(lambda: "not reloaded" in monitor.output())
        self.assertIn(f"{config}:", monitor.output().split("not reloaded: ")[1].splitlines()[0])
        self.assertEqual(set(monitor.targets()), {"192.0.2.2", "192.0.2.1"})
        write('[[group]]\ntargets = ["192.0.2.2", "192.0.2.1"]\n[[target]]\nname = "web"\ntarget = "tcp://192.0.2.2:7"\n')
        monitor.signal(signal.SIGHUP)
        monitor.wait(lambda: "web" in monitor.targets())
        before = monitor.targets()["192.0.2.2"]["transmitted"]
        monitor.wait(lambda: monitor.targets()["192.0.2.2"]["transmitted"] > before + 2)
        self.assertEqual(monitor.targets()["192.0.2.2"]["skipped"], 0)

    def test_interface_gone_and_back(self):
        monitor = self.monitor("192.0.2.2")
        monitor.wait(lambda: monitor.targets()["192.0.2.2"]["received"] >= 2)
        run("ip", "-n", self.lab.here, "link", "set", "lan0", "down")
        self.addCleanup(run, "ip", "-n", self.lab.here, "link", "set", "lan0", "up")
        event = monitor.wait(lambda: monitor.events("down"))[0]
        self.assertIn("unreachable", event["reason"].lower())
        run("ip", "-n", self.lab.here, "link", "set", "lan0", "up")
        monitor.wait(lambda: monitor.events("down")[0]["end"])

    def test_token(self):
        path = self.folder() + "/token"
        with open(path, "w") as file:
            file.write("0123456789abcdefXYZ\n")
        monitor = self.monitor("192.0.2.2", "--token-file", path)
        monitor.wait_for_page()
        self.assertEqual(monitor.get("/api/v1/targets")[0], 401)
        self.assertEqual(monitor.get("/api/v1/targets", ["Authorization: Bearer 0123456789abcdefXYZ"])[0], 200)
        self.assertEqual(monitor.get("/", ["Accept: text/html"])[0], 303)

    def test_unix_socket(self):
        path = self.folder() + "/socket"
        monitor = self.monitor("192.0.2.2", "--listen", "unix:" + path)
        monitor.wait(lambda: os.path.exists(path))
        answer = run("curl", "-sS", "--unix-socket", path, "http://localhost/healthz")
        self.assertEqual(answer.stdout, "ok\n")

    def test_mistakes(self):
        for arguments, text in [
            ([], "no targets"),
            (["--listen", "0.0.0.0:9430", "192.0.2.2"], "--token-file"),
            (["--nonsense", "192.0.2.2"], "--nonsense"),
            (["--no-store", "192.0.2.2", "192.0.2.2"], "two targets"),
            (["--config", "/nonexistent.toml"], "/nonexistent.toml: No such file or directory"),
            (["--store", "/proc/nothing/x", "192.0.2.2"], "/proc/nothing/x"),
            (["--no-store", "--listen", "192.0.2.250:9430", "--public-read-only", "192.0.2.2"], "192.0.2.250"),
        ]:
            result = run("ip", "netns", "exec", self.lab.here, BINARY, *arguments, check=False)
            self.assertEqual(result.returncode, 2, f"{arguments}: {result}")
            self.assertIn(text, result.stderr, f"{arguments}")
            self.assertTrue(result.stderr.startswith("swift-net-monitor: "), result.stderr)

    def test_web_servers(self):
        folder = self.folder()
        with open(folder + "/index.html", "w") as file:
            file.write("<p>welcome</p>")
        server = self.lab.start(self.lab.there, "python3", "-m", "http.server", "-d", folder, "8080")
        self.addCleanup(server.terminate)
        config = folder + "/monitor.toml"
        with open(config, "w") as file:
            for name, path, setting in [
                ("right", "/", 'match = "welcome"'), ("text", "/", 'match = "goodbye"'),
                ("missing", "/nothing", ""), ("expected", "/nothing", "status = 404"),
                ("redirect", "/", 'status = "300-399"'),
            ]:
                file.write(f'[[target]]\nname = "{name}"\ntarget = "http://192.0.2.2:8080{path}"\ninterval = "300ms"\n{setting}\n')
        monitor = self.monitor("--config", config)
        monitor.wait(lambda: monitor.targets()["right"]["received"] > 2)
        monitor.wait(lambda: len(monitor.events("down")) == 3)
        targets = monitor.targets()
        self.assertEqual((targets["right"]["state"], targets["expected"]["state"]), ("up", "up"))
        self.assertEqual(targets["text"]["reason"], "the body does not have the expected text")
        self.assertEqual(targets["missing"]["reason"], "status 404")
        self.assertEqual(targets["redirect"]["reason"], "status 200 (expected 300 to 399)")
        self.assertEqual(targets["right"]["http"]["status"], 200)
        self.assertGreater(targets["right"]["http"]["connect_ms"], 0)

    def test_database_in_use(self):
        store = self.folder() + "/m.sqlite"
        self.monitor("192.0.2.2", store=store).wait_for_page()
        second = Monitor(self.lab, "192.0.2.2", store=store, port=9431)
        self.assertEqual(second.process.wait(timeout=20), 2)
        self.assertIn("m.sqlite: another monitor uses this file", second.output())

    def test_port_in_use(self):
        self.monitor("192.0.2.2").wait_for_page()
        second = Monitor(self.lab, "192.0.2.2")
        self.assertEqual(second.process.wait(timeout=20), 2)
        self.assertIn("Address already in use", second.output())

    def test_hostile_input(self):
        monitor = self.monitor("192.0.2.2")
        monitor.wait_for_page()
        script = """
import socket, sys
for data in [b"", b"GET", b"\\x16\\x03\\x01" + bytes(200), b"GET / HTTP/1.1\\r\\n" + b"X: " + b"a" * 500000,
             b"GET /" + b"a" * 200000 + b" HTTP/1.1\\r\\n\\r\\n", b"POST /login HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nContent-Length: 99999999999\\r\\n\\r\\nx",
             b"GET /target/../../etc/passwd HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n", bytes(range(256)) * 10]:
    s = socket.create_connection(("127.0.0.1", 9430)); s.settimeout(2)
    try:
        s.sendall(data); print(s.recv(100)[:40])
    except OSError as error: print(error)
    s.close()
many = [socket.create_connection(("127.0.0.1", 9430)) for _ in range(180)]
"""
        run("ip", "netns", "exec", self.lab.here, "python3", "-c", script)
        self.assertEqual(monitor.get("/healthz")[0], 200)
        self.assertIsNone(monitor.process.poll())

    def test_service_unit(self):
        unit = read(ROOT + "/Monitor/swift-net-monitor.service")
        folder = self.folder()
        with open(folder + "/swift-net-monitor.service", "w") as file:
            file.write(unit.replace("/usr/local/bin/swift-net-monitor", "/bin/true"))
        answer = run("systemd-analyze", "security", "--offline=true", folder + "/swift-net-monitor.service", check=False)
        level = float(answer.stdout.split("Overall exposure level for ")[1].split(": ")[1].split()[0])
        self.assertLessEqual(level, 2.5)

    def test_readiness(self):
        path = self.folder() + "/notify"
        server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(server.close)
        server.bind(path)
        server.settimeout(20)
        os.environ.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="2000000")
        self.addCleanup(lambda: [os.environ.pop(name) for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC")])
        monitor = self.monitor("192.0.2.2")
        self.assertEqual(server.recv(100), b"READY=1")
        self.assertEqual(server.recv(100), b"WATCHDOG=1")
        monitor.signal(signal.SIGTERM)
        message = server.recv(100)
        while message == b"WATCHDOG=1":
            message = server.recv(100)
        self.assertEqual(message, b"STOPPING=1")


if __name__ == "__main__":
    unittest.main()
