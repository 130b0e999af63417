import CLinux
import Synchronization
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
    private var isWritable = true
    private var writeFailure: SystemError?
    /// A file's, whose earlier contents stay until something is written to it.
    private let claim: RunFiles.Claim?
    /// The stream that took standard output over, and the one that is written to instead.
    private var handedOver: (successor: OutputStream, substitute: OutputStream)?

    private init(descriptor: Int32, ownsDescriptor: Bool, capacity: Int, claim: RunFiles.Claim? = nil) {
        self.descriptor = descriptor
        self.ownsDescriptor = ownsDescriptor
        self.capacity = capacity
        self.claim = claim
        isTerminal = isatty(descriptor) == 1
        buffer.reserveCapacity(capacity + 1024)
    }

    deinit {
        if !buffer.isEmpty { flush() }
        if let claim { RunFiles.release(claim) }
        if ownsDescriptor { close(descriptor) }
    }

    public static func standardOutput() -> OutputStream {
        OutputStream(descriptor: 1, ownsDescriptor: false, capacity: 1 << 16)
    }

    public static func standardError() -> OutputStream {
        OutputStream(descriptor: 2, ownsDescriptor: false, capacity: 1 << 12)
    }

    /// Creates a file, or opens one that is there; its contents are replaced when the first of the new ones are flushed,
    /// so that a run that cannot begin destroys nothing. It is made with the rights of the real user.
    /// - Parameter option: what names the file on the command line; with it, a file that is an input or another
    ///   output of the run is refused.
    public static func file(_ path: String, for option: String? = nil) throws(SystemError) -> OutputStream {
        // Once before it is opened, and once more for what was opened: the file may be new.
        if let option { RunFiles.release(try RunFiles.claim(path: path, .output, for: option)) }
        let opened = clinux_open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard opened >= 0 else { throw .last(path) }
        var claim = RunFiles.Claim()
        do {
            if let option {
                claim = try RunFiles.claim(descriptor: opened, path: path, .output, for: option)
            }
        } catch {
            close(opened)
            throw error
        }
        return OutputStream(descriptor: opened, ownsDescriptor: true, capacity: 1 << 16, claim: claim)
    }

    /// Keeps a file for an output that is going to be written under this path later.
    public static func reserve(_ path: String, for option: String) throws(SystemError) {
        _ = try RunFiles.claim(path: path, .output, for: option)
    }

    // MARK: Standard output as a file

    /// Whether an option's value means standard output.
    public static func isStandardOutput(_ path: String) -> Bool {
        ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(path)
    }

    /// Hands the descriptor over to another stream: what is written to this one goes to `substitute` from now on. Nil
    /// when it was handed over before.
    public func handOver(writingTo substitute: OutputStream) -> OutputStream? {
        guard handedOver == nil else { return nil }
        flush()
        let stream = OutputStream(descriptor: descriptor, ownsDescriptor: false, capacity: capacity)
        handedOver = (stream, substitute)
        return stream
    }

    // MARK: State

    /// Whether what is written can still arrive.
    public var isOpen: Bool { handedOver?.successor.isOpen ?? isWritable }

    /// The failure has been reported by its owner.
    public var isFailureReported = false

    /// Why writing stopped, when it was not the reader who went.
    public var failure: SystemError? { handedOver == nil ? writeFailure : nil }

    /// Whether something has been flushed, or the file emptied for it.
    public var hasBegun: Bool { claim?.hasBegun.load(ordering: .relaxed) ?? true }

    /// Whether a terminal shows what is written.
    public let isTerminal: Bool

    /// Columns of the terminal; nil when it is none.
    public var terminalWidth: Int? {
        var size = winsize()
        guard clinux_ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    // MARK: Writing

    public func write(_ text: String) {
        if let handedOver { return handedOver.substitute.write(text) }
        guard isWritable else { return }
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= capacity { flush() }
    }

    public func write(_ bytes: [UInt8]) {
        if let handedOver { return handedOver.substitute.write(bytes) }
        guard isWritable else { return }
        buffer.append(contentsOf: bytes)
        if buffer.count >= capacity { flush() }
    }

    public func write(_ text: borrowing TextBuffer) { write(text.bytes) }

    public func write(_ bytes: RawSpan) {
        if let handedOver { return handedOver.substitute.write(bytes) }
        guard isWritable else { return }
        bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
        if buffer.count >= capacity { flush() }
    }

    /// Takes back what has not been flushed.
    public func discard() { buffer.removeAll() }

    /// Empties the file, once.
    private func begin() {
        guard let claim, isWritable, !claim.hasBegun.load(ordering: .relaxed) else { return }
        guard !claim.isRevoked.load(ordering: .relaxed) else {
            isWritable = false
            return
        }
        claim.hasBegun.store(true, ordering: .relaxed)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG) else { return }
        guard ftruncate(descriptor, 0) != 0 else { return }
        isWritable = false
        writeFailure = .last("ftruncate")
    }

    /// Writes the rest at the end of a run.
    public func finish() {
        if handedOver != nil || !buffer.isEmpty { flush() }
    }

    /// Hands everything over to the system.
    public func flush() {
        if let handedOver { return handedOver.substitute.flush() }
        begin()
        guard !buffer.isEmpty else { return }
        var offset = 0
        while isWritable, offset < buffer.count {
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
                isWritable = false
            case let code:
                isWritable = false
                writeFailure = SystemError(code: code, operation: "write")
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
