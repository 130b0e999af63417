import Testing

/// What the papers say is what the program does.
@Suite("manual pages, help and completions")
struct PaperTests {
    /// The options that `--help` lists, with their hyphens.
    private func options() async throws -> Set<String> {
        let help = try await Lab.run([Binary.swiftNet, "ping", "--help"]).output
        var options: Set<String> = []
        for line in help.split(separator: "\n") where line.hasPrefix("  -") {
            for word in line.split(separator: " ").prefix(while: { $0.hasPrefix("-") || $0.hasPrefix("<") })
            where word.hasPrefix("-") {
                options.insert(String(word.prefix { $0 != "," }))
            }
        }
        return options
    }

    @Test("every option of the contract is there, in the manual too")
    func contract() async throws {
        let options = try await options()
        let manual = try await Lab.run(["cat", Binary.repository + "/man/swift-net-ping.8"]).output
        for letter in "aABbcCDefFhHiIjlLmMnOpqQRrsStTUvVwW346" { #expect(options.contains("-\(letter)"), "-\(letter)") }
        for name in [
            "targets", "alive", "unreachable", "rate", "retries", "icmp", "plot", "report-every", "split", "pcap",
            "explain", "json", "color",
        ] {
            #expect(options.contains("--\(name)"), "--\(name)")
        }
        for option in options {
            let bare = option.drop { $0 == "-" }
            let request = option.hasPrefix("--") ? "Fl Fl \(bare)" : "Fl \(bare)"
            #expect(manual.contains(request), "\(option) is not in the manual")
        }
        for line in manual.split(separator: "\n") where line.hasPrefix(".It Fl Fl ") || line.contains(" , Fl Fl ") {
            let words = line.split(separator: " ")
            guard let index = words.indices.dropLast().first(where: { words[$0] == "Fl" && words[$0 + 1] == "Fl" }),
                index + 2 < words.count
            else { continue }
            #expect(options.contains("--\(words[index + 2])"), "the manual's --\(words[index + 2]) is no option")
        }
    }

    @Test("manual pages are clean")
    func manuals() async throws {
        guard await Peer.require(.mandoc) else { return }
        for page in ["swift-net.8", "swift-net-ping.8"] {
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
            """
        let outcome = try await Lab.run(["bash", "-c", script])
        #expect(outcome.output.contains("ping") && outcome.output.contains("--report-every"), "\(outcome)")
    }

    @Test("fish offers commands and options")
    func fish() async throws {
        guard await Peer.require(.fish) else { return }
        let script =
            "source \(Binary.repository)/completions/swift-net.fish; complete -C 'swift-net pi'; complete -C 'swift-net ping --rep'"
        let outcome = try await Lab.run([
            "env", "PATH=\(Binary.swiftNet.dropLast("/swift-net".count)):/usr/bin:/bin", "fish", "--no-config", "-c",
            script,
        ])
        #expect(outcome.output.contains("ping") && outcome.output.contains("--report-every"), "\(outcome)")
    }

    @Test("zsh loads the completion and offers the options")
    func zsh() async throws {
        guard await Peer.require(.zsh) else { return }
        let script = """
            zmodload zsh/zpty; zpty z zsh -f -i
            zpty -w z "PROMPT=; fpath=(\(Binary.repository)/completions \\$fpath); autoload -Uz compinit; compinit -u -D; echo rea''dy"
            zpty -r -m z out '*ready*'
            zpty -w z $'swift-net ping --rep\\t\\025'; zpty -w z 'echo do""ne'
            zpty -r -m z out '*done*'; print -r -- "$out"
            """
        let outcome = try await Lab.run([
            "timeout", "20", "env", "TERM=dumb", "PATH=\(Binary.swiftNet.dropLast("/swift-net".count)):/usr/bin:/bin",
            "zsh", "-f", "-c", script,
        ])
        #expect(outcome.output.contains("--report-every"), "\(outcome)")
    }
}
