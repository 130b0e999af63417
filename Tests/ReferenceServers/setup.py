"""One way to run one server."""

import os
import re
import subprocess
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
APPS = os.path.join(HERE, "apps")
# A banner that is a lie, for whom it is one.
LIE = "Apache/2.4.41 (Ubuntu)"
OTHER_LIE = "nginx/1.18.0"


@dataclass
class Process:
    """A command; {port}, {behind}, {folder}, {root} and {apps} in words, files and environment are filled in."""

    words: list
    environment: dict = field(default_factory=dict)


@dataclass
class Setup:
    product: str
    # Of the configuration.
    name: str
    process: Process
    version: str = ""
    # Written into the setup's folder before it starts.
    files: dict = field(default_factory=dict)
    # A server behind it, on port {behind}, and what it is.
    behind: Process = None
    origin: str = None
    # Seconds that it may take to listen.
    patience: float = 10


def version(words, pattern):
    """What a program says of itself; empty when it is not there."""
    try:
        run = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=30)
    except OSError:
        return ""
    match = re.search(pattern, run.stdout.decode(errors="replace"))
    return match.group(1) if match else ""
