import LinuxProcess
import Testing

@Suite("documentation of SwiftNet")
struct DocumentationTests {
    private static let root = String(#filePath.dropLast("/Tests/SwiftNetTests/DocumentationTests.swift".count))

    @Test(
        "a tool's example is the one that the sample package compiles and the lab runs",
        arguments: [
            "Ping/Ping", "PingSweep/PingSweep", "Traceroute/Traceroute", "Arping/Arping", "Arping/ArpingSweep",
            "RARP/RARPQuery", "RARP/RARPServer", "DHCPDiscover/DHCPDiscover", "IGMP/IGMPJoin", "IGMP/IGMPQuery",
            "SYNScan/SYNScan",
            "HTTPProbe/HTTPProbe", "HTTPFingerprint/HTTPFingerprint", "UserHost/UserHost",
        ])
    func example(file: String) throws {
        let tool = file.drop { $0 != "/" }.dropFirst()
        let source = try TextInput.lines(of: "\(Self.root)/Sources/SwiftNet/\(file).swift")
        let end = try #require(source.firstIndex { $0.hasPrefix("public enum \(tool): Tool {") })
        let comment = source[..<end].reversed().prefix { $0.hasPrefix("///") }.reversed()
        let documented = comment.filter { $0.hasPrefix("///     ") }.map { String($0.dropFirst(8)) }
        #expect(documented.count > 1, "\(tool) has an example")
        let sample = try TextInput.lines(
            of: "\(Self.root)/Tests/SamplePackage/Sources/sample/\(tool)Example.swift")
        let start = try #require(sample.firstIndex { $0.hasPrefix("func example") })
        let compiled = sample[(start + 1)...].prefix { $0 != "}" }.map { String($0.dropFirst(4)) }
        #expect(documented == compiled)
    }
}
