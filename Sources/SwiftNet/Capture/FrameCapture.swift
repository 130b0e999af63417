import LinuxNet
import LinuxProcess
import WireFormat

/// Writes the frames of a run to a pcapng file with nanosecond timestamps.
public final class FrameCapture {
    public enum Problem: Equatable, Sendable {
        /// Writing failed; the value is the reason.
        case ended(String)
        /// The kernel dropped frames before they could be read; the value is their number.
        case lost(UInt64)
    }

    private let file: BufferedOutput
    private let isStandardOutput: Bool
    private(set) var tap: PacketTap?
    private var hasBegun = false
    /// Bytes to write when the run begins.
    private var waitingCount = 0
    private static let mostWaiting = 1 << 15
    private var writer = PcapNGWriter()
    /// Selects the run's own frames among those that pass the filter.
    private var isWanted: ((PacketTap.Frame) -> Bool)?

    /// Whether the file could not be written to its end.
    public private(set) var hasFailed = false
    /// Called at once with each problem; none ends the run.
    public var onProblem: ((Problem) -> Void)?

    /// Creates a capture to a file.
    /// - Parameter application: the name and version of the program, for the file header.
    public convenience init(path: String, application: String) throws(SwiftNetError) {
        self.init(
            writingTo: try SwiftNetError.wrapping { try BufferedOutput.file(path) }, application: application)
    }

    /// - Parameter isStandardOutput: whether the file is standard output, where a closed reader ends the run and is not
    ///   a problem.
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

    /// Starts to receive frames that pass a filter, on one interface or, with 0, on all.
    /// - Parameters:
    ///   - vlan: the VLAN of the run; nil for untagged frames.
    ///   - isOwn: selects the run's own frames.
    ///   - beginsFile: whether the run begins; otherwise the file is not touched until `begin`.
    func start(
        _ filter: SocketFilter, interface: UInt32 = 0, vlan: UInt16? = nil, beginsFile: Bool = true,
        isOwn: @escaping (PacketTap.Frame) -> Bool = { _ in true }
    ) throws {
        isWanted = { frame in vlan.map { Self.isWanted(frame, in: $0) } ?? true && isOwn(frame) }
        if beginsFile { begin() }
        try tap?.start(filter: vlan == nil ? filter : filter.orTagged, interface: interface)
    }

    /// Whether a frame with a tag in its bytes was sent in the VLAN, rather than received with a second tag.
    private static func isWanted(_ frame: PacketTap.Frame, in vlan: UInt16) -> Bool {
        let bytes = frame.bytes.rawBytes
        guard let header = try? EthernetView(bytes), header.etherType == .vlan,
            let tag = try? VLANTagView(header.payload)
        else { return true }
        return frame.isOutbound ? tag.identifier == vlan : tag.etherType != .vlan
    }

    /// Truncates the file. A run that cannot begin leaves an existing file unchanged.
    func begin() {
        hasBegun = true
        file.flush()
    }

    private func write(_ frame: PacketTap.Frame) {
        guard isWanted?(frame) ?? true else { return }
        write(frame, isOutbound: frame.isOutbound)
    }

    /// Writes a frame if it is the run's own.
    func write(_ frame: PacketTap.Frame, isOutbound: Bool) {
        guard !hasFailed else { return }
        if !hasBegun {
            // More frames would begin the file.
            waitingCount += frame.bytes.rawBytes.byteCount
            guard waitingCount <= Self.mostWaiting else { return }
        }
        file.write(
            writer.blocks(
                of: frame.bytes.rawBytes,
                on: .init(index: frame.interfaceIndex, linkType: frame.hasEthernetHeader ? .ethernet : .rawIP),
                name: Interface.name(of: frame.interfaceIndex) ?? "?", nanoseconds: frame.wallTime,
                direction: isOutbound ? .outbound : .inbound))
        reportFailureOnce()
    }

    /// Writes the frames still in the tap.
    /// - Parameter other: the tap that the frames came from, if it is not the capture's own.
    func finish(of other: PacketTap? = nil) {
        // Frames before the start of the capture, such as an address check, are not recorded.
        guard hasBegun else { return }
        let tap = other ?? tap
        tap?.drain()
        file.flush()
        reportFailureOnce()
        if let lost = tap?.overflowCount, lost > 0 { onProblem?(.lost(lost)) }
    }

    /// Ends the capture of a run that could not begin: its file is left unchanged.
    func discard() {
        if !hasBegun { file.discard() }
    }

    private func reportFailureOnce() {
        // A closed reader of standard output ends the run quietly.
        guard !hasFailed, !file.isOpen, file.failure != nil || !isStandardOutput else { return }
        hasFailed = true
        file.isFailureReported = true
        onProblem?(.ended(file.failure?.message ?? "the reader has closed it"))
    }
}
