/// A command. Its options are declared in one table, which serves the parser, the help and the completions.
///
/// The actions of the options store values in the command. Then `check` reads the operands and validates combinations
/// of options, and `run` executes the command.
protocol Command {
    init()
    static var summary: CommandSummary { get }
    /// Declares all options except `--help` and `--version`.
    static func declare(_ options: inout OptionTable<Self>)
    var general: GeneralOptions { get set }
    /// Whether the output on standard output is JSON.
    static func printsJSON(_ arguments: ParsedArguments) -> Bool
    /// Returns the mode, for options that are allowed only in some modes.
    /// - Throws: `UsageError` if the operands select no mode.
    func mode(_ arguments: ParsedArguments) throws -> CommandMode
    mutating func check(_ arguments: ParsedArguments) throws
    func run(_ console: Console) throws -> Int32
}

extension Command {
    static func printsJSON(_ arguments: ParsedArguments) -> Bool { arguments.has("--json") }
    func mode(_ arguments: ParsedArguments) -> CommandMode { .standard }
}

/// The description of a command in the help.
struct CommandSummary: Sendable {
    var name: String
    var group: CommandGroup
    /// The description in one sentence.
    var abstract: String
    /// The arguments that follow the name.
    var usage: [String]
    /// The required operand, for the message if it is missing; nil if none is required.
    var operand: (name: String, expected: String)?
    var discussion: String
    /// All valid values of the first operand, if they can be listed.
    var actions: [String] = []
    /// Options of other tools, each with the option to use instead.
    var foreignOptions: [(argument: String, hint: String)] = []

    /// The error for a command line without the required operand.
    var missingOperand: UsageError {
        UsageError("no \(operand?.name ?? "operand") given" + (operand.map { " (expected \($0.expected))" } ?? ""))
    }
}

/// The headings of the list of commands.
enum CommandGroup: String, CaseIterable {
    case hosts = "Hosts and routes"
    case link = "The local link and multicast"
    case services = "Ports and web servers"
    case packets = "Packets and addresses"
}

/// A mode of a command, named by the option or operand that selects it, such as `--sweep`.
struct CommandMode: Hashable {
    let name: String
    /// Whether this is the mode if nothing selects another one.
    var isStandard = false

    static let standard = CommandMode(name: "", isStandard: true)
}
