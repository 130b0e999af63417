import Testing

/// Host names on systems other than the one that the binary was built on.
///
/// The root directory of such a system is set up in the lab's own mount namespace and entered with chroot(8).
/// `a` looks up names there; `b` is the DNS server and the web server.
@Suite("names on other systems")
struct ForeignSystemTests {
    /// Debian releases with a newer and with an older C library than that of the binary; see `Scripts/foreign-release`.
    static let releases = ["trixie", "bullseye"]

    /// `hosts:` lines of nsswitch.conf(5), as distributions ship them.
    static let hostsLines = [
        "files dns", "files mdns4_minimal [NOTFOUND=return] dns", "mdns4_minimal [NOTFOUND=return] files dns",
        "mymachines resolve [!UNAVAIL=return] files myhostname dns", "files resolve [!UNAVAIL=return] dns",
    ]

    /// A name and its addresses, preferred address first (RFC 6724); a name that does not exist has none.
    private struct ExpectedName {
        var name: String
        var addresses: [String]
    }

    private static let names = [
        ExpectedName(name: "fromfile", addresses: ["192.0.2.2"]),
        // In DNS its address is 192.0.2.4: the hosts file comes first.
        ExpectedName(name: "preferred.lab.test", addresses: ["192.0.2.2"]),
        ExpectedName(name: "both.lab.test", addresses: ["2001:db8::2", "192.0.2.2"]),
        ExpectedName(name: "alias.lab.test", addresses: ["192.0.2.2"]),
        ExpectedName(name: "nosuch.lab.test", addresses: []),
        // No mDNS responder is running, so DNS is asked for these.
        ExpectedName(name: "indns.local", addresses: ["192.0.2.2"]),
        ExpectedName(name: "nosuch.local", addresses: []),
    ]

    /// Addresses and their names: the first is in the hosts file, the second in DNS.
    private static let reverseNames = [("192.0.2.2", "fromfile"), ("192.0.2.3", "reverse.lab.test")]

    private static let nameServer = [
        "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root",
        "--group=root", "--log-facility=-", "--bind-interfaces", "--local=/lab.test/", "--local=/local/",
        "--listen-address=192.0.2.2", "--pid-file=", "--host-record=both.lab.test,192.0.2.2,2001:db8::2",
        "--host-record=four.lab.test,192.0.2.2", "--cname=alias.lab.test,four.lab.test",
        "--host-record=preferred.lab.test,192.0.2.4", "--host-record=reverse.lab.test,192.0.2.3",
        "--host-record=indns.local,192.0.2.2", "--host-record=xn--bcher-kva.lab.test,192.0.2.2",
    ]

    /// Answers every request on port 80 and, if started with a certificate and a key, on port 443.
    private static let webServer = """
        import socket, ssl, sys, threading, time
        def answer(connection, context):
            try:
                connection.settimeout(10)
                if context: connection = context.wrap_socket(connection, server_side=True)
                if connection.recv(65536):
                    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
            except OSError: pass
            connection.close()
        def accept(listener, context):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0], context), daemon=True).start()
        def serve(port, context):
            listener = socket.create_server(("::", port), family=socket.AF_INET6, backlog=64, dualstack_ipv6=True)
            threading.Thread(target=accept, args=(listener, context), daemon=True).start()
        serve(80, None)
        if len(sys.argv) > 1:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
            serve(443, context)
        print("begun", flush=True)
        time.sleep(300)
        """

    /// The root directory of the other system.
    private static let root = "/mnt/system"

    /// The command that runs a program in the other system. It passes on none of this system's environment, which may
    /// name proxies or resolver options.
    private static let inside = [
        "timeout", "30", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "chroot", root,
    ]

    /// Two hosts and the root directory of the other system; `setup` runs there and adds the system's libraries.
    private static func layout(hosts: String, setup: String) -> Lab.Layout {
        Lab.Layout.pair.and(
            """
            ip -n b addr add 192.0.2.3/24 dev vb
            mkdir \(root) /mnt/bare
            for directory in \(root) /mnt/bare; do
                : > $directory/swift-net; mount --bind '\(Binary.swiftNet)' $directory/swift-net
            done
            cd \(root)
            mkdir etc proc dev tmp usr
            mount --rbind /proc proc
            : > dev/null; mount --bind /dev/null dev/null
            \(setup)
            printf 'nameserver 192.0.2.2\\nsearch lab.test\\noptions timeout:1 attempts:1\\n' > etc/resolv.conf
            printf '127.0.0.1 localhost\\n192.0.2.2 fromfile preferred.lab.test\\n' > etc/hosts
            printf 'hosts: %s\\n' '\(hosts)' > etc/nsswitch.conf
            printf 'passwd: files systemd\\nservices: db files\\nprotocols: db files\\n' >> etc/nsswitch.conf
            """
        ).withFiles
    }

