"""A wire without Ethernet between two network namespaces: a TUN interface in each, whose packets are carried to the other.

    tunnel.py TYPE NAMESPACE:NAME:ADDRESS/LEN NAMESPACE:NAME:ADDRESS/LEN [FAULT=VALUE...]

TYPE is the interfaces' type, a number of ARPHRD_* (65534 for TUN itself, 512 for PPP, 776 for SIT ...).
Faults: loss, duplicate and corrupt are shares of the packets; delay is that of every packet, and jitter the longest of
a further one, in milliseconds.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, TUNSETLINK = 0x400454CA, 0x400454CD
IFF_TUN, IFF_NO_PI = 1, 0x1000
LIFETIME = 120
libc = ctypes.CDLL(None, use_errno=True)


def enter(namespace):
    with open("/run/netns/" + namespace) as file:
        if libc.setns(file.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def interface(kind, description):
    namespace, name, address = description.split(":")
    enter(namespace)
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    fcntl.ioctl(tun, TUNSETLINK, kind)
    for words in (["addr", "add", address, "dev", name], ["link", "set", "dev", name, "up"]):
        subprocess.run(["ip"] + words, check=True)
    return tun


ends = [interface(int(sys.argv[1]), description) for description in sys.argv[2:4]]
faults = {name: float(value) for name, value in (word.split("=") for word in sys.argv[4:])}
chance = lambda name: name in faults and random.random() < faults[name]
waiting = []


def carry(packet, end):
    try:
        os.write(end, packet)
    except OSError:
        # The queue is full, or the interface is down.
        pass


def disturb(packet, end):
    if chance("loss"):
        return
    if chance("corrupt"):
        changed = bytearray(packet)
        for _ in range(random.randint(1, 4)):
            changed[random.randrange(len(changed))] ^= random.randint(1, 255)
        packet = bytes(changed[: random.choice([len(changed), random.randint(1, len(changed))])])
    for _ in range(2 if chance("duplicate") else 1):
        due = time.monotonic() + (faults.get("delay", 0) + random.random() * faults.get("jitter", 0)) / 1000
        heapq.heappush(waiting, (due, random.random(), packet, end))


print("ready", flush=True)
# A program that carries the packets instead, for the benchmarks: it gets the descriptors as arguments.
if "RELAY" in os.environ:
    for end in ends:
        os.set_inheritable(end, True)
    os.execv(os.environ["RELAY"], ["relay", *map(str, ends)])
last = time.monotonic() + LIFETIME
while time.monotonic() < last:
    for end in select.select(ends, [], [], 0.001 if waiting else 1)[0]:
        # Several packets per wait, so that the queue of the interface does not overflow.
        for _ in range(64):
            try:
                packet = os.read(end, 65536)
            except BlockingIOError:
                break
            other = ends[1 - ends.index(end)]
            disturb(packet, other) if faults else carry(packet, other)
    while waiting and waiting[0][0] <= time.monotonic():
        _, _, packet, end = heapq.heappop(waiting)
        carry(packet, end)
