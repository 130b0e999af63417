"""Reverse proxies with origin servers."""

import daemons
import languages
import proxies
import releases
from daemons import HAPROXY, SQUID, apache, varnishd
from languages import NAMES, python_process
from setup import Process, Setup, version

MODES = {"default": {}, "json": {"MODE": "json"}, "always": {"MODE": "always"}}
NGINX = """daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null;
events {} http { access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
uwsgi_temp_path {folder}; scgi_temp_path {folder};
server { listen 127.0.0.1:{port}; location / { %s } } }"""


def applications():
    """Origins that run an application: product, and the process for an environment."""
    for product in ("gunicorn", "uvicorn", "tornado", "waitress"):
        folder = releases.folder(product, releases.latest(product))
        if folder:
            yield NAMES[product], lambda environment, product=product, folder=folder: python_process(product, folder, environment)
    yield "Node.js", lambda environment: Process(["node", "{apps}/node_app.js", "{port}"], environment)
    yield "PHP", lambda environment: Process(["php", "-q", "-S", "127.0.0.1:{port}", "{apps}/router.php"], environment)


# Origins that are learned as servers too: the generator, the product, and the configurations to take.
SERVERS = [
    (daemons.apache2, "Apache httpd", ("default", "json")), (daemons.nginx, "nginx", ("default", "json")),
    (daemons.lighttpd, "lighttpd", ("default", "moved")), (daemons.caddy, "Caddy", ("default", "json")),
    (languages.go, "Go net/http", ("default", "files")), (daemons.tomcat, "Tomcat", ("default",)),
    (languages.ruby, "Puma", ("default", "json")), (languages.http_server, "Python http.server", ("default", "json")),
]


def origin(setup):
    """The server of a setup as an origin: its files in a folder of their own, its port the one behind."""
    def moved(text):
        return text.replace("{folder}", "{folder}/origin")

    files = {"origin/" + name: moved(text).replace("{port}", "{behind}") for name, text in setup.files.items()}
    process = Process([moved(word) for word in setup.process.words], {name: moved(value) for name, value in setup.process.environment.items()})
    return process, files


def servers():
    for generator, product, names in SERVERS:
        for setup in generator():
            if setup.product == product and setup.name in names and setup.version:
                yield product, setup.name, *origin(setup), setup.patience


def fronts():
    yield (
        "nginx", version(["nginx", "-v"], r"nginx/([\d.]+)"), Process(["nginx", "-c", "{folder}/nginx.conf"]),
        {"nginx.conf": NGINX % "proxy_pass http://127.0.0.1:{behind};"})
    yield (
        "Apache httpd", version(["apache2", "-v"], r"Apache/([\d.]+)"),
        Process(["apache2", "-d", "{folder}", "-f", "{folder}/apache.conf", "-X"]),
        {"apache.conf": apache("ProxyPass / http://127.0.0.1:{behind}/\n", ("proxy", "proxy_http"))})
    yield (
        "Caddy", version(["caddy", "version"], r"v?([\d.]+)"),
        Process(["caddy", "run", "--config", "{folder}/Caddyfile", "--adapter", "caddyfile"], {"HOME": "{folder}"}),
        {"Caddyfile": "{\nadmin off\nauto_https off\n}\n:{port} {\nbind 127.0.0.1\nreverse_proxy 127.0.0.1:{behind}\n}\n"})
    yield (
        "HAProxy", version(["haproxy", "-v"], r"version ([\d.]+)"), Process(["haproxy", "-db", "-f", "{folder}/haproxy.cfg"]),
        {"haproxy.cfg": HAPROXY + "    default_backend b\nbackend b\n    server s 127.0.0.1:{behind}\n"})
    yield (
        "Varnish", version(["varnishd", "-V"], r"varnish-([\d.]+)"), varnishd(),
        {"default.vcl": 'vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "{behind}"; }\n'})
    yield (
        "Squid", version(["squid", "-v"], r"Version ([\d.]+)"), Process(["squid", "-N", "-f", "{folder}/squid.conf"]),
        {"squid.conf": SQUID.replace("{mode}", "accel defaultsite=localhost")
         + "http_access allow all\ncache_peer 127.0.0.1 parent {behind} 0 no-query originserver no-digest\n"})


