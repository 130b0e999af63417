"""Signature files: one per configuration when learned, one per product and version when stored."""

import os
import re
import sys
import zlib


def clean(text):
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-")


def file_name(setup):
    name = f"{clean(setup.product)}_{clean(setup.version)}_{clean(setup.name)}"
    return name + (f"_{clean(setup.origin)}" if setup.origin else "") + ".signature"


def rename(source, name, target):
    """Sets the name of the only configuration in a file."""
    with open(source) as stream:
        lines = stream.read().splitlines()
    for index, line in enumerate(lines):
        words = line.split("\t")
        if words[0] == "configuration":
            lines[index] = "\t".join([words[0], name, *words[2:]])
    os.remove(source)
    with open(target, "w") as stream:
        stream.write("\n".join(lines) + "\n")


# Products that use another product's HTTP implementation: if unknown, they are correctly identified as that one.
BASES = {"Caddy": "Go net/http", "Werkzeug": "Python http.server"}


class File:
    """A learned file with one configuration."""

    def __init__(self, path):
        self.banners, self.answers, self.configurations = [], [], []
        with open(path) as stream:
            for line in stream.read().splitlines():
                word, _, rest = line.partition("\t")
                if word == "product":
                    self.product = rest
                elif word == "versions":
                    self.version = rest
                elif word == "banner":
                    self.banners.append(rest)
                elif word == "tests":
                    self.tests = rest
                elif word == "answer":
                    self.answers.append(rest)
                elif word == "configuration":
                    name, origin, numbers = rest.split("\t")
                    row = [None if number == "-" else self.answers[int(number) - 1] for number in numbers.split()]
                    self.configurations.append((name, origin, row))


def combine(source, target, packed):
    """Writes one file per product and range of versions; releases with equal responses in all configurations form a range."""
    releases = {}
    for name in sorted(os.listdir(source)):
        file = File(os.path.join(source, name))
        releases.setdefault((file.product, file.version), []).append(file)
    products = {}
    for (product, version), files in releases.items():
        products.setdefault(product, []).append((version, files))
    os.makedirs(target, exist_ok=True)
    for name in os.listdir(target):
        if name.endswith(".signature"):
            os.remove(os.path.join(target, name))
    names = []
    for product, versions in sorted(products.items()):
        versions.sort(key=lambda item: [int(number) for number in re.findall(r"\d+", item[0])])
        ranges = []
        for version, files in versions:
            if ranges and alike(ranges[-1][-1][1], files):
                ranges[-1].append((version, files))
            else:
                ranges.append([(version, files)])
        for releases in ranges:
            first, last = releases[0][0], releases[-1][0]
            text = first if first == last else f"{first}-{last}"
            name = re.sub(r"[^a-z0-9]+", "_", f"{product} {first}".lower()).strip("_")
            names.append(name)
            write(os.path.join(target, name + ".signature"), product, text, releases[-1][1])
    with open(packed, "wb") as stream:
        whole = b"".join(open(os.path.join(target, name + ".signature"), "rb").read() for name in sorted(names))
        stream.write(zlib.compress(whole, 9))
    print(f"{len(names)} signatures of {len(products)} products")


def rows(files):
    return {(name, origin): row for file in files for name, origin, row in file.configurations}


def alike(left, right):
    left, right = rows(left), rows(right)
    shared = [key for key in left if key in right]
    return bool(shared) and all(left[key] == right[key] for key in shared)


def write(path, product, version, files):
    # The product's own banner, if it is not configured otherwise.
    banners = sorted({banner for file in files for banner in file.banners if file.configurations[0][0] == "default"})
    answers, lines = {}, []
    for file in files:
        for name, origin, row in file.configurations:
            numbers = []
            for answer in row:
                numbers.append("-" if answer is None else str(answers.setdefault(answer, len(answers) + 1)))
            lines.append(f"configuration\t{name}\t{origin}\t{' '.join(numbers)}")
    base = [f"base\t{BASES[product]}"] if product in BASES else []
    head = [f"product\t{product}", f"versions\t{version}", *base, *(f"banner\t{banner}" for banner in banners), f"tests\t{files[0].tests}"]
    with open(path, "w") as stream:
        stream.write("\n".join(head + [f"answer\t{answer}" for answer in answers] + lines) + "\n")


if __name__ == "__main__":
    combine(*sys.argv[1:])
