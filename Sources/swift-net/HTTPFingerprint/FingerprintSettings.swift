import LinuxProcess
import SwiftNet

/// The command line of `http-fingerprint` as values.
struct FingerprintSettings {
    let urls: [String]
    let configuration: HTTPFingerprint.Configuration
    /// What is written instead of names; nil to name.
    let lesson: Lesson?

    /// What the servers are said to be.
    struct Lesson {
        var product: String
        var versions: String
        var origin: String?
        var path: String?
    }

    init(_ command: HTTPFingerprintCommand, _ console: Console) throws {
        let targets = try HTTPTargets(command.targets, readsAhead: true, console)
        urls = targets.urls
        var made = HTTPFingerprint.Configuration()
        made.family = targets.family
        made.interface = command.targets.interface
        made.request.isClassic = command.classic
        made.request.places = targets.places
        if let text = command.deadline {
            made.request.timeout = try ArgumentValue.duration("-w", text, atLeast: .milliseconds(1))
        }
        if let text = command.concurrency {
            made.concurrency = try ArgumentValue.integer("--concurrency", text, in: 1...1_000)
        }
        made.signatures = try command.signatureFolders.flatMap { try Self.signatures(of: $0) }
        made.namesServers = command.learn == nil
        configuration = made
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
