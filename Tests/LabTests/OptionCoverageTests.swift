import Testing

@testable import swift_net

/// Runs by itself after the other tests of the lab, and reads what they ran.
@Suite("options that tests give")
struct OptionCoverageTests {
    @Test(
        "every option of every command is given by a test, in a run that is no usage error",
        .enabled(if: CommandLog.entries() != nil))
    func everyOption() throws {
        let entries = try #require(CommandLog.entries())
        var given: [String: Set<Int>] = [:]
        let commands = CommandTree.commands
        for entry in entries where entry.status != 2 {
            for arguments in entry.commands {
                guard let command = commands.first(where: { $0.summary.name == arguments.first }) else { continue }
                let parsed = ParsedArguments(Array(arguments.dropFirst()), command.options(), habits: [])
                given[command.summary.name, default: []].formUnion(parsed.occurrences.map(\.index))
            }
        }
        for command in commands {
            let name = command.summary.name
            let missing = command.options().enumerated().compactMap { index, option in
                given[name]?.contains(index) == true ? nil : option.names.joined(separator: ", ")
            }
            #expect(missing.isEmpty, "\(name)")
        }
    }

    @Test("the runs of a script are found")
    func scripts() {
        let script = CommandLog.Entry(
            status: 0, words: ["sh", "-c", "/x/swift-net ping -c 1 '192.0.2.1' >/dev/null & /x/swift-net decode f"])
        #expect(script.commands == [["ping", "-c", "1", "192.0.2.1"], ["decode", "f"]])
        let plain = CommandLog.Entry(
            status: 0, words: ["ip", "netns", "exec", "a", "/x/swift-net", "ping", "-c1", "a b"])
        #expect(plain.commands == [["ping", "-c1", "a b"]])
    }
}
