import CLinux

/// A file or standard input, read in pieces; a signal ends the wait for more.
public final class BufferedInput {
    public enum Outcome: Sendable, Equatable {
        case bytes(Int)
        case end
        /// A signal requested a stop.
        case stopped
    }

    private let descriptor: Int32
    private let ownsDescriptor: Bool
    /// Whether a read may block: true unless the input is a regular file.
    private let mayWait: Bool
    /// The size of a regular file, in bytes; nil for other inputs.
    public let size: UInt64?
    /// The time, in milliseconds, for which input is still read after a stop request.
    private static let grace: Int32 = 300
    private var isStopping = false

    /// - Parameters:
    ///   - path: the path; `-` for standard input.
    ///   - option: the command-line option that names the file.
    public init(path: String, for option: String) throws(SystemError) {
        try RunFiles.claimStandardInput(path, for: option)
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

    /// Reads once into `buffer`, from `start` on.
    ///
    /// The writer of a pipe is usually stopped by the same Ctrl-C and may still
    /// write its last output: until it closes its end, input that arrives within
    /// 300 ms is still read.
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

    /// Returns the text of a regular file, up to 64 MiB.
    /// - Parameter option: the command-line option that names the file; nil for system files.
    public static func text(ofFile path: String, for option: String? = nil) throws(SystemError) -> String {
        String(decoding: try bytes(ofFile: path, for: option), as: UTF8.self)
    }

    /// Returns the bytes of a regular file, up to 64 MiB.
    /// - Parameter option: the command-line option that names the file; nil for system files.
    public static func bytes(ofFile path: String, for option: String? = nil) throws(SystemError) -> [UInt8] {
        // Opening a pipe without a writer would block; O_NONBLOCK has no effect on a regular file.
        let opened = clinux_open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0)
        guard opened >= 0 else { throw .last(path) }
        let file = Descriptor(owning: opened)
        if let option { _ = try RunFiles.claim(descriptor: file.rawValue, path: path, .input, for: option) }
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw .last(path) }
        // Reading a pipe or device could block a server indefinitely.
        guard status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG) else {
            let isDirectory = status.st_mode & UInt32(S_IFMT) == UInt32(S_IFDIR)
            throw SystemError(
                code: isDirectory ? EISDIR : EINVAL, operation: path,
                reason: isDirectory ? nil : "not a regular file")
        }
        // The size of the file and one byte more to detect its end; a growing file is read further.
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
