import Foundation
import LinuxProcess
import Testing

/// The dependencies between modules (CONTRIBUTING.md) that the compiler does not check.
@Suite("module dependencies")
struct RoomTests {
    private static let root = String(#filePath.dropLast("/Tests/SwiftNetTests/RoomTests.swift".count))

    /// Returns the code of every file in a folder, without comments and literals.
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
        "each privileged call occurs in one file",
        arguments: [
            ("Privileges.raise(", 1), ("Privileges.dropForGood(", 1), ("EngineLoop.run(", 1), ("StreamLoop.run(", 1),
        ])
    func privilegedCalls(call: String, count: Int) throws {
        var files: [String] = []
        for folder in ["SwiftNet", "swift-net"] {
            for (file, text) in try Self.code(folder) {
                files += Array(
                    repeating: file, count: text.split(separator: call, omittingEmptySubsequences: false).count - 1)
            }
        }
        #expect(files.count == count, "\(call): \(files)")
    }
}
