"""Compares http-probe with curl, and http-fingerprint with nmap's version detection, on real servers.

    webs.py BINARY [RUNS]

All servers are on the loopback of a network namespace of their own. Reference servers that are not installed
(`make packages-servers`) are left out, and the number that ran is told.
"""

import contextlib
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

from peers import measure, milliseconds

SERVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "ReferenceServers")
sys.path.insert(0, SERVERS)
REQUESTS, AT_ONCE = 1000, 50


def pairs(title, ours, theirs, runs):
    """Runs both in turn; prints the medians and their ratio."""
    walls = {"ours": [], "theirs": []}
    for _ in range(runs):
        for name, command in (("ours", ours), ("theirs", theirs)):
            walls[name].append(measure(command)[0])
    left, right = (statistics.median(walls[name]) for name in ("ours", "theirs"))
    print(f"  {title:52} {milliseconds(left):>9} : {milliseconds(right):>9}  ratio {left / right:.2f}")


def requests(binary, url, runs):
    with tempfile.TemporaryDirectory() as folder:
        urls, config = os.path.join(folder, "urls"), os.path.join(folder, "config")
        with open(urls, "w") as file:
            file.write("\n".join(f"{url}?{number}" for number in range(REQUESTS)) + "\n")
        with open(config, "w") as file:
            file.write("".join(f'url = "{url}?{number}"\noutput = "/dev/null"\n' for number in range(REQUESTS)))
        print(f"\n{version(['curl', '--version'])}, {version(['nginx', '-v'])}")
        ours = [binary, "http-probe", "--targets", urls, "--concurrency", str(AT_ONCE)]
        theirs = ["curl", "-s", "--parallel", "--parallel-max", str(AT_ONCE), "--parallel-immediate", "-K", config]
        pairs(f"{REQUESTS} requests, {AT_ONCE} at a time (wanted at most 1.0)", ours + ["--reuse"], theirs, runs)
        pairs("the same, a connection for each", ours, theirs + ["-H", "Connection: close"], runs)
        pairs("one request", [binary, "http-probe", url], ["curl", "-s", "-o", "/dev/null", url], runs)
        phases(binary, url, runs)


HTTP2 = """daemon off; pid PLACE/pid; error_log PLACE/log; worker_processes auto; user root; events {}
http { access_log off; keepalive_requests 1000000; server { listen 127.0.0.1:20991 ssl http2; root PLACE;
ssl_certificate PLACE/cert; ssl_certificate_key PLACE/key; } }
"""


def multiplexed(binary, runs):
    """Requests over one HTTP/2 connection."""
    url = "https://127.0.0.1:20991/index.html"
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        names = [os.path.join(folder, name) for name in ("urls", "config", "nginx.conf", "index.html")]
        texts = [
            "".join(f"{url}?{number}\n" for number in range(REQUESTS)),
            "".join(f'url = "{url}?{number}"\noutput = "/dev/null"\n' for number in range(REQUESTS)),
            HTTP2.replace("PLACE", folder), "hello" * 100 + "\n"]
        for name, text in zip(names, texts):
            with open(name, "w") as file:
                file.write(text)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=web.example", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/key",
             "-out", folder + "/cert"],
            check=True, stderr=subprocess.DEVNULL)
        server = subprocess.Popen(["nginx", "-c", names[2]])
        try:
            time.sleep(0.5)
            # With a certificate authority of its own, neither loads those of the system.
            ours = [binary, "http-probe", "-q", "--cacert", folder + "/cert", "--reuse", "--concurrency", str(AT_ONCE),
                    "--targets", names[0]]
            curl = ["curl", "-s", "--cacert", folder + "/cert", "--http2", "--parallel", "--parallel-max", str(AT_ONCE),
                    "-K", names[1]]
            load = ["h2load", "-c1", f"-m{AT_ONCE}", f"-n{REQUESTS}", url]
            for command in (ours, curl, load):
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            print(f"\nOne HTTP/2 connection, {version(['curl', '--version'])}, {version(['h2load', '--version'])}")
            title = f"{REQUESTS} requests, {AT_ONCE} at a time, by"
            pairs(f"{title} curl (wanted at most 0.8)", ours, curl, runs)
            pairs(f"{title} h2load (wanted at most 2.0)", ours, load, runs)
        finally:
            server.terminate()
            server.wait()


SERVED, PROXIED = 100, 10_000
MANY = """daemon off; pid PLACE/pid; error_log PLACE/log; worker_processes auto; user root; events {}
http { access_log off; keepalive_requests 1000000; server { LISTEN root PLACE; } }
"""
SQUID = """http_port 127.0.0.1:20993
http_access allow all
cache deny all
access_log none
cache_log /dev/null
cache_store_log none
pid_filename none
visible_hostname proxy.example
coredump_dir PLACE
workers 1
"""


