/// The one-letter options of a command, and which long ones take a value.
///
/// People type `-nc3`, `-i -1` and `--explain`; the parser wants one option a
/// word and its value behind an equals sign. This puts the one into the other,
/// so that a value that begins with a hyphen is a value, and can be refused as one.
struct ShortOptions {
    /// Letters that stand alone.
    let flags: [Character]
    /// Letters that take a value.
    let values: [Character]
    /// Long options that take a value, without their hyphens.
    let longValues: [String]
    /// Long options whose value may be left out, and what it is then.
    let optionalValues: KeyValuePairs<String, String>

    /// The words with every option in a word of its own and its value behind `=`.
    func normalized(_ words: [String]) -> [String] {
        var result: [String] = []
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "--" {
                result += words[(index - 1)...]
                break
            }
            let next = index < words.count ? words[index] : nil
            if word.hasPrefix("--") {
                let name = String(word.dropFirst(2))
                if let preset = optionalValues.first(where: { $0.key == name })?.value {
                    let isNumber = next.map { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } } ?? false
                    result.append("\(word)=\(isNumber ? next ?? preset : preset)")
                    if isNumber { index += 1 }
                } else if longValues.contains(name), let next {
                    result.append("\(word)=\(next)")
                    index += 1
                } else {
                    result.append(word)
                }
            } else if word.hasPrefix("-"), word.count > 1 {
                let (options, takesNext) = split(word.dropFirst(), next)
                result += options
                if takesNext { index += 1 }
            } else {
                result.append(word)
            }
        }
        return result
    }

    /// One cluster of letters, cut into options; whether the last took the next word for its value.
    private func split(_ cluster: Substring, _ next: String?) -> (options: [String], takesNext: Bool) {
        var options: [String] = []
        var rest = cluster
        while let letter = rest.first {
            rest = rest.dropFirst()
            if values.contains(letter) {
                if rest.isEmpty {
                    guard let next else { return (options + ["-\(letter)"], false) }
                    return (options + ["-\(letter)=\(next)"], true)
                }
                let value = rest.first == "=" ? rest.dropFirst() : rest
                return (options + ["-\(letter)=\(value)"], false)
            }
            guard flags.contains(letter) else {
                // Not one of ours: the parser says so.
                return (options + ["-\(letter)\(rest)"], false)
            }
            options.append("-\(letter)")
        }
        return (options, false)
    }
}
