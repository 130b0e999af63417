import Testing
import WireFormat

@testable import LinuxNet

/// The kernel's answers about this host, as its own tools give them.
@Suite("netlink")
struct NetlinkTests {
    @Test("the loopback interface, its addresses and the way to it")
    func loopback() throws {
        let interfaces = try Interface.all()
        let loopback = try #require(interfaces.first { $0.isLoopback })
        #expect(loopback.name == "lo" && loopback.hasEthernetHeader && loopback.mtu >= 1_500)
        #expect(Interface.index(of: "lo") == loopback.index && Interface.name(of: loopback.index) == "lo")
        #expect(Interface.mtu(of: "lo") == loopback.mtu && Interface.index(of: "nosuch0") == nil)
        guard loopback.isUp else { return }
        #expect(loopback.addresses.contains { $0.address == .v4(.loopback) && $0.prefixLength == 8 })
        let route = try RouteTable.route(to: .v4(.loopback))
        #expect(route.kind == .local && route.source == .v4(.loopback) && route.interfaceIndex == loopback.index)
        #expect(route.gateway == nil && route.mtu == loopback.mtu)
    }

    @Test("interfaces are those that ip(8) lists")
    func likeIP() async throws {
        let listed = try await Lab.run(["ip", "-o", "link", "show"])
        let names = listed.lines.compactMap { $0.firstMatch(of: #/^[0-9]+: ([^:@]+)[:@]/#).map { String($0.output.1) } }
        #expect(Set(try Interface.all().map(\.name)) == Set(names))
    }

    @Test("neighbours are read without fail")
    func neighbors() async throws {
        for neighbor in try Neighbor.all() {
            #expect(Interface.name(of: neighbor.interfaceIndex) != nil, "\(neighbor)")
        }
    }

    @Test("where there is no way, the words are those of connect(2)")
    func noRoute() throws {
        #expect(throws: SystemError.self) { try RouteTable.route(to: .v4(.loopback), interface: 0xFFFF) }
    }
}
