"""Starts reference servers with TLS in turn, in a network namespace, and learns how they behave below HTTP/1.

    tls.py BINARY FILE [PRODUCT...]

writes FILE: a line for each distinct behavior. Nothing of it leaves the loopback of its own network namespace.
"""

import json
import os
import subprocess
import sys
import tempfile

from daemons import apache
from servers import DoesNotListen, running
from setup import HERE, Process, Setup, version

CERT, KEY, BOTH = "{folder}/cert.pem", "{folder}/key.pem", "{folder}/both.pem"
NGINX = """daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null;
events {} http { access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
uwsgi_temp_path {folder}; scgi_temp_path {folder}; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
%s } """
PLAIN = Process(["nginx", "-c", "{folder}/behind.conf"])
BEHIND = NGINX % "server { listen 127.0.0.1:{behind}; root {root}; }"
HAPROXY = "global\n  log /dev/null local0\ndefaults\n  mode %s\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\n" \
    "frontend a\n  bind 127.0.0.1:{port} ssl crt {folder}/both.pem %s\n  default_backend b\nbackend b\n  server s 127.0.0.1:{behind}\n"


def go_program():
    program = os.path.abspath(".build/servers/go-secure-server")
    if not os.path.exists(program):
        environment = dict(os.environ, GO111MODULE="off", CGO_ENABLED="0", GOCACHE=os.path.abspath(".build/servers/go-cache"))
        subprocess.run(["go", "build", "-o", program, os.path.join(HERE, "apps", "secure_server.go")], env=environment, check=True)
    return program


def products():
    number = version(["nginx", "-v"], r"nginx/([\d.]+)")
    for name, place in {
        "default": "listen 127.0.0.1:{port} ssl;", "http2": "listen 127.0.0.1:{port} ssl http2;",
        "no-tickets": "listen 127.0.0.1:{port} ssl http2; ssl_session_tickets off; ssl_session_cache shared:a:1m;",
        "streams": "listen 127.0.0.1:{port} ssl http2; http2_max_concurrent_streams 256;",
    }.items():
        yield Setup("nginx", name, Process(["nginx", "-c", "{folder}/nginx.conf"]), number,
                    {"nginx.conf": NGINX % ("server { root {root}; %s }" % place)})
    number = version(["apache2", "-v"], r"Apache/([\d.]+)")
    secure = f"SSLEngine on\nSSLCertificateFile {CERT}\nSSLCertificateKeyFile {KEY}\nSSLSessionCache none\n"
    for name, extra, modules in (
            ("default", "", ()), ("http2", "Protocols h2 http/1.1\n", ("http2",)),
            ("http2-first", "Protocols http/1.1 h2\n", ("http2",)), ("no-tickets", "SSLSessionTickets off\n", ())):
        yield Setup("Apache httpd", name, Process(["apache2", "-d", "{folder}", "-f", "{folder}/apache.conf", "-X"]), number,
                    {"apache.conf": apache(secure + extra, ("ssl", "socache_shmcb", *modules))})
    number = version(["lighttpd", "-v"], r"lighttpd/([\d.]+)")
    for name, extra in {"default": "", "http1": 'server.feature-flags += ("server.h2proto" => "disable")\n'}.items():
        text = f"""server.modules = ("mod_openssl")
server.document-root = "{{root}}"\nserver.port = {{port}}\nserver.bind = "127.0.0.1"\nindex-file.names = ("index.html")
ssl.engine = "enable"\nssl.pemfile = "{CERT}"\nssl.privkey = "{KEY}"\n""" + extra
        yield Setup("lighttpd", name, Process(["lighttpd", "-D", "-f", "{folder}/conf"]), number, {"conf": text})
    number = version(["caddy", "version"], r"v?([\d.]+)")
    for name, extra in {"default": "", "http1": "servers {\nprotocols h1\n}\n"}.items():
        text = "{\nadmin off\nauto_https off\n" + extra + "}\nhttps://127.0.0.1:{port} {\nbind 127.0.0.1\ntls {folder}/cert.pem {folder}/key.pem\nroot * {root}\nfile_server\n}\n"
        yield Setup("Caddy", name, Process(["caddy", "run", "--config", "{folder}/Caddyfile", "--adapter", "caddyfile"], {"HOME": "{folder}"}),
                    number, {"Caddyfile": text})
    number = version(["h2o", "-v"], r"version ([\d.]+)")
    text = "user: root\nlisten: {host: 127.0.0.1, port: {port}, ssl: {certificate-file: " + CERT + ", key-file: " + KEY \
        + "}}\npid-file: {folder}/h2o.pid\nerror-log: /dev/null\nhosts:\n  default:\n    paths:\n      /:\n        file.dir: {root}\n"
    yield Setup("H2O", "default", Process(["h2o", "-c", "{folder}/h2o.conf"]), number, {"h2o.conf": text})
    number = version(["haproxy", "-v"], r"version ([\d.]+)")
    for name, options in {"default": "", "http2": "alpn h2,http/1.1", "http1": "alpn http/1.1"}.items():
        yield Setup("HAProxy", name, Process(["haproxy", "-db", "-f", "{folder}/haproxy.conf"]), number,
                    {"haproxy.conf": HAPROXY % ("http", options), "behind.conf": BEHIND}, PLAIN)
    number = version(["nghttpx", "--version"], r"nghttp2/([\d.]+)")
    yield Setup("nghttpx", "default", Process(
        ["nghttpx", "-f127.0.0.1,{port}", "--conf=/dev/null", "--workers=1", "--single-process", "--errorlog-file=/dev/null",
         "-b127.0.0.1,{behind}", KEY, CERT]), number, {"behind.conf": BEHIND}, PLAIN)
    number = version(["node", "--version"], r"v([\d.]+)")
    for name, words in {"default": [], "http2": ["h2"]}.items():
        yield Setup("Node.js", name, Process(["node", "{apps}/secure_node.js", "{port}", CERT, KEY, *words]), number)
    number = version(["go", "version"], r"go([\d.]+)")
    if number:
        for name, environment in {"default": {}, "http1": {"GODEBUG": "http2server=0"}}.items():
            yield Setup("Go net/http", name, Process([go_program(), "{port}", "{root}", CERT, KEY], environment), number)
    yield Setup("Python http.server", "default", Process(["python3", "{apps}/secure_python.py", "{port}", CERT, KEY]),
                version(["python3", "--version"], r"([\d.]+)"))
    yield Setup("Puma", "default", Process(
        ["puma", "-q", "-e", "production", "-b", f"ssl://127.0.0.1:{{port}}?key={KEY}&cert={CERT}&verify_mode=none", "{apps}/config.ru"]),
        version(["puma", "--version"], r"puma version ([\d.]+)"))
    yield Setup("Mojolicious", "default", Process(
        ["perl", "{apps}/mojo_app.pl", "daemon", "-m", "production", "-l", f"https://127.0.0.1:{{port}}?cert={CERT}&key={KEY}"]),
        version(["perl", "-MMojolicious", "-e", "print Mojolicious->VERSION"], r"([\d.]+)"))


