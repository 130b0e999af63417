// The meaning of ICMP messages, with the traditional texts of ping.

extension ICMPv4Type {
    /// Returns the meaning of a message of this type.
    /// - Parameters:
    ///   - code: the code field.
    ///   - information: the 4 bytes after the checksum, with MTU, pointer or gateway.
    public func meaning(code: UInt8, information: UInt32) -> String {
        switch self {
        case .echoReply: return "Echo Reply"
        case .destinationUnreachable:
            return ICMPv4UnreachableCode(rawValue: code).meaning(nextHopMTU: UInt16(truncatingIfNeeded: information))
        case .sourceQuench: return "Source Quench"
        case .redirect:
            let kind =
                switch code {
                case 0: "Redirect Network"
                case 1: "Redirect Host"
                case 2: "Redirect Type of Service and Network"
                case 3: "Redirect Type of Service and Host"
                default: "Redirect, Bad Code: \(code)"
                }
            return "\(kind)(New nexthop: \(IPv4Address(rawValue: information)))"
        case .echoRequest: return "Echo Request"
        case .routerAdvertisement: return "Router Advertisement"
        case .routerSolicitation: return "Router Solicitation"
        case .timeExceeded:
            switch code {
            case 0: return "Time to live exceeded"
            case 1: return "Frag reassembly time exceeded"
            default: return "Time exceeded, Bad Code: \(code)"
            }
        case .parameterProblem: return "Parameter problem: pointer = \(information >> 24)"
        case .timestampRequest: return "Timestamp"
        case .timestampReply: return "Timestamp Reply"
        case .informationRequest: return "Information Request"
        case .informationReply: return "Information Reply"
        case .addressMaskRequest: return "Address Mask Request"
        case .addressMaskReply: return "Address Mask Reply"
        default: return "Bad ICMP type: \(rawValue)"
        }
    }
}

extension ICMPv4UnreachableCode {
    /// Returns the meaning of the code; the MTU is used for code 4.
    public func meaning(nextHopMTU: UInt16) -> String {
        switch self {
        case .network: "Destination Net Unreachable"
        case .host: "Destination Host Unreachable"
        case .protocol: "Destination Protocol Unreachable"
        case .port: "Destination Port Unreachable"
        case .fragmentationNeeded: "Frag needed and DF set (mtu = \(nextHopMTU))"
        case .sourceRouteFailed: "Source Route Failed"
        case .networkUnknown: "Destination Net Unknown"
        case .hostUnknown: "Destination Host Unknown"
        case .sourceHostIsolated: "Source Host Isolated"
        case .networkProhibited: "Destination Net Prohibited"
        case .hostProhibited: "Destination Host Prohibited"
        case .networkForTypeOfService: "Destination Net Unreachable for Type of Service"
        case .hostForTypeOfService: "Destination Host Unreachable for Type of Service"
        case .communicationProhibited: "Packet filtered"
        case .hostPrecedenceViolation: "Precedence Violation"
        case .precedenceCutoff: "Precedence Cutoff"
        default: "Dest Unreachable, Bad Code: \(rawValue)"
        }
    }
}

extension ICMPv6Type {
    /// Returns the meaning of a message of this type.
    /// - Parameters:
    ///   - code: the code field.
    ///   - information: the 4 bytes after the checksum, with MTU or pointer.
    public func meaning(code: UInt8, information: UInt32) -> String {
        switch self {
        case .destinationUnreachable:
            return "Destination unreachable: " + ICMPv6UnreachableCode(rawValue: code).meaning
        case .packetTooBig:
            return "Packet too big: mtu=\(information)" + (code == 0 ? "" : ", code=\(code)")
        case .timeExceeded:
            switch code {
            case 0: return "Time exceeded: Hop limit"
            case 1: return "Time exceeded: Defragmentation failure"
            default: return "Time exceeded: code \(code)"
            }
        case .parameterProblem:
            let kind =
                switch code {
                case 0: "Wrong header field"
                case 1: "Unknown header"
                case 2: "Unknown option"
                default: "code \(code)"
                }
            return "Parameter problem: \(kind) at \(information)"
        case .echoRequest: return "Echo request"
        case .echoReply: return "Echo reply"
        case .routerSolicitation: return "Router solicitation"
        case .routerAdvertisement: return "Router advertisement"
        case .neighborSolicitation: return "Neighbor solicitation"
        case .neighborAdvertisement: return "Neighbor advertisement"
        case .redirect: return "Redirect"
        case .multicastListenerQuery: return "Multicast listener query"
        case .multicastListenerReport: return "Multicast listener report"
        case .multicastListenerDone: return "Multicast listener done"
        case .version2MulticastListenerReport: return "Multicast listener report, version 2"
        default: return "unknown icmp type: \(rawValue)"
        }
    }
}

extension ICMPv6UnreachableCode {
    /// The meaning of the code.
    public var meaning: String {
        switch self {
        case .noRoute: "No route"
        case .administrativelyProhibited: "Administratively prohibited"
        case .beyondScope: "Beyond scope of source address"
        case .address: "Address unreachable"
        case .port: "Port unreachable"
        case .failedPolicy: "Source address failed ingress/egress policy"
        case .rejectRoute: "Reject route to destination"
        default: "Unknown code \(rawValue)"
        }
    }
}
