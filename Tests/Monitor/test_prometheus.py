"""A real Prometheus scrapes the monitor, and says the same as the monitor itself."""

import json
import re
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from lab import ROOT, Lab, Monitor, read, run


class PrometheusTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.close)
        run("ip", "netns", "exec", cls.lab.there, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0")
        # Three sites, one Prometheus.
        cls.monitors = [
            Monitor(cls.lab, "192.0.2.2", f"192.0.2.{77 + number}", "-i", "0.2", port=9430 + number)
            for number in range(3)
        ]
        for monitor in cls.monitors:
            cls.addClassCleanup(monitor.stop)
            monitor.wait_for_page()
        folder = tempfile.TemporaryDirectory(prefix="prometheus-")
        cls.addClassCleanup(folder.cleanup)
        with open(folder.name + "/prometheus.yml", "w") as file:
            file.write(
                "global: { scrape_interval: 1s }\nrule_files: [alerts.yml]\nscrape_configs:\n- job_name: monitor\n"
                "  static_configs:\n  - targets: ['127.0.0.1:9430', '127.0.0.1:9431', '127.0.0.1:9432']\n")
        with open(folder.name + "/alerts.yml", "w") as file:
            file.write(read(ROOT + "/Monitor/Examples/alerts.yml"))
        cls.prometheus = cls.lab.start(
            cls.lab.here, "prometheus", f"--config.file={folder.name}/prometheus.yml",
            f"--storage.tsdb.path={folder.name}/data", "--web.listen-address=127.0.0.1:9090", "--log.level=error")
        time.sleep(60)

    def query(self, expression):
        text = run(
            "ip", "netns", "exec", self.lab.here, "curl", "-sS", "--max-time", "10",
            "http://127.0.0.1:9090/api/v1/query?query=" + urllib.parse.quote(expression)).stdout
        answer = json.loads(text)
        self.assertEqual(answer["status"], "success", f"{expression}: {text}")
        return {
            tuple(row["metric"].get(label, "") for label in ("instance", "target")): float(row["value"][1])
            for row in answer["data"]["result"]
        }

    def test_loss_and_percentiles(self):
        loss = self.query("increase(swift_net_monitor_lost_total[40s]) / increase(swift_net_monitor_probes_total[40s])")
        self.assertEqual(len(loss), 6)
        for (_, target), share in loss.items():
            self.assertAlmostEqual(share, 0 if target == "192.0.2.2" else 1, delta=0.01)
        found = self.query(
            "histogram_quantile(0.99, sum by (instance, target, le) (rate(swift_net_monitor_rtt_seconds_bucket[40s])))")
        for number, monitor in enumerate(self.monitors):
            ours = monitor.targets()["192.0.2.2"]["recent"]["p99_ms"] / 1000
            theirs = found[(f"127.0.0.1:{9430 + number}", "192.0.2.2")]
            # Prometheus knows only the bounds of its buckets.
            bounds = [0, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1]
            index = next(i for i, bound in enumerate(bounds) if bound >= ours)
            self.assertTrue(bounds[max(index - 2, 0)] <= theirs <= bounds[index + 1], f"{ours} {theirs}")
        counts = self.query("swift_net_monitor_rtt_seconds_count")
        replies = self.query("swift_net_monitor_replies_total")
        self.assertEqual(counts, replies)

    def test_format(self):
        metrics = self.monitors[0].get("/metrics")[1]
        result = subprocess.run(["promtool", "check", "metrics"], input=metrics, capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_examples(self):
        run("promtool", "check", "rules", ROOT + "/Monitor/Examples/alerts.yml")
        dashboard = json.loads(read(ROOT + "/Monitor/Examples/grafana-dashboard.json"))
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                expression = target["expr"].replace("$__rate_interval", "30s").replace("$target", ".*")
                answer = self.query(expression)
                if "certificate" not in expression:
                    self.assertTrue(answer, expression)
        rules = read(ROOT + "/Monitor/Examples/alerts.yml")
        names = set(re.findall(r"swift_net_monitor_[a-z_]+", rules))
        metrics = self.monitors[0].get("/metrics")[1]
        for name in names - {"swift_net_monitor_certificate_end_seconds"}:
            self.assertIn(name, metrics)
        down = self.query("swift_net_monitor_up == 0")
        self.assertEqual(len(down), 3)


if __name__ == "__main__":
    unittest.main()
