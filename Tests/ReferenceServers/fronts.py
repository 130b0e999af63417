"""Reverse proxies with origin servers."""

import releases
from daemons import HAPROXY, SQUID, apache, varnishd
from languages import NAMES, python_process
from setup import Process, Setup, version

MODES = {"default": {}, "json": {"MODE": "json"}, "always": {"MODE": "always"}}


def origins():
    for product in ("gunicorn", "uvicorn", "tornado", "waitress"):
        folder = releases.folder(product, releases.latest(product))
        if folder:
            yield NAMES[product], lambda environment, product=product, folder=folder: python_process(product, folder, environment)
    yield "Node.js", lambda environment: Process(["node", "{apps}/node_app.js", "{port}"], environment)
    yield "PHP", lambda environment: Process(["php", "-q", "-S", "127.0.0.1:{port}", "{apps}/router.php"], environment)


def fronts():
    yield (
        "nginx", version(["nginx", "-v"], r"nginx/([\d.]+)"), Process(["nginx", "-c", "{folder}/nginx.conf"]),
        {"nginx.conf": """daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null;
events {} http { access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
uwsgi_temp_path {folder}; scgi_temp_path {folder};
server { listen 127.0.0.1:{port}; location / { proxy_pass http://127.0.0.1:{behind}; } } }"""})
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


def every():
    for product, number, process, files in fronts():
        for origin, make in origins():
            for mode, environment in MODES.items():
                yield Setup(product, f"before {origin} {mode}", process, number, files, make(environment), origin, 20)


ALL = [every]
