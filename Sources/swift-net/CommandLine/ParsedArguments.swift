/// The arguments of a command, separated into options and operands. Values are not converted yet.
///
/// The syntax is that of getopt_long(3): single letters can be combined (`-nq`); a value is appended to its letter or
/// is the next argument (`-c5`, `-c 5`, `-nc5`, `-i -1`), or follows an equals sign (`--count=5`, `-c=5`); `--` ends
/// the options, and `-` is an operand.
struct ParsedArguments {
    struct Occurrence {
        /// The index of the option in the table.
        let index: Int
        /// The name as typed.
        let name: String
        /// The text of the value; empty for a switch.
        let text: String
    }

    private(set) var occurrences: [Occurrence] = []
    private(set) var operands: [String] = []
    /// The first error. Later arguments are still parsed, so that `--json` is recognized.
    private(set) var problem: UsageError?
    private let specifications: [OptionSpecification]

    init(
        _ arguments: [String], _ specifications: [OptionSpecification],
        foreignOptions: [(argument: String, hint: String)]
    ) {
        self.specifications = specifications
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                break
            } else if argument.hasPrefix("--") || isWord(argument) {
                readLong(argument, &rest, foreignOptions)
            } else if argument.hasPrefix("-"), argument != "-" {
                readLetters(argument, &rest, foreignOptions)
            } else {
                operands.append(argument)
            }
        }
    }

    /// Whether the argument is a name of several letters after one hyphen, such as nmap's `-iL`.
    private func isWord(_ argument: String) -> Bool {
        let name = argument.prefix { $0 != "=" }
        return name.utf8.count > 2 && index(of: String(name)) != nil
    }

    /// Returns the word of several letters to which an argument joins a value, as in `-oGFILE`: a user of nmap means
    /// -oG and not -o with the file GFILE.
    private func joinedWord(_ argument: String) -> String? {
        specifications.lazy.filter { $0.value != nil }.flatMap(\.names).first {
            $0.count > 2 && !$0.hasPrefix("--") && argument.hasPrefix($0)
        }
    }

    private mutating func readLong(
        _ argument: String, _ rest: inout ArraySlice<String>, _ foreignOptions: [(argument: String, hint: String)]
    ) {
        let equals = argument.firstIndex(of: "=")
        let name = String(argument[..<(equals ?? argument.endIndex)])
        let joined = equals.map { String(argument[argument.index(after: $0)...]) }
        guard let index = index(of: name) else { return refuse(name, foreignOptions) }
        if specifications[index].value == nil, joined != nil {
            return fail("\(name) takes no value")
        }
        take(index, name, joined, &rest)
    }

    private mutating func readLetters(
        _ argument: String, _ rest: inout ArraySlice<String>, _ foreignOptions: [(argument: String, hint: String)]
    ) {
        if let foreign = foreignOptions.first(where: { $0.argument == argument }), index(of: argument) == nil {
            return fail("unknown option '\(argument)': \(foreign.hint)")
        }
        if let word = joinedWord(argument) {
            return fail("'\(argument)': use \(word) \(argument.dropFirst(word.count))")
        }
        var letters = argument.dropFirst()
        while let letter = letters.popFirst() {
            let name = "-\(letter)"
            guard let index = index(of: name) else { return refuse(name, foreignOptions) }
            guard specifications[index].value != nil else {
                take(index, name, nil, &rest)
                continue
            }
            let joined = letters.first == "=" ? letters.dropFirst() : letters
            return take(index, name, letters.isEmpty ? nil : String(joined), &rest)
        }
    }

    private mutating func take(_ index: Int, _ name: String, _ joined: String?, _ rest: inout ArraySlice<String>) {
        let specification = specifications[index]
        guard specification.value != nil else {
            occurrences.append(Occurrence(index: index, name: name, text: ""))
            return
        }
        if let joined {
            occurrences.append(Occurrence(index: index, name: name, text: joined))
        } else if let preset = specification.preset {
            let isValue = rest.first.map { specification.value?.isRecognized($0) ?? false } ?? false
            let next = isValue ? rest.popFirst() : nil
            occurrences.append(Occurrence(index: index, name: name, text: next ?? preset))
        } else if let next = rest.popFirst() {
            occurrences.append(Occurrence(index: index, name: name, text: next))
        } else {
            fail("\(name) requires a value (\(specification.value?.name ?? ""))")
        }
    }

    private mutating func fail(_ message: String) {
        if problem == nil { problem = UsageError(message) }
    }

    private mutating func refuse(_ name: String, _ foreignOptions: [(argument: String, hint: String)]) {
        if let foreign = foreignOptions.first(where: { $0.argument == name }) {
            return fail("unknown option '\(name)': \(foreign.hint)")
        }
        let nearest = Suggestion.nearest(to: name, among: specifications.flatMap(\.names))
        fail("unknown option '\(name)'" + (nearest.map { " (did you mean \($0)?)" } ?? ""))
    }

    private func index(of name: String) -> Int? { specifications.firstIndex { $0.names.contains(name) } }

    // MARK: Queries

    /// Whether an option was given by any of its names; for `--stack user`, whether its last value is `user`.
    func has(_ option: String) -> Bool { first(option) != nil }

    /// The last value of an option, as typed.
    func text(of option: String) -> String? {
        guard let index = index(of: option) else { return nil }
        return occurrences.last { $0.index == index }?.text
    }

    private func first(_ option: String) -> Occurrence? {
        let parts = option.split(separator: " ", maxSplits: 1)
        guard let name = parts.first, let index = index(of: String(name)) else { return nil }
        let last = occurrences.last { $0.index == index }
        return parts.count == 2 && last?.text != String(parts[1]) ? nil : last
    }

    /// Throws if an option is not allowed in the mode, lacks an option that it requires, or excludes another one.
    func checkApplicability(_ mode: CommandMode) throws(UsageError) {
        for occurrence in occurrences {
            let (specification, name) = (specifications[occurrence.index], occurrence.name)
            if !specification.modes.isEmpty, !specification.modes.contains(mode) {
                guard mode.isStandard else { throw UsageError("\(name) cannot be used with \(mode.name)") }
                throw UsageError("\(name) requires \(Text.alternatives(specification.modes.map(\.name)))")
            }
            if let required = specification.requires, !has(required) {
                throw UsageError("\(name) requires \(required)")
            }
            for excluded in specification.excludes {
                guard let other = first(excluded) else { continue }
                let value = excluded.contains(" ") ? " \(other.text)" : ""
                throw UsageError("\(name) cannot be used with \(other.name)\(value)")
            }
        }
    }

    /// Options with one value that were given several times with different values, with the value that is used.
    var overridden: [(name: String, text: String)] {
        let indices = Set(occurrences.map(\.index)).sorted()
        return indices.compactMap { index in
            let all = occurrences.filter { $0.index == index }
            guard let last = all.last, specifications[index].value != nil, !specifications[index].isList,
                all.contains(where: { $0.text != last.text })
            else { return nil }
            return (last.name, last.text)
        }
    }
}

/// Suggests corrections of misspelled words.
enum Suggestion {
    /// Returns the most similar candidate: at most one edit per 3 letters and 3 in total, or one that begins or ends
    /// with the word; nil if there is none.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let limit = min(3, max(1, word.count / 3))
        let near = candidates.filter { $0.count > 2 }.map { ($0, distance(word, $0)) }.filter { $0.1 <= limit }
        return near.min { $0.1 < $1.1 }?.0
            ?? candidates.first { word.count > 3 && ($0.hasPrefix(word) || $0.hasSuffix(word)) }
    }

    /// Returns the number of insertions, deletions, substitutions and transpositions of adjacent letters.
    static func distance(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first.prefix(64).utf8), Array(second.prefix(64).utf8))
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
