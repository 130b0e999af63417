import Foundation
import LinuxProcess
import Testing

/// What the rooms may know of each other (CONTRIBUTING.md), as far as the compiler does not see to it.
@Suite("the rooms")
struct RoomTests {
    private static let root = String(#filePath.dropLast("/Tests/SwiftNetTests/RoomTests.swift".count))

    /// The code of every file below a folder, without comments and literals.
    private static func code(_ folder: String) throws -> [(file: String, text: String)] {
        let files = try FileManager.default.subpathsOfDirectory(atPath: "\(root)/Sources/\(folder)")
        return try files.filter { $0.hasSuffix(".swift") }.map { file in
            let lines = try TextInput.lines(of: "\(root)/Sources/\(folder)/\(file)").map { line in
                line.replacing(#/"[^"]*"/#, with: "").replacing(#/\/\/.*/#, with: "")
            }
            return (file, lines.joined(separator: "\n"))
        }
    }

    @Test("a command names no type of LinuxNet, and does not import it")
    func commands() throws {
        var types: Set<String> = []
        for (_, text) in try Self.code("LinuxNet") {
            for match in text.matches(
                of: #/(?m)^(?:public|package) (?:final )?(?:struct|enum|class|protocol|typealias) (\w+)/#)
            {
                types.insert(String(match.1))
            }
        }
        #expect(types.contains("Resolver") && types.contains("Interface") && types.count > 20)
        for (file, text) in try Self.code("swift-net") {
            #expect(!text.contains("import LinuxNet"), "\(file)")
            for match in text.matches(of: #/[.\w]*\b[A-Z]\w*/#) where !match.0.contains(".") {
                #expect(!types.contains(String(match.0)), "\(file) names \(match.0)")
            }
        }
    }

    @Test(
        "each ritual has one place",
        arguments: [
            ("Privileges.raise(", 1), ("Privileges.dropForGood(", 1), ("EngineLoop.run(", 1), ("StreamLoop.run(", 1),
        ])
    func rituals(call: String, count: Int) throws {
        var places: [String] = []
        for folder in ["SwiftNet", "swift-net"] {
            for (file, text) in try Self.code(folder) {
                places += Array(
                    repeating: file, count: text.split(separator: call, omittingEmptySubsequences: false).count - 1)
            }
        }
        #expect(places.count == count, "\(call): \(places)")
    }
}
