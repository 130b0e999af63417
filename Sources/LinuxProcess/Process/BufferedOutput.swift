import CLinux
import PacketEngine
import Synchronization
import WireFormat

/// A descriptor that text is written to, gathered until it is flushed.
///
/// A closed reader (EPIPE) ends it quietly: `isOpen` turns false and later
/// text goes nowhere. Other failures are kept in `failure`.
///
/// A reader that does not read (a full pipe, a stopped terminal) never makes SIGINT and SIGTERM wait: `flush` keeps
/// what does not fit, up to `mostPending` bytes when a reactor serves the stream, and beyond that waits for the reader
/// and the signals together. `finish` waits as long as the reader takes, but after a signal or the deadline only
/// `patience` for each step of it.
public final class BufferedOutput {
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
    private var handedOver: (successor: BufferedOutput, substitute: BufferedOutput)?
    /// Serves the descriptor when its reader reads again.
    private weak var reactor: Reactor?
    private var isWatched = false
    /// When the run is to end, whether its output is read or not.
    public var deadline: Instant?
    /// Readable when a stop signal is pending; it is not taken from those that handle it.
    private var stopSignals: Int32 = -1
    private lazy var kind = Kind(descriptor)
    /// The terminal, opened once more so as not to wait in a write: the one that was inherited is shared with others,
    /// who do not expect that.
    private var terminal: Int32?

    private enum Kind {
        /// A write never waits for a reader.
        case immediate
        /// A write of no more than a page does not wait when poll(2) has space.
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

    /// Bytes that are kept for a reader that is slow.
    private static let mostPending = 1 << 20
    /// Bytes of one write to a pipe (PIPE_BUF).
    private static let pipeChunk = 4_096
    /// How long a run that is to end waits for a reader that takes nothing.
    private static let patience = Nanoseconds.seconds(1)

    private init(descriptor: Int32, ownsDescriptor: Bool, capacity: Int, claim: RunFiles.Claim? = nil) {
        self.descriptor = descriptor
        self.ownsDescriptor = ownsDescriptor
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
        if ownsDescriptor { close(descriptor) }
    }

    public static func standardOutput() -> BufferedOutput {
        BufferedOutput(descriptor: 1, ownsDescriptor: false, capacity: 1 << 16)
    }

    public static func standardError() -> BufferedOutput {
        BufferedOutput(descriptor: 2, ownsDescriptor: false, capacity: 1 << 12)
    }

    /// Creates a file, or opens one that is there; its contents are replaced when the first of the new ones are flushed,
    /// so that a run that cannot begin destroys nothing. It is made with the rights of the real user.
    /// - Parameter option: what names the file on the command line; with it, a file that is an input or another
    ///   output of the run is refused.
    public static func file(_ path: String, for option: String? = nil) throws(SystemError) -> BufferedOutput {
        // Once before it is opened, and once more for what was opened: the file may be new.
        if let option { RunFiles.release(try RunFiles.claim(path: path, .output, for: option)) }
        let opened = try opened(path)
        var claim = RunFiles.Claim()
        do {
            if let option {
                claim = try RunFiles.claim(descriptor: opened, path: path, .output, for: option)
            }
        } catch {
            close(opened)
            throw error
        }
        return BufferedOutput(descriptor: opened, ownsDescriptor: true, capacity: 1 << 16, claim: claim)
    }

    /// A named pipe has no reader yet when it fails with ENXIO; the wait for one ends with a signal too.
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
    public func handOver(writingTo substitute: BufferedOutput) -> BufferedOutput? {
        guard handedOver == nil else { return nil }
        flush()
        let stream = BufferedOutput(descriptor: descriptor, ownsDescriptor: false, capacity: capacity)
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

    /// Has a reactor write what was kept once the reader reads again. Without one `flush` waits for the reader.
    public func serve(by reactor: Reactor) { self.reactor = reactor }

    /// Writes the rest at the end of a run.
    public func finish() {
        if let handedOver { return handedOver.substitute.finish() }
        guard !buffer.isEmpty else { return }
        begin()
        drain(isLast: true)
    }

    /// Hands everything over to the system that it takes.
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
            // The reader takes nothing now.
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

    /// The terminal's second descriptor; the first where there is none.
    private var openedTerminal: Int32 {
        if let terminal { return terminal }
        let opened = clinux_open(
            "/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0)
        terminal = opened >= 0 ? opened : descriptor
        return terminal ?? descriptor
    }

    /// Writes once, without waiting; nil when the reader takes nothing now, or when it failed.
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

    /// Waits until the reader may take more; false to go on without it.
    /// - Parameter since: when it took nothing for the first time.
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
        // A millisecond more than is left, so that the next look is after the limit.
        let timeout = limit.map { Int32(clamping: max(($0 - now).count, 0) / 1_000_000 + 1) } ?? -1
        withUnsafeMutablePointer(to: &polls) { pointer in
            _ = pointer.withMemoryRebound(to: pollfd.self, capacity: 2) { poll($0, 2, timeout) }
        }
        guard polls.1.revents != 0 else { return true }
        // A signal: in the loop it is the loop's, at the end it is the last word.
        return isLast ? giveUp() : false
    }

    private func giveUp() -> Bool {
        isWritable = false
        writeFailure = SystemError(
            code: ETIMEDOUT, operation: "write",
            reason: "the reader does not read: \(buffer.count) bytes were not written")
        return false
    }

    /// SIGINT and SIGTERM, which are pending only where something has blocked them to handle them.
    private var stopSignalDescriptor: Int32 {
        if stopSignals < 0 {
            var set = sigset_t()
            sigemptyset(&set)
            for signal in [SIGINT, SIGTERM] { sigaddset(&set, signal) }
            stopSignals = signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        }
        return stopSignals
    }

    /// Has the reactor wait for the reader while something is kept for it.
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
