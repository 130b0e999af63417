import Testing

@Suite("options of the HTTP tools")
struct HTTPOptionTests {
    /// Runs a command that is refused before it sends anything.
    private func refusal(_ arguments: [String]) async throws -> String {
        let outcome = try await Lab.run([Binary.swiftNet] + arguments)
        #expect(outcome.status == 2 && outcome.output.isEmpty, "\(arguments): \(outcome)")
        return outcome.errors.split(separator: "\n").first.map(String.init) ?? ""
    }

    @Test(
        "options of http-probe that do not apply, and values that are invalid",
        arguments: [
            ("-i 1", "-i requires -c"), ("--plot", "--plot requires -c"),
            ("-c 2 -o x", "-o cannot be used with -c 2"),
            ("-4 -6", "-4 cannot be used with -6"),
            ("-6", "http://127.0.0.1:9/: Address family for hostname not supported"),
            ("-4 http://[::1]:9/", "http://[::1]:9/: Address family for hostname not supported"),
            ("-6 --resolve a:80:192.0.2.1", "-6 cannot be used with --resolve 192.0.2.1"),
            ("-4 --resolve 127.0.0.1:9:::1", "-4 cannot be used with --resolve ::1"),
            ("-X GET --head", "--head cannot be used with -X"),
            ("--raw x -X GET", "--raw cannot be used with -X"), ("--head --raw x", "--raw cannot be used with --head"),
            ("--raw x -H a:b", "--raw cannot be used with -H"), ("--raw x -d y", "--raw cannot be used with -d"),
            ("--raw x --http 1.0", "--raw cannot be used with --http"),
            ("--raw x --compressed", "--raw cannot be used with --compressed"),
            ("--raw x --follow", "--raw cannot be used with --follow"),
            ("--raw x --max-redirects 2", "--raw cannot be used with --max-redirects"),
            ("--raw x --location-trusted", "--raw cannot be used with --location-trusted"),
            ("--raw x --reuse", "--raw cannot be used with --reuse"),
            ("--raw x --methods", "--raw cannot be used with --methods"),
            ("--raw x --keep-alive", "--raw cannot be used with --keep-alive"),
            ("--raw x --intermediaries", "--raw cannot be used with --intermediaries"),
            ("--source 192.0.2.1", "--source requires --stack user"),
            ("--gateway 192.0.2.1", "--gateway requires --stack user"),
            ("--no-check", "--no-check requires --stack user"), ("--stack user", "--stack user requires --source"),
            ("--stack user --source 192.0.2.1 --stack kernel", "--source requires --stack user"),
            ("--stack user --source 192.0.2.1 -6", "-6 cannot be used with --source 192.0.2.1"),
            ("--stack user --source 192.0.2.1 --tcp", "--tcp cannot be used with --stack user"),
            ("--unix-socket x -4", "--unix-socket cannot be used with -4"),
            ("--unix-socket x -I lo", "--unix-socket cannot be used with -I"),
            ("--unix-socket x --resolve *:80:192.0.2.1", "--unix-socket cannot be used with --resolve"),
            ("--unix-socket x --stack user --source 192.0.2.1", "--unix-socket cannot be used with --stack user"),
            ("--unix-socket x --tcp", "--unix-socket cannot be used with --tcp"),
            ("--unix-socket x --segments", "--unix-socket cannot be used with --segments"),
            ("--unix-socket x --pcap y", "--unix-socket cannot be used with --pcap"),
            ("--unix-socket x --explain", "--unix-socket cannot be used with --explain"),
            ("-o x http://127.0.0.1:9/", "-o cannot be used with several URLs"),
            ("-X=", "invalid value '' for -X (expected printable characters without spaces)"),
            ("-H nocolon", "invalid value 'nocolon' for -H (expected 'Name: value', 'Name:' or 'Name;')"),
            ("--http 3", "invalid value '3' for --http (expected 1.0, 1.1, 2)"),
            ("--stack lwip", "invalid value 'lwip' for --stack (expected kernel, user)"),
            ("--tls 1.4", "invalid value '1.4' for --tls (expected 1.0 to 1.3, or a range such as 1.0-1.2)"),
            ("--tls 1.3-1.2", "invalid value '1.3-1.2' for --tls (expected 1.0 to 1.3, or a range such as 1.0-1.2)"),
            ("--resolve a:80", "invalid value 'a:80' for --resolve (expected HOST:PORT:ADDR,... or -HOST:PORT)"),
            ("--source 192.0.2.1/x", "invalid value '192.0.2.1/x' for --source (expected an IP address, or ADDR/LEN)"),
            ("--max-redirects -1", "invalid value '-1' for --max-redirects (expected 0 to 1000)"),
            ("--keep-alive=3601", "invalid value '3601' for --keep-alive (expected 0 to 3600 seconds)"),
            ("-w 0", "invalid value '0' for -w (expected 0.001 to 2147483 seconds)"),
            ("--concurrency 0", "invalid value '0' for --concurrency (expected 1 to 1000)"),
            ("--basic", "unknown option '--basic': -u sends user and password at once"),
            ("-sS", "unknown option '-sS': -q prints only failures and the summary"),
            ("--folow", "unknown option '--folow' (did you mean --follow?)"),
        ])
    func probe(options: String, message: String) async throws {
        let arguments = ["http-probe"] + options.split(separator: " ").map(String.init) + ["http://127.0.0.1:9/"]
        let refusal = try await refusal(arguments)
        #expect(refusal == "http-probe: \(message)")
    }

