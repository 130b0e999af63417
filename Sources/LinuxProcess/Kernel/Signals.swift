import CLinux
import PacketEngine
import Synchronization

/// SIGINT, SIGTERM and SIGQUIT, and for a full screen those of its terminal, as something that can be waited for (signalfd(2)).
public final class SignalSource: Sendable {
    let descriptor: Descriptor
    private let reloads: Bool
    /// The first that asked to stop.
    private let stopSignal = Mutex<Int32?>(nil)

    /// A signal has asked this process to stop.
    static let hasAskedToStop = Atomic(false)

    /// Blocks the signals for the calling thread and those that it starts, and takes them over; SIGPIPE is
    /// ignored, so that writing to a closed output fails instead of ending the process.
    /// - Parameters:
    ///   - ofScreen: the terminal's size, its end and Ctrl-Z too.
    ///   - reloads: SIGHUP asks to read files again.
    public init(ofScreen: Bool = false, reloads: Bool = false) throws(SystemError) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGQUIT] { sigaddset(&set, signal) }
        if ofScreen { for signal in [SIGWINCH, SIGTSTP, SIGHUP] { sigaddset(&set, signal) } }
        if reloads { sigaddset(&set, SIGHUP) }
        guard pthread_sigmask(SIG_BLOCK, &set, nil) == 0 else { throw .last("pthread_sigmask") }
        clinux_ignore_signal(SIGPIPE)
        let opened = signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        guard opened >= 0 else { throw .last("signalfd") }
        descriptor = Descriptor(owning: opened)
        self.reloads = reloads
    }

    /// The first signal that asked to stop, as the end of a run that has done nothing yet.
    var interruption: Interruption? { stopSignal.withLock { $0.map { Interruption(signal: $0) } } }

    /// What the pending signals ask for.
    func read() -> WakeReason {
        var wakening: WakeReason = []
        var information = signalfd_siginfo()
        while CLinux.read(descriptor.rawValue, &information, MemoryLayout<signalfd_siginfo>.size)
            == MemoryLayout<signalfd_siginfo>.size
        {
            switch Int32(bitPattern: information.ssi_signo) {
            case SIGQUIT: wakening.insert(.status)
            case SIGWINCH: wakening.insert(.resized)
            case SIGTSTP: wakening.insert(.suspend)
            case SIGHUP where reloads: wakening.insert(.reload)
            case let number:
                wakening.insert(.stop)
                Self.hasAskedToStop.store(true, ordering: .relaxed)
                stopSignal.withLock { $0 = $0 ?? number }
            }
        }
        return wakening
    }
}

/// A run was asked to stop before anything was sent. A command ends as the signal ends a program that does not handle
/// it, so that a shell sees 130 after Ctrl-C and stops its loop.
public struct Interruption: Error, Equatable, Sendable {
    /// Nil where another thread asked.
    let signal: Int32?

    /// Ends the process by the signal, where there was one.
    public func raise() { if let signal { clinux_raise_by_default(signal) } }
}
