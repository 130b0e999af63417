"""File servers and proxies packaged by Debian."""

import os
import shutil

from setup import LIE, OTHER_LIE, Process, Setup, version


def nginx():
    number = version(["nginx", "-v"], r"nginx/([\d.]+)")
    places = {
        "default": "",
        "hidden": "server_tokens off;",
        "errors": "error_page 400 403 404 405 414 416 500 505 /oops.html;",
        "redirect": "location / { return 302 /elsewhere; }",
        "errors-some": "error_page 404 /oops.html; error_page 500 502 503 504 /50x.html; keepalive_timeout 0;",
        "moved": "return 301 https://www.example$request_uri;",
        "login": 'location / { auth_basic "private"; auth_basic_user_file {folder}/users; }',
        "always": "location / { default_type text/html; return 200 '<html>hello</html>'; }",
        "json": "location = / { default_type application/json; return 200 '{}'; } location / { default_type application/json; return 404 '{}'; }",
        "catch-all": "charset utf-8; location / { try_files $uri /index.html; }",
        "listing": "autoindex on; index nothing; gzip on; etag off;",
    }
    for name, place in places.items():
        text = f"""daemon off; master_process off; pid {{folder}}/nginx.pid; error_log /dev/null;
events {{}} http {{ access_log off; include /etc/nginx/mime.types;
client_body_temp_path {{folder}}; proxy_temp_path {{folder}}; fastcgi_temp_path {{folder}};
uwsgi_temp_path {{folder}}; scgi_temp_path {{folder}};
server {{ listen 127.0.0.1:{{port}}; root {{root}}; {place} }} }}"""
        yield Setup(
            "nginx", name, Process(["nginx", "-c", "{folder}/nginx.conf"]), number,
            {"nginx.conf": text, "users": "a:b\n"})


MODULES = "/usr/lib/apache2/modules"


def apache(extra, modules=()):
    load = ["mpm_event", "authz_core", "authz_host", "dir", "mime", "alias", *modules]
    lines = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in load]
    return "\n".join(lines) + f"""
ServerRoot {{folder}}
PidFile {{folder}}/pid
Listen 127.0.0.1:{{port}}
ServerName localhost
TypesConfig /etc/mime.types
ErrorLog /dev/null
DefaultRuntimeDir {{folder}}
Mutex file:{{folder}}
DocumentRoot {{root}}
<Directory {{root}}>
Require all granted
</Directory>
DirectoryIndex index.html
{extra}
"""


def apache2():
    number = version(["apache2", "-v"], r"Apache/([\d.]+)")
    places = {
        "default": ("", ()),
        "hidden": ("ServerTokens Prod\nServerSignature Off", ()),
        "signed": ("ServerTokens Full\nServerSignature On", ()),
        "minimal": ("ServerTokens Minor\nKeepAlive Off\nTraceEnable Off", ()),
        "errors": ("ErrorDocument 400 /oops.html\nErrorDocument 404 /oops.html\nErrorDocument 405 'no'", ()),
        "errors-some": ("ErrorDocument 404 '<h1>Oh no</h1>'\nServerTokens Prod", ()),
        "moved": ("RedirectMatch 301 ^/ https://www.example/", ()),
        "redirect": ("Redirect 302 / http://localhost/elsewhere", ()),
        "login": ("<Location />\nAuthType Basic\nAuthName x\nAuthUserFile {folder}/users\nRequire valid-user\n</Location>",
                  ("auth_basic", "authn_core", "authn_file", "authz_user")),
        "always": ("FallbackResource /index.html", ()),
        "json": ("AddType application/json .html\nAddDefaultCharset utf-8\nFileETag None", ()),
        "lenient": ("HttpProtocolOptions Unsafe\nHeader unset ETag", ("headers",)),
        "deflated": ("SetOutputFilter DEFLATE\nAddOutputFilterByType DEFLATE text/html", ("deflate", "filter")),
    }
    for name, (extra, modules) in places.items():
        yield Setup(
            "Apache httpd", name, Process(["apache2", "-d", "{folder}", "-f", "{folder}/apache.conf", "-X"]), number,
            {"apache.conf": apache(extra, modules), "users": "a:b\n"})


