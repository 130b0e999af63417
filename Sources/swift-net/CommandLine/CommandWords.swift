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
    private var switches: Set<Switch> = []
    private var values: [Value: [String]] = [:]
    private(set) var targets: [String] = []

    /// How words are cut before they are read.
    static var shape: ShortOptions {
        ShortOptions(
            flags: Set(Switch.allCases.compactMap(\.names.short) + ["h"]),
            values: Set(Value.allCases.compactMap(\.names.short)), longValues: Set(Value.allCases.map(\.names.long)),
            optionalValues: Dictionary(
                uniqueKeysWithValues: Value.allCases.compactMap { item in item.preset.map { (item.names.long, $0) } }))
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
                values[option, default: []].append(value)
            } else if let option = Switch.allCases.first(where: { Self.isNamed($0.names, name, isLong: isLong) }) {
                guard value == nil else { return nil }
                switches.insert(option)
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
    subscript(option: Value) -> String? { values[option]?.last }

    /// Every value of an option that may be given several times.
    func all(_ option: Value) -> [String] { values[option] ?? [] }
}
