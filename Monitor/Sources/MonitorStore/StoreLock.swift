import Foundation

/// Keeps a second monitor from the same database, whose journal has one writer: a locked file beside it (flock(2)). The lock
/// goes with the process, however that ends.
final class StoreLock: Sendable {
    /// Why there is no lock.
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    private let descriptor: Int32

    /// - Parameter path: that of the database, whose folder is made if there is none.
    init(_ path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        descriptor = open(path + "-lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Problem(description: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Problem(description: "another monitor uses this file")
        }
    }

    deinit { close(descriptor) }
}
