import Testing

@testable import SwiftNet

@Suite("captured segments of a run")
struct SegmentReportTests {
    @Test("equal from a frame, from a frame with a priority tag (IEEE 802.1Q), and from a datagram")
    func tags() throws {
        let segment = TCPSegment(sourcePort: 40_000, destinationPort: 80, sequenceNumber: 7, flags: .syn)
        let header = IPv4Header(
            source: IPv4Address(192, 0, 2, 1), destination: IPv4Address(192, 0, 2, 2), protocol: .tcp,
            payloadLength: segment.byteCount)
        let datagram = header.encoded() + segment.encoded()
        let addresses: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]
        let records = [addresses + [0x08, 0x00], addresses + [0x81, 0x00, 0x60, 0x00, 0x08, 0x00], []].map { link in
            var records: [SegmentRecord] = []
            let reports = SegmentReports()
            reports.onSegment = { records.append($0) }
            let bytes = link + datagram
            reports.take(bytes.rawBytes, hasEthernetHeader: !link.isEmpty, isOutbound: true, stamp: 0)
            return records
        }
        #expect(records[0].count == 1 && records[0].first?.kind == .handshake)
        #expect(records[1] == records[0] && records[2] == records[0])
    }
}
