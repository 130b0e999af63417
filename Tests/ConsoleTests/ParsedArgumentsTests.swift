import SwiftNet
import Testing

@testable import swift_net

/// A command that stores its option values.
private struct Sample: Command {
    static let summary = CommandSummary(
        name: "sample", group: .packets, abstract: "Test the parser.", usage: ["[options] TARGET"], discussion: "",
        foreignOptions: [("-iL", "--targets FILE reads a list")])
    static let sweep = CommandMode(name: "--sweep")

    enum Kind: String, CaseIterable { case echo, timestamp }

    var general = GeneralOptions()
    var count: Int?
    var interval: Nanoseconds?
    var port: UInt16?
    var kind: Kind?
    var rate: Rate?
    var lists: [String] = []
    var isNumeric = false
    var isSweep = false

    static func declare(_ options: inout OptionTable<Self>) {
        options.option("-c", "--count", value: .integer(1...Int.max, "COUNT"), help: "Stop after COUNT.") {
            $0.count = $1
        }
        options.option("-i", "--interval", value: .duration(), help: "Set the interval (1).") { $0.interval = $1 }
        options.option("-p", "--port", value: .integer(1...65_535), help: "Set the port.", in: [.standard]) {
            $0.port = $1
        }
        options.option("--kind", value: .choice(Kind.self), help: "Set the kind.") { $0.kind = $1 }
        options.option("--rate", value: .rate, help: "Set the rate.", in: [sweep]) { $0.rate = $1 }
        options.list("-H", "--header", value: .text("FIELD"), help: "Add a field.") { $0.lists.append($1) }
        options.flag("-n", "--numeric", help: "Do not look up names.", excludes: ["--names"]) { $0.isNumeric = true }
        options.flag("--names", help: "Look up names.") { $0.isNumeric = false }
        options.option("--order", value: .text("ORDER"), help: "Set the order.", requires: "--kind timestamp") { _, _ in
        }
        options.flag("--sweep", help: "Sweep.") { $0.isSweep = true }
        options.json()
        options.verbose("Report more.")
        options.explain()
    }

    func mode(_ arguments: ParsedArguments) -> CommandMode { isSweep ? Self.sweep : .standard }
    mutating func check(_ arguments: ParsedArguments) throws {}
    func run(_ console: Console) throws -> Int32 { 0 }
}

@Suite("arguments")
struct ParsedArgumentsTests {
    private func parse(_ line: String) throws -> (Sample, ParsedArguments) {
        var table = OptionTable<Sample>()
        Sample.declare(&table)
        table.close()
        let arguments = line.split(separator: " ").map(String.init)
        let parsed = ParsedArguments(
            arguments, table.list.specifications, foreignOptions: Sample.summary.foreignOptions)
        if let problem = parsed.problem { throw problem }
        var command = Sample()
        try table.apply(parsed, to: &command)
        try parsed.checkApplicability(command.mode(parsed))
        return (command, parsed)
    }

    private func error(_ line: String) -> String? {
        do {
            _ = try parse(line)
            return nil
        } catch {
            return (error as? UsageError)?.message
        }
    }

    @Test(
        "a value is appended to its letter, is the next argument, or follows an equals sign, and ends a cluster",
        arguments: [
            "-c3 a", "-c 3 a", "-c=3 a", "--count=3 a", "--count 3 a", "-nc3 a", "-nc 3 a", "a -c3", "-n -c 0x3 a",
        ])
    func values(line: String) throws {
        let (command, parsed) = try parse(line)
        #expect(command.count == 3 && parsed.operands == ["a"])
        #expect(command.isNumeric == line.contains("-n"))
    }

    @Test("arguments after -- are operands, and so is a single hyphen")
    func operands() throws {
        let (command, parsed) = try parse("-n - -- -c 3 --")
        #expect(command.count == nil && parsed.operands == ["-", "-c", "3", "--"])
    }

    @Test("the last scalar is used, lists accumulate, -v counts, other switches are idempotent")
    func repetition() throws {
        let (command, parsed) = try parse("-c5 -H a -vv -n -c 7 --header=b -n -v")
        #expect(command.count == 7 && command.lists == ["a", "b"] && command.general.verbosity == 3)
        #expect(command.isNumeric && parsed.overridden.map(\.name) == ["-c"] && parsed.overridden.map(\.text) == ["7"])
        #expect(try parse("-c5 -c5").1.overridden.isEmpty)
    }

    @Test("durations and rates")
    func units() throws {
        for (text, expected) in [
            ("1", 1_000_000_000), ("0.2", 200_000_000), (".5", 500_000_000), ("200ms", 200_000_000),
            ("2s", 2_000_000_000), ("1m", 60_000_000_000), ("1.5m", 90_000_000_000), ("7us", 7_000), ("0", 0),
            ("0.0000000019", 1),
        ] as [(String, Int64)] {
            #expect(try parse("-i \(text)").0.interval?.count == expected, "\(text)")
        }
        #expect(try parse("--sweep --rate max").0.rate == .maximum)
        #expect(try parse("--sweep --rate 5").0.rate == .perSecond(5))
    }

    @Test("an optional value is recognized only if it is a number")
    func presets() throws {
        #expect(try parse("--explain a").0.general.explained == 2)
        #expect(try parse("--explain").0.general.explained == 2)
        #expect(try parse("--explain=7 a").0.general.explained == 7)
        let (command, parsed) = try parse("--explain 3 a")
        #expect(command.general.explained == 3 && parsed.operands == ["a"])
        #expect(try parse("--explain 192.0.2.1").1.operands == ["192.0.2.1"])
    }

