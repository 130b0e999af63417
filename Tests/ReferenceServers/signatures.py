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
BASES = {"Caddy": "Go net/http", "Werkzeug": "Python http.server", "wsgiref": "Python http.server", "Daphne": "Twisted Web"}


class File:
    """A signature file: with one configuration if learned, with all of a range of versions if stored."""

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
                    # Without any response of HTTP, there is nothing to know a server by.
                    if any(answer and answer.startswith("HTTP/") for answer in row):
                        self.configurations.append((name, origin, row))


def split(path):
    """The configurations of a stored file, each as if it were learned; once for each end of its range of versions."""
    whole = File(path)
    ends = whole.version.split("-")
    # A date has two.
    for version in sorted(set(ends)) if len(ends) == 2 else [whole.version]:
        for configuration in whole.configurations:
            file = File.__new__(File)
            file.product, file.version, file.tests, file.answers = whole.product, version, whole.tests, whole.answers
            file.banners = whole.banners if configuration[0] == "default" else []
            file.configurations = [configuration]
            yield file


def key(file, release=True):
    """The name of the file that this configuration is learned into, without the product and its version if not `release`."""
    name, origin, _ = file.configurations[0]
    name = (f"{clean(file.product)}_{clean(file.version)}_" if release else "") + clean(name)
    return name + (f"_{clean(origin)}" if origin != "-" else "") + ".signature"


def combine(source, target, packed, keep=False):
    """Writes one file per product and range of versions; releases with equal responses in all configurations form a range.

    If `keep`, the configurations in the target that are not in the source stay.
    """
    found = {}
    if keep and os.path.isdir(target):
        for name in os.listdir(target):
            if name.endswith(".signature"):
                found.update({key(file): file for file in split(os.path.join(target, name))})
    for name in os.listdir(source):
        if name.endswith(".signature"):
            found[name] = File(os.path.join(source, name))
    releases = {}
    for name in sorted(found):
        releases.setdefault((found[name].product, found[name].version), []).append(found[name])
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
            # The newest release does not have to be learned in every configuration.
            union = {key(file, release=False): file for _, files in releases for file in files}
            write(os.path.join(target, name + ".signature"), product, text, [union[name] for name in sorted(union)])
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


def duplicates(source):
    """Prints the configurations of one release whose responses are equal: they add nothing."""
    seen = {}
    for name in sorted(os.listdir(source)):
        for file in split(os.path.join(source, name)) if name.endswith(".signature") else ():
            configuration, _, row = file.configurations[0]
            seen.setdefault((file.product, file.version, tuple(row)), []).append(configuration)
    equal = [(product, version, names) for (product, version, _), names in seen.items() if len(names) > 1]
    for product, version, names in equal:
        print(f"{product} {version}: equal: {', '.join(names)}")
    print(f"{len(seen)} different configurations of {len({product for product, _, _ in seen})} products")


def compare(left, right):
    """Prints the files of two runs that differ, with the names of the requests that were answered differently."""
    for name in sorted(set(os.listdir(left)) & set(os.listdir(right))):
        first, second = File(os.path.join(left, name)), File(os.path.join(right, name))
        rows = zip(first.tests.split(), first.configurations[0][2], second.configurations[0][2])
        different = [f"{test}: {one} | {other}" for test, one, other in rows if one != other]
        if different:
            print(name, *different, sep="\n    ")


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[0] == "--duplicates":
        duplicates(words[1])
    elif words[0] == "--compare":
        compare(*words[1:])
    elif words[0] == "--keep":
        combine(*words[1:], keep=True)
    else:
        combine(*words)
