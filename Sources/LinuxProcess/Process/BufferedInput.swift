import CLinux

/// A file or the standard input, read in pieces; a signal ends the wait for more.
public final class BufferedInput {
    public enum Outcome: Sendable, Equatable {
        case bytes(Int)
        case end
        /// A signal asked to stop.
        case stopped
    }

    private let descriptor: Int32
    private let ownsDescriptor: Bool
    /// Whether reading may wait for somebody who writes: everything but a file.
    private let mayWait: Bool
    /// Bytes of a regular file; nil for everything else.
    public let size: UInt64?
    /// Once asked to stop, how long what is still on its way is waited for, in milliseconds.
    private static let grace: Int32 = 300
    private var isStopping = false

    /// - Parameters:
    ///   - path: `-` for the standard input.
    ///   - option: what names the file on the command line.
    public init(path: String, for option: String) throws(SystemError) {
        ownsDescriptor = path != "-"
        descriptor = ownsDescriptor ? clinux_open(path, O_RDONLY | O_CLOEXEC, 0) : 0
        guard descriptor >= 0 else { throw .last(path) }
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? status.st_mode & UInt32(S_IFMT) : 0
        if kind == UInt32(S_IFDIR) {
            if ownsDescriptor { close(descriptor) }
            throw SystemError(code: EISDIR, operation: path)
        }
        do {
            _ = try RunFiles.claim(descriptor: descriptor, path: path, .input, for: option)
        } catch {
            if ownsDescriptor { close(descriptor) }
            throw error
        }
        let isFile = kind == UInt32(S_IFREG)
        mayWait = !isFile
        size = isFile ? UInt64(max(status.st_size, 0)) : nil
    }

    deinit { if ownsDescriptor { close(descriptor) } }

    /// Reads once into `buffer` from `start` on.
    ///
    /// The writer of a pipe is mostly asked to stop by the same Ctrl-C, and has
    /// something left to say: until it closes its end, what comes within a
    /// moment is still read.
    public func read(
        into buffer: inout [UInt8], from start: Int, signals: borrowing SignalSource
    ) throws(SystemError) -> Outcome {
        while true {
            if signals.read().contains(.stop) {
                guard mayWait, !isStopping else { return .stopped }
                isStopping = true
            }
            if mayWait {
                var waits = [
                    pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
                ]
                let count = poll(&waits, 2, isStopping ? Self.grace : -1)
                if count == 0 { return .stopped }
                if count > 0, waits[0].revents == 0 { continue }
            }
            let count = buffer.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { CLinux.read(descriptor, $0 + start, bytes.count - start) } ?? 0
            }
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            let code = clinux_errno()
            if code != EINTR && code != EAGAIN { throw SystemError(code: code, operation: "read") }
        }
    }
}

extension BufferedInput {
    private static var mostBytes: Int { 64 << 20 }

    /// The text of a regular file, at the most 64 MiB of it.
    /// - Parameter option: what names the file on the command line; nil for the system's own files.
    public static func text(ofFile path: String, for option: String? = nil) throws(SystemError) -> String {
        String(decoding: try bytes(ofFile: path, for: option), as: UTF8.self)
    }

    /// The bytes of a regular file, at the most 64 MiB of it.
    /// - Parameter option: what names the file on the command line; nil for the system's own files.
    public static func bytes(ofFile path: String, for option: String? = nil) throws(SystemError) -> [UInt8] {
        // Opening a pipe that has no writer would block; a regular file is not changed by it.
        let opened = clinux_open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0)
        guard opened >= 0 else { throw .last(path) }
        let file = Descriptor(owning: opened)
        if let option { _ = try RunFiles.claim(descriptor: file.rawValue, path: path, .input, for: option) }
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw .last(path) }
        // A pipe or a device could keep a server waiting for ever.
        guard status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG) else {
            let isDirectory = status.st_mode & UInt32(S_IFMT) == UInt32(S_IFDIR)
            throw SystemError(
                code: isDirectory ? EISDIR : EINVAL, operation: path,
                reason: isDirectory ? nil : "not a regular file")
        }
        // As long as the file says, and a byte more to see its end; a file that grows is read on.
        var bytes = [UInt8](repeating: 0, count: min(max(Int(status.st_size), 0), Self.mostBytes) + 1)
        var length = 0
        while length < Self.mostBytes {
            if length == bytes.count { bytes += [UInt8](repeating: 0, count: 1 << 16) }
            let count = bytes.withUnsafeMutableBytes { room in
                CLinux.read(file.rawValue, room.baseAddress.map { $0 + length }, room.count - length)
            }
            if count < 0, clinux_errno() == EINTR { continue }
            guard count >= 0 else { throw .last(path) }
            if count == 0 { break }
            length += count
        }
        bytes.removeLast(bytes.count - length)
        return bytes
    }
}
