import Testing

/// `http-probe` at servers that require a client certificate, and with URLs without a scheme.
@Suite("TLS and schemes of http-probe in the lab")
struct HTTPSchemeTests {
    /// Runs a script beside servers with and without TLS, in a folder with certificates of one authority.
    private func serving(_ script: String) async throws -> [String: String] {
        try await Lab.with(.pair) { lab in
            _ = try await lab.run("b", ["ip", "link", "set", "lo", "up"])
            let whole = """
                d=$(mktemp -d); chmod 755 $d; n="\(Binary.swiftNet) http-probe"; export PATH=$PATH:/usr/sbin; p=
                trap 'kill $p; wait; rm -rf $d' EXIT; cd $d
                key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
                openssl req -x509 $key -keyout ca.key -out ca -days 30 -subj /CN=authority 2>/dev/null
                for name in server client; do
                    openssl req $key -keyout $name.key -out $name.csr -subj /CN=$name -addext subjectAltName=IP:127.0.0.1 2>/dev/null
                    openssl x509 -req -in $name.csr -CA ca -CAkey ca.key -out $name -days 20 -copy_extensions copy 2>/dev/null
                done
                openssl req -x509 $key -keyout other.key -out other -days 30 -subj /CN=other 2>/dev/null
                openssl ec -in client.key -aes256 -passout pass:secret -out client.old 2>/dev/null
                openssl pkcs8 -topk8 -in client.key -passout pass:secret -out client.new
                cat client ca client.key > both; cat server ca > chain; echo secret > pass; echo wrong > wrong
                serve() { timeout 60 "$@" >>log 2>&1 & p="$p $!"; }
                ready() { for i in $(seq 200); do $n -kqw 2 $1 >/dev/null && break; sleep 0.05; done; }
                for port in 4432 4433; do
                    serve openssl s_server -accept 127.0.0.1:$port -cert server -key server.key -CAfile ca -Verify 2 \
                        -verify_return_error -www -tls1_$((port - 4430))
                done
                sed "s:PLACE:$d:g" > nginx.conf
                serve nginx -c $d/nginx.conf
                ready http://127.0.0.1:8080; for port in 4432 4433; do ready "--cert both https://127.0.0.1:$port"; done
                \(script)
                """
            let outcome = try await lab.run("b", ["sh", "-c", whole], input: Self.configuration)
            var parts: [String: String] = [:]
            for part in (outcome.output + outcome.errors).split(separator: "== ") {
                let end = part.firstIndex(of: "\n") ?? part.endIndex
                parts[String(part[..<end])] = String(part[end...].dropFirst())
            }
            return parts
        }
    }

    private static let configuration = """
        daemon off; master_process off; pid PLACE/pid; error_log PLACE/log; events {}
        http { access_log off; client_body_temp_path PLACE; proxy_temp_path PLACE; fastcgi_temp_path PLACE;
        uwsgi_temp_path PLACE; scgi_temp_path PLACE;
        ssl_certificate PLACE/chain; ssl_certificate_key PLACE/server.key; ssl_client_certificate PLACE/ca;
        server { listen 127.0.0.1:8443 ssl; ssl_verify_client on; location / { return 200 "$ssl_client_s_dn\\n"; } }
        server { listen 127.0.0.1:443 ssl; listen 127.0.0.1:9443 ssl;
        add_header Alt-Svc 'h3=":443"; ma=60'; location / { return 200 "secure\\n"; } }
        server { listen 127.0.0.1:80; listen 127.0.0.1:8080; listen 127.0.0.2:80; listen [::1]:8080;
        location / { return 200 "plain\\n"; } } }
        """

