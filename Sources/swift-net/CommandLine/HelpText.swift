/// Formats the text of `--help`.
enum HelpText {
    private static let width = 80
    private static let column = 26

    static func command(_ summary: CommandSummary, _ options: OptionList) -> String {
        var text = ""
        for (index, usage) in summary.usage.enumerated() {
            text += (index == 0 ? "Usage: " : "       ") + "swift-net \(summary.name) \(usage)\n"
        }
        text += "\n" + wrapped(summary.abstract, indent: 0)
        if !summary.discussion.isEmpty { text += "\n" + wrapped(summary.discussion, indent: 0) }
        var sections = options.sections
        if sections.first?.index != 0 { sections.insert(("Options", 0), at: 0) }
        for (number, section) in sections.enumerated() {
            let end = number + 1 < sections.count ? sections[number + 1].index : options.specifications.count
            text += "\n\(section.title):\n"
            for option in options.specifications[section.index..<end] { text += line(option) }
        }
        return text + "\nSee also: swift-net-\(summary.name)(8)\n"
    }

    private static func line(_ option: OptionSpecification) -> String {
        var names = Text.joined(option.names, by: ", ")
        if let value = option.value { names += option.preset == nil ? " \(value.name)" : " [\(value.name)]" }
        names = "  " + names
        let help = wrapped(option.help, indent: column)
        guard names.count + 2 <= column else { return names + "\n" + help }
        return Text.left(names, column) + help.dropFirst(column)
    }

    /// Returns the list of commands, in groups.
    static func commands(_ commands: [CommandEntry]) -> String {
        var text = "Usage: swift-net COMMAND [options] TARGET...\n\nNetwork diagnostics for Linux.\n"
        for group in CommandGroup.allCases {
            text += "\n\(group.rawValue):\n"
            for command in commands where command.summary.group == group {
                let name = "  " + command.summary.name
                text += Text.left(name, 20, gap: 2) + command.summary.abstract + "\n"
            }
        }
        return text + """

            Options:
              -h, --help        Print this help.
              -V, --version     Print the version.

            'swift-net help COMMAND' describes one command; so does its manual page, swift-net-COMMAND(8).

            """
    }

    /// Wraps text to lines of at most 80 columns.
    private static func wrapped(_ text: String, indent: Int) -> String {
        var result = ""
        let margin = String(repeating: " ", count: indent)
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = margin
            for word in paragraph.split(separator: " ") {
                if line.count > indent, line.count + 1 + word.count > width {
                    result += line + "\n"
                    line = margin
                }
                line += (line.count > indent ? " " : "") + word
            }
            result += (line.count > indent ? line : "") + "\n"
        }
        return result
    }
}
