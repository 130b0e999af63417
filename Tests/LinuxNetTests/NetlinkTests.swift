import LinuxProcess
import Testing
import WireFormat

@testable import LinuxNet

/// Netlink queries about this host.
@Suite("netlink")
struct NetlinkTests {
    @Test("the loopback interface, its addresses and the route to it")
    func loopback() throws {
        let interfaces = try Interface.all()
        let loopback = try #require(interfaces.first { $0.isLoopback })
        #expect(loopback.name == "lo" && loopback.hasEthernetHeader && loopback.mtu >= 1_500)
        #expect(Interface.index(of: "lo") == loopback.index && Interface.name(of: loopback.index) == "lo")
        #expect(Interface.index(of: "nosuch0") == nil)
        guard loopback.isUp else { return }
        #expect(loopback.addresses.contains { $0.address == .v4(.loopback) && $0.prefixLength == 8 })
        let route = try RouteTable.route(to: .v4(.loopback))
        #expect(route.kind == .local && route.source == .v4(.loopback) && route.interfaceIndex == loopback.index)
        #expect(route.gateway == nil && route.mtu == loopback.mtu && route.linkMTU == loopback.mtu)
    }

    @Test("the interfaces are those that sysfs lists")
    func likeSysfs() throws {
        let listed = try Folder.files(of: "/sys/class/net").compactMap {
            $0.split(separator: "/").last.map(String.init)
        }
        #expect(Set(try Interface.all().map(\.name)) == Set(listed))
    }

    @Test("every neighbor is on an interface")
    func neighbors() async throws {
        for neighbor in try Neighbor.all() {
            #expect(Interface.name(of: neighbor.interfaceIndex) != nil, "\(neighbor)")
        }
    }

    @Test("the intervals of a range cover it, and each address has the route of its interval")
    func pieces() throws {
        let first = IPAddress.v4(IPv4Address(126, 255, 255, 0))
        let last = IPAddress.v4(IPv4Address(128, 0, 0, 255))
        let pieces = try RouteTable.pieces(from: first, through: last)
        #expect(pieces.first?.first == first && pieces.last?.last == last)
        for (before, after) in zip(pieces, pieces.dropFirst()) {
            #expect(after.first.number == before.last.number + 1)
        }
        let addresses =
            [first, last] + pieces.flatMap { [$0.first, $0.last] }
            + (0..<200).map { _ in
                IPAddress(.v4, number: UInt128.random(in: first.number...last.number))
            }
        for address in addresses {
            let piece = try #require(pieces.first { $0.first <= address && address <= $0.last })
            let route = try? RouteTable.route(to: address)
            #expect(route == (try? piece.route.get()), "\(address) of \(piece)")
        }
        let loopback = try #require(pieces.first { $0.first <= .v4(.loopback) && .v4(.loopback) <= $0.last })
        #expect((try? loopback.route.get())?.kind == .local || (try? RouteTable.route(to: .v4(.loopback))) == nil)
    }

    @Test("without a route, the lookup fails")
    func noRoute() throws {
        #expect(throws: SystemError.self) { try RouteTable.route(to: .v4(.loopback), interface: 0xFFFF) }
    }
}