    @Test("client certificates: accepted as by curl, missing and rejected ones named")
    func clientCertificates() async throws {
        guard await Peer.require(.nginx, .curl, .openssl) else { return }
        let parts = try await serving(
            """
            for port in 4432 4433 8443; do
                url=https://127.0.0.1:$port/
                echo "== curl $port"; curl -s --cacert ca --cert client --key client.key -o /dev/null -w '%{http_code}\\n' $url
                echo "== plain $port"; $n --cacert ca $url; echo "status $?"
                echo "== json $port"; $n -j --cacert ca $url
                echo "== other $port"; $n --cacert ca --cert other --key other.key $url; echo "status $?"
                for arguments in '--cert both' '--cert client --key client.key' \
                    '--cert client --key client.old --pass-file pass' '--cert client --key client.new --pass-file pass'; do
                    echo "== $arguments $port"; $n --cacert ca $arguments --write-out '%{http_code}\\n' $url
                done
            done
            echo "== name"; $n -q -o - --cacert ca --cert both $url
            """)
        for port in ["4432", "4433", "8443"] {
            #expect(parts["curl \(port)"] == "200\n", "\(parts)")
            for arguments in [
                "--cert both", "--cert client --key client.key", "--cert client --key client.old --pass-file pass",
                "--cert client --key client.new --pass-file pass",
            ] {
                #expect(parts["\(arguments) \(port)"] == "200\n", "\(arguments) \(port): \(parts)")
            }
        }
        #expect(parts["name"] == "CN=client\n", "\(parts)")
        for port in ["4432", "4433"] {
            let plain = parts["plain \(port)"] ?? ""
            #expect(plain.contains("/  the server requires a client certificate\n"), "\(parts)")
            #expect(plain.hasSuffix("status 1\n"), "\(parts)")
            #expect(
                parts["json \(port)"]?.contains(
                    #""kind":"client_certificate","message":"the server requires a client certificate""#) == true,
                "\(parts)")
            let other = parts["other \(port)"] ?? ""
            #expect(other.contains("/  the server rejects the client certificate: "), "\(parts)")
            #expect(other.hasSuffix("status 1\n"), "\(parts)")
        }
        #expect(parts["plain 8443"]?.contains("400 Bad Request") == true, "\(parts)")
        #expect(parts["json 8443"]?.contains(#""client_certificate_requested":true"#) == true, "\(parts)")
    }

    @Test("files of client certificates that cannot be used are named with the reason")
    func invalidFiles() async throws {
        guard await Peer.require(.nginx, .openssl) else { return }
        let rows = [
            ("--cert client", "--cert: client: no PEM private key found"),
            ("--cert client --key server.key", "--cert: client: the private key does not match the certificate"),
            (
                "--cert client --key client.old",
                "--key: client.old: the private key is encrypted, and no passphrase is given"
            ),
            ("--cert client --key client.old --pass-file wrong", "--key: client.old: wrong passphrase"),
            ("--cert client --key client.new --pass-file wrong", "--key: client.new: wrong passphrase"),
            ("--cert client --key pass", "--key: pass: no PEM private key found"),
            ("--cert pass", "--cert: pass: no PEM certificate found"),
            ("--cert none", "none: No such file or directory"),
            ("--key client.key", "--key requires --cert"), ("--pass-file pass", "--pass-file requires --cert"),
            ("--tls 1.2 --tls-max 1.3", "--tls-max cannot be used with --tls"),
        ]
        let parts = try await serving(
            rows.map { "echo '== \($0.0)'; $n \($0.0) https://127.0.0.1:8443/ 2>&1; echo \"status $?\"" }
                .joined(separator: "\n"))
        for (arguments, message) in rows {
            let part = parts[arguments] ?? ""
            #expect(part.contains(message) && part.hasSuffix("status 2\n"), "\(arguments): \(part)")
        }
    }

    @Test("the whole chain, ALPN, and the maximum version of TLS")
    func chain() async throws {
        guard await Peer.require(.nginx, .openssl) else { return }
        let parts = try await serving(
            """
            echo "== verbose"; $n -v --cacert ca https://127.0.0.1:9443/
            echo "== json"; $n -j --cacert ca --tls-max 1.2 https://127.0.0.1:9443/
            echo "== hash"; openssl x509 -in ca -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f
            """)
        let hash = (parts["hash"] ?? "?").split(separator: "\n").first ?? "?"
        let verbose = parts["verbose"] ?? ""
        #expect(verbose.contains("* ALPN: offered h2, http/1.1; selected http/1.1\n"), "\(parts)")
        #expect(verbose.contains("* certificate 0: CN=server, by CN=authority, 20"), "\(parts)")
        #expect(verbose.contains("* certificate 1: CN=authority, by CN=authority, 20"), "\(parts)")
        #expect(verbose.contains(", SHA-256 \(hash)\n"), "\(parts)")
        #expect(verbose.contains("\n  offers HTTP/3 on port 443 (Alt-Svc)\n"), "\(parts)")
        let json = parts["json"] ?? ""
        for member in [
            #""tls":{"version":"1.2""#, #""alpn":"http/1.1","alpn_offered":["h2","http/1.1"]"#, #""chain_length":2"#,
            #""chain":[{"subject":"CN=server","issuer":"CN=authority","not_before":"20"#,
            #"{"subject":"CN=authority","issuer":"CN=authority","not_before":"20"#, #""sha256":"\#(hash)"}]"#,
            #""client_certificate_requested":false"#,
            #""alt_svc":[{"protocol":"h3","host":null,"port":443,"max_age":60,"persist":false}]"#,
        ] {
            #expect(json.contains(member), "\(member): \(json)")
        }
    }

