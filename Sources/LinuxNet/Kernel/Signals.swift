import CLinux
import PacketEngine

/// SIGINT, SIGTERM and SIGQUIT, and for a full screen those of its terminal, as something that can be waited for (signalfd(2)).
public struct SignalSource: ~Copyable, Sendable {
    let descriptor: Descriptor
    private let reloads: Bool

    /// Blocks the signals for this process and takes them over; SIGPIPE is
    /// ignored, so that a closed output is an error to see and not a death.
    /// - Parameters:
    ///   - ofScreen: the terminal's size, its end and Ctrl-Z too.
    ///   - reloads: SIGHUP is a wish to read files again.
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

    /// What the signals that have come say.
    func read() -> Wakening {
        var wakening: Wakening = []
        var information = signalfd_siginfo()
        while CLinux.read(descriptor.rawValue, &information, MemoryLayout<signalfd_siginfo>.size)
            == MemoryLayout<signalfd_siginfo>.size
        {
            switch Int32(bitPattern: information.ssi_signo) {
            case SIGQUIT: wakening.insert(.status)
            case SIGWINCH: wakening.insert(.resized)
            case SIGTSTP: wakening.insert(.suspend)
            case SIGHUP where reloads: wakening.insert(.reload)
            default: wakening.insert(.stop)
            }
        }
        return wakening
    }
}

/// A bell that another thread rings (eventfd(2)).
public final class Bell: Sendable {
    let descriptor: Descriptor

    public init() throws(SystemError) {
        let opened = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard opened >= 0 else { throw .last("eventfd") }
        descriptor = Descriptor(owning: opened)
    }

    /// Wakes whoever waits for the bell.
    public func ring() { eventfd_write(descriptor.rawValue, 1) }

    /// True when the bell was rung since the last call.
    func answer() -> Bool {
        var count: eventfd_t = 0
        return eventfd_read(descriptor.rawValue, &count) == 0
    }
}
