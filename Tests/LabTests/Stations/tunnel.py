"""A wire without Ethernet between two network namespaces: a TUN interface in each, whose packets are carried to the other.

    tunnel.py TYPE NAMESPACE:NAME:ADDRESS/LEN NAMESPACE:NAME:ADDRESS/LEN

TYPE is the interfaces' type, a number of ARPHRD_* (65534 for TUN itself, 512 for PPP, 776 for SIT ...).
"""

import ctypes
import fcntl
import os
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
print("ready", flush=True)
last = time.monotonic() + LIFETIME
while time.monotonic() < last:
    for end in select.select(ends, [], [], 1)[0]:
        packet = os.read(end, 65536)
        try:
            os.write(ends[1 - ends.index(end)], packet)
        except BlockingIOError:
            pass
