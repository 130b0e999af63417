"""The proxies of Documentation/Monitor.md, with their configuration as it stands there."""

import re
import tempfile
import unittest

from lab import ROOT, Lab, Monitor, read, run


class ProxyTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.close)
        folder = tempfile.TemporaryDirectory(prefix="monitor-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=monitor.example.net", "-addext", "subjectAltName=DNS:monitor.example.net", "-keyout",
            cls.folder + "/monitor.key", "-out", cls.folder + "/monitor.pem")
        cls.token = "documentation-token-1234"
        with open(cls.folder + "/token", "w") as file:
            file.write(cls.token)
        cls.monitor = Monitor(cls.lab, "192.0.2.2", "--token-file", cls.folder + "/token")
        cls.addClassCleanup(cls.monitor.stop)
        cls.monitor.wait_for_page()

    def block(self, language):
        return re.search(rf"```{language}\n(.*?)```", read(ROOT + "/Documentation/Monitor.md"), re.S).group(1)

    def ask(self, port, path, *fields, stream=False):
        command = ["ip", "netns", "exec", self.lab.here, "curl", "-sS", "-k", "--max-time", "6", "--retry", "20",
                   "--retry-connrefused", "--retry-delay", "0", "--retry-max-time", "20",
                   "--resolve", f"monitor.example.net:{port}:127.0.0.1", "-w", "\n%{http_code}"]
        for field in fields:
            command += ["-H", field]
        answer = run(*command, f"https://monitor.example.net:{port}{path}", check=not stream)
        text, _, status = answer.stdout.rpartition("\n")
        return int(status), text

    def check(self, port):
        bearer = "Authorization: Bearer " + self.token
        self.assertEqual(self.ask(port, "/api/v1/targets")[0], 401)
        self.assertEqual(self.ask(port, "/metrics", bearer)[0], 200)
        self.assertEqual(self.ask(port, "/", bearer)[0], 200)
        # The stream is not held back.
        text = self.ask(port, "/api/v1/stream", bearer, stream=True)[1]
        self.assertGreaterEqual(text.count("event: status"), 2, text)
        # A form of this page is accepted, by the name that the reader sees.
        answer = run(
            "ip", "netns", "exec", self.lab.here, "curl", "-sS", "-k", "-i", "--max-time", "6", "--resolve",
            f"monitor.example.net:{port}:127.0.0.1", "-H", "Origin: https://monitor.example.net" + (f":{port}" if port != 443 else ""),
            "--data", "token=" + self.token, f"https://monitor.example.net:{port}/login").stdout
        self.assertIn(" 303", answer.splitlines()[0])
        self.assertIn("swift-net-monitor=" + self.token, answer)

    def test_nginx(self):
        server = self.block("nginx").replace("/etc/ssl/", self.folder + "/")
        with open(self.folder + "/nginx.conf", "w") as file:
            file.write(
                f"pid {self.folder}/nginx.pid; error_log {self.folder}/error; daemon off;\n"
                f"events {{}}\nhttp {{ access_log off; client_body_temp_path {self.folder}/body; "
                f"proxy_temp_path {self.folder}/proxy; fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; "
                f"scgi_temp_path {self.folder}/s;\n{server}\n}}\n")
        run("chmod", "-R", "a+rX", self.folder)
        self.lab.start(self.lab.here, "nginx", "-c", self.folder + "/nginx.conf")
        self.check(443)

    def test_caddy(self):
        # With a certificate of its own: there is no authority to ask.
        site = self.block("caddy").replace("monitor.example.net {", "monitor.example.net:8443 {\n    tls internal", 1)
        with open(self.folder + "/Caddyfile", "w") as file:
            file.write("{\n    admin off\n    skip_install_trust\n    auto_https disable_redirects\n}\n" + site)
        self.lab.start(
            self.lab.here, "env", f"HOME={self.folder}", f"XDG_DATA_HOME={self.folder}/caddy", "caddy", "run", "--config",
            self.folder + "/Caddyfile", "--adapter", "caddyfile")
        self.check(8443)


if __name__ == "__main__":
    unittest.main()