def lighttpd():
    number = version(["lighttpd", "-v"], r"lighttpd/([\d.]+)")
    places = {
        "default": "",
        "hidden": 'server.tag = ""',
        "false": f'server.tag = "{LIE}"',
        "errors": 'server.errorfile-prefix = "{root}/status-"',
        "redirect": 'server.modules += ("mod_redirect") url.redirect = ("" => "/elsewhere")',
        "moved": 'server.modules += ("mod_redirect") url.redirect = ("" => "https://www.example/") url.redirect-code = 301',
        "login": 'server.modules += ("mod_auth", "mod_authn_file") auth.backend = "plain" auth.backend.plain.userfile = "{folder}/users" '
                 'auth.require = ("" => ("method" => "basic", "realm" => "x", "require" => "valid-user"))',
        "always": 'server.error-handler-404 = "/index.html"',
        "json": 'mimetype.assign = (".html" => "application/json") etag.use-inode = "disable"',
        "listing": 'server.modules += ("mod_dirlisting") dir-listing.activate = "enable"',
    }
    for name, extra in places.items():
        text = f"""server.document-root = "{{root}}"
server.port = {{port}}
server.bind = "127.0.0.1"
server.errorlog = "/dev/null"
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html", ".txt" => "text/plain")
{extra}
"""
        if name == "listing":
            text = text.replace('("index.html")', '("nothing")')
        if name == "json":
            text = text.replace('mimetype.assign = (".html" => "text/html", ".txt" => "text/plain")\n', "")
        yield Setup(
            "lighttpd", name, Process(["lighttpd", "-D", "-f", "{folder}/lighttpd.conf"]), number,
            {"lighttpd.conf": text, "users": "a:b\n"})


def caddy():
    number = version(["caddy", "version"], r"v?([\d.]+)")
    places = {
        "default": "root * {root}\nfile_server",
        "hidden": "root * {root}\nheader -Server\nfile_server",
        "false": f'root * {{root}}\nheader Server "{LIE}"\nfile_server',
        "errors": "root * {root}\nfile_server\nhandle_errors {\nrespond \"<h1>Oh no</h1>\"\n}",
        "redirect": "redir * /elsewhere",
        "moved": "header -Server\nredir * https://www.example{uri} 301",
        "listing-hidden": "root * {root}/folder\nheader -Server\nfile_server browse",
        "login-hidden": "header -Server\nbasicauth {\na $2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG\n}\nroot * {root}\nfile_server",
        "login": "basicauth {\na $2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG\n}\nroot * {root}\nfile_server",
        "always": "respond \"hello\"",
        "json": "header Content-Type application/json\nrespond / \"{}\"\nrespond \"{}\" 404",
        "listing": "root * {root}/folder\nencode gzip\nfile_server browse",
    }
    for name, place in places.items():
        text = "{\nadmin off\nauto_https off\n}\nhttp://localhost:{port}, http://127.0.0.1:{port}, http:// {\nbind 127.0.0.1\n" + place + "\n}\n"
        text = text.replace("http://localhost:{port}, http://127.0.0.1:{port}, http:// {", ":{port} {")
        yield Setup(
            "Caddy", name,
            Process(["caddy", "run", "--config", "{folder}/Caddyfile", "--adapter", "caddyfile"], {"HOME": "{folder}"}), number,
            {"Caddyfile": text})


HAPROXY = """global
    log /dev/null local0
defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend f
    bind 127.0.0.1:{port}
"""


def haproxy():
    number = version(["haproxy", "-v"], r"version ([\d.]+)")
    places = {
        "default": "",
        "always": "    http-request return status 200 content-type text/html string hello\n",
        "redirect": "    http-request redirect location /elsewhere\n",
        "moved": "    http-request redirect code 301 location https://www.example/\n",
        "login": "    http-request auth realm private\n",
        "json": "    http-request return status 200 content-type application/json string {} if { path / }\n"
                "    http-request return status 404 content-type application/json string {}\n",
        "errors": "    errorfile 400 {folder}/400.http\n    errorfile 503 {folder}/400.http\n",
        "denied": "    http-request deny deny_status 403\n",
        "lenient": "    option accept-invalid-http-request\n    http-response set-header Server x\n    http-request return status 404 content-type text/plain string nothing unless { path / }\n    http-request return status 200 content-type text/plain string hello\n",
    }
    for name, extra in places.items():
        yield Setup(
            "HAProxy", name, Process(["haproxy", "-db", "-f", "{folder}/haproxy.cfg"]), number,
            {"haproxy.cfg": HAPROXY + extra,
             "400.http": "HTTP/1.0 400 Oh no\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<h1>Oh no</h1>\n"})


