"""Proxies without an origin server of their own."""

import os
import sys

import releases
from setup import Process, Setup, version

TRAFFIC_RECORDS = """CONFIG proxy.config.http.server_ports STRING {port}:ip-in=127.0.0.1
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.cache.ram_cache.size INT 8388608
CONFIG proxy.config.diags.output.emergency STRING E
CONFIG proxy.config.http.wait_for_cache INT 0
CONFIG proxy.config.hostdb.host_file.path STRING /etc/hosts
CONFIG proxy.config.log.logging_enabled INT 0
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.url_remap.pristine_host_hdr INT 1
CONFIG proxy.config.body_factory.template_sets_dir STRING {folder}/etc/body_factory
"""
TRAFFIC_FOLDERS = {
    "prefix": "{folder}", "exec_prefix": "{folder}", "bindir": "/usr/bin", "sbindir": "/usr/sbin", "sysconfdir": "{folder}/etc",
    "datadir": "{folder}/data", "includedir": "/usr/include", "libdir": "/usr/lib/trafficserver",
    "libexecdir": "/usr/lib/trafficserver/modules", "localstatedir": "{folder}/run", "runtimedir": "{folder}/run",
    "logdir": "{folder}/log", "cachedir": "{folder}/cache",
}


def traffic_server_parts(remap, records=""):
    number = version(["dpkg-query", "-W", "trafficserver"], r"trafficserver\s+([\d.]+)")
    files = {
        "runroot.yaml": "".join(f"{name}: {path}\n" for name, path in TRAFFIC_FOLDERS.items()),
        "etc/records.config": TRAFFIC_RECORDS + records, "etc/remap.config": remap,
        "run/.keep": "", "log/.keep": "", "cache/.keep": "", "data/.keep": "",
        "etc/ip_allow.yaml": "ip_allow:\n- apply: in\n  ip_addrs: 0/0\n  action: allow\n  methods: ALL\n", "etc/storage.config": "{folder}/cache 16M\n",
    }
    folder = "/etc/trafficserver/body_factory/default"
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        with open(os.path.join(folder, name)) as stream:
            files["etc/body_factory/default/" + name] = stream.read()
    return number, Process(["traffic_server", "--run-root={folder}/runroot.yaml"]), files


def traffic_server():
    errors = {"etc/body_factory/default/" + name: "<h1>Oh no</h1>\n" for name in ("urlrouting#no_mapping", "default", "request#syntax_error")}
    empty = "CONFIG proxy.config.http.response_server_enabled INT 0\n"
    for name, (remap, records, more) in {
        "default": ("", "", {}),
        "hidden": ("", empty, {}),
        "errors": ("", "", errors),
        "redirect": ("redirect_temporary http://127.0.0.1:{port}/ http://localhost/elsewhere\n", "", {}),
        "moved": ("redirect http://127.0.0.1:{port}/ https://www.example/\n", "", {}),
        "no-origin": ("map / http://127.0.0.1:1/\n", "", {}),
        "forward": ("", "CONFIG proxy.config.url_remap.remap_required INT 0\n", {}),
        "denied": ("map / http://127.0.0.1:1/\n", "", {
            "etc/ip_allow.yaml": "ip_allow:\n- apply: in\n  ip_addrs: 0/0\n  action: allow\n  methods: [OPTIONS]\n"}),
        "strict": ("map / http://127.0.0.1:1/\n", empty + "CONFIG proxy.config.http.strict_uri_parsing INT 1\n"
                   "CONFIG proxy.config.http.keep_alive_enabled_in INT 0\n", {}),
    }.items():
        number, process, files = traffic_server_parts(remap, records)
        yield Setup("Apache Traffic Server", name, process, number, {**files, **more}, patience=20)


def nghttpx_version():
    return version(["nghttpx", "--version"], r"nghttp2/([\d.]+)")


def nghttpx_process(*words):
    return Process([
        "nghttpx", "-f127.0.0.1,{port};no-tls", "--conf=/dev/null", "--workers=1", "--single-process", "--errorlog-file=/dev/null",
        *words])


