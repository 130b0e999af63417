import Testing

/// SwiftNet as another package uses it: `Tests/SamplePackage`, copied away from the repository and built there. Its
/// functions are the examples of SwiftNet's documentation.
@Suite("a package that depends on SwiftNet")
struct SwiftNetPackageTests {
    /// Builds the package; an empty folder is made for it and removed again.
    private func withSample(
        _ layout: Lab.Layout, _ body: @Sendable @escaping (Lab, String) async throws -> Void
    ) async throws {
        try await Lab.with(layout) { lab in
            let folder = "/tmp/swift-net-sample-\(lab.id)"
            let build =
                "rm -rf \(folder) && cp -r \(Binary.repository)/Tests/SamplePackage \(folder) && cd \(folder)"
                + " && SWIFT_NET=\(Binary.repository) swift build 2>&1"
            do {
                let outcome = try await Lab.run(["sh", "-c", build])
                try #require(outcome.status == 0, "\(outcome)")
                #expect(!outcome.output.contains("warning:"), "\(outcome)")
                try await body(lab, folder + "/.build/debug/sample")
            } catch {
                _ = try await Lab.run(["rm", "-rf", folder])
                throw error
            }
            _ = try await Lab.run(["rm", "-rf", folder])
        }
    }

    @Test("the examples of the documentation: every tool, as events and beside each other")
    func examples() async throws {
        try await withSample(.routed) { lab, sample in
            func run(_ example: String, _ target: String) async throws -> Lab.Outcome {
                let outcome = try await lab.run("a", [sample, example, target])
                #expect(outcome.status == 0, "\(example): \(outcome)")
                return outcome
            }
            #expect(try await run("ping", "198.51.100.2").lines.last == "received 3")
            #expect(try await run("ping", "2001:db8:1::2").lines.last == "received 3")
            let traced = try await run("traceroute", "198.51.100.2").lines
            #expect(traced == ["hop 1 192.0.2.254", "hop 2 198.51.100.2", "reached"])
            #expect(try await run("paths", "198.51.100.2").lines.last == "reached")
            #expect(try await run("monitor", "198.51.100.2").lines == ["hop 1 3 3", "hop 2 3 3"])
            let swept = try await run("ping-sweep", "192.0.2.248/29").lines
            #expect(swept == ["alive 192.0.2.254", "alive 1 of 8"])
            #expect(try await run("two-at-once", "198.51.100.2").lines == ["received 5 5", "received 1"])
            // A canceled task still gets what was found until then.
            let events = try await run("ping-events", "198.51.100.2").lines
            let replies = events.count { $0.hasPrefix("reply ") }
            #expect(replies > 1 && events.last == "received \(replies) missed 0", "\(events)")
        }
    }
}
