import ArgumentParser

/// The options of a command that take no value.
protocol CommandSwitch: CaseIterable, Hashable, EnumerableFlag {
    /// The letter and the long name.
    var names: (short: Character?, long: String?) { get }
    /// Asks for the version; nothing else is done then.
    static var version: Self { get }
}

/// The options of a command that take a value.
protocol CommandValue: CaseIterable, Hashable {
    /// The letter and the long name.
    var names: (short: Character?, long: String) { get }
    /// What the value is where it is left out; nil where it must be there.
    var preset: String? { get }
}

extension CommandSwitch {
    static func name(for value: Self) -> NameSpecification {
        let name = value.names
        let short = name.short.map { NameSpecification.Element.customShort($0) }
        let long = name.long.map { NameSpecification.Element.customLong($0) }
        return NameSpecification([short, long].compactMap { $0 })
    }
}

extension CommandValue {
    var preset: String? { nil }

    var name: NameSpecification {
        let (short, long) = names
        return short.map { [.customShort($0), .customLong(long)] } ?? .customLong(long)
    }
}

/// A command line read without the parser: that takes longer than all the rest
/// of a start. Only what is entirely right is read; everything else is left to
/// the parser, which knows how to complain.
struct CommandWords<Switch: CommandSwitch, Value: CommandValue> {
    // Arrays: a set and a dictionary of types of their own cost a start more than the search of a few elements.
    private var switches: [Switch] = []
    private var values: [(option: Value, text: String)] = []
    private(set) var targets: [String] = []

    /// How words are cut before they are read.
    static var shape: ShortOptions {
        ShortOptions(
            flags: Switch.allCases.compactMap(\.names.short) + ["h"], values: Value.allCases.compactMap(\.names.short),
            longValues: Value.allCases.filter { $0.preset == nil }.map(\.names.long),
            // `--explain` is the only option whose value may be left out.
            optionalValues: Value.allCases.contains { $0.preset != nil } ? ["explain": "2"] : [:])
    }

    /// Nil when a word is no option of ours, lacks its value or has one too many.
    /// - Parameter words: as `shape` has cut them.
    init?(_ words: [String]) {
        var areTargets = false
        for word in words {
            if areTargets || !word.hasPrefix("-") || word == "-" {
                targets.append(word)
                continue
            }
            if word == "--" {
                areTargets = true
                continue
            }
            let mark = word.firstIndex(of: "=")
            let value = mark.map { String(word[word.index(after: $0)...]) }
            let name = word[..<(mark ?? word.endIndex)].drop { $0 == "-" }
            let isLong = word.hasPrefix("--")
            if let option = Value.allCases.first(where: { Self.isNamed($0.names, name, isLong: isLong) }) {
                guard let value else { return nil }
                values.append((option, value))
            } else if let option = Switch.allCases.first(where: { Self.isNamed($0.names, name, isLong: isLong) }) {
                guard value == nil else { return nil }
                switches.append(option)
            } else {
                return nil
            }
        }
    }

    private static func isNamed(_ names: (short: Character?, long: String?), _ name: Substring, isLong: Bool) -> Bool {
        isLong ? names.long.map { $0 == name } ?? false : name.count == 1 && names.short == name.first
    }

    func has(_ option: Switch) -> Bool { switches.contains(option) }

    /// The value of an option; the last one counts.
    subscript(option: Value) -> String? { values.last { $0.option == option }?.text }

    /// Every value of an option that may be given several times.
    func all(_ option: Value) -> [String] { values.filter { $0.option == option }.map(\.text) }
}
