import Testing

/// Arguments that `arping` refuses, in both styles.
@Suite("arguments of arping")
struct ArpingArgumentTests {
    @Test(
        "what it cannot do is refused with status 2",
        arguments: [
            ("", "no TARGET given (expected a name, an IPv4 address or a MAC address)"),
            ("::1", "::1: ARP is for IPv4 only"), ("-I lo 192.0.2.2", "interface lo is not an Ethernet interface"),
            ("192.0.2.2 192.0.2.3", "192.0.2.3: arping takes one target"),
            ("192.0.2.0/24", "192.0.2.0/24: a network requires --sweep: arping --sweep 192.0.2.0/24"),
            ("http://192.0.2.2/", "http://192.0.2.2/: arping takes a host; http-probe takes URLs"),
            ("01:00:5e:00:00:01", "01:00:5e:00:00:01: not the MAC address of one host"),
            ("-D 02:00:00:00:00:07", "-D cannot be used with a MAC address as target"),
            ("-t 02:00:00:00:00:08 02:00:00:00:00:07", "-t cannot be used with a MAC address as target"),
            ("-b 02:00:00:00:00:07", "-b cannot be used with a MAC address as target"),
            ("-T 192.0.2.2 192.0.2.3", "-T requires a MAC address as target"),
            ("-t nohost 192.0.2.3", "invalid value 'nohost' for -t (expected a MAC address)"),
            ("-s nowhere 192.0.2.2", "invalid value 'nowhere' for -s (expected an IPv4 address)"),
            ("-c 0 192.0.2.2", "invalid value '0' for -c (expected 1 to 2147483647)"),
            ("--vlan 4095 192.0.2.2", "invalid value '4095' for --vlan (expected 1 to 4094)"),
            ("--style unix 192.0.2.2", "invalid value 'unix' for --style (expected iputils, habets)"),
            ("--probe nowhere", "invalid value 'nowhere' for --probe (expected an IPv4 address)"),
            ("--probe 192.0.2.2 192.0.2.3", "192.0.2.3: --probe takes no target besides its address"),
            ("-r -j 192.0.2.2", "-r cannot be used with -j"),
            ("--sweep nowhere", "--sweep: 'nowhere' is not a network, a range or an address"),
            ("--sweep 2001:db8::/126", "--sweep: 2001:db8::/126: ARP is for IPv4 only"),
            ("--sweep 192.0.2.0/30 192.0.2.1", "192.0.2.1: --sweep takes no target besides its network"),
            ("--sweep 192.0.2.0/30 -w 0", "invalid value '0' for -w (expected 0.001 or more with --sweep)"),
            ("--table nohost", "nohost: not an IP address"),
        ])
    func refusals(arguments: String, message: String) async throws {
        let outcome = try await Lab.run(
            [Binary.swiftNet, "arping"] + arguments.split(separator: " ").map(String.init))
        let errors = arguments.contains("-j") ? outcome.errors : outcome.errors + outcome.output
        #expect(outcome.status == 2 && errors == "arping: \(message)\n", "\(outcome)")
    }

    /// The options that each mode refuses.
    private static let refused: [(mode: String, options: [String])] = [
        ("-D", ["-U", "-A", "--probe 192.0.2.3", "--announce 192.0.2.3", "--sweep 192.0.2.0/30", "--table"]),
        ("-U", ["-0", "-T 192.0.2.3", "--rate 5"]), ("-A", ["-0", "-T 192.0.2.3", "--retries 1"]),
        ("--probe 192.0.2.2", ["-s 192.0.2.1", "-0", "-t 02:00:00:00:00:07", "-T 192.0.2.3", "-i 1", "-W 1"]),
        ("--announce 192.0.2.2", ["-S 192.0.2.1", "-0", "-t 02:00:00:00:00:07", "-T 192.0.2.3", "-i 1"]),
        (
            "--sweep 192.0.2.0/30",
            ["-D", "-U", "-A", "--table", "-c 3", "-i 1", "-b", "-f", "-r", "-t 02:00:00:00:00:07", "-T 192.0.2.3"]
        ),
        (
            "--table",
            [
                "-c 3", "-i 1", "-w 1", "-b", "-f", "-r", "-0", "-s 192.0.2.1", "-t 02:00:00:00:00:07",
                "-T 192.0.2.3", "--vlan 7", "--pcap /nonexistent/file", "--explain", "--rate 5", "--retries 1",
                "--duplicates", "--compare /nonexistent",
            ]
        ),
    ]

