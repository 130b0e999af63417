import Testing

/// Our own TCP against nginx, and curl against our own: large bodies, TLS, both versions of IP.
@Suite("our own TCP, nginx and curl")
struct UserStackPeerTests {
    private static let nginx = Lab.Layout.pair.withFiles.and(
        """
        ip netns exec b ethtool -K vb tx off tso off gso off > /dev/null; ip netns exec a ethtool -K va gro off > /dev/null
        mkdir /mnt/www; head -c 100000000 /dev/urandom > /mnt/www/big; chmod -R a+rX /mnt
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout /mnt/key -out /mnt/cert -days 30 \\
            -subj /CN=web.example 2> /dev/null
        cat > /mnt/nginx.conf << 'END'
        daemon off; master_process off; pid /mnt/pid; error_log /mnt/errors;
        events { worker_connections 64; }
        http {
            access_log off;
            server {
                listen 80; listen [::]:80; listen 443 ssl; listen [::]:443 ssl;
                ssl_certificate /mnt/cert; ssl_certificate_key /mnt/key; root /mnt/www;
            }
        }
        END
        """)

    @Test("100 MB from nginx with the hash of the file, in the clear and by TLS, over IPv4 and IPv6")
    func fromNginx() async throws {
        guard await Peer.require(.openssl, .nginx) else { return }
        try await Lab.with(Self.nginx) { lab in
            try await lab.beside("b", ["sh", "-c", "echo begun; exec nginx -c /mnt/nginx.conf"], readyMark: "begun") {
                let script = """
                    n="\(Binary.swiftNet) http-probe"
                    for i in $(seq 200); do $n -q http://192.0.2.2/ > /dev/null && break; sleep 0.05; done
                    sha256sum /mnt/www/big | cut -c1-64
                    for url in http://192.0.2.2/big https://192.0.2.2/big 'http://[2001:db8::2]/big' 'https://[2001:db8::2]/big'; do
                        source=192.0.2.50
                        case $url in *:db8:*) source=2001:db8::50;; esac
                        $n --stack user -I va --source $source --no-check -k -j -w 30 --max-body 200000000 "$url"
                    done
                    """
                let outcome = try await lab.run("a", ["sh", "-c", script])
                let hash = try #require(outcome.lines.first.map(String.init))
                #expect(hash.count == 64)
                #expect(
                    outcome.output.ranges(of: #""body_sha256":"\#(hash)""#).count == 4,
                    "\(outcome.output) \(outcome.errors)")
            }
        }
    }

    @Test("curl reads the host's page, over IPv4 and IPv6, and many on one connection")
    func curl() async throws {
        guard await Peer.require(.curl) else { return }
        try await Lab.with(.pair) { lab in
            let arguments =
                "host -I vb --address 192.0.2.50/24 --address 2001:db8::50/64 --no-check --serve http -w 60".split(
                    separator: " ")
            try await lab.beside(
                "b", [Binary.swiftNet] + arguments.map(String.init), readyMark: "the host is up"
            ) {
                for (place, visitor) in [("192.0.2.50", "192.0.2.1"), ("[2001:db8::50]", "[2001:db8::1]")] {
                    let page = try await lab.run(
                        "a", ["curl", "-sS", "-g", "--max-time", "10", "http://\(place)/what"])
                    #expect(page.output.contains("You are \(visitor):"), "\(page.output) \(page.errors)")
                }
                let many = try await lab.run(
                    "a", ["curl", "-sS", "--max-time", "20", "-w", "%{num_connects}.", "http://192.0.2.50/[1-50]"])
                #expect(many.output.ranges(of: "You are 192.0.2.1:").count == 50, "\(many.errors)")
                #expect(many.output.ranges(of: "Accept: */*\n1.").count == 1, "\(many.output.suffix(300))")
            }
        }
    }
}
