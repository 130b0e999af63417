import CLinux
import PacketEngine
import Synchronization
import WireFormat

/// A buffered text output on a descriptor.
///
/// A closed reader (EPIPE) ends the output without an error: `isOpen` becomes false and later
/// text is discarded. Other errors are kept in `failure`.
///
/// A blocked reader (a full pipe, a stopped terminal) never delays SIGINT and SIGTERM: if a reactor serves the output,
/// `flush` keeps up to `mostPending` bytes that do not fit; beyond that it waits for the reader and the signals
/// together. `finish` waits without limit while the reader makes progress, but after a signal or the deadline at most
/// `patience` per write.
public final class BufferedOutput {
    /// -1 before the first write of a file that is created then.
    private var descriptor: Int32
    private let ownsDescriptor: Bool
    /// The path of a file that is created by the first write.
    private let laterPath: String?
    private var buffer: [UInt8] = []
    /// The number of bytes after which the buffer is flushed automatically.
    private let capacity: Int
    private var isWritable = true
    private var writeFailure: SystemError?
    /// The claim of a file, whose old contents remain until the first write.
    private let claim: RunFiles.Claim?
    /// The output that took over standard output, and the output used instead.
    private var handedOver: (successor: BufferedOutput, substitute: BufferedOutput)?
    /// Waits for the reader to read again.
    private weak var reactor: Reactor?
    private var isWatched = false
    /// The time at which the run is to end, even if the output was not read.
    public var deadline: Instant?
    /// A descriptor that is readable if a stop signal is pending; the signal stays pending for its handlers.
    private var stopSignals: Int32 = -1
    private lazy var kind = Kind(descriptor)
    /// The terminal, opened again in nonblocking mode: the inherited description is shared with other programs,
    /// which do not expect that mode.
    private var terminal: Int32?

    private enum Kind {
        /// A write never blocks.
        case immediate
        /// A write of at most one page does not block if poll(2) reports space.
        case pipe
        case socket
        case terminal

        init(_ descriptor: Int32) {
            var status = stat()
            let type = fstat(descriptor, &status) == 0 ? status.st_mode & UInt32(S_IFMT) : 0
            self =
                type == UInt32(S_IFSOCK)
                ? .socket
                : type == UInt32(S_IFIFO) ? .pipe : isatty(descriptor) == 1 ? .terminal : .immediate
        }
    }

    /// The maximum number of bytes kept for a slow reader.
    private static let mostPending = 1 << 20
    /// The number of bytes per write to a pipe (PIPE_BUF).
    private static let pipeChunk = 4_096
    /// The time for which a run that is to end waits for a blocked reader.
    private static let patience = Nanoseconds.seconds(1)

    private init(
        descriptor: Int32, ownsDescriptor: Bool, capacity: Int, claim: RunFiles.Claim? = nil, laterPath: String? = nil
    ) {
        self.descriptor = descriptor
        self.ownsDescriptor = ownsDescriptor
        self.laterPath = laterPath
        self.capacity = capacity
        self.claim = claim
        isTerminal = isatty(descriptor) == 1
        buffer.reserveCapacity(capacity + 1024)
    }

    deinit {
        finish()
        if let terminal, terminal != descriptor { close(terminal) }
        if stopSignals >= 0 { close(stopSignals) }
        if let claim { RunFiles.release(claim) }
        if ownsDescriptor, descriptor >= 0 { close(descriptor) }
    }

    public static func standardOutput() -> BufferedOutput {
        BufferedOutput(descriptor: 1, ownsDescriptor: false, capacity: 1 << 16)
    }

    public static func standardError() -> BufferedOutput {
        BufferedOutput(descriptor: 2, ownsDescriptor: false, capacity: 1 << 12)
    }

    /// Creates or opens a file. Its old contents are replaced by the first flush, so that a run that fails at its start
    /// leaves the file unchanged. A new file belongs to the real user.
    /// - Parameters:
    ///   - option: the command-line option that names the file; if given, a file that is also an input or another output
    ///     of the run is refused.
    ///   - replaced: an option whose file was read to its end, and may be this one.
    ///   - isCreatedLater: whether a file that does not exist is created by the first write.
    public static func file(
        _ path: String, for option: String? = nil, replacing replaced: String? = nil, isCreatedLater: Bool = false
    ) throws(SystemError) -> BufferedOutput {
        if isCreatedLater, let option, try canCreateLater(path) {
            let claim = try RunFiles.claim(path: path, .output, for: option, replacing: replaced)
            return BufferedOutput(
                descriptor: -1, ownsDescriptor: true, capacity: 1 << 16, claim: claim, laterPath: path)
        }
        // Checked before opening, and again with the opened file, which may be new.
        if let option { RunFiles.release(try RunFiles.claim(path: path, .output, for: option, replacing: replaced)) }
        let opened = try opened(path)
        var claim = RunFiles.Claim()
        do {
            if let option {
                claim = try RunFiles.claim(
                    descriptor: opened, path: path, .output, for: option, replacing: replaced)
            }
        } catch {
            close(opened)
            throw error
        }
        return BufferedOutput(descriptor: opened, ownsDescriptor: true, capacity: 1 << 16, claim: claim)
    }

