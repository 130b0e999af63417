import CLinux
import PacketEngine
import Synchronization

/// Receives SIGINT, SIGTERM and SIGQUIT, and those of a terminal whose mode is changed, through a descriptor
/// (signalfd(2)).
public final class SignalSource: Sendable {
    let descriptor: Descriptor
    private let reloads: Bool
    /// The first signal that requested a stop.
    private let stopSignal = Mutex<Int32?>(nil)

    /// Whether a signal has requested this process to stop.
    static let hasAskedToStop = Atomic(false)

    /// Blocks the signals for the calling thread and threads that it starts, and receives them instead. SIGPIPE is
    /// ignored, so that a write to a closed output fails instead of ending the process.
    /// - Parameters:
    ///   - terminal: for a full screen, SIGWINCH, SIGHUP and SIGTSTP are handled too; for keys only, SIGTSTP.
    ///   - reloads: whether SIGHUP requests a reload of files.
    public init(terminal: Terminal? = nil, reloads: Bool = false) throws(SystemError) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGQUIT] { sigaddset(&set, signal) }
        if let terminal {
            for signal in terminal.isFullScreen ? [SIGWINCH, SIGTSTP, SIGHUP] : [SIGTSTP] { sigaddset(&set, signal) }
        }
        if reloads { sigaddset(&set, SIGHUP) }
        guard pthread_sigmask(SIG_BLOCK, &set, nil) == 0 else { throw .last("pthread_sigmask") }
        clinux_ignore_signal(SIGPIPE)
        let opened = signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        guard opened >= 0 else { throw .last("signalfd") }
        descriptor = Descriptor(owning: opened)
        self.reloads = reloads
    }

    /// The first signal that requested a stop, as an interruption of a run that has sent nothing yet.
    var interruption: Interruption? { stopSignal.withLock { $0.map { Interruption(signal: $0) } } }

    /// Reads the pending signals and returns the wake reasons.
    func read() -> WakeReason {
        var wakeReason: WakeReason = []
        var information = signalfd_siginfo()
        while CLinux.read(descriptor.rawValue, &information, MemoryLayout<signalfd_siginfo>.size)
            == MemoryLayout<signalfd_siginfo>.size
        {
            switch Int32(bitPattern: information.ssi_signo) {
            case SIGQUIT: wakeReason.insert(.status)
            case SIGWINCH: wakeReason.insert(.resized)
            case SIGTSTP: wakeReason.insert(.suspend)
            case SIGHUP where reloads: wakeReason.insert(.reload)
            case let number:
                wakeReason.insert(.stop)
                Self.hasAskedToStop.store(true, ordering: .relaxed)
                stopSignal.withLock { $0 = $0 ?? number }
            }
        }
        return wakeReason
    }
}

/// A run was stopped before anything was sent. The command ends as if the signal were not handled, so that a shell
/// sees status 130 after Ctrl-C and stops its loop.
public struct Interruption: Error, Equatable, Sendable {
    /// Nil if another thread requested the stop.
    let signal: Int32?

    /// Ends the process by the signal, if there is one.
    public func raise() { if let signal { clinux_raise_by_default(signal) } }
}
