import Diagnostics
import LinuxNet
import LinuxProcess
import WireFormat

/// The frames of a run in a pcapng file, nanosecond stamps.
final class FrameCapture {
    private let file: OutputStream
    private let path: String
    private let console: Console
    private(set) var tap: PacketTap?
    /// Numbers of the interfaces in the file, by the kernel's index.
    private var interfaces: [UInt32: UInt32] = [:]
    private var hasComplained = false
    /// Which frames of those that the filter lets through are the run's own.
    private var isWanted: ((PacketTap.Frame) -> Bool)?

    /// The file could not be written to its end.
    var hasFailed: Bool { hasComplained }

    init(path: String, console: Console) throws {
        self.path = path
        self.console = console
        file = try console.file(path, for: "--pcap")
        file.write(PcapNG.sectionHeader(application: "swift-net \(CommandTree.version)"))
    }

    /// Opens the tap; CAP_NET_RAW must be effective.
    func open() throws {
        // All inputs have been read by now.
        file.flush()
        do {
            tap = try PacketTap { [weak self] frame in self?.write(frame) }
        } catch {
            throw CannotRun(message: "--pcap: \(error)", hints: error.isPermission ? [Privileges.hint] : [])
        }
    }

    /// Begins to listen for the conversation of a ping, with the search for neighbors' stations where it has one.
    func start(identifier: UInt16, question: Question, withNeighbors: Bool = false) throws {
        let types = [question.requestType(.v4), question.answerType(.v4)].map(ICMPv4Type.init(rawValue:))
        let typesV6 = [question.requestType(.v6), question.answerType(.v6)].map(ICMPv6Type.init(rawValue:))
        try tap?.start(
            filter: .conversation(
                identifier: identifier, types: types, typesV6: typesV6, withNeighbors: withNeighbors))
    }

    /// Begins to listen for the packets of traces and what answers them.
    func start(tracing configurations: [TraceConfiguration]) throws {
        let protocols: [IPProtocol] =
            [.icmp, .icmpv6] + (configurations.contains { $0.method == .udp } ? [.udp] : [])
            + (configurations.contains { $0.method == .tcp } ? [.tcp] : [])
        isWanted = { frame in
            let packet = frame.bytes.rawBytes.dropping(frame.hasEthernetHeader ? 14 : 0)
            return configurations.contains { $0.isOwn(packet) }
        }
        try tap?.start(filter: .protocols(protocols))
    }

    /// Begins to listen for what a filter lets through, on one interface or, with 0, on all.
    /// - Parameter isOwn: which frames of those are the run's.
    func start(
        _ filter: SocketFilter, interface: UInt32, isOwn: @escaping (RawSpan) -> Bool = { _ in true }
    ) throws {
        isWanted = { isOwn($0.bytes.rawBytes) }
        try tap?.start(filter: filter, interface: interface)
    }

    private func write(_ frame: PacketTap.Frame) {
        guard isWanted?(frame) ?? true else { return }
        write(frame, isOutbound: frame.isOutbound)
    }

    /// Writes a frame that is the run's own.
    func write(_ frame: PacketTap.Frame, isOutbound: Bool) {
        guard !hasComplained else { return }
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
        complainOnce()
    }

    /// Writes what the tap still holds.
    /// - Parameter other: the tap that the frames came from, when it is not the capture's own.
    func finish(of other: PacketTap? = nil) {
        let tap = other ?? tap
        tap?.drain()
        file.flush()
        complainOnce()
        if let lost = tap?.overflowCount, lost > 0 { console.complain("--pcap: \(lost) frames were lost here") }
    }

    private func complainOnce() {
        // A reader of standard output that went ends the run quietly, as with any output there.
        guard !hasComplained, !file.isOpen, file.failure != nil || !OutputStream.isStandardOutput(path) else { return }
        hasComplained = true
        file.isFailureReported = true
        console.complain("--pcap: \(path): \(file.failure?.message ?? "the reader is gone"); the capture ends here")
    }
}
