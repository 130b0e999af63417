/// A command: its options are declared in one table, which makes the parser, the help and the completions.
///
/// The actions of the options store values in the command. Then `check` reads the operands and what depends on several
/// options, and `run` does the work.
protocol Command {
    init()
    static var summary: CommandSummary { get }
    /// Declares every option but `--help` and `--version`.
    static func declare(_ options: inout OptionTable<Self>)
    var general: GeneralOptions { get set }
    /// Whether standard output is JSON.
    static func printsJSON(_ arguments: ParsedArguments) -> Bool
    /// How the command runs, for options that are limited to some modes.
    /// Throws where the operands select none.
    func mode(_ arguments: ParsedArguments) throws -> CommandMode
    mutating func check(_ arguments: ParsedArguments) throws
    func run(_ console: Console) throws -> Int32
}

extension Command {
    static func printsJSON(_ arguments: ParsedArguments) -> Bool { arguments.has("--json") }
    func mode(_ arguments: ParsedArguments) -> CommandMode { .standard }
}

/// What is told about a command besides its options.
struct CommandSummary: Sendable {
    var name: String
    var group: CommandGroup
    /// One sentence.
    var abstract: String
    /// The arguments that follow the name.
    var usage: [String]
    /// What a command line without operands lacks; nil where none is needed.
    var operand: (name: String, expected: String)?
    var discussion: String
    /// All values of the first operand, where they can be listed.
    var actions: [String] = []
    /// Options of other tools, and what to write in their place.
    var habits: [(argument: String, hint: String)] = []

    /// The refusal of a command line without operands.
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

/// One of the modes of a command, called by what selects it: `--sweep`.
struct CommandMode: Hashable {
    let name: String
    /// Runs unless something selects another mode.
    var isStandard = false

    static let standard = CommandMode(name: "", isStandard: true)
}