    @Test("options that do not apply to a mode are refused")
    func modes() async throws {
        for (mode, options) in Self.refused {
            let name = mode.prefix { $0 != " " }
            for option in options {
                let arguments = "\(mode) \(option)".split(separator: " ").map(String.init)
                let outcome = try await Lab.run([Binary.swiftNet, "arping"] + arguments)
                let letter = option.prefix { $0 != " " }
                let messages = [(letter, name), (name, letter)].map { "arping: \($0) cannot be used with \($1)\n" }
                #expect(outcome.status == 2 && messages.contains(outcome.errors), "\(arguments): \(outcome)")
            }
        }
        for option in ["--rate 5", "--retries 1", "--duplicates", "--compare x"] {
            let arguments = option.split(separator: " ").map(String.init)
            let outcome = try await Lab.run([Binary.swiftNet, "arping", "192.0.2.2"] + arguments)
            #expect(
                outcome.errors == "arping: \(arguments[0]) requires --sweep\n" && outcome.status == 2, "\(outcome)")
        }
    }

    @Test(
        "Habets' style refuses options that do not apply",
        arguments: [
            ("-V 4095 192.0.2.2", "invalid value '4095' for -V (expected 0 to 4094)"),
            ("-Q 3 192.0.2.2", "-Q requires -V"), ("-P 192.0.2.2", "-P requires -U"),
            ("-B 192.0.2.2", "192.0.2.2: -B takes no target"), ("-D -r 192.0.2.2", "-D cannot be used with -r"),
            ("-u -R 192.0.2.2", "-u cannot be used with -R"), ("-a -j 192.0.2.2", "-a cannot be used with -j"),
            ("-T 192.0.2.2 192.0.2.3", "-T requires a MAC address as target"),
            ("-U 02:00:00:00:00:07", "-U cannot be used with a MAC address as target"),
            ("-w 0 192.0.2.2", "invalid value '0' for -w (expected 0.001 to 2147483 seconds)"),
        ])
    func habetsRefusals(arguments: String, message: String) async throws {
        let list = arguments.split(separator: " ").map(String.init)
        let outcome = try await Lab.run([Binary.swiftNet, "arping", "--style", "habets"] + list)
        #expect(outcome.status == 2 && outcome.errors == "arping: \(message)\n", "\(outcome)")
    }

    @Test("options of other tools are answered with what to write instead")
    func habits() async throws {
        for (arguments, hint) in [
            ("-C 3 192.0.2.2", "unknown option '-C': an option of Habets' arping: add --style habets"),
            ("--localnet", "unknown option '--localnet': use --sweep NETWORK"),
            ("--style habets -I va 192.0.2.2", "unknown option '-I': in Habets' style the option is -i"),
        ] {
            let outcome = try await Lab.run(
                [Binary.swiftNet, "arping"] + arguments.split(separator: " ").map(String.init))
            #expect(outcome.status == 2 && outcome.errors.hasPrefix("arping: \(hint)\n"), "\(outcome)")
        }
    }

    @Test("an interface that does not exist", arguments: ["-I nonesuch", "--style habets -i nonesuch"])
    func noInterface(options: String) async throws {
        try await Lab.with(.pair) { lab in
            let arguments = options.split(separator: " ").map(String.init)
            let outcome = try await lab.run("a", [Binary.swiftNet, "arping"] + arguments + ["192.0.2.2"])
            let letter = options.contains("habets") ? "-i" : "-I"
            let message = "arping: \(letter): no such interface: nonesuch (have: lo, va)\n"
            #expect(outcome.status == 2 && outcome.errors == message, "\(outcome)")
        }
    }
}
