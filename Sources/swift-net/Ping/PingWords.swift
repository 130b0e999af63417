/// A command line of `ping`, read without the parser: that takes longer than
/// all the rest of a start. Only what is entirely right is read; everything
/// else is left to the parser, which knows how to complain.
struct PingWords {
    private var switches: Set<PingSwitch> = []
    private var values: [PingValue: [String]] = [:]
    private(set) var targets: [String] = []

    /// The options by their letters and by their long names.
    private static let letters = (
        switches: Dictionary(
            uniqueKeysWithValues: PingSwitch.allCases.compactMap { item in item.names.short.map { ($0, item) } }),
        values: Dictionary(
            uniqueKeysWithValues: PingValue.allCases.compactMap { item in item.names.short.map { ($0, item) } })
    )
    private static let names = (
        switches: Dictionary(
            uniqueKeysWithValues: PingSwitch.allCases.compactMap { item in item.names.long.map { ($0, item) } }),
        values: Dictionary(uniqueKeysWithValues: PingValue.allCases.map { ($0.names.long, $0) })
    )

    /// How words are cut before they are read.
    static let shape = ShortOptions(
        flags: Set(letters.switches.keys).union(["h"]), values: Set(letters.values.keys),
        longValues: Set(names.values.keys),
        optionalValues: ["explain": "2"])

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
            if let option = isLong ? Self.names.values[String(name)] : Self.value(name) {
                guard let value else { return nil }
                values[option, default: []].append(value)
            } else if let option = isLong ? Self.names.switches[String(name)] : Self.flag(name) {
                guard value == nil else { return nil }
                switches.insert(option)
            } else {
                return nil
            }
        }
    }

    private static func value(_ name: Substring) -> PingValue? {
        name.count == 1 ? name.first.flatMap { letters.values[$0] } : nil
    }

    private static func flag(_ name: Substring) -> PingSwitch? {
        name.count == 1 ? name.first.flatMap { letters.switches[$0] } : nil
    }

    func has(_ option: PingSwitch) -> Bool { switches.contains(option) }

    /// The value of an option; the last one counts.
    subscript(option: PingValue) -> String? { values[option]?.last }

    /// Every value of an option that may be given several times.
    func all(_ option: PingValue) -> [String] { values[option] ?? [] }
}
