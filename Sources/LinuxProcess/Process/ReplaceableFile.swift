import CLinux

/// A small file that is replaced as a whole: a temporary file is written and renamed, so that a reader finds either the
/// old or the new text, even after a crash or on a full disk.
///
/// The directory is opened while the process has its privileges. If they are needed to create a file there, the file
/// that was opened then is overwritten in place.
public final class ReplaceableFile {
    private let path: String
    private let directory: Descriptor
    private let name: String
    /// The current file, if it was opened here; else -1.
    private var current: Int32 = -1
    private var mode: mode_t = 0o644
    /// The owner of the existing file, which is kept if permitted.
    private var owner: (user: uid_t, group: gid_t)?
    private let temporaryName = ".swift-net-\(getpid()).tmp"

    /// Opens the directory, and the file if it exists. A symbolic link is kept: its target is replaced.
    /// - Throws: the reason for which the file cannot be written; nothing was changed.
    public init(_ path: String) throws(SystemError) {
        self.path = path
        let resolved = Self.resolved(path)
        let slash = resolved.lastIndex(of: "/")
        let folder = slash.map { $0 == resolved.startIndex ? "/" : String(resolved[..<$0]) } ?? "."
        name = slash.map { String(resolved[resolved.index(after: $0)...]) } ?? resolved
        let opened = clinux_open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)
        guard opened >= 0 else { throw .last(path) }
        directory = Descriptor(owning: opened)
        guard !name.isEmpty else { throw SystemError(code: EISDIR, operation: path) }
        current = clinux_openat(directory.rawValue, name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0)
        if current >= 0 {
            var status = stat()
            guard fstat(current, &status) == 0 else { throw .last(path) }
            // A device or pipe must not be replaced by a file.
            guard status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG) else {
                throw SystemError(code: EINVAL, operation: path)
            }
            mode = status.st_mode & 0o777
            owner = (status.st_uid, status.st_gid)
        } else if clinux_errno() != ENOENT {
            throw .last(path)
        }
        // An unwritable directory is detected now, not at the end of the run.
        let trial = try makeTemporary()
        close(trial)
        unlinkat(directory.rawValue, temporaryName, 0)
        // In another user's directory a file can only be created now; it stays empty until it is written.
        var folderStatus = stat()
        if current < 0, fstat(directory.rawValue, &folderStatus) == 0, folderStatus.st_uid != getuid() {
            current = clinux_openat(directory.rawValue, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        }
    }

    deinit { if current >= 0 { close(current) } }

    /// Returns the path without symbolic links, or the path itself if the file does not exist.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private func makeTemporary() throws(SystemError) -> Int32 {
        // A temporary file that a killed process with the same process ID left.
        unlinkat(directory.rawValue, temporaryName, 0)
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let made = clinux_openat(directory.rawValue, temporaryName, flags, mode)
        guard made >= 0 else { throw .last(path) }
        if let owner {
            // If the owner cannot be kept, the file belongs to this user, like any new file.
            _ = fchown(made, owner.user, owner.group)
            _ = fchmod(made, mode)
        }
        return made
    }

    /// Replaces the contents of the file. On failure, the file is unchanged.
    /// - Parameter isLast: whether to write through to the disk, and to report its errors.
    public func replace(with text: String, isLast: Bool = false) throws(SystemError) {
        let bytes = Array(text.utf8)
        let made: Int32
        do throws(SystemError) {
            made = try makeTemporary()
        } catch {
            guard current >= 0, error.isPermission || error.code == EROFS else { throw error }
            try overwrite(bytes, isLast: isLast)
            return
        }
        do throws(SystemError) {
            try write(bytes, to: made)
            if isLast, fsync(made) != 0, clinux_errno() != EINVAL { throw .last(path) }
            guard renameat(directory.rawValue, temporaryName, directory.rawValue, name) == 0 else { throw .last(path) }
        } catch {
            close(made)
            unlinkat(directory.rawValue, temporaryName, 0)
            // In a directory with the sticky bit, only the owner may replace a file.
            guard current >= 0, error.isPermission else { throw error }
            try overwrite(bytes, isLast: isLast)
            return
        }
        if current >= 0 { close(current) }
        current = made
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { room in
                room.baseAddress.map { pwrite(descriptor, $0 + offset, room.count - offset, off_t(offset)) } ?? 0
            }
            if count < 0, clinux_errno() == EINTR { continue }
            guard count > 0 else { throw count < 0 ? .last(path) : SystemError(code: ENOSPC, operation: path) }
            offset += count
        }
    }

    /// Overwrites in place, after checking that there is room.
    private func overwrite(_ bytes: [UInt8], isLast: Bool) throws(SystemError) {
        let failure = posix_fallocate(current, 0, max(off_t(bytes.count), 1))
        guard failure == 0 || failure == EOPNOTSUPP else { throw SystemError(code: failure, operation: path) }
        try write(bytes, to: current)
        guard ftruncate(current, off_t(bytes.count)) == 0 else { throw .last(path) }
        if isLast, fsync(current) != 0, clinux_errno() != EINVAL { throw .last(path) }
    }
}
