// ICMP and ICMPv6 messages in one line, in the manner of `tcpdump -n`.

extension TextBuffer {
    mutating func append(line view: borrowing ICMPv4View, length: Int) {
        append("ICMP ")
        switch view.type {
        case .echoRequest: append(identified: "echo request, id ", ", seq ", view)
        case .echoReply: append(identified: "echo reply, id ", ", seq ", view)
        case .destinationUnreachable: append(unreachable: view)
        case .sourceQuench: append("source quench")
        case .redirect:
            append("redirect ")
            append(destinationOf: view.payload)
            switch view.code {
            case 0: append(" to net ")
            case 1: append(" to host ")
            case 2: append("-tos to net ")
            case 3: append("-tos to net ")
            default:
                append(" code ")
                append(decimal: view.code)
                append(" to ")
            }
            append(view.gateway)
        case .timeExceeded:
            switch view.code {
            case 0: append("time exceeded in-transit")
            case 1: append("ip reassembly time exceeded")
            default:
                append("time exceeded-#")
                append(decimal: view.code)
            }
        case .parameterProblem:
            append("parameter problem - ")
            if view.code > 0 {
                append("code ")
                append(decimal: view.code)
            } else {
                append("octet ")
                append(decimal: view.pointer)
            }
        case .routerAdvertisement:
            append("router advertisement lifetime ")
            append(decimal: view.bytes.bigEndian16(at: 6))
            append(" s, ")
            append(decimal: view.bytes.byte(at: 4))
            append(view.bytes.byte(at: 4) == 1 ? " router" : " routers")
        case .routerSolicitation: append("router solicitation")
        case .timestampRequest: append(identified: "time stamp query id ", " seq ", view)
        case .timestampReply: append(identified: "time stamp reply id ", " seq ", view)
        case .informationRequest: append("information request")
        case .informationReply: append("information reply")
        case .addressMaskRequest: append("address mask request")
        case .addressMaskReply:
            append("address mask is ")
            if view.payload.byteCount >= 4 { append(view.payload.ipv4Address(at: 0)) }
        default:
            append("type-#")
            append(decimal: view.type.rawValue)
        }
        append(", length ")
        append(decimal: length)
    }

    private mutating func append(
        identified words: StaticString, _ between: StaticString, _ view: borrowing ICMPv4View
    ) {
        append(words)
        append(decimal: view.identifier)
        append(between)
        append(decimal: view.sequenceNumber)
    }

    private mutating func append(unreachable view: borrowing ICMPv4View) {
        let code = ICMPv4UnreachableCode(rawValue: view.code)
        switch code {
        case .network, .networkUnknown, .networkProhibited, .networkForTypeOfService: append("net ")
        case .host, .hostUnknown, .hostProhibited, .hostForTypeOfService, .communicationProhibited,
            .hostPrecedenceViolation, .precedenceCutoff:
            append("host ")
        default: break
        }
        append(destinationOf: view.payload)
        switch code {
        case .network, .host: append(" unreachable")
        case .protocol:
            if let quote = DatagramView(quoted: view.payload) {
                append(" protocol ")
                append(decimal: quote.protocol.rawValue)
            }
            append(" unreachable")
        case .port:
            append(portOf: view.payload)
            append(" unreachable")
        case .fragmentationNeeded:
            append(" unreachable - need to frag")
            if view.nextHopMTU > 0 {
                append(" (mtu ")
                append(decimal: view.nextHopMTU)
                append(UInt8(ascii: ")"))
            }
        case .sourceRouteFailed: append(" unreachable - source route failed")
        case .networkUnknown, .hostUnknown: append(" unreachable - unknown")
        case .sourceHostIsolated: append(" unreachable - source host isolated")
        case .networkProhibited, .hostProhibited: append(" unreachable - admin prohibited")
        case .networkForTypeOfService, .hostForTypeOfService: append(" unreachable - tos prohibited")
        case .communicationProhibited: append(" unreachable - admin prohibited filter")
        case .hostPrecedenceViolation: append(" unreachable - host precedence violation")
        case .precedenceCutoff: append(" unreachable - precedence cutoff")
        default:
            append(" unreachable - #")
            append(decimal: code.rawValue)
        }
    }

    /// Appends the destination of the quoted datagram.
    private mutating func append(destinationOf quote: RawSpan) {
        guard let quote = DatagramView(quoted: quote) else { return append("?") }
        append(quote.destination)
    }

    private mutating func append(portOf quote: RawSpan) {
        guard let quote = DatagramView(quoted: quote), let port = quote.destinationPort else { return append(" port") }
        append(quote.protocol == .tcp ? " tcp port " : " udp port ")
        append(decimal: port)
    }