    @Test("URLs without a scheme: https first, then http; a port of TLS; blocks and ports")
    func schemes() async throws {
        guard await Peer.require(.nginx, .openssl) else { return }
        let parts = try await serving(
            """
            say() { echo "== $*"; $n "$@" 2>&1; echo "status $?"; }
            say -k 127.0.0.1; say -k 127.0.0.2; say -k 127.0.0.1:8080; say -k 127.0.0.1:80; say -k 127.0.0.1:81
            say -k 127.0.0.3; say 127.0.0.1; say -vk 127.0.0.2; say -jk 127.0.0.2; say -k --http-first 127.0.0.1
            say -k --http-first 127.0.0.1:9443; say -jk --http-first 127.0.0.1:9443; say -k --http-first 127.0.0.1:8443
            say -k -q 127.0.0.0/30; say -k --ports 80,8080,9443 127.0.0.1-2; say 127.0.0.0/8; say --ports 0 127.0.0.1
            say -o - 127.0.0.0/30
            echo "== list"; printf '127.0.0.1:8080\\n[::1]:8080\\n127.0.0.2\\n' | $n -k --targets - --write-out '%{url} %{http_code}\\n' | grep ^http | sort
            """)
        func expect(_ arguments: String, _ texts: String..., status: Int = 0) {
            let part = parts[arguments] ?? ""
            for text in texts { #expect(part.contains(text), "\(arguments): \(part)") }
            #expect(part.hasSuffix("status \(status)\n"), "\(arguments): \(part)")
        }
        expect("-k 127.0.0.1", "https://127.0.0.1/  200 OK")
        expect("-k 127.0.0.2", "http://127.0.0.2/  200 OK")
        #expect(parts["-k 127.0.0.2"]?.contains("https") == false, "\(parts)")
        expect("-k 127.0.0.1:8080", "http://127.0.0.1:8080/  200 OK")
        expect("-k 127.0.0.1:80", "http://127.0.0.1:80/  200 OK")
        expect("-k 127.0.0.1:81", "https://127.0.0.1:81/  connection refused\n", status: 1)
        expect("-k 127.0.0.3", "http://127.0.0.3/  connection refused\n", status: 1)
        expect("127.0.0.1", "https://127.0.0.1/  certificate not trusted: ", status: 1)
        expect("-vk 127.0.0.2", "https://127.0.0.2/  connection refused: trying http\n", "http://127.0.0.2/  200 OK")
        expect(
            "-jk 127.0.0.2",
            #""scheme_tried":{"url":"https://127.0.0.2/","kind":"connection","message":"connection refused"}"#)
        expect("-k --http-first 127.0.0.1", "http://127.0.0.1/  200 OK")
        expect(
            "-k --http-first 127.0.0.1:9443", "http://127.0.0.1:9443/  the port uses TLS: sent again by https\n",
            "https://127.0.0.1:9443/  200 OK")
        expect(
            "-jk --http-first 127.0.0.1:9443",
            #""scheme_tried":{"url":"http://127.0.0.1:9443/","kind":"tls_port","message":"the port uses TLS"}"#)
        expect("-k --http-first 127.0.0.1:8443", "https://127.0.0.1:8443/  400 Bad Request")
        expect(
            "-k -q 127.0.0.0/30", "http://127.0.0.0/  connection refused\n", "http://127.0.0.3/  connection refused\n",
            "4 URLs, 4 requests, 2 answered, 2 failed", status: 1)
        expect(
            "-k --ports 80,8080,9443 127.0.0.1-2", "http://127.0.0.1:8080/  200 OK", "https://127.0.0.1:9443/  200 OK",
            "http://127.0.0.2:80/  200 OK", "6 URLs, 6 requests, 4 answered, 2 failed", status: 1)
        expect("127.0.0.0/8", "http-probe: '127.0.0.0/8': more than 1048576 URLs\n", status: 2)
        expect("--ports 0 127.0.0.1", "invalid value '0' for --ports (expected ports from 1 to 65535", status: 2)
        expect("-o - 127.0.0.0/30", "-o cannot be used with several URLs", status: 2)
        #expect(
            parts["list"] == "http://127.0.0.1:8080/ 200\nhttp://127.0.0.2/ 200\nhttp://[::1]:8080/ 200\n", "\(parts)")
    }
}
