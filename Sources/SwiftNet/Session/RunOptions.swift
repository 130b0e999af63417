import LinuxNet
import LinuxProcess
import PacketEngine

/// The effect of a run on its process, and other recipients of its packets. The defaults suit a library: they leave the
/// process's signals and privileges alone.
public struct RunOptions {
    public enum PrivilegeUse: Sendable {
        /// CAP_NET_RAW is effective only while sockets are opened.
        case keep
        /// After the sockets are open, every thread of the process permanently drops all capabilities.
        case dropForGood
    }

    public enum SignalUse: Sendable {
        case ignore
        /// SIGINT and SIGTERM end the run with its result, SIGQUIT requests its status. The calling thread blocks these
        /// signals from then on; in a thread that does not block them, they end the process as before.
        case stopOnInterrupt
    }

    public var privileges = PrivilegeUse.keep
    public var signals = SignalUse.ignore
    /// Ends the run from another thread, with its result so far.
    public var wakeupEvent: WakeupEvent?
    /// Receives the run's frames.
    public var capture: FrameCapture?
    /// Called with every packet of the run, as its sockets see it.
    public var onPacket: ((PacketTrace) -> Void)?
    /// Called with warnings that do not end the run: a name server that does not answer, a target without an address.
    public var onNotice: ((String) -> Void)?
    /// Called when an interface that the run waits for changes.
    public var onLinkChange: ((LinkChange, Instant) -> Void)?

    public init() {}

    // MARK: Used by the commands

    /// Whether minor notices are reported too.
    package var isVerbose = false
    /// The terminal whose keys and signals (SIGTSTP; for a full screen SIGWINCH and SIGHUP too) the run handles.
    package var terminal: Terminal?
    /// Whether SIGHUP makes the run read its files again.
    package var reloads = false
    /// The outputs flushed while the run waits. The run ends when the reader of the first one is gone.
    package var outputs: [BufferedOutput] = []
}
