import CLinux
import WireFormat

/// A descriptor that text is written to, gathered until it is flushed.
///
/// A closed reader (EPIPE) ends it quietly: `isOpen` turns false and later
/// text goes nowhere. Other failures are kept in `failure`.
public final class OutputStream {
    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private var buffer: [UInt8] = []
    /// Beyond this it flushes by itself.
    private let capacity: Int
    public private(set) var isOpen = true
    /// Why writing stopped, when it was not the reader who went.
    public private(set) var failure: SystemError?

    private init(descriptor: Int32, ownsDescriptor: Bool, capacity: Int) {
        self.descriptor = descriptor
        self.ownsDescriptor = ownsDescriptor
        self.capacity = capacity
        isTerminal = isatty(descriptor) == 1
        buffer.reserveCapacity(capacity + 1024)
    }

    deinit {
        flush()
        if ownsDescriptor { close(descriptor) }
    }

    public static func standardOutput() -> OutputStream {
        OutputStream(descriptor: 1, ownsDescriptor: false, capacity: 1 << 16)
    }

    public static func standardError() -> OutputStream {
        OutputStream(descriptor: 2, ownsDescriptor: false, capacity: 1 << 12)
    }

    /// Creates a file, or empties one that is there. It is made with the rights of the real user.
    public static func file(_ path: String) throws(SystemError) -> OutputStream {
        let opened = clinux_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard opened >= 0 else { throw .last(path) }
        return OutputStream(descriptor: opened, ownsDescriptor: true, capacity: 1 << 16)
    }

    public func write(_ text: String) {
        guard isOpen else { return }
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= capacity { flush() }
    }

    public func write(_ bytes: [UInt8]) {
        guard isOpen else { return }
        buffer.append(contentsOf: bytes)
        if buffer.count >= capacity { flush() }
    }

    public func write(_ text: borrowing TextBuffer) { write(text.bytes) }

    public func write(_ bytes: RawSpan) {
        guard isOpen else { return }
        bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
        if buffer.count >= capacity { flush() }
    }

    /// Hands everything over to the system.
    public func flush() {
        guard !buffer.isEmpty else { return }
        var offset = 0
        while isOpen, offset < buffer.count {
            let written = buffer.withUnsafeBytes { bytes in
                bytes.baseAddress.map { CLinux.write(descriptor, $0 + offset, bytes.count - offset) } ?? 0
            }
            if written >= 0 {
                offset += written
                continue
            }
            switch clinux_errno() {
            case EINTR: continue
            case EAGAIN:
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wait, 1, -1)
            case EPIPE:
                isOpen = false
            case let code:
                isOpen = false
                failure = SystemError(code: code, operation: "write")
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Whether a terminal shows what is written.
    public let isTerminal: Bool

    /// Columns of the terminal; nil when it is none.
    public var terminalWidth: Int? {
        var size = winsize()
        guard clinux_ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}

/// A whole file or the standard input.
public enum TextInput {
    /// Reads everything.
    /// - Parameter path: `-` for the standard input.
    public static func bytes(of path: String) throws(SystemError) -> [UInt8] {
        let descriptor = path == "-" ? 0 : clinux_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw .last(path) }
        defer { if descriptor != 0 { close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { CLinux.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { break }
            if count < 0 {
                if clinux_errno() == EINTR { continue }
                throw .last(path)
            }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// Reads everything, as lines without their ends.
    /// - Parameter path: `-` for the standard input.
    public static func lines(of path: String) throws(SystemError) -> [String] {
        try bytes(of: path).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self) }
    }
}
