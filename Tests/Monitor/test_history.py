"""A year of history, written by the description of its format, and read by the monitor."""

import os
import random
import sqlite3
import tempfile
import time
import unittest

import history
from lab import Lab, Monitor


class HistoryTests(unittest.TestCase):
    def test_a_year(self):
        lab = Lab()
        self.addCleanup(lab.close)
        folder = tempfile.TemporaryDirectory(prefix="monitor-")
        self.addCleanup(folder.cleanup)
        store = folder.name + "/m.sqlite"
        first = Monitor(lab, "192.0.2.2", store=store)
        first.wait_for_page()
        first.stop()
        generator = random.Random(1)
        end = int(time.time()) // 3600 * 3600
        usual = [int((12 + generator.expovariate(1 / 1.5)) * 1e6) for _ in range(600)]
        database = sqlite3.connect(store)
        for hour in range(365 * 24):
            start = (end - (365 * 24 - hour) * 3600) * 1000
            results = []
            for part in range(6):
                turn = generator.randrange(600)
                block = usual[turn:] + usual[:turn]
                block[5] = None
                if hour >= 334 * 24:
                    history.write_block(database, 1, start + part * 600_000, 1000, block)
                results += block
            history.write_hour(database, 1, start, results)
        database.execute("DELETE FROM samples WHERE start < ?", ((end - 86400) * 1000,))
        database.commit()
        database.execute("VACUUM")
        database.close()
        size = os.path.getsize(store)
        print(f"a year of 100 targets: {size * 100 / 1e6:.0f} MB")
        self.assertLessEqual(size * 100, 400e6)

        monitor = Monitor(lab, "192.0.2.2", store=store)
        self.addCleanup(monitor.stop)
        monitor.wait_for_page()
        present = sorted(usual)
        for name, days, step, probes in [
            ("day", 1, 300, 300), ("month", 30, 10800, 10800), ("year", 365, 172800, 172800),
        ]:
            begin = end - days * 86400
            path = f"/api/v1/series?target=1&from={begin}&to={end}&points=300"
            series = monitor.json(path)
            self.assertEqual(series["step_ms"], step * 1000, name)
            whole = [point for point in series["points"] if point[1] == probes]
            self.assertGreater(len(whole), 180, name)
            # One probe in ten minutes is lost, in the first of the two steps of five.
            self.assertAlmostEqual(sum(point[2] for point in whole), len(whole) * probes / 600, delta=1)
            for point in whole if name != "day" else []:
                self.assertEqual(point[2], probes // 600, name)
                self.assertAlmostEqual(point[5] * 1e6, present[300], delta=present[300] * 0.02)
                self.assertAlmostEqual(point[3] * 1e6, present[0], delta=present[0] * 0.02)
            times = []
            for _ in range(5):
                start = time.time()
                self.assertEqual(monitor.get(f"/chart.svg?target=1&from={begin}&to={end}")[0], 200)
                times.append(time.time() - start)
            print(f"chart of a {name}: {sorted(times)[2] * 1000:.0f} ms with curl's start")


if __name__ == "__main__":
    unittest.main()
