import Testing

/// The shipped binary stands alone: Documentation/Portability.md is true of it.
@Suite("the binary by itself")
struct PortabilityTests {
    /// Only a static executable makes the promise; a debug build is none.
    private static func isStatic() async throws -> Bool {
        let headers = try await Lab.run(["readelf", "-lW", Binary.swiftNet]).output
        return headers.contains("LOAD") && !headers.contains("INTERP")
    }

    @Test("no code of the name service is linked, and what could load code is what the page lists")
    func symbols() async throws {
        guard try await Self.isStatic() else { return }
        let pattern =
            "_nss_.*|__nss_module.*|get(addrinfo|nameinfo|hostby.*|servby.*|netby.*|protoby.*|pw(nam|uid|ent).*|gr(nam|gid|ent|ouplist).*)|freeaddrinfo|initgroups|dlm?open|dlsym|iconv_open|__libc_dlopen_mode"
        let script = "nm \"$1\" | awk '{ print $NF }' | grep -xE \"$2\""
        let found = try await Lab.run(["sh", "-c", script, "-", Binary.swiftNet, pattern]).lines.map(String.init)
        #expect(found.filter { $0.hasPrefix("_") && $0.contains("nss_") }.isEmpty)
        let suspects = Set(found.filter { !$0.contains("nss_") })
        // The first column of each table, its names between backquotes.
        let page = try await Lab.run(["cat", "\(Binary.repository)/Documentation/Portability.md"]).lines
        let columns = page.filter { $0.hasPrefix("| `") }.compactMap { $0.split(separator: "|").first }
        let listed = Set(
            columns.flatMap { column in
                column.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                    .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
            })
        #expect(suspects.subtracting(listed).isEmpty, "not on the page: \(suspects.subtracting(listed))")
        #expect(listed.subtracting(suspects).isEmpty, "not in the binary: \(listed.subtracting(suspects))")
    }

    @Test("it runs where /proc is not mounted")
    func withoutProc() async throws {
        guard try await Self.isStatic() else { return }
        try await Lab.with(.pair) { lab in
            let script = """
                root=$(mktemp -d) && cp \(Binary.swiftNet) $root/swift-net && chroot $root /swift-net "$@"
                status=$?; rm -r $root; exit $status
                """
            let ping = try await lab.run("a", ["sh", "-c", script, "-", "ping", "-c", "1", "192.0.2.2"])
            #expect(ping.status == 0 && ping.output.contains("1 received"), "\(ping)")
            let version = try await lab.run("a", ["sh", "-c", script, "-", "--version"])
            #expect(version.status == 0 && version.output.hasPrefix("swift-net "), "\(version)")
        }
    }

    @Test("openssl.cnf loads nothing into it")
    func openSSLConfiguration() async throws {
        guard try await Self.isStatic() else { return }
        try await Lab.with(.pair) { lab in
            let script = """
                folder=$(mktemp -d)
                echo '__attribute__((constructor)) static void die(void) { __builtin_trap(); }' >$folder/x.c
                cc -shared -fPIC -nostdlib -o $folder/x.so $folder/x.c
                printf '%s\\n' 'openssl_conf = a' '[a]' 'providers = b' '[b]' 'evil = c' '[c]' "module = $folder/x.so" \
                    'activate = 1' >$folder/openssl.cnf
                OPENSSL_CONF=$folder/openssl.cnf "$@"
                status=$?; rm -r $folder; exit $status
                """
            // The program that reads the file shows that it does load the module.
            let control = try await lab.run("a", ["sh", "-c", script, "-", "openssl", "list", "-providers"])
            #expect(control.status >= 128, "\(control)")
            let probe = try await lab.run(
                "a", ["sh", "-c", script, "-", Binary.swiftNet, "http-probe", "https://192.0.2.2/"])
            #expect(probe.status == 1 && probe.output.contains("refused"), "\(probe)")
        }
    }
}