def terminators():
    number = version(["hitch", "--version"], r"hitch ([\d.]+)")
    for name, extra in {"default": "", "http2": 'alpn-protos = "h2, http/1.1"\n', "http1": 'alpn-protos = "http/1.1"\n'}.items():
        text = 'frontend = "[127.0.0.1]:{port}"\nbackend = "[127.0.0.1]:{behind}"\npem-file = "{folder}/both.pem"\nworkers = 1\n' + extra
        yield Setup("hitch", name, Process(["hitch", "--config={folder}/hitch.conf", "--user=www-data"]), number,
                    {"hitch.conf": text, "behind.conf": BEHIND}, PLAIN)
    number = version(["stunnel4", "-version"], r"stunnel ([\d.]+)")
    text = "foreground = yes\npid =\n[a]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{behind}\ncert = {folder}/both.pem\n"
    yield Setup("stunnel", "default", Process(["stunnel4", "{folder}/stunnel.conf"]), number,
                {"stunnel.conf": text, "behind.conf": BEHIND}, PLAIN)
    number = version(["haproxy", "-v"], r"version ([\d.]+)")
    for name, options in {"default": "", "http2": "alpn h2,http/1.1", "http1": "alpn http/1.1"}.items():
        yield Setup("HAProxy in mode tcp", name, Process(["haproxy", "-db", "-f", "{folder}/haproxy.conf"]), number,
                    {"haproxy.conf": HAPROXY % ("tcp", options), "behind.conf": BEHIND}, PLAIN)


def certificate():
    with tempfile.TemporaryDirectory() as place:
        cert, key = os.path.join(place, "cert"), os.path.join(place, "key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=web.example", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
            check=True, stderr=subprocess.DEVNULL)
        texts = open(cert).read(), open(key).read()
        return {"cert.pem": texts[0], "key.pem": texts[1], "both.pem": "".join(texts)}


def main():
    if os.environ.get("SERVERS_NAMESPACE") != "inside":
        for _ in products():
            pass
        environment = dict(os.environ, SERVERS_NAMESPACE="inside")
        os.execvpe("unshare", ["unshare", "-n", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "tls", sys.executable, *sys.argv], environment)
    binary, file, wanted = os.path.abspath(sys.argv[1]), sys.argv[2], [word.lower() for word in sys.argv[3:]]
    keys = certificate()
    lines = []
    port = 20000
    for prefix, source in (("", products), ("tls\t", terminators)):
        for setup in source():
            label = f"{setup.product} {setup.version} {setup.name}"
            if not setup.version or wanted and not any(word in label.lower() for word in wanted):
                continue
            port += 2
            setup.files.update(keys)
            try:
                with running(setup, port) as url:
                    run = subprocess.run(
                        [binary, "http-fingerprint", "-j", url.replace("http:", "https:")], stdout=subprocess.PIPE, timeout=120)
                row = json.loads(run.stdout.decode().splitlines()[0])
            except DoesNotListen as trouble:
                print(f"{label}: {trouble}", file=sys.stderr)
                continue
            print(f"{label}: {row.get('product')}, TLS {row.get('tls')} {row.get('message', '')} {row.get('tls_front') or ''}", flush=True)
            line = f"{prefix}{setup.product}\t{row.get('tls')}"
            if row.get("tls") and line not in lines:
                lines.append(line)
    with open(file, "w") as output:
        output.write("# Written by Tests/ReferenceServers/tls.py: how servers behave in TLS and at the beginning of HTTP/2.\n")
        output.write("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    main()