    /// Lays out a lab with both servers and runs `body`. Skips if the binary is not static: it needs the libraries of the
    /// system that it was built on.
    private func withSystem(
        hosts: String, setup: String, certificate: [String] = [], _ body: @Sendable @escaping (Lab) async throws -> Void
    ) async throws {
        guard await Peer.require(.dnsmasq) else { return }
        let server = ["python3", "-c", Self.webServer] + certificate
        try await Lab.with(Self.layout(hosts: hosts, setup: setup)) { lab in
            // In a directory without libraries only a static program can be started.
            let bare = try await lab.run("a", ["chroot", "/mnt/bare", "/swift-net", "--version"])
            if bare.status == 127 {
                if Environment.isContinuousIntegration { Issue.record("the binary under test is not static") }
                print("skipped: the binary under test is not static")
                return
            }
            let version = try await lab.run("a", Self.inside + ["/swift-net", "--version"])
            #expect(version.status == 0, "\(version)")
            try await lab.beside("b", Self.nameServer, readyMark: "started") {
                try await lab.beside("b", server, readyMark: "begun") { try await body(lab) }
            }
        }
    }

    /// Expects that four commands find `addresses` for `name`, or report that it does not exist if there are none.
    private static func check(_ name: String, has addresses: [String], in lab: Lab) async throws {
        // `missing` is the exit status for a name that does not exist; `takesFirst` commands use the preferred address.
        let commands: [([String], missing: Int32, takesFirst: Bool)] = [
            (["ping", "-j", "-n", "-c", "1", name], 2, true), (["traceroute", "-j", "-n", name], 2, true),
            (["tcp-syn-scan", "-j", "-p", "80", name], 2, false), (["http-probe", "-j", "http://\(name)/"], 2, false),
        ]
        for (arguments, missing, takesFirst) in commands {
            let outcome = try await lab.run("a", inside + ["/swift-net"] + arguments)
            let found = Set(outcome.objects.compactMap { $0["addr"] }).subtracting(["null"])
            if addresses.isEmpty {
                let named = (outcome.output + outcome.errors).contains(name)
                #expect(outcome.status == missing && found.isEmpty && named, "\(arguments): \(outcome)")
            } else {
                let expected = Set(takesFirst ? Array(addresses.prefix(1)) : addresses)
                #expect(
                    outcome.status == 0 && !found.isEmpty && found.isSubset(of: expected),
                    "\(arguments), expected \(expected): \(outcome)")
            }
        }
    }

    /// Expects that `ping -H` finds the name of an address.
    private static func check(_ address: String, isNamed name: String, in lab: Lab) async throws {
        // The first line may be printed before the name is known.
        let outcome = try await lab.run(
            "a", inside + ["/swift-net", "ping", "-H", "-c", "2", "-i", "0.3", address])
        #expect(
            outcome.status == 0 && outcome.output.contains("64 bytes from \(name) (\(address)): icmp_seq=2 "),
            "\(outcome)")
    }

    @Test("every command finds what getent finds")
    func found() async {
        let cases = Self.releases.flatMap { release in Self.hostsLines.map { (release: release, hosts: $0) } }
        await together(cases) { release, hosts in
            let tree = "\(Binary.repository)/.build/foreign/\(release)"
            guard try await Lab.run(["test", "-e", "\(tree)/.complete"]).status == 0 else {
                if Environment.isContinuousIntegration { Issue.record("Debian \(release) is not unpacked") }
                print("skipped: Debian \(release) is not unpacked")
                return
            }
            // Other labs use the unpacked release too, so nothing is written there.
            let setup = """
                for link in bin sbin lib lib64; do cp -P '\(tree)'/$link .; done
                cp -R '\(tree)/etc' .
                mount --bind '\(tree)/usr' usr
                """
            try await withSystem(hosts: hosts, setup: setup) { lab in
                for name in Self.names {
                    let listed = try await lab.run("a", Self.inside + ["/usr/bin/getent", "ahosts", name.name])
                    // getent prints each address once per socket type.
                    var addresses: [String] = []
                    for line in listed.lines {
                        let address = String(line.prefix { $0 != " " })
                        if !addresses.contains(address) { addresses.append(address) }
                    }
                    #expect(
                        listed.status == (name.addresses.isEmpty ? 2 : 0) && Set(addresses) == Set(name.addresses),
                        "getent, \(name.name): \(listed)")
                    try await Self.check(name.name, has: addresses, in: lab)
                }
                for (address, name) in Self.reverseNames {
                    let listed = try await lab.run("a", Self.inside + ["/usr/bin/getent", "hosts", address])
                    #expect(listed.output.split(separator: " ").dropFirst().first.map { $0.hasPrefix(name) } == true)
                    try await Self.check(address, isNamed: name, in: lab)
                }
            }
        }
    }

    /// A library that terminates the program that loads it. It depends on no other library, so loading it never fails.
    private static let poison = """
        __attribute__((constructor)) static void poison(void) { __builtin_trap(); }
        """

    /// A static program that looks up a name with the C library's getaddrinfo(3).
    private static let control = """
        #include <netdb.h>
        #include <stddef.h>
        int main(int count, char **arguments) {
            struct addrinfo *list;
            return count < 2 || getaddrinfo(arguments[1], NULL, NULL, &list) != 0;
        }
        """

    /// A system in which every library is the poisoned one, with a certificate and the program `control`.
    private static let poisonedSystem = """
        printf '%s\\n' '\(poison)' > /mnt/poison.c
        printf '%s\\n' '\(control)' > /mnt/control.c
        cc -shared -fPIC -nostdlib -o /mnt/poison.so /mnt/poison.c
        cc -static -o control /mnt/control.c
        ln -s usr/lib lib; ln -s usr/lib64 lib64
        for directory in usr/lib usr/lib64 "usr/lib/$(cc -print-multiarch)"; do
            mkdir -p "$directory"
            for name in files dns mdns mdns_minimal mdns4 mdns4_minimal mdns6 mdns6_minimal resolve myhostname \
                mymachines compat db systemd; do cp /mnt/poison.so "$directory/libnss_$name.so.2"; done
            for name in libc.so.6 libresolv.so.2 libidn2.so.0 libgcc_s.so.1; do
                cp /mnt/poison.so "$directory/$name"
            done
        done
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout /mnt/key \
            -out etc/certificate -days 30 -subj /CN=both.lab.test \
            -addext subjectAltName=DNS:both.lab.test,DNS:fromfile 2>/dev/null
        """

    @Test("no library of the system is loaded")
    func poisoned() async {
        let cases = ForeignSystemTests.hostsLines
        await together(cases) { hosts in
            guard await Peer.require(.openssl) else { return }
            guard try await Lab.run(["sh", "-c", "command -v cc"]).status == 0 else {
                if Environment.isContinuousIntegration { Issue.record("cc is not installed") }
                print("skipped: cc is not installed")
                return
            }
            let certificate = ["\(Self.root)/etc/certificate", "/mnt/key"]
            try await withSystem(hosts: hosts, setup: Self.poisonedSystem, certificate: certificate) { lab in
                // The poisoned libraries are where a C library looks for them. Since glibc 2.34 it loads none for the services
                // `files` and `dns`.
                if hosts != "files dns" {
                    let control = try await lab.run("a", Self.inside + ["/control", "both.lab.test"])
                    #expect(control.status >= 128, "\(control)")
                }
                for name in Self.names { try await Self.check(name.name, has: name.addresses, in: lab) }
                for (address, name) in Self.reverseNames { try await Self.check(address, isNamed: name, in: lab) }

                for (name, addresses) in [
                    ("both.lab.test", ["2001:db8::2", "192.0.2.2"]), ("fromfile", ["192.0.2.2"]),
                    ("nosuch.lab.test", []),
                ] {
                    let arguments = ["http-probe", "-j", "--cacert", "/etc/certificate", "https://\(name)/"]
                    let outcome = try await lab.run("a", Self.inside + ["/swift-net"] + arguments)
                    guard !addresses.isEmpty else {
                        #expect(outcome.status == 2 && outcome.output.contains(name), "\(outcome)")
                        continue
                    }
                    let response = outcome.objects("response").first
                    #expect(outcome.status == 0 && response?["verified"] == "true", "\(outcome)")
                    #expect(response?["addr"].map(addresses.contains) == true, "\(outcome)")
                }

                // For a name that is not ASCII the C library loads libidn2.
                let probe = try await lab.run(
                    "a", Self.inside + ["/swift-net", "http-probe", "http://bücher.lab.test/"])
                #expect(probe.status == 0, "\(probe)")
                let ping = try await lab.run(
                    "a", Self.inside + ["/swift-net", "ping", "-n", "-c", "1", "bücher.lab.test"])
                #expect(ping.status == 0 || ping.status == 2 && ping.errors.contains("bücher.lab.test"), "\(ping)")
            }
        }
    }
}
