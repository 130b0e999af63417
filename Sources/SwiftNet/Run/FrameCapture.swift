import LinuxNet
import LinuxProcess
import WireFormat

/// The frames of a run in a pcapng file, with nanosecond time stamps.
public final class FrameCapture {
    public enum Problem: Equatable, Sendable {
        /// The file could not be written any further; the value is the reason.
        case ended(String)
        /// The kernel dropped frames before they could be read; the value is their number.
        case lost(UInt64)
    }

    private let file: BufferedOutput
    private let isStandardOutput: Bool
    private(set) var tap: PacketTap?
    private var hasStarted = false
    /// Numbers of the interfaces in the file, by the kernel's index.
    private var interfaces: [UInt32: UInt32] = [:]
    /// Which frames of those that the filter lets through are the run's own.
    private var isWanted: ((PacketTap.Frame) -> Bool)?

    /// The file could not be written to its end.
    public private(set) var hasFailed = false
    /// Called at once with each problem; none ends the run.
    public var onProblem: ((Problem) -> Void)?

    /// A capture that writes to a file.
    /// - Parameter application: the name and version of the program, for the file's header.
    public convenience init(path: String, application: String) throws(SwiftNetError) {
        self.init(
            writingTo: try SwiftNetError.wrapping { try BufferedOutput.file(path) }, application: application)
    }

    /// - Parameter isStandardOutput: a reader that closes it ends the run, and is no problem.
    package init(writingTo file: BufferedOutput, isStandardOutput: Bool = false, application: String) {
        self.file = file
        self.isStandardOutput = isStandardOutput
        file.write(PcapNG.sectionHeader(application: application))
    }

    /// Opens the tap; CAP_NET_RAW must be effective.
    func open() throws(SwiftNetError) {
        do {
            tap = try PacketTap { [weak self] frame in self?.write(frame) }
        } catch {
            var failure = SwiftNetError(error)
            (failure.subject, failure.reason) = ("--pcap", error.description)
            throw failure
        }
    }

    /// Begins to listen for what a filter lets through, on one interface or, with 0, on all.
    /// - Parameter isOwn: which frames of those are the run's.
    func start(
        _ filter: SocketFilter, interface: UInt32 = 0, isOwn: @escaping (PacketTap.Frame) -> Bool = { _ in true }
    ) throws {
        isWanted = isOwn
        hasStarted = true
        // A run that cannot begin leaves the file of an earlier one as it is; now it begins.
        file.flush()
        try tap?.start(filter: filter, interface: interface)
    }

    private func write(_ frame: PacketTap.Frame) {
        guard isWanted?(frame) ?? true else { return }
        write(frame, isOutbound: frame.isOutbound)
    }

    /// Writes a frame that is the run's own.
    func write(_ frame: PacketTap.Frame, isOutbound: Bool) {
        guard !hasFailed else { return }
        let number: UInt32
        if let known = interfaces[frame.interfaceIndex] {
            number = known
        } else {
            number = UInt32(interfaces.count)
            interfaces[frame.interfaceIndex] = number
            file.write(
                PcapNG.interface(
                    name: Interface.name(of: frame.interfaceIndex) ?? "?",
                    linkType: frame.hasEthernetHeader ? .ethernet : .rawIP))
        }
        file.write(
            PcapNG.packet(
                frame.bytes.rawBytes, interface: number, nanoseconds: UInt64(max(frame.wallTime, 0)),
                direction: isOutbound ? .outbound : .inbound))
        reportFailureOnce()
    }

    /// Writes what the tap still holds.
    /// - Parameter other: the tap that the frames came from, when it is not the capture's own.
    func finish(of other: PacketTap? = nil) {
        // What runs before the capture is started, such as a check of an address, is no part of it.
        guard hasStarted || other != nil else { return }
        let tap = other ?? tap
        tap?.drain()
        file.flush()
        reportFailureOnce()
        if let lost = tap?.overflowCount, lost > 0 { onProblem?(.lost(lost)) }
    }

    private func reportFailureOnce() {
        // A reader of standard output that went ends the run quietly, as with any output there.
        guard !hasFailed, !file.isOpen, file.failure != nil || !isStandardOutput else { return }
        hasFailed = true
        file.isFailureReported = true
        onProblem?(.ended(file.failure?.message ?? "the reader is gone"))
    }
}
