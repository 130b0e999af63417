import LinuxProcess

/// A command in the list of all commands.
struct CommandEntry {
    let summary: CommandSummary
    let run: (_ arguments: [String], _ name: String) -> Int32
    /// Returns the declared options, for the completions.
    let options: () -> [OptionSpecification]

    /// - Parameter alternative: Called first; if it returns a status, the command does not run.
    init<Main: Command>(
        _ type: Main.Type, alternative: @escaping (_ arguments: [String], _ name: String) -> Int32? = { _, _ in nil }
    ) {
        summary = Main.summary
        run = { alternative($0, $1) ?? Self.run(type, $0, name: $1) }
        options = { Self.table(type).list.specifications }
    }

    private static func table<Main: Command>(_ type: Main.Type) -> OptionTable<Main> {
        var table = OptionTable<Main>()
        Main.declare(&table)
        table.close()
        return table
    }

    /// Runs the command and returns its exit status.
    static func run<Main: Command>(_ type: Main.Type, _ arguments: [String], name: String) -> Int32 {
        let table = table(type)
        let parsed = ParsedArguments(arguments, table.list.specifications, foreignOptions: Main.summary.foreignOptions)
        let color = parsed.text(of: "--color").flatMap(ColorUse.init) ?? .auto
        let console = Console(command: name, isJSON: Main.printsJSON(parsed), color: color)
        return console.status { _ in
            if let status = try answer(parsed, table.list, Main.summary, console) { return status }
            var command = Main()
            try table.apply(parsed, to: &command)
            try parsed.checkApplicability(command.mode(parsed))
            if command.general.isVerbose { report(parsed.overridden, console) }
            try command.check(parsed)
            return try command.run(console)
        }
    }

    /// Handles help, version and syntax errors, which do not run the command.
    private static func answer(
        _ parsed: ParsedArguments, _ options: OptionList, _ summary: CommandSummary, _ console: Console
    ) throws -> Int32? {
        if parsed.has("--help") {
            console.output.write(HelpText.command(summary, options))
            return 0
        }
        if let problem = parsed.problem {
            throw CannotRun(message: problem.message, hints: ["Try 'swift-net \(summary.name) --help'."])
        }
        return parsed.has(options.versionOption) ? CommandTree.printVersion(console, console.command) : nil
    }

    private static func report(_ overridden: [(name: String, text: String)], _ console: Console) {
        for (option, text) in overridden { console.complain("\(option) was given more than once: using '\(text)'") }
    }
}

extension OptionTable {
    /// Runs the actions of the options in the order in which they were given.
    func apply(_ arguments: ParsedArguments, to owner: inout Owner) throws {
        for occurrence in arguments.occurrences where occurrence.index < actions.count {
            do {
                try actions[occurrence.index](&owner, occurrence.text)
            } catch let error as ValueError {
                throw occurrence.refusal(error)
            }
        }
    }
}

extension ParsedArguments.Occurrence {
    fileprivate func refusal(_ error: ValueError) -> UsageError {
        UsageError("invalid value '\(text)' for \(name) (expected \(error.expected))")
    }
}
