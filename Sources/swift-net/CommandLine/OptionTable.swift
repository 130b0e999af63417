/// The declaration of an option, for the parser, the help and the completions.
struct OptionSpecification {
    /// The names with their hyphens, the single letter first.
    var names: [String]
    /// The value; nil for a switch.
    var value: ValueSpecification?
    /// The default of an optional value; nil if the value is required.
    var preset: String?
    /// Whether repeated values accumulate; otherwise the last one is used.
    var isList = false
    var help: String
    /// The modes in which the option is allowed; empty for all.
    var modes: [CommandMode] = []
    /// An option that this one requires: `--paths`, or with a value, `--stack user`.
    var requires: String?
    /// Options that cannot be used together with this one.
    var excludes: [String] = []
}

/// The declaration of an option's value.
struct ValueSpecification {
    /// The placeholder in the help, such as `COUNT`.
    var name: String
    /// All valid values, if they can be listed.
    var choices: [String] = []
    var completion = Completion.none
    /// Whether the next argument is the value of an option whose value is optional; by default a number is.
    var isRecognized: (String) -> Bool = { text in
        text.utf8.first.map { (48...57).contains($0) } ?? false && DurationText.parse(text) != nil
    }

    enum Completion { case none, file, interface }
}

/// The declarations of a command's options, in order.
struct OptionList {
    private(set) var specifications: [OptionSpecification] = []
    /// The sections of the help, each with the index of its first option.
    private(set) var sections: [(title: String, index: Int)] = []
    /// The name of the option that prints the version.
    private(set) var versionOption = "--version"

    mutating func section(_ title: String) { sections.append((title, specifications.count)) }

    // Not inlined: there are hundreds of calls.
    @inline(never)
    mutating func append(_ specification: OptionSpecification) { specifications.append(specification) }

    /// Adds `--help` and `--version`, with those of their names that are not used yet.
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

/// The options of a command with their actions.
struct OptionTable<Owner> {
    private(set) var list = OptionList()
    /// The actions, parallel to the declarations; the options that `close` adds have none.
    private(set) var actions: [(inout Owner, String) throws -> Void] = []

    /// Starts a section of the help for the options that follow.
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

    /// Adds an option with one value; if it is repeated, the last value is used.
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

    /// Adds an option whose repeated values accumulate.
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
