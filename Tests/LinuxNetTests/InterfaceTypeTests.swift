import Testing

@testable import LinuxNet

@Suite("types of interfaces")
struct InterfaceTypeTests {
    @Test("each type of linux/if_arp.h that carries IP has its framing, and the others have none")
    func framing() {
        let ethernet: [UInt16] = [1, 772]
        // SLIP and its variants, PPP, raw HDLC, raw IP, IPIP, IPv6 tunnels, SIT, PIM register, TUN and WireGuard.
        let datagram: [UInt16] = [256, 257, 258, 259, 512, 518, 519, 768, 769, 776, 779, 0xFFFE]
        // A GRE tunnel over IPv4 or IPv6 that has a peer.
        let withPeer: [UInt16] = [778, 823]
        for number in 0...UInt16.max {
            let type = InterfaceType(rawValue: number)
            let alone: LinkFraming? =
                ethernet.contains(number) ? .ethernet : datagram.contains(number) ? .datagram : nil
            #expect(type.framing(isPointToPoint: false) == alone)
            #expect(type.framing(isPointToPoint: true) == (withPeer.contains(number) ? .datagram : alone))
            #expect(type.hasEthernetHeader == (alone == .ethernet))
        }
    }

    @Test("a type has a name, and an unknown one its number")
    func names() {
        #expect("\(InterfaceType(rawValue: 512))" == "a PPP link")
        #expect("\(InterfaceType(rawValue: 776))" == "a SIT tunnel")
        #expect("\(InterfaceType(rawValue: 0xFFFE))" == "a TUN or WireGuard interface")
        #expect("\(InterfaceType(rawValue: 32))" == "a link of type 32")
    }
}
