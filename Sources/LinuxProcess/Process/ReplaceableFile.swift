import CLinux

/// A small file that is written whole again and again: beside it, and then put in its place, so that whoever reads it
/// finds the last text or the one before, also after a crash or on a full disk.
///
/// It is opened while the process has its privileges. Without them the directory may be another user's; then the file
/// that was opened is written in place.
public final class ReplaceableFile {
    private let path: String
    private let directory: Descriptor
    private let name: String
    /// The file that has the name now, as far as it was opened here; -1 for none.
    private var current: Int32 = -1
    private var mode: mode_t = 0o644
    /// Of the file that was there: it stays its owner's where that is allowed.
    private var owner: (user: uid_t, group: gid_t)?
    private let temporaryName = ".swift-net-\(getpid()).tmp"

    /// Opens the directory, and the file if there is one. A symbolic link stays one: its target is replaced.
    /// - Throws: what keeps the file from being written; nothing has been changed then.
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
            // A device or a pipe must not be replaced by a file.
            guard status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG) else {
                throw SystemError(code: EINVAL, operation: path)
            }
            mode = status.st_mode & 0o777
            owner = (status.st_uid, status.st_gid)
        } else if clinux_errno() != ENOENT {
            throw .last(path)
        }
        // Now is the time to learn that nothing can be written there, not at the end.
        let trial = try makeTemporary()
        close(trial)
        unlinkat(directory.rawValue, temporaryName, 0)
        // In another user's directory a file can be made now and not later: it stays empty until it is written.
        var folderStatus = stat()
        if current < 0, fstat(directory.rawValue, &folderStatus) == 0, folderStatus.st_uid != getuid() {
            current = clinux_openat(directory.rawValue, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        }
    }

    deinit { if current >= 0 { close(current) } }

    /// The path without symbolic links; as it is where there is no such file.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private func makeTemporary() throws(SystemError) -> Int32 {
        // One that a killed process of the same number left behind.
        unlinkat(directory.rawValue, temporaryName, 0)
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let made = clinux_openat(directory.rawValue, temporaryName, flags, mode)
        guard made >= 0 else { throw .last(path) }
        if let owner {
            // Where they cannot be kept the file is ours, as any new file is.
            _ = fchown(made, owner.user, owner.group)
            _ = fchmod(made, mode)
        }
        return made
    }

    /// Makes the text the whole of the file. When it fails, the file is as it was.
    /// - Parameter isLast: it is written through to the disk, whose own failures then count too.
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
            // A directory whose files are their owners' alone to replace (the sticky bit).
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

    /// Writes in place, once there is room for all of it.
    private func overwrite(_ bytes: [UInt8], isLast: Bool) throws(SystemError) {
        let failure = posix_fallocate(current, 0, max(off_t(bytes.count), 1))
        guard failure == 0 || failure == EOPNOTSUPP else { throw SystemError(code: failure, operation: path) }
        try write(bytes, to: current)
        guard ftruncate(current, off_t(bytes.count)) == 0 else { throw .last(path) }
        if isLast, fsync(current) != 0, clinux_errno() != EINVAL { throw .last(path) }
    }
}
