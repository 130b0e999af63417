import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Captures the segments of a run's own connections: for `--pcap`, for `--explain`, and for SYN-ACK properties. The
/// kernel handles the connections themselves.
final class ConnectionTap {
    private var tap: PacketTap?
    private var connections = ConnectionTracker()
    private let options: RunOptions
    private let segments: SegmentReports

    /// Opens the tap; CAP_NET_RAW must be effective.
    init(_ options: RunOptions, _ segments: SegmentReports) throws(SystemError) {
        self.options = options
        self.segments = segments
        tap = try PacketTap { [weak self] frame in self?.take(frame) }
    }

    /// Starts to capture on all interfaces.
    func start() throws(SystemError) { try tap?.start(filter: .protocols([.tcp])) }

    /// Registers a connection that is being opened, before its first reply can be read.
    func begin(_ endpoint: StreamEndpoint, localPort: UInt16) {
        guard case .tcp(let address, _, let port) = endpoint else { return }
        connections.begin(address, port: port, localPort: localPort)
    }

    private func take(_ frame: PacketTap.Frame) {
        let direction = connections.take(
            frame.bytes.rawBytes, hasEthernetHeader: frame.hasEthernetHeader, stamp: frame.wallTime)
        guard let direction else { return }
        let isOutbound = direction == .outbound
        options.capture?.write(frame, isOutbound: isOutbound)
        segments.take(
            frame.bytes.rawBytes, hasEthernetHeader: frame.hasEthernetHeader, isOutbound: isOutbound,
            stamp: frame.wallTime)
        options.onPacket?(
            PacketTrace(
                direction: isOutbound ? .outbound : .inbound, frame: frame.bytes,
                hasEthernetHeader: frame.hasEthernetHeader))
    }

    /// Processes captured segments.
    func drain() { tap?.drain() }

    /// Returns the properties of the SYN-ACK of an outcome's connection.
    func handshake(of outcome: HTTPOutcome) -> HandshakeFacts? {
        drain()
        guard case .tcp(let address, _, let port) = outcome.endpoint, let localPort = outcome.localPort else {
            return nil
        }
        return connections.handshake(address, port: port, localPort: localPort)
    }

    /// Processes the last segments, which the kernel still acknowledges after the run, and writes the capture.
    func finish() {
        tap?.drain(untilQuietFor: 20)
        options.capture?.begin()
        options.capture?.finish(of: tap)
    }
}

/// Describes the captured segments of a run's own connections.
final class SegmentReports {
    var onSegment: ((SegmentRecord) -> Void)?
    private var ladder = SegmentLadder()

    /// Processes a captured frame or datagram.
    /// - Parameter stamp: the time in nanoseconds, on any clock.
    func take(_ bytes: RawSpan, hasEthernetHeader: Bool, isOutbound: Bool, stamp: Int64) {
        guard let onSegment else { return }
        var offset = 0
        if hasEthernetHeader {
            guard let frame = ReceivedFrame(bytes) else { return }
            offset = frame.payloadOffset
        }
        if let record = ladder.take(datagram: bytes.dropping(offset), isOutbound: isOutbound, stamp: stamp) {
            onSegment(record)
        }
    }
}