    @Test(
        "errors name the option, the value and the valid values",
        arguments: [
            ("-c x", "invalid value 'x' for -c (expected a whole number, 1 or more)"),
            ("-c -1", "invalid value '-1' for -c (expected a whole number, 1 or more)"),
            (
                "-c 99999999999999999999",
                "invalid value '99999999999999999999' for -c (expected a whole number, 1 or more)"
            ),
            ("-p 0", "invalid value '0' for -p (expected 1 to 65535)"),
            ("-p 0x", "invalid value '0x' for -p (expected 1 to 65535)"),
            ("-p +1", "invalid value '+1' for -p (expected 1 to 65535)"),
            ("--port=", "invalid value '' for --port (expected 1 to 65535)"),
            ("-i -1", "invalid value '-1' for -i (expected 0 to 2147483 seconds)"),
            ("-i nan", "invalid value 'nan' for -i (expected a duration such as 0.2, 200ms or 2s)"),
            ("-i 1e3", "invalid value '1e3' for -i (expected a duration such as 0.2, 200ms or 2s)"),
            ("-i 99999999999999999999", "invalid value '99999999999999999999' for -i (expected 0 to 2147483 seconds)"),
            ("--kind odd", "invalid value 'odd' for --kind (expected echo, timestamp)"),
            ("--sweep --rate 0", "invalid value '0' for --rate (expected 1 to 100000000, or max)"),
            ("-c", "-c requires a value (COUNT)"), ("--count", "--count requires a value (COUNT)"),
            ("--names=1", "--names takes no value"),
            ("--cuont 1", "unknown option '--cuont' (did you mean --count?)"), ("-Z", "unknown option '-Z'"),
            ("-nZ", "unknown option '-Z'"), ("--", nil), ("-iL f", "unknown option '-iL': --targets FILE reads a list"),
            ("--rate 5", "--rate requires --sweep"), ("--sweep -p 1", "-p cannot be used with --sweep"),
            ("--names -n", "-n cannot be used with --names"), ("--order a", "--order requires --kind timestamp"),
            ("--order a --kind echo", "--order requires --kind timestamp"), ("--kind timestamp --order a", nil),
        ] as [(String, String?)])
    func errors(line: String, message: String?) {
        #expect(error(line) == message)
    }

    @Test("arguments after an error are still parsed, so that it is reported as JSON")
    func argumentsAfterError() {
        var table = OptionTable<Sample>()
        Sample.declare(&table)
        table.close()
        let parsed = ParsedArguments(["-Z", "-nj"], table.list.specifications, foreignOptions: [])
        #expect(parsed.problem?.message == "unknown option '-Z'" && parsed.has("--json"))
    }

    @Test("the most similar word")
    func suggestions() {
        #expect(Suggestion.nearest(to: "tracerout", among: ["ping", "traceroute"]) == "traceroute")
        #expect(Suggestion.nearest(to: "tcp-scan", among: ["ping", "tcp-syn-scan"]) == nil)
        #expect(Suggestion.nearest(to: "scan", among: ["ping", "tcp-syn-scan"]) == "tcp-syn-scan")
        #expect(Suggestion.nearest(to: "http-pr", among: ["http-probe"]) == "http-probe")
        #expect(Suggestion.nearest(to: "xyz", among: ["ping", "host"]) == nil)
        #expect(Suggestion.distance("ab", "ba") == 1 && Suggestion.distance("", "abc") == 3)
        #expect(Suggestion.distance("kitten", "sitting") == 3)
    }
}

@Suite("option tables")
struct OptionTableTests {
    @Test("every name is declared once, requirements exist, and help texts are sentences")
    func consistency() {
        for command in CommandTree.commands {
            let options = command.options()
            let names = options.flatMap(\.names)
            #expect(Set(names).count == names.count, "\(command.summary.name): \(names)")
            for option in options {
                // Only nmap's words have several letters after one hyphen.
                let accepted = ["-iL", "-oN", "-oG", "-oX", "-oA", "-Pn"]
                #expect(
                    option.names.allSatisfy {
                        accepted.contains($0) || ($0.hasPrefix("--") ? $0.count > 3 : $0.count == 2)
                    },
                    "\(option.names)")
                #expect(option.help.hasSuffix(".") || option.help.hasSuffix(")"), "\(option.names): \(option.help)")
                #expect(option.help.first?.isUppercase == true, "\(option.names): \(option.help)")
                let text = "\(option.value?.name ?? "") \(option.help)"
                for choice in option.value?.choices ?? [] {
                    #expect(text.contains(choice), "\(option.names): \(choice)")
                }
                for other in option.excludes + [option.requires].compactMap({ $0 }) {
                    #expect(names.contains(String(other.split(separator: " ")[0])), "\(option.names): \(other)")
                }
            }
        }
    }

    @Test("help lists every option once, in at most 80 columns")
    func help() {
        var table = OptionTable<Sample>()
        table.section("First")
        Sample.declare(&table)
        table.close()
        let text = HelpText.command(Sample.summary, table.list)
        #expect(
            text.hasPrefix(
                "Usage: swift-net sample [options] TARGET\n\nTest the parser.\n\nFirst:\n  -c, --count COUNT  "))
        #expect(text.contains("\n  --kind echo|timestamp   Set the kind.\n"), "\(text)")
        #expect(text.contains("\n  --explain [N]           Explain the first N packets"), "\(text)")
        #expect(text.contains("\n  -h, --help              Print this help.\n"), "\(text)")
        for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
}
