import SwiftNet

extension IgnoredReply {
    /// The message: which reply was ignored and why.
    var message: String {
        let cause =
            switch reason {
            case .sender(let mac): "\(mac) is \(Self.kind(mac))"
            case .otherStation(let mac): "it is for \(mac)"
            case .otherAddress(let address): "it is for \(address)"
            case .address(let address): "\(address) is \(Self.kind(address))"
            }
        return "ignored a reply from \(source): \(cause)"
    }

    private static func kind(_ mac: MACAddress) -> String {
        switch mac.kind {
        case .broadcast: "the broadcast address"
        case .multicast: "a group address"
        case .unicast: "not a valid station address"
        }
    }

    private static func kind(_ address: IPv4Address) -> String {
        if address.isLimitedBroadcast { return "the broadcast address" }
        if address.isMulticast { return "a group address" }
        if address.isLoopback { return "a loopback address" }
        return address.isReserved ? "a reserved address" : "not a valid host address"
    }
}
