import CLinux
import Synchronization

/// The files that the user named, by device and inode, so that no output overwrites an input or another output.
///
/// `BufferedInput`, `TextInput` and `BufferedOutput` register the files that they open under their option. Terminals,
/// devices such as `/dev/null`, and sockets are not registered: they can be read and written at the same time.
enum RunFiles {
    enum Use: String {
        case input, output
    }

    /// The identity of a file.
    private enum Identity: Equatable {
        case file(device: dev_t, inode: ino_t)
        /// A file that does not exist yet, by its directory and name.
        case absent(device: dev_t, inode: ino_t, name: String)
    }

    private struct Entry {
        var identity: Identity
        var use: Use
        var option: String
        var claim: Claim
    }

    /// A registered use of a file.
    final class Claim: Sendable {
        /// Whether another use needs the file unchanged, so that nothing may be written.
        let isRevoked = Atomic(false)
        /// Whether the file was truncated or written.
        let hasBegun = Atomic(false)
    }

    private static let entries = Mutex<[Entry]>([])

    private static let standardInputReader = Mutex<String?>(nil)

    /// Registers an option that reads a path, if the path means standard input.
    /// - Throws: if another option reads it, or the same option again: each would get a part, or nothing.
    static func claimStandardInput(_ path: String, for option: String) throws(SystemError) {
        guard ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].contains(path) else { return }
        let other: String? = standardInputReader.withLock { reader in
            defer { reader = reader ?? option }
            return reader
        }
        guard let other else { return }
        throw SystemError(
            code: EINVAL, operation: path,
            reason: "standard input is read by \(other == option ? "\(option) twice" : "\(other) and \(option)")")
    }

    /// Registers a file by its path; it need not exist.
    /// - Parameter replaced: an option whose file, read to its end, this output may replace.
    static func claim(
        path: String, _ use: Use, for option: String, replacing replaced: String? = nil
    ) throws(SystemError) -> Claim {
        var status = stat()
        if stat(path, &status) == 0 { return try claim(identity(status), use, option, path, replaced) }
        guard clinux_errno() == ENOENT else { return Claim() }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let parent = parts.count > 1 ? parts.dropLast().joined(separator: "/") + "/" : "."
        guard let name = parts.last, stat(parent, &status) == 0 else { return Claim() }
        return try claim(
            .absent(device: status.st_dev, inode: status.st_ino, name: String(name)), use, option, path, replaced)
    }

    /// Registers an open file.
    static func claim(
        descriptor: Int32, path: String, _ use: Use, for option: String, replacing replaced: String? = nil
    ) throws(SystemError) -> Claim {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return Claim() }
        return try claim(identity(status), use, option, path, replaced)
    }

    /// Removes a use of a file.
    static func release(_ claim: Claim) {
        entries.withLock { $0.removeAll { $0.claim === claim } }
    }

    private static func claim(
        _ identity: Identity?, _ use: Use, _ option: String, _ path: String, _ replaced: String?
    ) throws(SystemError) -> Claim {
        let claim = Claim()
        guard let identity else { return claim }
        let other: String? = entries.withLock { entries in
            for entry in entries where entry.identity == identity && ![option, replaced].contains(entry.option) {
                guard use == .output || entry.use == .output else { continue }
                // The file was opened for writing before it was registered as an input.
                if !entry.claim.hasBegun.load(ordering: .relaxed) {
                    entry.claim.isRevoked.store(true, ordering: .relaxed)
                }
                return "the \(entry.use.rawValue) \(entry.option)"
            }
            if identity == standardOutput { return "standard output" }
            entries.append(Entry(identity: identity, use: use, option: option, claim: claim))
            return nil
        }
        guard let other else { return claim }
        throw SystemError(code: EINVAL, operation: path, reason: "is the same file as \(other)")
    }

    /// Returns nil for files that can be read and written at the same time.
    private static func identity(_ status: stat) -> Identity? {
        let kind = status.st_mode & UInt32(S_IFMT)
        guard [S_IFREG, S_IFBLK, S_IFIFO].contains(where: { kind == UInt32($0) }) else { return nil }
        return .file(device: status.st_dev, inode: status.st_ino)
    }

    /// The identity of standard output, to which every run writes.
    private static var standardOutput: Identity? {
        var status = stat()
        return fstat(1, &status) == 0 ? identity(status) : nil
    }
}
