"""Signature files: a configuration each as they are learned, a product and version each as they are kept."""

import os
import re


def clean(text):
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-")


def file_name(setup):
    name = f"{clean(setup.product)}_{clean(setup.version)}_{clean(setup.name)}"
    return name + (f"_{clean(setup.origin)}" if setup.origin else "") + ".signature"


def rename(source, name, target):
    """Gives the one configuration of a file its name."""
    with open(source) as stream:
        lines = stream.read().splitlines()
    for index, line in enumerate(lines):
        words = line.split("\t")
        if words[0] == "configuration":
            lines[index] = "\t".join([words[0], name, *words[2:]])
    os.remove(source)
    with open(target, "w") as stream:
        stream.write("\n".join(lines) + "\n")
