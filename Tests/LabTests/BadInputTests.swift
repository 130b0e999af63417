import Testing

@Suite("bad input")
struct BadInputTests {
    @Test(
        "an option's value that cannot be is named, with the option, and the status is 2",
        arguments: [
            ("-c", ["0", "-1", "x", "1x", "", "99999999999999999999"]),
            ("-i", ["-1", "x", "1x", "nan", "inf", "1e3", "", ".", "99999999999", "1y"]),
            ("-s", ["-1", "65508", "x"]), ("-t", ["0", "256", "-1"]), ("-l", ["0", "65537"]), ("-w", ["-1", "x"]),
            ("-W", ["-0.1", "x", "nan"]),
            ("-Q", ["256", "-1", "0x100"]), ("-e", ["65536", "-1"]), ("-F", ["0x100000", "-1"]),
            ("-m", ["-1", "4294967296"]), ("-S", ["0", "x"]),
            ("-p", ["xy", "", "000102030405060708090a0b0c0d0e0f10"]), ("-M", ["maybe", ""]), ("-T", ["ts", ""]),
            ("--rate", ["0", "-5", "fast"]),
            ("--retries", ["-1", "1001"]), ("--icmp", ["ping"]), ("--report-every", ["0", "-1", "x"]),
            ("--explain", ["-1"]), ("--color", ["red"]),
            ("--targets", ["/nosuch/file"]), ("-I", ["nosuch0"]), ("--pcap", ["/nosuch/dir/file"]),
        ] as [(String, [String])])
    func values(option: String, values: [String]) async throws {
        for value in values {
            let word = option.hasPrefix("--") ? ["\(option)=\(value)"] : [option, value]
            let outcome = try await Lab.run([Binary.swiftNet, "ping"] + word + ["127.0.0.1"])
            #expect(outcome.status == 2, "\(option) \(value)")
            #expect(outcome.output.isEmpty, "\(option) \(value): \(outcome.output)")
            #expect(
                outcome.errors.hasPrefix("ping: ") && (outcome.errors.contains(option) || option == "-I")
                    && outcome.errors.contains(value), "\(option) \(value): \(outcome.errors)")
        }
    }

    @Test(
        "arguments that cannot be",
        arguments: [
            ([], "ping: "), (["--nosuch", "127.0.0.1"], "--nosuch"), (["-Z", "127.0.0.1"], "-Z"), (["-c"], "-c"),
            (["-4", "-6", "127.0.0.1"], "-4 cannot be used with -6"),
            (["-6", "127.0.0.1"], "Address family for hostname not supported"),
            (["-4", "::1"], "Address family for hostname not supported"),
            (["-R", "-T", "tsonly", "127.0.0.1"], "-R cannot be used with -T"), (["300.1.1.1"], "300.1.1.1"),
            (["192.0.2.9-3"], "192.0.2.9-3"),
            (["192.0.2.0/33"], "192.0.2.0/33"), (["::1%nosuch0"], "nosuch0"),
            (["--alive", "--unreachable", "127.0.0.1", "127.0.0.2"], "--alive"),
            (["-f", "127.0.0.1", "127.0.0.2"], "-f cannot be used with several targets"),
            (["-R", "127.0.0.1", "127.0.0.2"], "-R cannot be used with several targets"),
            (["-T", "tsonly", "127.0.0.0/30"], "-T cannot be used with several targets"),
            (["--plot", "127.0.0.1", "127.0.0.2"], "--plot cannot be used with several targets"),
            (
                ["--icmp", "router-solicitation", "127.0.0.1", "127.0.0.2"],
                "--icmp router-solicitation cannot be used with several targets"
            ), (["--rate", "5", "127.0.0.1"], "--rate requires several targets"),
            (["--fragment-order", "reversed", "127.0.0.1"], "--fragment-order requires --fragment"),
            (["--cuont", "5", "127.0.0.1"], "unknown option '--cuont' (did you mean --count?)"),
            (["--until-alive", "127.0.0.1"], "-c 1 -w"),
            (["http://127.0.0.1/"], "ping takes hosts; http-probe takes URLs"),
            (["--quiet=1", "127.0.0.1"], "--quiet takes no value"),
            (["-c", "65536", "127.0.0.1", "127.0.0.2"], "65536"),
            (["-R", "::1"], ""), (["--icmp", "timestamp", "::1"], ""), ([""], "empty"),
        ] as [([String], String)])
    func arguments(arguments: [String], mention: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "ping"] + arguments)
        #expect(outcome.status == 2 && outcome.output.isEmpty, "\(arguments): \(outcome)")
        #expect(outcome.errors.contains(mention), "\(arguments): \(outcome.errors)")
    }

    @Test("the program itself: no command, an unknown one, help, version, links")
    func program() async throws {
        let unknown = try await Lab.run([Binary.swiftNet, "pong"])
        #expect(unknown.status == 2 && unknown.errors.contains("pong"))
        let near = try await Lab.run([Binary.swiftNet, "tracerout"])
        #expect(near.errors.contains("unknown command 'tracerout' (did you mean traceroute?)"), "\(near.errors)")
        let habit = try await Lab.run([Binary.swiftNet, "mtr", "192.0.2.1"])
        #expect(habit.status == 2 && habit.errors.contains("(use: swift-net traceroute --live)"), "\(habit.errors)")
        let version = try await Lab.run([Binary.swiftNet, "--version"])
        #expect(version.status == 0 && version.output.hasPrefix("swift-net "))
        for arguments in [[], ["--help"], ["-h"], ["help"]] {
            let outcome = try await Lab.run([Binary.swiftNet] + arguments)
            #expect(
                outcome.status == 0 && outcome.output.contains("ping ") && outcome.errors.isEmpty,
                "\(arguments): \(outcome)")
        }
        let help = try await Lab.run([Binary.swiftNet, "help", "ping"])
        #expect(help.status == 0 && help.output.contains("--report-every"))
        let link = try await Lab.run([
            "sh", "-c", "d=$(mktemp -d); ln -s \(Binary.swiftNet) $d/ping; $d/ping -V; rm -r $d",
        ])
        #expect(link.output.hasPrefix("ping from swift-net "))
    }

    @Test(
        "values of every allowed form",
        arguments: [
            "-i0.2", "-i 200ms", "-i=0.2", "-W2s", "-w 1m", "-c1", "-Q0x10", "-s 0", "-nc1", "-qnc 1", "--interval 0.2",
            "--interval=0.2", "-i .2", "-i 1.",
        ])
    func goodValues(arguments: String) async throws {
        let outcome = try await Lab.run(
            [Binary.swiftNet, "ping", "-c", "1"] + arguments.split(separator: " ").map(String.init) + ["127.0.0.1"])
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }
}
