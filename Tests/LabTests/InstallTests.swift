import Testing

/// What `make install` puts into a package, and `make uninstall` takes away; and how the manual pages look.
@Suite("installation")
struct InstallTests {
    private func make(_ arguments: String...) async throws -> Lab.Outcome {
        // The binary is built: only the rules are tried.
        try await Lab.run(
            ["make", "-C", Binary.repository, "-o", "build", "BINARY=\(Binary.swiftNet)"] + arguments)
    }

    private func files(_ folder: String) async throws -> [String] {
        try await Lab.run(["find", folder, "-mindepth", "1", "-printf", "%P\\n"]).lines.map(String.init).sorted()
    }

    @Test("DESTDIR gets every file and no capability; uninstall leaves nothing of them, and everything else")
    func destination() async throws {
        let folder = String(try await Lab.run(["mktemp", "-d"]).output.dropLast())
        for prefix in ["/usr", "/usr/local"] {
            _ = try await Lab.run([
                "sh", "-c", "mkdir -p \(folder)\(prefix)/bin; echo kept > \(folder)\(prefix)/bin/other",
            ])
            let before = try await files(folder)
            let installed = try await make("install", "PREFIX=\(prefix)", "DESTDIR=\(folder)")
            #expect(installed.status == 0, "\(installed)")
            #expect(
                installed.output.contains(
                    "No capability was set in DESTDIR. After installation: setcap cap_net_raw+p \(prefix)/bin/swift-net\n"
                ),
                "\(installed)")
            #expect(!installed.output.contains("sudo") && installed.output.split(separator: "setcap").count == 2)
            let capability = try await Lab.run(["getcap", "\(folder)\(prefix)/bin/swift-net"])
            #expect(capability.output.isEmpty, "\(capability)")
            let found = try await files("\(folder)\(prefix)")
            for file in [
                "bin/swift-net", "share/man/man8/swift-net.8", "share/man/man8/swift-net-decode.8",
                "share/bash-completion/completions/swift-net", "share/zsh/site-functions/_swift-net",
                "share/fish/vendor_completions.d/swift-net.fish",
            ] {
                #expect(found.contains(file), "\(file)")
            }
            let removed = try await make("uninstall", "PREFIX=\(prefix)", "DESTDIR=\(folder)")
            let after = try await files(folder)
            #expect(removed.status == 0 && after == before, "\(after) \(removed)")
            let again = try await make("uninstall", "PREFIX=\(prefix)", "DESTDIR=\(folder)")
            #expect(again.status == 0, "\(again)")
        }
        _ = try await Lab.run(["rm", "-r", folder])
    }

    @Test("without other files, nothing is left in DESTDIR")
    func empty() async throws {
        let folder = String(try await Lab.run(["mktemp", "-d"]).output.dropLast())
        _ = try await make("install", "DESTDIR=\(folder)")
        let installed = try await files(folder)
        #expect(installed.count > 20)
        _ = try await make("uninstall", "DESTDIR=\(folder)")
        let left = try await files(folder)
        #expect(left.isEmpty, "\(left)")
        _ = try await Lab.run(["rmdir", folder])
    }

    @Test("on a system itself install sets the capability, and uninstall removes no folder")
    func system() async throws {
        // The rules are printed, not run.
        let install = try await make("-n", "install", "PREFIX=/usr/local")
        #expect(install.output.contains("setcap cap_net_raw+p /usr/local/bin/swift-net"), "\(install)")
        let uninstall = try await make("-n", "uninstall", "PREFIX=/usr/local")
        #expect(uninstall.output.contains("/usr/local/bin/swift-net") && !uninstall.output.contains("rmdir"))
    }

    // MARK: Manual pages

    /// The macros of mdoc(7) that are no English words: one in the output was not recognized as a macro.
    private static let macros: Set<String> = [
        "Ac", "Ad", "Ao", "Ap", "Aq", "Ar", "Bc", "Bd", "Bk", "Bl", "Bo", "Bq", "Brc", "Bro", "Brq", "Bx", "Cd", "Cm",
        "Dc", "Dd", "Dl", "Dq", "Dt", "Dv", "Dx", "Ec", "Ed", "Ef", "Ek", "El", "Em", "Eo", "Er", "Es", "Ev", "Ex",
        "Fa", "Fc", "Fd", "Fl", "Fn", "Fr", "Ft", "Fx", "Ic", "Lb", "Li", "Lk", "Lp", "Ms", "Mt", "Nd", "Nm",
        "Ns",
        "Nx", "Oc", "Oo", "Op", "Os", "Ox", "Pa", "Pc", "Pf", "Po", "Pp", "Pq", "Qc", "Ql", "Qo", "Qq", "Rs",
        "Rv",
        "Sc", "Sh", "Sm", "Sq", "Ss", "St", "Sx", "Sy", "Ta", "Tn", "Ud", "Ux", "Va", "Vt", "Xc", "Xo", "Xr",
    ]

    @Test("no page shows the name of a macro", arguments: ["mandoc -T ascii", "groff -mdoc -T ascii -P -c"])
    func rendered(renderer: String) async throws {
        guard await Peer.require(.mandoc) else { return }
        let command = String(renderer.prefix { $0 != " " })
        guard try await Lab.run(["sh", "-c", "command -v \(command)"]).status == 0 else { return }
        for page in ["swift-net"] + ManualPageTests.commands.map({ "swift-net-\($0)" }) {
            // Overstruck characters, of bold and underlined text, are printed once.
            let text = try await Lab.run([
                "sh", "-c", "\(renderer) \(Binary.repository)/man/\(page).8 | sed 's/.\\x08//g; s/\\x1b\\[[0-9;]*m//g'",
            ])
            #expect(text.lines.count > 20, "\(page) by \(command): \(text)")
            for word in text.output.split(whereSeparator: { !$0.isLetter && $0 != "_" && $0 != "-" }) {
                #expect(!Self.macros.contains(String(word)), "\(page) by \(command): the macro \(word) is shown")
            }
            for line in text.lines { #expect(!line.hasPrefix("."), "\(page): \(line)") }
        }
    }
}
