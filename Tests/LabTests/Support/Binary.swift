import LinuxProcess

/// The programs under test.
enum Binary {
    private static let root = String(#filePath.dropLast("/Tests/LabTests/Support/Binary.swift".count))

    /// The binary as it is shipped, or the one of a plain debug build.
    static let swiftNet = CurrentProcess.environment("SWIFT_NET_BINARY") ?? root + "/.build/debug/swift-net"
    static let relay = CurrentProcess.environment("LAB_RELAY_BINARY") ?? root + "/.build/debug/lab-relay"
    static let privilegeTrial = root + "/.build/debug/privilege-trial"
    /// The repository.
    static var repository: String { root }
}

/// Who runs the tests, and where.
enum Environment {
    static let userIdentifier = CurrentProcess.userIdentifier
    /// A missing peer is a failure there, and not a skipped test.
    static var isContinuousIntegration: Bool { CurrentProcess.environment("CI") != nil }
}
