"""Servers inside other programs, and nginx and Apache before interpreters."""

import os

from daemons import apache
from setup import Process, Setup, version


def package(name):
    return version(["dpkg-query", "-W", name], rf"{name}\S*\s+(?:\d+:)?([\d.]+\d)")


def cups():
    for name, (access, extra) in {
        "default": ("Order allow,deny\nAllow all", ""), "denied": ("Order deny,allow\nDeny all", ""),
        "login": ("AuthType Basic\nRequire valid-user\nOrder allow,deny\nAllow all", ""),
        "hidden": ("Order allow,deny\nAllow all", "ServerTokens None\n"),
    }.items():
        text = ("Listen 127.0.0.1:{port}\nBrowsing Off\nDefaultAuthType Basic\nWebInterface " + ("No" if name == "default" else "Yes") + "\n" + extra
                + "<Location />\n" + access + "\n</Location>\n")
        files = "\n".join(f"{word} {{folder}}/cups" for word in ("ServerRoot", "CacheDir", "StateDir", "RequestRoot", "TempDir"))
        files += "\nAccessLog {folder}/cups/a\nErrorLog {folder}/cups/e\nPageLog {folder}/cups/p\nDocumentRoot {root}\nSystemGroup root\n"
        yield Setup(
            "CUPS", name, Process(["cupsd", "-f", "-c", "{folder}/cupsd.conf", "-s", "{folder}/cups-files.conf"]), package("cups-daemon"),
            {"cupsd.conf": text, "cups-files.conf": files, "cups/.keep": ""})


def monit():
    for name, options in {"default": "allow localhost", "denied": "allow 192.0.2.1"}.items():
        text = "set daemon 60\nset pidfile {folder}/pid\nset statefile {folder}/state\nset idfile {folder}/id\nset httpd port {port} and use address 127.0.0.1\n"
        # It refuses a control file that others may read.
        words = ["sh", "-c", 'chmod 700 "$1" && exec monit -I -c "$1"', "monit", "{folder}/monitrc"]
        yield Setup("Monit", name, Process(words, {"HOME": "{folder}"}), package("monit"), {"monitrc": text + options + "\n"})


def downloads():
    words = ["aria2c", "--enable-rpc", "--rpc-listen-port={port}", "--no-conf", "--quiet", "--enable-dht=false", "--dir={folder}"]
    for name, extra in {"default": [], "login": ["--rpc-user=a", "--rpc-passwd=b"], "open": ["--rpc-allow-origin-all"]}.items():
        yield Setup("aria2", name, Process([*words, *extra], {"HOME": "{folder}"}), package("aria2"))
    words = ["transmission-daemon", "-f", "-g", "{folder}", "-p", "{port}", "-r", "127.0.0.1", "--no-portmap", "--no-dht", "--no-lpd", "--no-utp",
             "-i", "127.0.0.1"]
    for name, extra in {"default": [], "login": ["-t", "-u", "a", "-v", "b"], "denied": ["-a", "192.0.2.1"]}.items():
        yield Setup("libevent", "transmission-" + name, Process([*words, *extra], {"HOME": "{folder}"}), package("libevent-2.1-7"))


def cache():
    for name, extra in {"default": "", "closed": "ForceManaged: 1\n"}.items():
        text = "CacheDir: {folder}/cache\nLogDir: {folder}\nPort: {port}\nBindAddress: 127.0.0.1\nForeGround: 1\nSupportDir: /usr/lib/apt-cacher-ng\n"
        yield Setup(
            "Apt-Cacher NG", name, Process(["apt-cacher-ng", "-c", "{folder}/etc", "foreground=1"]), package("apt-cacher-ng"),
            {"etc/acng.conf": text + extra, "cache/.keep": ""})


def webdis():
    text = '{"redis_host": "127.0.0.1", "redis_port": 1, "http_host": "127.0.0.1", "http_port": {port}, "threads": 1, "daemonize": false, "database": 0, %s"verbosity": 0}'
    for name, extra in {"default": "", "denied": '"acl": [{"disabled": ["*"]}], '}.items():
        yield Setup("Webdis", name, Process(["webdis", "{folder}/webdis.json"]), package("webdis"), {"webdis.json": text % extra})


