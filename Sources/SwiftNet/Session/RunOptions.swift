import LinuxNet
import LinuxProcess
import PacketEngine

/// How a run treats the process that it is part of, and who else sees its packets. The defaults are those of a library:
/// they leave the process's signals and privileges alone.
public struct RunOptions {
    public enum PrivilegeUse: Sendable {
        /// CAP_NET_RAW is effective while sockets are opened, and then as it was before.
        case keep
        /// Once the sockets are open every thread of the process loses all capabilities, for good.
        case dropForGood
    }

    public enum SignalUse: Sendable {
        case ignore
        /// SIGINT and SIGTERM end the run with its result, SIGQUIT asks for its status. The calling thread blocks
        /// these signals from then on; in a thread that does not, they end the process as before.
        case stopOnInterrupt
    }

    public var privileges = PrivilegeUse.keep
    public var signals = SignalUse.ignore
    /// Ends the run from another thread, with its result so far.
    public var wakeupEvent: WakeupEvent?
    /// Gets the run's frames.
    public var capture: FrameCapture?
    /// Called with every packet of the run, as its sockets see it.
    public var onPacket: ((PacketTrace) -> Void)?
    /// Called with warnings that do not end the run: a name server that does not answer, a target that has no address.
    public var onNotice: ((String) -> Void)?
    /// Called when an interface that the run waits for changes.
    public var onLinkChange: ((LinkChange, Instant) -> Void)?

    public init() {}

    // MARK: For the commands

    /// Notices of minor importance are wanted too.
    package var isVerbose = false
    /// The signals of a terminal too (SIGWINCH, SIGTSTP, SIGHUP), and its keys.
    package var screen: Terminal?
    /// SIGHUP asks the run to read its files again.
    package var reloads = false
    /// Written out while the run waits. The run ends when nothing reads the first any more.
    package var outputs: [BufferedOutput] = []
}
