"""Compares `swift-net tcp-syn-scan --banners` with masscan --banners.

Both run in turn in the lab of scans.py, whose other host answers for 198.18.0.0/16 with nginx.
masscan uses its default wait of 10 s: with a shorter one, later banners are not found.
Nothing leaves the lab.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

from peers import measure, peak
from scans import LAB, other

CONFIGURATION = """
worker_processes 1; daemon off; pid {0}/pid; error_log {0}/errors;
events {{ worker_connections 20000; }}
http {{ access_log off; server {{ listen 80 backlog=65535; return 200 "x"; }} }}
"""

RUNS = 3


def main(binary):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        configuration = os.path.join(folder, "nginx.conf")
        with open(configuration, "w") as file:
            file.write(CONFIGURATION.format(folder))
        server = other("nginx", "-c", configuration, stderr=subprocess.DEVNULL)
        try:
            while subprocess.run([binary, "http-probe", "-q", "http://198.18.0.1/"], stdout=subprocess.DEVNULL).returncode:
                time.sleep(0.05)
            compare(binary, folder)
        finally:
            server.terminate()
            server.wait()
    sys.stdout.flush()


def compare(binary, folder):
    report = os.path.join(folder, "report")
    ours = [binary, "tcp-syn-scan", "--banners", "-p", "80", "198.18.0.0/16", "--source", "192.0.2.77", "-q",
            "--rate", "max", "-o", report]
    masscan = ["timeout", "100", "masscan", "--banners", "-p80", "198.18.0.0/16", "--source-ip", "192.0.2.78", "-e", "va",
               "--router-mac", "02-00-00-00-00-02", "-oL", report]

    def ours_found():
        return len(set(re.findall(r"^(\S+) +80/tcp +says +http +HTTP/1.1 200 OK; nginx", text(report), re.M)))

    def masscan_found():
        return len(set(re.findall(r"^banner tcp 80 (\S+) \d+ http HTTP/1.1 200", text(report), re.M)))

    rows = [
        ("ours, with RFC 5227's check", ours, ours_found),
        ("ours, --no-check", [*ours, "--no-check"], ours_found),
        ("masscan, 50,000 a second", [*masscan, "--rate", "50000"], masscan_found),
        ("masscan, 5,000 a second", [*masscan, "--rate", "5000"], masscan_found),
    ]
    print("\nbanners of 65,536 hosts with a web server; masscan waits 10 s at the end")
    walls = {}
    for _ in range(RUNS):
        for name, words, found in rows:
            wall, processor, _ = measure(words)
            walls.setdefault(name, []).append((wall, processor, found()))
    for name, values in walls.items():
        wall = statistics.median(value[0] for value in values)
        processor = statistics.median(value[1] for value in values)
        print(f"  {name:30} {wall * 1000:8.0f} ms wall {processor * 1000:8.0f} ms CPU   banners {[value[2] for value in values]}")
    for mine in ("ours, with RFC 5227's check", "ours, --no-check"):
        for peer in ("masscan, 50,000 a second", "masscan, 5,000 a second"):
            ratio = statistics.median(a[0] for a in walls[mine]) / statistics.median(b[0] for b in walls[peer])
            print(f"  {mine} to {peer}: {ratio:.2f} of its wall")
    print(f"  memory: {peak([*ours, '--no-check']):.1f} MiB")


def text(path):
    with open(path, errors="replace") as file:
        return file.read()


if __name__ == "__main__":
    if os.environ.get("SWIFT_NET_LAB") == "banners":
        main(sys.argv[1])
    else:
        environment = dict(os.environ, SWIFT_NET_LAB="banners")
        unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net", "--mount"]
        sys.exit(subprocess.call(
            unshare + ["sh", "-c", LAB, "lab", sys.executable, os.path.abspath(__file__), os.path.abspath(sys.argv[1])],
            env=environment))
