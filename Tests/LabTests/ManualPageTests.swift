import Testing

/// What the papers say is what the program does.
@Suite("manual pages, help and completions")
struct ManualPageTests {
    static let commands = [
        "ping", "traceroute", "arping", "rarp", "dhcp-discover", "igmp-join", "igmp-query", "tcp-syn-scan",
        "http-probe",
        "http-fingerprint", "host", "monitor", "decode", "address",
    ]

    /// The options that `--help` of a command lists, with their hyphens.
    private func options(_ command: String) async throws -> Set<String> {
        let help = try await Lab.run([Binary.swiftNet, command, "--help"]).output
        var options: Set<String> = []
        for line in help.split(separator: "\n") where line.hasPrefix("  -") {
            for word in line.split(separator: " ").prefix(while: { $0.hasPrefix("-") || $0.hasPrefix("<") })
            where word.hasPrefix("-") {
                options.insert(String(word.prefix { $0 != "," }))
            }
        }
        return options
    }

    @Test("every option of the contract is there")
    func contract() async throws {
        let ping = try await options("ping")
        for letter in "aABbcCDefFhHiIjlLmMnOpqQRrsStTUvVwW346" { #expect(ping.contains("-\(letter)"), "-\(letter)") }
        for name in [
            "targets", "alive", "unreachable", "rate", "retries", "icmp", "plot", "report-every", "split", "pcap",
            "explain", "json", "color",
        ] {
            #expect(ping.contains("--\(name)"), "--\(name)")
        }
        let decode = try await options("decode")
        for name in ["-v", "-x", "-q", "-n", "-c", "--count", "--json", "--filter", "--pcap", "--explain", "--color"] {
            #expect(decode.contains(name), "\(name)")
        }
        let scan = try await options("tcp-syn-scan")
        for name in [
            "-p", "--ports", "--targets", "--exclude", "--exclude-file", "--top-ports", "--rate", "--retries", "--wait",
            "--shard", "--seed", "--resume", "--source", "--all", "-o", "--format", "--sort", "--include-reserved",
            "--json", "--pcap", "--explain", "--color", "-4", "-6", "-n", "-q", "-v", "-I", "--interface", "-w",
            "--deadline",
        ] {
            #expect(scan.contains(name), "\(name)")
        }
        let address = try await options("address")
        #expect(address.contains("--json"))
    }

    @Test("the manual has the options of --help, and no others", arguments: commands)
    func manual(command: String) async throws {
        let options = try await options(command)
        let manual = try await Lab.run(["cat", Binary.repository + "/man/swift-net-\(command).8"]).output
        for option in options {
            let bare = option.drop { $0 == "-" }
            let request = option.hasPrefix("--") ? "Fl Fl \(bare)" : "Fl \(bare)"
            #expect(manual.contains(request), "\(option) is not in the manual")
        }
        for line in manual.split(separator: "\n") where line.hasPrefix(".It Fl Fl ") || line.contains(" , Fl Fl ") {
            let arguments = line.split(separator: " ")
            guard
                let index = arguments.indices.dropLast().first(where: {
                    arguments[$0] == "Fl" && arguments[$0 + 1] == "Fl"
                }),
                index + 2 < arguments.count
            else { continue }
            #expect(
                options.contains("--\(arguments[index + 2])"),
                "the manual's --\(arguments[index + 2]) is no option")
        }
    }

    @Test("manual pages are clean")
    func manuals() async throws {
        guard await Peer.require(.mandoc) else { return }
        for page in ["swift-net.8"] + Self.commands.map({ "swift-net-\($0).8" }) {
            let lint = try await Lab.run(["mandoc", "-Tlint", "-Wwarning", "\(Binary.repository)/man/\(page)"])
            #expect(lint.status == 0 && lint.output.isEmpty, "\(lint.output)")
        }
    }

