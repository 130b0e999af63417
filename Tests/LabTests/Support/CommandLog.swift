import LinuxProcess
import SystemPackage

/// The command lines that the tests of the lab run, written to the file that the environment names, so that a last test
/// can list the options that no test gives.
enum CommandLog {
    /// What one program was run with.
    struct Entry {
        /// Nil where the test ended the program.
        var status: Int32?
        var arguments: [String]
    }

    private static let path = CurrentProcess.environment("LAB_COMMAND_LOG")

    /// Records a run. One write is one entry, whatever other tests do at the same time.
    static func add(_ arguments: [String], status: Int32?) {
        guard let path, arguments.contains(where: { $0.contains("swift-net") }) else { return }
        let text = ([status.map(String.init) ?? ""] + arguments).joined(separator: "\u{1F}") + "\u{1E}"
        do {
            let file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.append, .create], permissions: [.ownerReadWrite])
            try file.closeAfter { _ = try file.writeAll(text.utf8) }
        } catch {
            // The last test misses the entries then.
        }
    }

    /// What was recorded; nil without a file.
    static func entries() -> [Entry]? {
        guard let path, let bytes = try? BufferedInput.bytes(ofFile: path, for: "LAB_COMMAND_LOG") else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\u{1E}").map { entry in
            let fields = entry.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
            return Entry(status: Int32(fields.first ?? ""), arguments: Array(fields.dropFirst()))
        }
    }
}

extension CommandLog.Entry {
    /// The arguments of each run of `swift-net` in the entry: after its path, and within scripts as far as the shell's
    /// arguments are plain.
    var commands: [[String]] {
        if let index = arguments.firstIndex(where: { $0.hasSuffix("/swift-net") }) {
            return [Array(arguments[arguments.index(after: index)...])]
        }
        return arguments.flatMap(Self.commands(in:))
    }

    private static func commands(in text: String) -> [[String]] {
        // `n=/path/swift-net` and `$n ping`.
        var script = text
        for assignment in text.matches(of: #/(\w+)=["']?[^\s;"']*\/swift-net/#) {
            script = script.replacing("$\(assignment.1) ", with: "/swift-net ")
        }
        let pieces = script.split(separator: "/swift-net ", omittingEmptySubsequences: false).dropFirst()
        return pieces.map { piece in
            let line = piece.prefix { !";|&<>()\n`".contains($0) }
            return line.split(separator: " ").map { String($0.filter { $0 != "'" && $0 != "\"" }) }
        }
    }
}