def proxied(binary, runs):
    """Requests to many servers through one proxy."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        ports = range(24000, 24000 + SERVED)
        urls = [f"http://127.0.0.1:{ports[number % SERVED]}/index.html?{number}" for number in range(PROXIED)]
        listening = " ".join(f"listen 127.0.0.1:{port};" for port in ports)
        texts = {
            "urls": "\n".join(urls) + "\n",
            "config": "".join(f'url = "{url}"\noutput = "/dev/null"\n' for url in urls),
            "nginx.conf": MANY.replace("PLACE", folder).replace("LISTEN", listening),
            "squid.conf": SQUID.replace("PLACE", folder), "index.html": "hello" * 100 + "\n"}
        for name, text in texts.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        servers = [subprocess.Popen(["nginx", "-c", folder + "/nginx.conf"]),
                   subprocess.Popen(["squid", "-N", "-f", folder + "/squid.conf"], stderr=subprocess.DEVNULL)]
        try:
            proxy = "http://127.0.0.1:20993"
            check = ["curl", "-s", "-o", "/dev/null", "--retry", "20", "--retry-delay", "1", "--retry-connrefused", "-x", proxy, urls[0]]
            subprocess.run(check, check=True)
            ours = [binary, "http-probe", "-q", "--proxy", proxy, "--reuse", "--concurrency", str(AT_ONCE),
                    "--targets", folder + "/urls"]
            theirs = ["curl", "-s", "-x", proxy, "--parallel", "--parallel-max", str(AT_ONCE), "--parallel-immediate",
                      "-K", folder + "/config"]
            output = measure(ours)[2]
            print(f"\n{SERVED} servers behind {version(['squid', '-v'])}: {output.strip().splitlines()[0]}")
            pairs(f"{PROXIED} requests, {AT_ONCE} at a time, by curl (wanted at most 0.8)", ours, theirs, runs)
        finally:
            for server in servers:
                server.terminate()
                server.wait()


COMPARED = 60
# Fields whose values differ from response to response.
VARYING = {"date", "set-cookie", "expires", "last-modified", "etag", "age", "x-request-id", "x-runtime", "x-varnish"}


def seen(names_and_values):
    """Fields that can be compared, in order."""
    return [(name.lower(), "" if name.lower() in VARYING else value) for name, value in names_and_values]


def agreement(binary):
    """Status, fields, bodies and redirects of real configurations, as both tools see them."""
    import servers as keeper

    available = [setup for setup in keeper.setups() if setup.version]
    chosen, differing, compared = available[:: max(len(available) // COMPARED, 1)][:COMPARED], [], 0
    for number, setup in enumerate(chosen):
        try:
            with keeper.running(setup, 25000 + 2 * number) as url, tempfile.TemporaryDirectory() as folder:
                for path in ("", "missing", "a%20b?c=d"):
                    body, head = os.path.join(folder, "body"), os.path.join(folder, "head")
                    # curl creates no file for an empty body, and must not leave that of the path before.
                    for name in (body, head):
                        open(name, "wb").close()
                    form = "%{http_code} %{num_redirects} %{url_effective}"
                    words = measure(["curl", "-s", "-L", "-m", "5", "-o", body, "-D", head, "-w", form, url + path])[2].split()
                    with open(head, encoding="utf-8", errors="replace") as file:
                        last = file.read().replace("\r", "").strip().split("\n\n")[-1]
                    with open(body, "rb") as file:
                        digest = hashlib.sha256(file.read()).hexdigest()
                    fields = [line.split(":", 1) for line in last.split("\n")[1:] if ":" in line]
                    theirs = (words, digest, seen((name, value.strip()) for name, value in fields))
                    line = json.loads(measure([binary, "http-probe", "-j", "-L", "-w", "5", url + path])[2].splitlines()[0])
                    mine = ([str(line.get("status")), str(len(line.get("redirects", []))), line["url"]],
                            line.get("body_sha256"), seen(line.get("headers", [])))
                    compared += 1
                    if mine != theirs:
                        differing.append(f"{setup.product} {setup.version} {setup.name} /{path}: {mine} : {theirs}")
        except keeper.DoesNotListen:
            pass
    print(f"\n{compared} responses of {len(chosen)} configurations: {len(differing)} differ from what curl sees")
    for line in differing:
        print(f"    {line}")


def phases(binary, url, runs):
    """The time of each phase, as both report it."""
    ours, theirs = [], []
    for _ in range(runs):
        output = measure([binary, "http-probe", "--json", url])[2]
        times = json.loads(output.splitlines()[0])["timings"]
        ours.append((times["connect_ms"], times["first_byte_ms"], times["total_ms"]))
        form = "%{time_connect} %{time_starttransfer} %{time_total}"
        words = measure(["curl", "-s", "-o", "/dev/null", "-w", form, url])[2].split()
        theirs.append(tuple(float(word) * 1000 for word in words))
    for index, name in enumerate(("connected", "first byte", "all")):
        left, right = (statistics.median(row[index] for row in rows) for rows in (ours, theirs))
        print(f"  {name + ', as both report it':52} {left:>6.2f} ms : {right:>6.2f} ms")


def version(command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return " ".join(run.stdout.split("\n")[0].split()[:3])


def reference_setups():
    """One configuration per product with its own banner, and others with a hidden or false banner."""
    import releases
    import servers as keeper

    chosen = {}
    for setup in keeper.setups():
        kind = "hidden" if setup.name in ("hidden", "false", "renamed") else setup.name
        newest = setup.product.lower().split()[0] not in releases.RELEASES or setup.version == releases.latest(
            setup.product.lower().split()[0])
        if setup.version and newest and (kind in ("default", "hidden") or setup.name == "before Gunicorn default"):
            chosen.setdefault((setup.product, kind, setup.origin), setup)
    return list(chosen.values())


def fingerprints(binary):
    import servers as keeper

    with contextlib.ExitStack() as stack:
        named, port = {}, 21000
        for setup in reference_setups():
            port += 2
            try:
                named[stack.enter_context(keeper.running(setup, port))] = setup
            except keeper.DoesNotListen:
                pass
        urls = list(named)
        print(f"\n{len(urls)} servers: {len({setup.product for setup in named.values()})} products")
        start = time.perf_counter()
        output = measure([binary, "http-fingerprint", "--json", *urls])[2]
        wall = time.perf_counter() - start
        answers = {}
        for line in output.splitlines():
            answer = json.loads(line)
            if answer["type"] == "fingerprint":
                answers[answer["url"]] = answer
        right = [url for url in urls if answers.get(url, {}).get("product") == named[url].product]
        wrong = [url for url in urls if answers.get(url, {}).get("product", "unknown") not in ("unknown", named[url].product)]
        masked = [url for url in urls if named[url].name not in ("default",)]
        print(f"  http-fingerprint: {len(right)} right, {len(wrong)} wrong, {wall:.1f} s (wanted at most 6 s for 37)")
        print(f"    of {len(masked)} with a hidden or false banner or behind a reverse proxy: {len(set(masked) & set(right))} right")
        for url in urls:
            if url not in right:
                answer = answers.get(url, {})
                print(f"    {named[url].product} {named[url].name}: {answer.get('product')} {answer.get('candidates', [])[:2]}")
        start = time.perf_counter()
        ports = ",".join(re.search(r":(\d+)/", url).group(1) for url in urls)
        output = measure(["nmap", "-n", "-Pn", "-sT", "-sV", "-oG", "-", "-p", ports, "127.0.0.1"])[2]
        wall = time.perf_counter() - start
        found = dict(re.findall(r"(\d+)/open/tcp//[^/]*//([^/]*)/", output))
        right = []
        for url in urls:
            said = found.get(re.search(r":(\d+)/", url).group(1), "").lower()
            if any(word in said for word in KNOWN_TO_NMAP.get(named[url].product, [named[url].product.lower().split()[0]])):
                right.append(url)
        print(f"  nmap -sV: {len(right)} right, {wall:.1f} s; of the {len(masked)}: {len(set(masked) & set(right))} right")


# Products with other names in nmap.
KNOWN_TO_NMAP = {
    "Go net/http": ["golang"], "Python http.server": ["simplehttp", "basehttp"], "Node.js": ["node.js"],
    "Twisted Web": ["twistedweb"], "PHP": ["php cli"], "BusyBox httpd": ["busybox"], "SwiftNIO": ["swift", "hummingbird"],
}


def main():
    binary, runs = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "21"
    import servers as keeper

    if os.environ.get("SERVERS_NAMESPACE") != "inside":
        script = os.path.abspath(__file__)
        # The folder of the reference servers' releases.
        os.chdir(os.path.join(SERVERS, "..", ".."))
        keeper.prepare()
        command = ["unshare", "-n", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "webs", sys.executable, script, binary, runs]
        os.execvpe("unshare", command, os.environ)
    runs = int(runs)
    import daemons

    server = next(daemons.nginx())
    # One worker per CPU: the request rate exceeds what one worker can answer.
    server.files["nginx.conf"] = server.files["nginx.conf"].replace("master_process off;", "worker_processes auto; user root;")
    with keeper.running(server, 20990) as url:
        requests(binary, url, runs)
    multiplexed(binary, runs)
    proxied(binary, runs)
    agreement(binary)
    fingerprints(binary)


if __name__ == "__main__":
    main()