    @Test(
        "the committed completions are those of the binary",
        arguments: [("bash", "swift-net.bash"), ("zsh", "_swift-net"), ("fish", "swift-net.fish")])
    func current(shell: String, file: String) async throws {
        let generated = try await Lab.run([Binary.swiftNet, "--generate-completion-script", shell])
        let committed = try await Lab.run(["cat", "\(Binary.repository)/completions/\(file)"])
        #expect(generated.output == committed.output && !committed.output.isEmpty, "make completions")
    }

    @Test("bash offers commands and options")
    func bash() async throws {
        guard await Peer.require(.bash) else { return }
        let script = """
            source \(Binary.repository)/completions/swift-net.bash
            complete_line() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=(); $(complete -p swift-net | sed 's/.*-F \\([^ ]*\\).*/\\1/') swift-net "${COMP_WORDS[$COMP_CWORD]}" ""; printf '%s\\n' "${COMPREPLY[@]}"; }
            complete_line swift-net pi
            complete_line swift-net ping --rep
            complete_line swift-net help tracer
            complete_line swift-net ping --color ""
            complete_line swift-net ping --color = ne
            complete_line swift-net ping -I l
            complete_line swift-net ping --pcap /etc/hostn
            complete_line swift-net rarp ""
            complete_line swift-net rarp --et
            """
        let outcome = try await Lab.run(["bash", "-c", script])
        let expected = [
            "ping", "--report-every", "traceroute", "auto", "always", "never", "never", "lo", "/etc/hostname", "query",
            "serve",
            "--ethers",
        ]
        #expect(outcome.lines.map(String.init) == expected, "\(outcome)")
    }

    @Test("fish offers commands and options")
    func fish() async throws {
        guard await Peer.require(.fish) else { return }
        let script =
            "source \(Binary.repository)/completions/swift-net.fish; complete -C 'swift-net pi'; complete -C 'swift-net ping --rep'; complete -C 'swift-net help tracer'; complete -C 'swift-net ping --color al'; complete -C 'swift-net ping -I l'; complete -C 'swift-net ping --pcap /etc/hostn'; complete -C 'swift-net rarp '"
        let outcome = try await Lab.run([
            "env", "PATH=\(Binary.swiftNet.dropLast("/swift-net".count)):/usr/bin:/bin", "fish", "--no-config", "-c",
            script,
        ])
        let arguments = outcome.lines.map { $0.split(separator: "\t")[0] }
        let expected = ["ping", "--report-every", "traceroute", "always", "lo", "/etc/hostname", "query", "serve"]
        #expect(arguments.map(String.init) == expected && outcome.errors.isEmpty, "\(outcome)")
    }

    @Test("zsh loads the completion and offers the options")
    func zsh() async throws {
        guard await Peer.require(.zsh) else { return }
        // Nothing is typed before the line editor has the terminal: it says when it does, at each prompt. What is typed
        // earlier is echoed by the terminal, and a tab in it completes nothing.
        let script = """
            zmodload zsh/zpty; zpty z zsh -f -i
            zpty -w z "PROMPT=; fpath=(\(Binary.repository)/completions \\$fpath); autoload -Uz compinit; compinit -u -D; zle-line-init() { print -rn -- line''editor }; zle -N zle-line-init"
            zpty -r -m z out '*lineeditor*'
            for line in 'ping --rep' 'ping --color al' 'help tracer' 'ping -I l' 'ping --pcap /etc/hostna' 'rarp que'; do
                zpty -w z "swift-net $line"$'\\t\\025'; zpty -w z 'echo do""ne'
                zpty -r -m z out '*done*lineeditor*'; print -r -- "$out"
            done
            """
        let outcome = try await Lab.run([
            "timeout", "60", "env", "TERM=dumb", "PATH=\(Binary.swiftNet.dropLast("/swift-net".count)):/usr/bin:/bin",
            "zsh", "-f", "-c", script,
        ])
        for line in [
            "ping --report-every=", "ping --color always", "help traceroute", "ping -I lo", "ping --pcap /etc/hostname",
            "rarp query",
        ] {
            #expect(outcome.output.contains("swift-net \(line)"), "\(outcome)")
        }
    }
}