def varnish():
    number = version(["varnishd", "-V"], r"varnish-([\d.]+)")
    begin = "vcl 4.1;\nbackend default none;\nsub vcl_recv { return (synth(%s)); }\n"
    places = {
        "default": "vcl 4.1;\nbackend default none;\n",
        "always": begin % '200, "OK"',
        "redirect": begin % '302, "Found"' + 'sub vcl_synth { set resp.http.Location = "/elsewhere"; return (deliver); }',
        "moved": begin % '301, "Moved"' + 'sub vcl_synth { set resp.http.Location = "https://www.example/"; synthetic("moved"); return (deliver); }',
        "login": begin % '401, "Unauthorized"' + 'sub vcl_synth { set resp.http.WWW-Authenticate = "Basic"; synthetic("log in"); return (deliver); }',
        "hidden": begin % '404, "Not Found"' + 'sub vcl_synth { unset resp.http.Server; unset resp.http.Via; unset resp.http.X-Varnish; return (deliver); }',
        "false": begin % '404, "Not Found"' + f'sub vcl_synth {{ set resp.http.Server = "{LIE}"; return (deliver); }}',
        "json": begin % '404, "Not Found"' + 'sub vcl_synth { set resp.http.Content-Type = "application/json"; synthetic("{}"); return (deliver); }',
        "errors": begin % '404, "Not Found"' + 'sub vcl_synth { set resp.http.Content-Type = "text/html"; synthetic("<h1>Oh no</h1>"); return (deliver); }',
    }
    for name, text in places.items():
        yield Setup("Varnish", name, varnishd(), number, {"default.vcl": text})


def varnishd():
    return Process(
        ["varnishd", "-F", "-a", "127.0.0.1:{port}", "-f", "{folder}/default.vcl", "-n", "{folder}/v", "-s", "malloc,16m",
         "-j", "none", "-p", "thread_pool_min=10", "-p", "thread_pools=1"])


SQUID = """http_port 127.0.0.1:{port} {mode}
pid_filename {folder}/squid.pid
cache_log {folder}/cache.log
access_log none
cache_store_log none
cache_mem 8 MB
coredump_dir {folder}
shutdown_lifetime 0 seconds
visible_hostname cache.example
unique_hostname cache.example
netdb_filename none
pinger_enable off
"""


def squid():
    number = version(["squid", "-v"], r"Version ([\d.]+)")
    places = {
        "default": ("", "http_access allow all\n"),
        "denied": ("", "http_access deny all\n"),
        "hidden": ("", "http_access allow all\nvia off\nreply_header_access Server deny all\nhttpd_suppress_version_string on\n"),
        "false": ("", f'http_access allow all\nreply_header_access Server deny all\nreply_header_add Server "{LIE}" all\n'),
        "accel": ("accel defaultsite=localhost", "http_access deny all\n"),
        "accel-hidden": ("accel defaultsite=localhost", "http_access deny all\nvia off\nreply_header_access Server deny all\n"),
        "errors": ("", "http_access deny all\nerror_directory {folder}/errors\n"),
    }
    for name, (mode, extra) in places.items():
        files = {"squid.conf": SQUID.replace("{mode}", mode) + extra}
        if name == "errors":
            for kind in os.listdir("/usr/share/squid/errors/templates") if os.path.isdir("/usr/share/squid/errors/templates") else []:
                files["errors/" + kind] = "<html><body>Oh no</body></html>"
        yield Setup("Squid", name, Process(["squid", "-N", "-f", "{folder}/squid.conf"]), number, files, patience=20)


def tinyproxy():
    number = version(["tinyproxy", "-v"], r"tinyproxy ([\d.]+)")
    places = {
        "default": "",
        "hidden": "DisableViaHeader Yes\nXTinyproxy No\n",
        "denied": "Allow 192.0.2.1\n", "denied-hidden": "Allow 192.0.2.1\nDisableViaHeader Yes\n",
        "login": "BasicAuth a b\n", "login-hidden": "BasicAuth a b\nDisableViaHeader Yes\n",
        "errors": 'ErrorFile 400 "{folder}/oops.html"\nErrorFile 404 "{folder}/oops.html"\nDefaultErrorFile "{folder}/oops.html"\n',
    }
    for name, extra in places.items():
        text = "Port {port}\nListen 127.0.0.1\nTimeout 5\nMaxClients 20\nLogLevel Critical\n"
        text += 'DefaultErrorFile "/usr/share/tinyproxy/default.html"\n' if name != "errors" else ""
        yield Setup(
            "Tinyproxy", name, Process(["tinyproxy", "-d", "-c", "{folder}/tinyproxy.conf"]), number,
            {"tinyproxy.conf": text + extra, "oops.html": "<h1>Oh no</h1>"})