    @Test(
        "options of http-fingerprint that do not apply, and values that are invalid",
        arguments: [
            ("--versions 1", "--versions requires --learn"), ("--origin x", "--origin requires --learn"),
            ("-o x", "-o requires --learn"), ("--learn x -j", "--learn cannot be used with -j"),
            ("--learn x -q", "--learn cannot be used with -q"),
            ("--learn x --signatures y", "--signatures cannot be used with --learn"),
            ("--learn=", "invalid value '' for --learn (expected printable characters)"),
            ("--unix-socket x -6", "--unix-socket cannot be used with -6"),
            ("-6", "127.0.0.1:9: Address family for hostname not supported"),
            ("-6 --resolve *:9:127.0.0.1", "-6 cannot be used with --resolve 127.0.0.1"),
            ("--concurrency 1001", "invalid value '1001' for --concurrency (expected 1 to 1000)"),
            ("-p 80", "unknown option '-p': add the port to the URL: HOST:PORT"),
        ])
    func fingerprint(options: String, message: String) async throws {
        let arguments = ["http-fingerprint"] + options.split(separator: " ").map(String.init) + ["127.0.0.1:9"]
        let outcome = try await Lab.run([Binary.swiftNet] + arguments)
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.errors.hasPrefix("http-fingerprint: \(message)\n"), "\(outcome.errors)")
    }

    @Test("entries of --resolve that apply to no URL are accepted, as by curl")
    func unusedOverrides() async throws {
        let entries = [":9:127.0.0.2", "a.test:0:127.0.0.2", "-a.test:0", "-a.test:9:127.0.0.2", "-:9"]
        let outcome = try await Lab.run(
            [Binary.swiftNet, "http-probe"] + entries.map { "--resolve=\($0)" } + ["http://127.0.0.1:9/"])
        #expect(outcome.status == 1 && outcome.output == "http://127.0.0.1:9/  connection refused\n", "\(outcome)")
    }

    @Test("an interface that does not exist is named with those that do; curl's -I is recognized")
    func interfaces() async throws {
        for command in ["http-probe", "http-fingerprint"] {
            let missing = try await refusal([command, "-I", "none", "http://127.0.0.1:9/"])
            #expect(missing.hasPrefix("\(command): -I: no such interface: none (have: lo"), "\(missing)")
            let urls = try await refusal([command])
            #expect(urls == "\(command): no URL given (expected http://HOST or https://HOST)")
        }
        let habit = try await refusal(["http-probe", "-I", "https://127.0.0.1/"])
        #expect(
            habit
                == "http-probe: no URL given: -I https://127.0.0.1/ names an interface (a HEAD request: --head)")
    }
}