    mutating func append(line view: borrowing ICMPv6View, length: Int) {
        append("ICMP6, ")
        switch view.type {
        case .echoRequest, .echoReply:
            append(view.type == .echoRequest ? "echo request, id " : "echo reply, id ")
            append(decimal: view.identifier)
            append(", seq ")
            append(decimal: view.sequenceNumber)
        case .destinationUnreachable:
            append("destination unreachable, ")
            if view.code == ICMPv6UnreachableCode.port.rawValue {
                append("unreachable port, ")
                append(destinationOf: view.payload)
                append(portOf: view.payload)
            } else {
                append(ICMPv6UnreachableCode(rawValue: view.code).meaning)
                append(UInt8(ascii: " "))
                append(destinationOf: view.payload)
            }
        case .packetTooBig:
            append("packet too big, mtu ")
            append(decimal: view.restOfHeader)
        case .timeExceeded:
            append(view.code == 0 ? "time exceeded in-transit for " : "time exceeded in-reassembly for ")
            append(destinationOf: view.payload)
        case .parameterProblem:
            append("parameter problem, code ")
            append(decimal: view.code)
            append(" - octet ")
            append(decimal: view.restOfHeader)
        case .routerSolicitation: append("router solicitation")
        case .routerAdvertisement: append("router advertisement")
        case .neighborSolicitation: append(target: "neighbor solicitation, who has ", view)
        case .neighborAdvertisement: append(target: "neighbor advertisement, tgt is ", view)
        case .redirect: append(target: "redirect, ", view)
        case .multicastListenerQuery:
            append("multicast listener query")
            if view.bytes.byteCount >= 28 { append(" v2") }
            append(group: view)
        case .multicastListenerReport:
            append("multicast listener report")
            append(group: view)
        case .multicastListenerDone:
            append("multicast listener done")
            append(group: view)
        case .version2MulticastListenerReport:
            append("multicast listener report v2, ")
            append(decimal: view.bytes.bigEndian16(at: 6))
            append(" group record(s)")
        default:
            append("type-#")
            append(decimal: view.type.rawValue)
        }
        append(", length ")
        append(decimal: length)
    }

    private mutating func append(target words: StaticString, _ view: borrowing ICMPv6View) {
        append(words)
        guard view.bytes.byteCount >= 24 else { return append("?") }
        append(view.bytes.ipv6Address(at: 8))
        if view.type == .redirect, view.bytes.byteCount >= 40 {
            append(" to ")
            append(view.bytes.ipv6Address(at: 24))
        }
    }

    private mutating func append(group view: borrowing ICMPv6View) {
        guard view.bytes.byteCount >= 24 else { return }
        let group = view.bytes.ipv6Address(at: 8)
        guard !group.isUnspecified else { return }
        append(" for ")
        append(group)
    }
}

extension TextBuffer {
    /// Appends the type of a message of which nothing more is available.
    mutating func append(nameOf type: ICMPv4Type) {
        switch type {
        case .echoReply: append("echo reply")
        case .destinationUnreachable: append("unreachable")
        case .sourceQuench: append("source quench")
        case .redirect: append("redirect")
        case .echoRequest: append("echo request")
        case .routerAdvertisement: append("router advertisement")
        case .routerSolicitation: append("router solicitation")
        case .timeExceeded: append("time exceeded")
        case .parameterProblem: append("parameter problem")
        case .timestampRequest: append("time stamp query")
        case .timestampReply: append("time stamp reply")
        case .informationRequest: append("information request")
        case .informationReply: append("information reply")
        case .addressMaskRequest: append("address mask request")
        case .addressMaskReply: append("address mask reply")
        default:
            append("type-#")
            append(decimal: type.rawValue)
        }
    }

    /// Appends the type of a message of which nothing more is available.
    mutating func append(nameOf type: ICMPv6Type) {
        switch type {
        case .destinationUnreachable: append("destination unreachable")
        case .packetTooBig: append("packet too big")
        case .timeExceeded: append("time exceeded")
        case .parameterProblem: append("parameter problem")
        case .echoRequest: append("echo request")
        case .echoReply: append("echo reply")
        case .multicastListenerQuery: append("multicast listener query")
        case .multicastListenerReport: append("multicast listener report")
        case .multicastListenerDone: append("multicast listener done")
        case .version2MulticastListenerReport: append("multicast listener report v2")
        case .routerSolicitation: append("router solicitation")
        case .routerAdvertisement: append("router advertisement")
        case .neighborSolicitation: append("neighbor solicitation")
        case .neighborAdvertisement: append("neighbor advertisement")
        case .redirect: append("redirect")
        default:
            append("type-#")
            append(decimal: type.rawValue)
        }
    }
}