    /// Whether a file does not exist, and can be created when the process has no privileges any more.
    /// - Throws: the reason for which it cannot be created at all.
    private static func canCreateLater(_ path: String) throws(SystemError) -> Bool {
        var status = stat()
        // A symbolic link to a file that does not exist is opened now.
        guard lstat(path, &status) != 0, clinux_errno() == ENOENT, !path.hasSuffix("/") else { return false }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") + "/" : "."
        guard stat(folder, &status) == 0, access(folder, W_OK | X_OK) == 0 else { throw .last(path) }
        return getuid() != 0 || status.st_uid == 0 || status.st_mode & 0o002 != 0
    }

    /// Opens the file. A named pipe without a reader fails with ENXIO; the wait for a reader ends with a signal.
    private static func opened(_ path: String) throws(SystemError) -> Int32 {
        while true {
            let opened = clinux_open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o644)
            if opened >= 0 { return opened }
            let error = SystemError.last(path)
            guard error.code == ENXIO else { throw error }
            var set = sigset_t()
            sigemptyset(&set)
            for signal in [SIGINT, SIGTERM] { sigaddset(&set, signal) }
            let signals = signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
            defer { if signals >= 0 { close(signals) } }
            var state = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
            if poll(&state, 1, 50) > 0 { throw SystemError(code: EINTR, operation: path) }
        }
    }

    /// Reserves a path for an output that is written later.
    public static func reserve(_ path: String, for option: String) throws(SystemError) {
        _ = try RunFiles.claim(path: path, .output, for: option)
    }

    // MARK: Standard output as a file

    /// Whether the path means standard output.
    public static func isStandardOutput(_ path: String) -> Bool {
        ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(path)
    }

    /// Transfers the descriptor to another output; text written to this one goes to `substitute` from now on. Returns
    /// nil if it was transferred before.
    public func handOver(writingTo substitute: BufferedOutput) -> BufferedOutput? {
        guard handedOver == nil else { return nil }
        flush()
        let stream = BufferedOutput(descriptor: descriptor, ownsDescriptor: false, capacity: capacity)
        handedOver = (stream, substitute)
        return stream
    }

    // MARK: State

    /// Whether output can still be written.
    public var isOpen: Bool { handedOver?.successor.isOpen ?? isWritable }

    /// Whether the owner has already reported the failure.
    public var isFailureReported = false

    /// The error that ended the output; nil if the reader closed it.
    public var failure: SystemError? { handedOver == nil ? writeFailure : nil }

    /// Whether anything was written, or the file was truncated.
    public var hasBegun: Bool { claim?.hasBegun.load(ordering: .relaxed) ?? true }

    /// Whether text waits for the next flush.
    public var hasUnwritten: Bool { !buffer.isEmpty }

    /// Whether the descriptor is a terminal.
    public let isTerminal: Bool

    /// The width of the terminal in columns; nil if the descriptor is not a terminal.
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

    /// Discards unflushed text.
    public func discard() { buffer.removeAll() }

    /// Discards what was written to a file, to write it again; what the reader of a pipe got stays.
    public func restart() {
        discard()
        watch()
        guard let claim, isWritable, claim.hasBegun.load(ordering: .relaxed), isRegularFile else { return }
        guard ftruncate(descriptor, 0) != 0 || lseek(descriptor, 0, SEEK_SET) != 0 else { return }
        isWritable = false
        writeFailure = .last("ftruncate")
    }

    private var isRegularFile: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG)
    }

    /// Creates the file before the first write, or truncates it.
    private func begin() {
        guard let claim, isWritable, !claim.hasBegun.load(ordering: .relaxed) else { return }
        guard !claim.isRevoked.load(ordering: .relaxed) else {
            isWritable = false
            return
        }
        claim.hasBegun.store(true, ordering: .relaxed)
        if descriptor < 0, let laterPath {
            do {
                descriptor = try Self.opened(laterPath)
            } catch {
                isWritable = false
                writeFailure = error
                return
            }
        }
        guard isRegularFile else { return }
        guard ftruncate(descriptor, 0) != 0 else { return }
        isWritable = false
        writeFailure = .last("ftruncate")
    }

    /// Lets a reactor write the kept bytes when the reader reads again. Without a reactor, `flush` waits for the
    /// reader.
    public func serve(by reactor: Reactor) { self.reactor = reactor }

    /// Writes the remaining bytes at the end of a run.
    public func finish() {
        if let handedOver { return handedOver.substitute.finish() }
        guard !buffer.isEmpty else { return }
        begin()
        drain(isLast: true)
    }

    /// Writes as much as the system accepts.
    public func flush() {
        if let handedOver { return handedOver.substitute.flush() }
        begin()
        drain(isLast: false)
    }

    private func drain(isLast: Bool) {
        var offset = 0
        var lastProgress: Instant?
        while isWritable, offset < buffer.count {
            if let written = write(from: offset) {
                offset += written
                lastProgress = nil
                continue
            }
            guard isWritable else { break }
            // The reader is blocked.
            if !isLast, reactor != nil, buffer.count - offset <= Self.mostPending { break }
            let since = lastProgress ?? SystemClock.now
            lastProgress = since
            guard wait(isLast: isLast, since: since) else { break }
        }
        if !isWritable {
            buffer.removeAll()
        } else if offset == buffer.count {
            buffer.removeAll(keepingCapacity: true)
        } else {
            buffer.removeFirst(offset)
        }
        watch()
    }

    /// The second descriptor of the terminal, or the first if it could not be opened again.
    private var openedTerminal: Int32 {
        if let terminal { return terminal }
        let opened = clinux_open(
            "/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0)
        terminal = opened >= 0 ? opened : descriptor
        return terminal ?? descriptor
    }

    /// Writes once, without blocking; returns nil if the reader is blocked or the write failed.
    private func write(from offset: Int) -> Int? {
        while true {
            var length = buffer.count - offset
            let isSocket = kind == .socket
            let target = kind == .terminal ? openedTerminal : descriptor
            if kind == .pipe || kind == .terminal && target == descriptor {
                var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&state, 1, 0) > 0 else { return nil }
                length = min(length, Self.pipeChunk)
            }
            let written = buffer.withUnsafeBytes { bytes -> Int in
                guard let base = bytes.baseAddress else { return 0 }
                return isSocket
                    ? CLinux.send(descriptor, base + offset, length, Int32(MSG_NOSIGNAL) | clinux_MSG_DONTWAIT)
                    : CLinux.write(target, base + offset, length)
            }
            if written >= 0 { return written }
            switch clinux_errno() {
            case EINTR: continue
            case EAGAIN: return nil
            case EPIPE: isWritable = false
            case let code:
                isWritable = false
                writeFailure = SystemError(code: code, operation: "write")
            }
            return nil
        }
    }

    /// Waits until the reader can read more; returns false to continue without it.
    /// - Parameter since: the time since which the reader is blocked.
    private func wait(isLast: Bool, since: Instant) -> Bool {
        let now = SystemClock.now
        let isEnding = SignalSource.hasAskedToStop.load(ordering: .relaxed) || deadline.map { now >= $0 } ?? false
        if isEnding, !isLast { return false }
        var limit = deadline
        if isEnding {
            let start = if let deadline, deadline <= now { max(since, deadline) } else { since }
            limit = start + Self.patience
        }
        if isEnding, let limit, now >= limit { return giveUp() }
        var polls = (
            pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: stopSignalDescriptor, events: Int16(POLLIN), revents: 0)
        )
        // One millisecond more, so that the next check is after the limit.
        let timeout = limit.map { Int32(clamping: max(($0 - now).count, 0) / 1_000_000 + 1) } ?? -1
        withUnsafeMutablePointer(to: &polls) { pointer in
            _ = pointer.withMemoryRebound(to: pollfd.self, capacity: 2) { poll($0, 2, timeout) }
        }
        guard polls.1.revents != 0 else { return true }
        // A signal: the loop handles it, but at the end of the run the output is given up.
        return isLast ? giveUp() : false
    }

    private func giveUp() -> Bool {
        isWritable = false
        writeFailure = SystemError(
            code: ETIMEDOUT, operation: "write",
            reason: "reader is blocked, \(buffer.count) bytes not written")
        return false
    }

    /// A signalfd for SIGINT and SIGTERM, which are pending only if they are blocked.
    private var stopSignalDescriptor: Int32 {
        if stopSignals < 0 {
            var set = sigset_t()
            sigemptyset(&set)
            for signal in [SIGINT, SIGTERM] { sigaddset(&set, signal) }
            stopSignals = signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        }
        return stopSignals
    }

    /// Lets the reactor wait for the reader while bytes are kept.
    private func watch() {
        guard let reactor, isWatched != (isWritable && !buffer.isEmpty) else { return }
        if isWatched {
            reactor.unwatch(descriptor)
            isWatched = false
        } else {
            isWatched =
                (try? reactor.watch(descriptor, for: .writing) { [weak self] _ in self?.flush() }) != nil
        }
    }
}