# An origin server that does not exist.
NOTHING = "-b127.0.0.1,1"


def nghttpx():
    for name, words in {
        "default": [NOTHING], "errors": [NOTHING, "--error-page=*={folder}/oops.html"],
        "redirect": [NOTHING + ";/;redirect-if-not-tls"], "scheme": ["--http2-proxy", NOTHING],
    }.items():
        files = {"oops.html": "<h1>Oh no</h1>\n"}
        yield Setup("nghttpx", name, nghttpx_process(*words), nghttpx_version(), files)
    for name, role in {"healthy": "healthmon", "api": "api"}.items():
        process = nghttpx_process(NOTHING)
        process.words[1] += ";" + role
        yield Setup("nghttpx", name, process, nghttpx_version())


def privoxy():
    number = version(["privoxy", "--version"], r"version ([\d.]+)")
    for name, extra in {
        "default": "", "intercepted": "accept-intercepted-requests 1\n", "kept": "accept-intercepted-requests 1\nkeep-alive-timeout 5\n",
    }.items():
        text = "listen-address 127.0.0.1:{port}\nconfdir /etc/privoxy\ntemplates-path /etc/privoxy/templates\nlogdir {folder}\n" + extra
        yield Setup("Privoxy", name, Process(["privoxy", "--no-daemon", "{folder}/config"]), number, {"config": text})


def perlbal():
    number = version(["dpkg-query", "-W", "perlbal"], r"perlbal\s+([\d.]+)")
    server = "CREATE SERVICE s\n  SET listen = 127.0.0.1:{port}\n"
    files = server + "  SET role = web_server\n  SET docroot = {root}\n"
    for name, text in {
        "default": files, "listing": files + "  SET dirindexing = on\n  SET index_files = none\n", "kept": files + "  SET persist_client = on\n",
        "put": files + "  SET enable_put = on\n  SET enable_delete = on\n  SET persist_client = on\n",
        "selector": "LOAD vhosts\n" + server + "  SET role = selector\n  SET plugins = vhosts\n",
    }.items():
        yield Setup("Perlbal", name, Process(["perlbal", "--config={folder}/perlbal.conf"]), number, {"perlbal.conf": text + "ENABLE s\n"})


def python_proxies():
    for number in releases.RELEASES["mitmproxy"]:
        folder = releases.folder("mitmproxy", number)
        words = [sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()", "-q", "--listen-host", "127.0.0.1", "-p", "{port}",
                 "--set", "confdir={folder}", "--set", "keep_host_header=true"]
        environment = {"PYTHONPATH": folder or "", "PYTHONDONTWRITEBYTECODE": "1"}
        for name, more in {
            "default": [], "no-origin": ["-m", "reverse:http://127.0.0.1:1"], "login": ["--proxyauth", "a:b"],
            "json": ["-m", "reverse:http://127.0.0.1:1", "-s", "{folder}/answers.py", "--set", "connection_strategy=lazy"],
        }.items():
            script = ("from mitmproxy import http\n\n\ndef request(flow):\n    status = 200 if flow.request.path == '/' else 404\n"
                      "    flow.response = http.Response.make(status, b'{}', {'Content-Type': 'application/json'})\n")
            if folder:
                yield Setup("mitmproxy", name, Process([*words, *more], environment), number, {"answers.py": script}, patience=40)
    for number in releases.RELEASES["proxy.py"]:
        folder = releases.folder("proxy.py", number)
        words = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "{port}", "--num-workers", "1", "--num-acceptors", "1",
                 "--log-level", "critical", "--data-dir", "{folder}"]
        environment = {"PYTHONPATH": folder or "", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "{folder}"}
        for name, more in {
            "default": [], "login": ["--basic-auth", "a:b"], "web": ["--enable-web-server"],
            "web-only": ["--enable-web-server", "--disable-http-proxy"],
        }.items():
            if folder:
                yield Setup("proxy.py", name, Process([*words, *more], environment), number, patience=20)


ALL = [traffic_server, nghttpx, privoxy, perlbal, python_proxies]
