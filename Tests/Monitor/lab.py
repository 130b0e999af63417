"""Two network namespaces with a link between them, and monitors that run in one of them."""

import datetime
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

BINARY = os.path.abspath(os.environ.get("MONITOR", ".build-monitor/debug/swift-net-monitor"))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(*arguments, check=True, **options):
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=120, **options)
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(arguments)}: {result.returncode}: {result.stdout}{result.stderr}")
    return result


class Lab:
    """The monitor's namespace has 192.0.2.1, the peer's 192.0.2.2; nothing leads out of them."""

    def __init__(self):
        self.here, self.there = (f"monitor-{os.getpid()}-{name}" for name in "ab")
        self.processes = []
        for name in (self.here, self.there):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", self.here, "link", "add", "lan0", "type", "veth", "peer", "name", "lan0", "netns", self.there)
        for name, number in ((self.here, 1), (self.there, 2)):
            # IPv6 addresses go when the link goes down, unless they are told to stay.
            run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.lan0.keep_addr_on_down=1")
            run("ip", "-n", name, "address", "add", f"192.0.2.{number}/24", "dev", "lan0")
            run("ip", "-n", name, "address", "add", f"2001:db8::{number}/64", "dev", "lan0", "nodad")
            run("ip", "-n", name, "link", "set", "lan0", "up")

    def start(self, namespace, *arguments, **options):
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | options
        process = subprocess.Popen(["ip", "netns", "exec", namespace, *arguments], **options)
        self.processes.append(process)
        return process

    def echo(self, works):
        """Lets the peer reply to pings, or not; returns the time of the change."""
        value = "0" if works else "1"
        run("ip", "netns", "exec", self.there, "sysctl", "-qw", f"net.ipv4.icmp_echo_ignore_all={value}")
        return time.time()

    def close(self):
        for process in self.processes:
            # Servers end their workers, if they are asked to.
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for name in (self.here, self.there):
            run("ip", "netns", "delete", name, check=False)


class Monitor:
    """A monitor of a lab, on 127.0.0.1 of its namespace."""

    def __init__(self, lab, *arguments, store=None, port=9430):
        self.lab, self.port = lab, port
        self.folder = tempfile.mkdtemp(prefix="monitor-")
        self.log = os.path.join(self.folder, "log")
        command = [BINARY, "--listen", f"127.0.0.1:{port}"]
        command += ["--store", store] if store else ["--no-store"]
        with open(self.log, "w") as log:
            self.process = lab.start(lab.here, *command, *arguments, stdout=log, stderr=log)

    def output(self):
        return read(self.log)

    def get(self, path, fields=None):
        """Returns the status and the text of a page; the request is sent in the monitor's namespace."""
        command = ["ip", "netns", "exec", self.lab.here, "curl", "-sS", "--max-time", "10", "-w", "\n%{http_code}"]
        for field in fields or []:
            command += ["-H", field]
        result = subprocess.run(
            command + [f"http://127.0.0.1:{self.port}{path}"], capture_output=True, text=True, timeout=30)
        text, _, status = result.stdout.rpartition("\n")
        return int(status or 0), text

    def json(self, path):
        status, text = self.get(path)
        if status != 200:
            raise AssertionError(f"{path}: {status}: {text}\n{self.output()}")
        return json.loads(text)

    def targets(self):
        return {target["name"]: target for target in self.json("/api/v1/targets")["targets"]}

    def events(self, *kinds):
        events = self.json("/api/v1/events?limit=1000")["events"]
        return [event for event in reversed(events) if not kinds or event["kind"] in kinds]

    def wait(self, condition, patience=30):
        """Waits until a condition holds, and returns its value."""
        end = time.time() + patience
        while True:
            try:
                value = condition()
                if value:
                    return value
            except AssertionError:
                if self.process.poll() is not None:
                    raise
            if time.time() > end:
                raise AssertionError(f"waited for nothing:\n{self.output()}")
            time.sleep(0.1)

    def wait_for_page(self):
        return self.wait(lambda: self.get("/healthz")[0] == 200)

    def signal(self, number):
        os.kill(self.process.pid, number)

    def stop(self):
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)
        return status


def read(path):
    with open(path) as file:
        return file.read()


def seconds(text):
    """The Unix time of a time of the interface."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
