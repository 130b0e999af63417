import PacketEngine
import Testing
import WireFormat

@testable import HostStack

/// Path MTU errors of routers (RFC 1191).
@Suite("path MTU")
struct PathMTUTests {
    @Test("an error applies to all connections to a destination, the MTU never grows, and the entry expires")
    func learning() {
        var table = PathMTUTable()
        let there = IPAddress.v4(IPv4Address(203, 0, 113, 1))
        let now = Instant(nanoseconds: 0)
        #expect(table.learn(1_400, length: 1_500, to: there, at: now) == 1_400)
        #expect(table.learn(1_400, length: 1_500, to: there, at: now) == 1_400)
        #expect(table.learn(1_450, length: 1_500, to: there, at: now) == 1_400)
        #expect(table.learn(1_500, length: 1_500, to: there, at: now) == nil)
        #expect(table.learn(0, length: 1_400, to: there, at: now) == 1_006)
        #expect(table.mtu(to: there, at: now + .seconds(599)) == 1_006)
        #expect(table.mtu(to: there, at: now + .seconds(601)) == nil)
        #expect(table.learn(0, length: 60, to: there, at: now + .seconds(601)) == nil)
    }

    @Test("a connection retransmits in smaller segments")
    func shrinking() {
        var pair = TCPConnectionPair.established()
        pair.send(String(repeating: "a", count: 2_000))
        let first = pair.output()
        #expect(first.first?.length == 536)
        pair.connection.shrinkSegments(to: 300, at: pair.now)
        let again = pair.output()
        #expect(again.first?.sequence == first.first?.sequence && again.allSatisfy { $0.length <= 300 })
        pair.receive(.ack)
        pair.wait(.seconds(5))
        pair.receive(.ack)
        #expect(pair.connection.outgoing.count == 0 && pair.connection.outstanding == 0)
    }
}
