"""Starts every reference server in turn, in a network namespace of its own, and learns its signature.

    servers.py BINARY FOLDER [PRODUCT...]

writes a signature a product and version into FOLDER. Nothing of it leaves the loopback of its own network namespace.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

import appliances
import compiled
import daemons
import fronts
import languages
import perl_ruby
import proxies
import python_servers
import runtimes
import signatures
from setup import APPS


def setups():
    """Every server configuration available on this system."""
    for module in (daemons, languages, python_servers, perl_ruby, compiled, runtimes, proxies, appliances, fronts):
        for source in module.ALL:
            yield from source()


def prepare():
    """Downloads and builds what is needed, before the network is disconnected."""
    for _ in setups():
        pass
    os.environ["SERVERS_NAMESPACE"] = "inside"


def main():
    if os.environ.get("SERVERS_NAMESPACE") != "inside":
        prepare()
        # Whether a connection is kept is a matter of time: other work should not delay the servers.
        os.execvpe("nice", ["nice", "-n", "-5", "unshare", "-n", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "servers", sys.executable, *sys.argv], os.environ)
    binary, folder, wanted = os.path.abspath(sys.argv[1]), sys.argv[2], [word.lower() for word in sys.argv[3:]]
    os.makedirs(folder, exist_ok=True)
    port = 20000
    failed = []
    for setup in setups():
        label = f"{setup.product} {setup.version} {setup.name}"
        if wanted and not any(word in label.lower() for word in wanted):
            continue
        if not setup.version:
            failed.append(f"{label}: not installed")
            continue
        port += 2
        path = os.path.join(folder, signatures.file_name(setup))
        if os.path.exists(path):
            continue
        trouble = learn(binary, setup, port, path)
        print(f"{label}: {trouble or 'learned'}", flush=True)
        if trouble:
            failed.append(f"{label}: {trouble}")
    if failed:
        print(f"{len(failed)} without a signature:", *failed, sep="\n    ", file=sys.stderr)


class DoesNotListen(Exception):
    pass


PAGE = "<html><body><p>Something went wrong.</p></body></html>\n"
ROOT = {
    "root/index.html": "<html><head><title>Hello</title></head><body><p>hello</p></body></html>\n",
    "root/oops.html": PAGE, "root/status-404.html": PAGE, "root/error404.htm": PAGE,
    "root/data.json": "{}\n", "root/folder/notes.txt": "notes\n",
}


@contextlib.contextmanager
def running(setup, port):
    """Runs a server on the port, and its origin server on the next port; always ends both."""
    with tempfile.TemporaryDirectory(prefix="servers-") as place:
        # Some servers drop root privileges before they read files.
        os.chmod(place, 0o755)
        words = dict(port=port, behind=port + 1, folder=place, root=os.path.join(place, "root"), apps=APPS)

        def fill(text):
            for name, value in words.items():
                text = text.replace("{" + name + "}", str(value))
            return text

        for name, text in {**ROOT, **setup.files}.items():
            file = os.path.join(place, name)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "w", newline="") as stream:
                stream.write(text if name.startswith("root/") else fill(text))
        started = []
        try:
            for process, number in ([(setup.behind, port + 1)] if setup.behind else []) + [(setup.process, port)]:
                environment = dict(os.environ, **{name: fill(str(value)) for name, value in process.environment.items()})
                own = [fill(word.replace("{port}", str(number))) for word in process.words]
                with open(os.path.join(place, "output"), "ab") as output:
                    started.append(
                        subprocess.Popen(own, env=environment, cwd=place, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True))
                if not wait(number, started[-1], setup.patience):
                    with open(os.path.join(place, "output"), "rb") as output:
                        said = output.read().decode(errors="replace").strip()
                    raise DoesNotListen("does not listen: " + said[-300:].replace("\n", " | "))
            # The first response of a server may differ from later ones.
            subprocess.run(["curl", "-s", "-m", "10", "-o", "/dev/null", f"http://127.0.0.1:{port}/"])
            yield f"http://127.0.0.1:{port}/"
        finally:
            for process in reversed(started):
                end(process)


def learn(binary, setup, port, path):
    """Runs one server and learns its signature; returns the error, if any."""
    try:
        with running(setup, port) as url:
            command = [binary, "http-fingerprint", "--learn", setup.product, "--versions", setup.version, "-o", path + ".new"]
            if setup.origin:
                command += ["--origin", setup.origin]
            run = subprocess.run(command + [url], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
    except DoesNotListen as trouble:
        return str(trouble)
    if run.returncode:
        return run.stderr.decode().strip()
    signatures.rename(path + ".new", setup.name, path)
    return None


def wait(port, process, patience):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


def end(process):
    """Ends a server and its child processes: the processes of its session, by their IDs."""
    for number, patience in ((signal.SIGTERM, 3), (signal.SIGKILL, 3)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    process.stdin.close()


if __name__ == "__main__":
    main()
