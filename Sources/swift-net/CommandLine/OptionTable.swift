/// What an option looks like: enough to parse it, and to show it in help and completions.
struct OptionSpecification {
    /// With their hyphens, the letter first.
    var names: [String]
    /// Nil for a switch.
    var value: ValueSpecification?
    /// The value if none follows; nil where one must.
    var preset: String?
    /// Values add up; otherwise the last one wins.
    var isList = false
    var help: String
    /// The modes that the option applies to; empty for all.
    var modes: [CommandMode] = []
    /// Another option without which this one has no effect: `--paths`, or with a value, `--stack user`.
    var requires: String?
    /// Options that cannot be used together with this one.
    var excludes: [String] = []
}

/// What a value looks like.
struct ValueSpecification {
    /// `COUNT`, as help shows it.
    var name: String
    /// All possible values, where they can be listed.
    var choices: [String] = []
    var completion = Completion.none
    /// Whether an argument is the value of an option whose value may be left out: a number is.
    var isRecognized: (String) -> Bool = { text in
        text.utf8.first.map { (48...57).contains($0) } ?? false && DurationText.parse(text) != nil
    }

    enum Completion { case none, file, interface }
}

/// The options of a command as help, completions and the parser see them.
struct OptionList {
    private(set) var specifications: [OptionSpecification] = []
    /// Where the sections of the help begin.
    private(set) var sections: [(title: String, index: Int)] = []
    /// Asks for the version of this program.
    private(set) var versionOption = "--version"

    mutating func section(_ title: String) { sections.append((title, specifications.count)) }

    // Not inlined: there are hundreds of calls.
    @inline(never)
    mutating func append(_ specification: OptionSpecification) { specifications.append(specification) }

    /// Adds the options of every command, with the names that are left for them.
    mutating func close() {
        let taken = Set(specifications.flatMap(\.names))
        for (names, help) in [
            (["-h", "--help"], "Print this help."), (["-V", "--version"], "Print the version of swift-net."),
        ] {
            let free = names.filter { !taken.contains($0) }
            guard !free.isEmpty else { continue }
            if names.contains("-V") { versionOption = free[0] }
            append(OptionSpecification(names: free, help: help))
        }
    }
}

/// The options of a command, each with what it does.
struct OptionTable<Owner> {
    private(set) var list = OptionList()
    /// Beside the specifications; those that `close` adds have none.
    private(set) var actions: [(inout Owner, String) throws -> Void] = []

    /// The options that follow have a heading of their own in the help.
    mutating func section(_ title: String) { list.section(title) }

    mutating func close() { list.close() }

    @inline(never)
    private mutating func add(
        _ specification: OptionSpecification, _ action: @escaping (inout Owner, String) throws -> Void
    ) {
        list.append(specification)
        actions.append(action)
    }

    mutating func flag(
        _ names: String..., help: String, in modes: [CommandMode] = [], requires: String? = nil,
        excludes: [String] = [], action: @escaping (inout Owner) throws -> Void
    ) {
        let specification = OptionSpecification(
            names: names, help: help, modes: modes, requires: requires, excludes: excludes)
        add(specification) { owner, _ in try action(&owner) }
    }

    /// An option with one value: the last one wins.
    mutating func option<Value>(
        _ names: String..., value: OptionValue<Value>, preset: String? = nil, help: String,
        in modes: [CommandMode] = [], requires: String? = nil, excludes: [String] = [],
        action: @escaping (inout Owner, Value) throws -> Void
    ) {
        let specification = OptionSpecification(
            names: names, value: value.specification, preset: preset, help: help, modes: modes, requires: requires,
            excludes: excludes)
        add(specification) { owner, text in try action(&owner, try value.parse(text)) }
    }

    /// An option whose values add up.
    mutating func list<Value>(
        _ names: String..., value: OptionValue<Value>, preset: String? = nil, help: String,
        in modes: [CommandMode] = [], requires: String? = nil, excludes: [String] = [],
        action: @escaping (inout Owner, Value) throws -> Void
    ) {
        let specification = OptionSpecification(
            names: names, value: value.specification, preset: preset, isList: true, help: help, modes: modes,
            requires: requires, excludes: excludes)
        add(specification) { owner, text in try action(&owner, try value.parse(text)) }
    }
}