def h2o():
    number = version(["h2o", "-v"], r"version ([\d.]+)")
    head = "user: root\nlisten: {host: 127.0.0.1, port: {port}}\npid-file: {folder}/h2o.pid\nerror-log: /dev/null\n"
    host = "hosts:\n  default:\n    paths:\n"
    files = "      /:\n        file.dir: {root}\n"
    places = {
        "default": head + host + files,
        "hidden": head + "send-server-name: OFF\n" + host + files,
        "false": head + f'server-name: "{LIE}"\n' + host + files,
        "errors": head + "error-doc:\n  - status: [400, 404, 405, 416]\n    url: /oops.html\n" + host + files,
        "redirect": head + host + "      /:\n        redirect: {url: /elsewhere, status: 302}\n",
        "moved": head + host + "      /:\n        redirect: {url: 'https://www.example/', status: 301}\n",
        "listing": head + "gzip: ON\n" + host + "      /:\n        file.dir: {root}/folder\n        file.dirlisting: ON\n",
        "json": head + 'header.add: "X-Content-Type-Options: nosniff"\nfile.etag: OFF\nfile.index: [data.json]\n' + host + files,
    }
    for name, text in places.items():
        yield Setup("H2O", name, Process(["h2o", "-c", "{folder}/h2o.conf"]), number, {"h2o.conf": text})


def small():
    """Small servers of a few hundred lines."""
    number = version(["mini_httpd", "-V"], r"mini_httpd/([\d.]+)")
    for name, words in {
        "default": [], "charset": ["-T", "iso-8859-1"], "listing": ["-d", "{root}/folder"], "cache": ["-M", "60"],
        "vhost": ["-d", "{root}", "-p", "{port}", "-r"],
    }.items():
        words = words if "-d" in words else ["-d", "{root}", *words]
        words = [word for word in words if word != "-r"]
        yield Setup(
            "mini_httpd", name, Process(["mini_httpd", "-D", "-h", "127.0.0.1", "-p", "{port}", "-i", "{folder}/pid", *words]), number)
    number = version(["dpkg-query", "-W", "webfs"], r"webfs\s+([\d.]+)")
    for name, words in {
        "default": ["-f", "index.html", "-r", "{root}"], "listing": ["-r", "{root}/folder"], "plain": ["-j", "-f", "index.html", "-r", "{root}"],
        "login": ["-b", "a:b", "-f", "index.html", "-r", "{root}"], "vhost": ["-n", "web.example", "-r", "{root}"],
        "expires": ["-e", "60", "-f", "index.html", "-r", "{root}"],
    }.items():
        yield Setup("webfs", name, Process(["webfsd", "-F", "-i", "127.0.0.1", "-p", "{port}", *words]), number)
    for name, root in {"default": "{root}", "listing": "{root}/folder", "empty": "{folder}"}.items():
        yield Setup("micro_httpd", name, Process(["python3", "{apps}/inetd.py", "{port}", "micro-httpd", root]), "2014-08-14")
    number = version(["busybox"], r"BusyBox v([\d.]+)")
    for name, (words, files) in {
        "default": (["-h", "{root}"], {}), "empty": (["-h", "{folder}"], {}),
        "login": (["-h", "{root}", "-r", "private", "-c", "{folder}/httpd.conf"], {"httpd.conf": "/:a:b\n"}),
        "errors": (["-h", "{root}", "-c", "{folder}/httpd.conf"], {"httpd.conf": "E404:{root}/oops.html\n.html:text/plain\n"}),
        "denied": (["-h", "{root}", "-c", "{folder}/httpd.conf"], {"httpd.conf": "D:*\n"}),
        "denied-errors": (["-h", "{root}", "-c", "{folder}/httpd.conf"], {"httpd.conf": "D:*\nE403:{root}/oops.html\n"}),
    }.items():
        yield Setup("BusyBox httpd", name, Process(["busybox", "httpd", "-f", "-p", "127.0.0.1:{port}", *words]), number, files)
    number = version(["civetweb", "-V"], r"V?([\d.]+)")
    for name, words in {
        "default": ["-document_root", "{root}"], "listing": ["-document_root", "{root}/folder"],
        "plain": ["-document_root", "{root}", "-enable_keep_alive", "yes"],
        "errors": ["-document_root", "{root}", "-error_pages", "{root}/"],
        "headers": ["-document_root", "{root}", "-additional_header", f"Server: {LIE}"],
        "no-listing": ["-document_root", "{folder}", "-enable_directory_listing", "no"],
    }.items():
        yield Setup("CivetWeb", name, Process(["civetweb", *words, "-listening_ports", "127.0.0.1:{port}"]), number)


