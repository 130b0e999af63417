/// Text in a color: a part of a line of a full screen.
struct ScreenCell: Equatable {
    var text: String
    var color: Console.Color?

    init(_ text: String, _ color: Console.Color? = nil) {
        self.text = text
        self.color = color
    }

    /// Returns text as exactly `width` characters.
    static func padded(_ text: String, _ width: Int) -> String {
        text.count > width
            ? String(text.prefix(max(width, 0))) : text + String(repeating: " ", count: width - text.count)
    }
}

extension Console {
    /// Returns a line, truncated at the edge of the screen.
    func line(_ cells: [ScreenCell], columns: Int) -> String {
        var left = columns
        var line = ""
        for cell in cells where left > 0 {
            let text = String(cell.text.prefix(left))
            left -= text.count
            line += cell.color.map { painted(text, $0) } ?? text
        }
        return line
    }
}
