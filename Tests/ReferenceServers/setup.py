"""The configuration of one server."""

import os
import re
import subprocess
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
APPS = os.path.join(HERE, "apps")
# A false banner, for products other than the one it names.
LIE = "Apache/2.4.41 (Ubuntu)"
OTHER_LIE = "nginx/1.18.0"


@dataclass
class Process:
    """A command; {port}, {behind}, {folder}, {root} and {apps} are replaced in arguments, files and environment."""

    words: list
    environment: dict = field(default_factory=dict)


@dataclass
class Setup:
    product: str
    # The name of the configuration.
    name: str
    process: Process
    version: str = ""
    # Files written into the setup's folder before the start.
    files: dict = field(default_factory=dict)
    # The origin server on port {behind}, and its product.
    behind: Process = None
    origin: str = None
    # The maximum time until it listens, in seconds.
    patience: float = 10


def version(words, pattern):
    """The version that a program prints; empty if it is not installed."""
    try:
        run = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=30)
    except OSError:
        return ""
    match = re.search(pattern, run.stdout.decode(errors="replace"))
    return match.group(1) if match else ""