def more_fronts():
    number, process, files = proxies.traffic_server_parts("map / http://127.0.0.1:{behind}/\n")
    yield "Apache Traffic Server", number, process, files
    yield "nghttpx", proxies.nghttpx_version(), proxies.nghttpx_process("-b127.0.0.1,{behind}"), {}
    yield (
        "lighttpd", version(["lighttpd", "-v"], r"lighttpd/([\d.]+)"), Process(["lighttpd", "-D", "-f", "{folder}/lighttpd.conf"]),
        {"lighttpd.conf": 'server.document-root = "{root}"\nserver.port = {port}\nserver.bind = "127.0.0.1"\nserver.errorlog = "/dev/null"\n'
         'server.modules += ("mod_proxy")\nproxy.server = ("" => (("host" => "127.0.0.1", "port" => {behind})))\n'})
    yield (
        "H2O", version(["h2o", "-v"], r"version ([\d.]+)"), Process(["h2o", "-c", "{folder}/h2o.conf"]),
        {"h2o.conf": "user: root\nlisten: {host: 127.0.0.1, port: {port}}\npid-file: {folder}/h2o.pid\nerror-log: /dev/null\n"
         'proxy.preserve-host: ON\nhosts:\n  default:\n    paths:\n      /:\n        proxy.reverse.url: "http://127.0.0.1:{behind}/"\n'})
    yield (
        "Tinyproxy", version(["tinyproxy", "-v"], r"tinyproxy ([\d.]+)"), Process(["tinyproxy", "-d", "-c", "{folder}/tinyproxy.conf"]),
        {"tinyproxy.conf": 'Port {port}\nListen 127.0.0.1\nTimeout 5\nMaxClients 20\nLogLevel Critical\n'
         'DefaultErrorFile "/usr/share/tinyproxy/default.html"\nReverseOnly Yes\nReversePath "/" "http://127.0.0.1:{behind}/"\n'})
    yield (
        "Perlbal", version(["dpkg-query", "-W", "perlbal"], r"perlbal\s+([\d.]+)"), Process(["perlbal", "--config={folder}/perlbal.conf"]),
        {"perlbal.conf": "CREATE POOL p\n  POOL p ADD 127.0.0.1:{behind}\nCREATE SERVICE s\n  SET listen = 127.0.0.1:{port}\n"
         "  SET role = reverse_proxy\n  SET pool = p\n  SET persist_client = on\n  SET persist_backend = off\nENABLE s\n"})


def every():
    for product, number, process, files in fronts():
        for origin_product, make in applications():
            for mode, environment in MODES.items():
                yield Setup(product, f"before {origin_product} {mode}", process, number, files, make(environment), origin_product, 20)


def before_servers():
    """Every front before servers that often stand behind one."""
    behind = list(servers())
    for product, number, process, files in [*fronts(), *more_fronts()]:
        for origin_product, name, origin_process, origin_files, patience in behind:
            # These responses are equal to those before Puma.
            if product == "nginx" and name == "json" and origin_product in ("nginx", "Caddy"):
                continue
            yield Setup(
                product, f"before {origin_product} {name}", process, number, {**files, **origin_files}, origin_process,
                origin_product, max(patience, 20))


def before_applications():
    """The further fronts before applications, in fewer modes."""
    for product, number, process, files in more_fronts():
        for origin_product, make in applications():
            for mode in ("default", "json"):
                yield Setup(
                    product, f"before {origin_product} {mode}", process, number, files, make(MODES[mode]), origin_product, 20)


ALL = [every, before_servers, before_applications]
