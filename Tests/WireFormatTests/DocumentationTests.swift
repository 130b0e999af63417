import Foundation
import Testing

/// Every public item of the library is documented.
@Suite("documentation")
struct DocumentationTests {
    private static let folder =
        String(#filePath.dropLast("/Tests/WireFormatTests/DocumentationTests.swift".count)) + "/Sources/WireFormat"

    /// Requirements of protocols are documented once, at the protocol.
    private static let witnesses = [
        "var description", "var byteCount", "func write(into", "rawValue", "func <", "init(_ view", "bytes: RawSpan",
        "var endsList",
        "func parse", "var payload: RawSpan",
    ]

    @Test("every public declaration has a documentation comment")
    func comments() throws {
        let names = FileManager.default.enumerator(atPath: Self.folder)?.compactMap { $0 as? String } ?? []
        let files = names.filter { $0.hasSuffix(".swift") }
        #expect(files.count > 60)
        for file in files {
            let text = try String(contentsOfFile: "\(Self.folder)/\(file)", encoding: .utf8)
            let lines = text.components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            for (index, line) in lines.enumerated() where isDeclaration(line) {
                let before = lines[..<index].last { !$0.hasPrefix("@") || $0.contains(" public ") } ?? ""
                #expect(before.hasPrefix("///"), "\(file):\(index + 1): \(line)")
            }
        }
    }

    private func isDeclaration(_ line: String) -> Bool {
        guard !line.hasPrefix("//"), !Self.witnesses.contains(where: line.contains) else { return false }
        let tokens = line.split(separator: " ").drop { $0.hasPrefix("@") }
        guard tokens.first == "public" else { return false }
        return tokens.prefix(5).contains {
            ["var", "let", "func", "struct", "enum", "protocol", "typealias"].contains($0) || $0.hasPrefix("init")
        }
    }
}