def yaws():
    number = version(["yaws", "--version"], r"([\d.]+)")
    places = {
        "default": "", "hidden": 'server_signature = "web"\n', "false": f'server_signature = "{LIE}"\n',
        "listing": "", "errors": "", "login": "",
    }
    for name, extra in places.items():
        inner = {
            "listing": "docroot = {root}/folder\ndir_listings = true\n",
            "login": "docroot = {root}\n<auth>\nrealm = x\ndir = /\nuser = a:b\n</auth>\n",
            "errors": "docroot = {root}\nstatistics = true\ndeflate = true\n",
        }.get(name, "docroot = {root}\n")
        text = "logdir = {folder}\nmax_connections = nolimit\n" + extra
        text += "<server localhost>\nport = {port}\nlisten = 127.0.0.1\n" + inner + "</server>\n"
        yield Setup(
            "Yaws", name, Process(["yaws", "--conf", "{folder}/yaws.conf", "--id", "zoo{port}", "-i"], {"HOME": "{folder}", "TERM": "dumb"}),
            number, {"yaws.conf": text, "log/.keep": ""}, patience=20)


def tomcat():
    number = version(["dpkg-query", "-W", "tomcat10"], r"tomcat10\s+([\d.]+)")
    root = '<Context docBase="{root}" path=""/>'
    connector = '<Connector port="{port}" address="127.0.0.1" protocol="HTTP/1.1" %s/>'
    error = '<Valve className="org.apache.catalina.valves.ErrorReportValve" showReport="false" showServerInfo="false"/>'
    places = {
        "default": ("", root), "hidden": ("", root + error), "false": (f'server="{LIE}"', root),
        "empty": ("", ""), "lenient": ('allowHostHeaderMismatch="true" rejectIllegalHeader="false" relaxedPathChars="&lt;&gt;"', root),
        "always": ("", root + '<Valve className="org.apache.catalina.valves.rewrite.RewriteValve"/>'),
        "denied": ("", root + '<Valve className="org.apache.catalina.valves.RemoteAddrValve" deny=".*"/>'),
        "denied-status": ("", root + '<Valve className="org.apache.catalina.valves.RemoteAddrValve" deny=".*" denyStatus="404"/>'),
    }
    for name, (options, host) in places.items():
        text = ('<Server port="-1"><Service name="Catalina">' + connector % options
                + '<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="{folder}/webapps">'
                + host + "</Host></Engine></Service></Server>")
        files = {
            "conf/server.xml": text, "webapps/.keep": "", "logs/.keep": "", "temp/.keep": "", "work/.keep": "",
            "conf/Catalina/localhost/rewrite.config": "RewriteRule .* /index.html\n",
        }
        for file in ("web.xml", "catalina.properties"):
            path = "/etc/tomcat10/" + file
            if os.path.exists(path):
                files["conf/" + file] = open(path).read()
        yield Setup(
            "Tomcat", name,
            Process(["java", "-Xmx128m", "-cp", "/usr/share/tomcat10/bin/bootstrap.jar:/usr/share/tomcat10/bin/tomcat-juli.jar",
                     "-Dcatalina.home=/usr/share/tomcat10", "-Dcatalina.base={folder}", "-Djava.io.tmpdir={folder}/temp",
                     "org.apache.catalina.startup.Bootstrap", "start"]),
            number, files, patience=40)


def jetty():
    number = version(["dpkg-query", "-W", "jetty9"], r"jetty9\s+([\d.]+)")
    places = {
        "default": ([], {}),
        "hidden": (["jetty.httpConfig.sendServerVersion=false"], {}),
        "dated": (["jetty.httpConfig.sendDateHeader=false", "jetty.httpConfig.sendXPoweredBy=true"], {}),
        "empty": ([], None),
        "small": (["jetty.httpConfig.requestHeaderSize=40000", "jetty.http.compliance=LEGACY"], {}),
    }
    for name, (words, files) in places.items():
        files = {} if files is None else {"webapps/root/index.html": "<html><body>hello</body></html>"}
        files["webapps/.keep"] = ""
        files["start.d/.keep"] = ""
        yield Setup(
            "Jetty", name,
            Process(["java", "-Xmx128m", "-Djetty.home=/usr/share/jetty9", "-Djetty.base={folder}", "-Djava.io.tmpdir={folder}",
                     "-jar", "/usr/share/jetty9/start.jar", "jetty.http.host=127.0.0.1", "jetty.http.port={port}",
                     "--module=http,deploy,server", *words]),
            number, files, patience=40)


ALL = [nginx, apache2, lighttpd, caddy, haproxy, varnish, squid, tinyproxy, h2o, small, yaws, tomcat, jetty]