def mighty():
    text = ("Port: {port}\nHost: 127.0.0.1\nDebug_Mode: Yes\nUser: root\nGroup: root\nPid_File: {folder}/pid\nLogging: No\nIndex_File: index.html\n"
            "Index_Cgi: index.cgi\nStatus_File_Dir: {folder}\nConnection_Timeout: 30\nFd_Cache_Duration: 10\nServer_Name: %s\nService: 0\n")
    for name, route in {"default": "[*]\n/ -> {root}/\n", "none": "[*]\n/x/ -> {root}/\n", "no-origin": "[*]\n/ >> 127.0.0.1:1/\n", "cgi": "[*]\n/ => {folder}/\n"}.items():
        yield Setup(
            "Warp", name, Process(["mighty", "{folder}/conf", "{folder}/route"], {"HOME": "{folder}"}), "3.3.21" if package("mighttpd2") else "",
            {"conf": text % "Mighttpd/4.0.2", "route": route})


NGINX = """daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null; %s
events {} http { access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
uwsgi_temp_path {folder}; scgi_temp_path {folder};
server { listen 127.0.0.1:{port}; root {root}; location / { %s } } }"""
FPM = "[global]\nerror_log = {folder}/fpm.log\ndaemonize = no\n[www]\nlisten = 127.0.0.1:{behind}\npm = static\npm.max_children = 2\nclear_env = no\n"
PROGRAMS = {
    "always": 'ngx.header.content_type = "text/html" ngx.print("<html><body>hello</body></html>")',
    "json": 'ngx.header.content_type = "application/json" if ngx.var.uri ~= "/" then ngx.status = 404 end ngx.say("{}")',
    "login": 'ngx.header["WWW-Authenticate"] = "Basic" ngx.exit(401)', "redirect": 'return ngx.redirect("/elsewhere")',
    "errors": 'if ngx.var.uri ~= "/" then ngx.status = 404 ngx.say("<h1>Oh no</h1>") return ngx.exit(404) end ngx.print("hello")',
}


def nginx():
    number = version(["nginx", "-v"], r"nginx/([\d.]+)")
    modules = "/usr/lib/nginx/modules"
    if os.path.exists(modules + "/ngx_http_lua_module.so"):
        for name, program in PROGRAMS.items():
            load = f"load_module {modules}/ndk_http_module.so; load_module {modules}/ngx_http_lua_module.so;"
            text = NGINX % (load, "content_by_lua_block { " + program + " }")
            yield Setup("nginx", "lua-" + name, Process(["nginx", "-c", "{folder}/nginx.conf"]), number, {"nginx.conf": text})
    for mode in ("default", "json", "login", "errors", "moved"):
        fpm = Process(["php-fpm8.2", "-F", "-R", "-y", "{folder}/fpm.conf", "-c", "{folder}"], {} if mode == "default" else {"MODE": mode})
        place = ("include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME {apps}/router.php; fastcgi_pass 127.0.0.1:{behind};")
        if os.path.exists("/usr/sbin/php-fpm8.2"):
            yield Setup(
                "nginx", "php-" + mode, Process(["nginx", "-c", "{folder}/nginx.conf"]), number,
                {"nginx.conf": NGINX % ("", place), "fpm.conf": FPM}, fpm)
            proxy = 'ProxyPassMatch ^/(.*)$ fcgi://127.0.0.1:{behind}{apps}/router.php\n'
            yield Setup(
                "Apache httpd", "php-" + mode, Process(["apache2", "-d", "{folder}", "-f", "{folder}/apache.conf", "-X"]),
                version(["apache2", "-v"], r"Apache/([\d.]+)"),
                {"apache.conf": apache(proxy, ("proxy", "proxy_fcgi")), "fpm.conf": FPM}, fpm)


ALL = [cups, monit, downloads, cache, webdis, mighty, nginx]
