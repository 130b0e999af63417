import Testing

@testable import swift_net

/// Runs by itself after the other tests of the lab, and reads what they ran.
@Suite("options that tests give")
struct OptionCoverageTests {
    /// A table of options, and the runs that are read by it.
    private struct Table {
        let name: String
        let options: [OptionSpecification]
        let reads: ([String]) -> Bool
    }

    /// Of every command, and of `arping --style habets`, which has one of its own.
    private static var tables: [Table] {
        var habets = OptionTable<HabetsCommand>()
        HabetsCommand.declare(&habets)
        habets.close()
        let commands = CommandTree.commands.map { command in
            let name = command.summary.name
            return Table(name: name, options: command.options()) {
                $0.first == name && !(name == "arping" && HabetsCommand.isSelected($0))
            }
        }
        return commands + [
            Table(name: "arping --style habets", options: habets.list.specifications) {
                $0.first == "arping" && HabetsCommand.isSelected($0)
            }
        ]
    }

    @Test(
        "every option of every command is given by a test, in a run that is no usage error",
        .enabled(if: CommandLog.entries() != nil))
    func everyOption() throws {
        let runs = try #require(CommandLog.entries()).filter { $0.status != 2 }.flatMap(\.commands)
        for table in Self.tables {
            let given = runs.filter(table.reads).flatMap {
                ParsedArguments(Array($0.dropFirst()), table.options, foreignOptions: []).occurrences.map(\.index)
            }
            let missing = Set(table.options.indices).subtracting(given).sorted().map {
                table.options[$0].names.joined(separator: ", ")
            }
            #expect(missing.isEmpty, "\(table.name)")
        }
    }

    @Test("the runs of a script are found")
    func scripts() {
        let script = CommandLog.Entry(
            status: 0,
            arguments: ["sh", "-c", "/x/swift-net ping -c 1 '192.0.2.1' >/dev/null & /x/swift-net decode f"])
        #expect(script.commands == [["ping", "-c", "1", "192.0.2.1"], ["decode", "f"]])
        let plain = CommandLog.Entry(
            status: 0, arguments: ["ip", "netns", "exec", "a", "/x/swift-net", "ping", "-c1", "a b"])
        #expect(plain.commands == [["ping", "-c1", "a b"]])
    }
}
