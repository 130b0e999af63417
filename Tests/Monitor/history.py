"""Writes history into the database of a monitor, by the description in swift-net-monitor(8)."""

import random
import sqlite3

BLOCK = 600_000


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value):
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def bucket(nanoseconds):
    units = nanoseconds >> 7
    if units < 32:
        return units
    exponent = units.bit_length() - 6
    return (exponent << 5) + (units >> exponent)


def lower(index):
    return index << 7 if index < 32 else (index % 32 + 32) << (index // 32 - 1 + 7)


def histogram(times):
    counts = {}
    for time in times:
        counts[bucket(time)] = counts.get(bucket(time), 0) + 1
    out, previous = varint(len(counts)), 0
    for index in sorted(counts):
        out += varint(index - previous) + varint(counts[index])
        previous = index
    if counts:
        out += varint(max(min(times) - lower(min(counts)), 0) >> 7)
        out += varint(max(max(times) - lower(max(counts)), 0) >> 7)
    return out


def aggregate(results):
    times = [result for result in results if result is not None]
    return varint(len(results)) + varint(len(results) - len(times)) + histogram(times)


def sample(result):
    return b"\0" if result is None else varint(result // 100 + 2)


def write_block(database, target, start, interval, results):
    """Writes the results of ten minutes: round-trip times in nanoseconds, or None."""
    data = b"".join(signed(0 if index else -interval) + sample(result) for index, result in enumerate(results))
    database.execute(
        "INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?)", (target, start, interval, data))
    minutes = b""
    each = 60_000 // interval
    for number in range(10):
        part = results[number * each:(number + 1) * each]
        if part:
            minutes += varint(number) + aggregate(part)
    lost = sum(result is None for result in results)
    database.execute(
        "INSERT OR REPLACE INTO minutes VALUES (?, ?, ?, ?, ?)", (target, start, len(results), lost, minutes))


def write_hour(database, target, start, results):
    lost = sum(result is None for result in results)
    database.execute(
        "INSERT OR REPLACE INTO hours VALUES (?, ?, ?, ?, ?)",
        (target, start, len(results), lost, aggregate(results)))


def write_day(path, end, kinds, seed=1):
    """Gives each target a day before `end` (in ms), by its number modulo the kinds.

    A kind is the usual time in ms, its spread, the share of lost probes, and a function of the hour of the day that
    multiplies the time, or is None for an outage.
    """
    generator = random.Random(seed)
    database = sqlite3.connect(path)
    targets = database.execute("SELECT id, kind FROM target").fetchall()
    for target, check in targets:
        usual, spread, loss, shape = kinds[(target - 1) % len(kinds)]
        interval = 1000 if check == "ping" else 10_000
        start = (end - 86_400_000) // BLOCK * BLOCK
        hour = []
        while start + BLOCK <= end:
            results = []
            for index in range(BLOCK // interval):
                factor = shape((start + index * interval) / 3_600_000 % 24)
                if factor is None or generator.random() < loss:
                    results.append(None)
                else:
                    results.append(int((usual + generator.expovariate(1 / spread)) * factor * 1e6))
            write_block(database, target, start, interval, results)
            hour += results
            start += BLOCK
            if start % 3_600_000 == 0:
                write_hour(database, target, start - 3_600_000, hour)
                hour = []
    database.commit()
    database.close()
