import Diagnostics
import LinuxProcess
import PacketEngine

/// The command line of `http-fingerprint` as values.
struct FingerprintSettings {
    let targets: HTTPTargets
    let configuration: FingerprintConfiguration
    let concurrency: Int
    let signatures: [Signature]
    /// What is written instead of names; nil to name.
    let lesson: Lesson?

    /// What the servers are said to be.
    struct Lesson {
        var product: String
        var versions: String
        var origin: String?
        var path: String?
    }

    init(_ command: HTTPFingerprintCommand) throws {
        targets = try HTTPTargets(command.targets)
        var random = SystemRandomness()
        var made = FingerprintConfiguration(seed: random.next())
        made.isClassic = command.classic
        made.places = targets.places
        made.timeout =
            try command.deadline.map { try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1)) }
            ?? made.timeout
        configuration = made
        concurrency =
            try command.concurrency.map { try ArgumentValue.integer("--concurrency", $0, in: 1...1_000) } ?? 40
        signatures = try command.signatureFolders.flatMap { try Self.signatures(of: $0) }
        guard let product = command.learn else {
            for (option, isThere) in [
                ("--versions", command.versions != nil), ("--origin", command.origin != nil),
                ("-o", command.output != nil),
            ] where isThere {
                throw UsageError("\(option) goes with --learn")
            }
            lesson = nil
            return
        }
        for (option, text) in [
            ("--learn", product), ("--versions", command.versions ?? "-"), ("--origin", command.origin ?? "-"),
        ] where text.isEmpty || text.unicodeScalars.contains(where: { $0.value < 0x20 }) {
            throw UsageError("\(option): a name of printable characters is wanted")
        }
        lesson = Lesson(
            product: product, versions: command.versions ?? "", origin: command.origin,
            path: command.output.flatMap { BufferedOutput.isStandardOutput($0) ? nil : $0 })
    }

    /// The signatures in the files of a folder.
    private static func signatures(of folder: String) throws -> [Signature] {
        try Folder.files(of: folder).flatMap { path in
            let bytes = try TextInput.bytes(of: path, for: "--signatures")
            do throws(Signature.Mistake) {
                return try Signature.all(in: bytes)
            } catch {
                throw CannotRun(message: "\(path): \(error)")
            }
        }
    }
}
