extension FieldSink where Self: ~Copyable {
    /// Describes a UDP datagram.
    mutating func describeUDP(_ bytes: RawSpan, at base: Int, _ context: DatagramContext) {
        let view: UDPView
        do throws(ParseError) {
            view = try UDPView(bytes)
        } catch {
            let payload = context.header?.payloadLength ?? .max
            let fault = payload < UDPView.headerLength ? LengthFault.udpHeader(available: payload) : nil
            return describeCut(error, bytes, at: base, context, fault: fault, paddedTo: UDPView.headerLength) {
                $0.describeUDP($1, at: base, $2)
            }
        }
        begin(.udp, isQuoted: context.isQuoted)
        number("source_port", view.sourcePort, at: base, 2)
        number("destination_port", view.destinationPort, at: base + 2, 2)
        number("length", view.length, "bytes", at: base + 4, 2)
        let state: ChecksumState =
            if let addresses = context.addresses, !context.isIncomplete {
                view.capturedChecksumState(source: addresses.source, destination: addresses.destination)
            } else {
                .unchecked
            }
        checksum("checksum", state, UInt64(view.checksum), at: base + 6, 2)
        end()
        checkStandards(view, context)
        let data = base + UDPView.headerLength
        if !context.isQuoted, DHCPView.isCarried(from: view.sourcePort, to: view.destinationPort) {
            describeDHCP(view.payload, at: data)
        } else if !context.isQuoted, DNSView.isCarried(from: view.sourcePort, to: view.destinationPort) {
            describeDNS(view.payload, at: data)
        } else {
            describePayload(view.payload, at: data, isQuoted: context.isQuoted)
        }
    }

    /// Describes a TCP segment, and HTTP if its data begins like it.
    /// - Parameter statedLength: the header length by the data offset, if that is invalid.
    mutating func describeTCP(
        _ bytes: RawSpan, at base: Int, _ context: DatagramContext, statedLength: Int? = nil
    ) {
        let view: TCPView
        do throws(ParseError) {
            view = try TCPView(bytes)
        } catch {
            return describeCutTCP(bytes, at: base, context, error)
        }
        begin(.tcp, isQuoted: context.isQuoted)
        number("source_port", view.sourcePort, at: base, 2)
        number("destination_port", view.destinationPort, at: base + 2, 2)
        number("sequence", view.sequenceNumber, at: base + 4, 4)
        number("acknowledgment", view.acknowledgmentNumber, at: base + 8, 4)
        number("header_length", statedLength ?? view.headerLength, "bytes", at: base + 12, 1)
        beginList("flags")
        let flags = view.flags
        for (flag, name) in TCPFlags.names where flags.contains(flag) {
            item(at: base + (flag == .accurateECN ? 12 : 13), 1) { $0.append(name) }
        }
        endList()
        number("window", view.window, "bytes, before any scale", at: base + 14, 2)
        let state: ChecksumState =
            if let addresses = context.addresses, !context.isIncomplete {
                view.capturedChecksumState(source: addresses.source, destination: addresses.destination)
            } else {
                .unchecked
            }
        checksum("checksum", state, UInt64(view.checksum), at: base + 16, 2)
        number("urgent_pointer", view.urgentPointer, at: base + 18, 2)
        beginList("options")
        var reader = OptionReader(view.options)
        while let (kind, data) = reader.next() {
            let start = data.lowerBound - (kind <= 1 ? 1 : 2)
            let optionBytes = view.options.extracting(data)
            item(at: base + TCPView.minimumHeaderLength + start, data.upperBound - start) {
                $0.append(tcpOption: kind, optionBytes)
            }
        }
        endList()
        end()
        if reader.isMalformed { problem("tcp: an option has an invalid length") }
        checkStandards(view, context)
        let data = base + view.headerLength
        if !context.isQuoted, HTTPStartLine.isRecognized(in: view.payload) {
            describeHTTP(view.payload, at: data)
        } else if !context.isQuoted, DNSView.isCarried(from: view.sourcePort, to: view.destinationPort),
            DNSView.messageLength(inStream: view.payload) != nil
        {
            describeDNSStream(view.payload, at: data)
        } else {
            describePayload(view.payload, at: data, isQuoted: context.isQuoted)
        }
    }

    /// Describes the available part of a truncated header: an ICMP error only guarantees the first 8 bytes, and may pad
    /// them.
    private mutating func describeCutTCP(
        _ bytes: RawSpan, at base: Int, _ context: DatagramContext, _ error: ParseError
    ) {
        guard context.isQuoted, bytes.byteCount >= 8 else {
            let stated = bytes.byteCount > 12 ? Int(bytes.byte(at: 12) >> 4) * 4 : 0
            let fault =
                bytes.byteCount < TCPView.minimumHeaderLength
                ? nil : context.header.flatMap { LengthFault(tcp: stated, segment: $0.payloadLength) }
            return describeCut(
                error, bytes, at: base, context, fault: fault, paddedTo: max(stated, TCPView.minimumHeaderLength),
                fix: { if stated < TCPView.minimumHeaderLength { $0[12] = 0x50 | $0[12] & 0xF } }
            ) {
                $0.describeTCP($1, at: base, $2, statedLength: stated)
            }
        }
        begin(.tcp, isQuoted: true)
        number("source_port", bytes.bigEndian16(at: 0), at: base, 2)
        number("destination_port", bytes.bigEndian16(at: 2), at: base + 2, 2)
        number("sequence", bytes.bigEndian32(at: 4), at: base + 4, 4)
        end()
    }
}

extension TextBuffer {
    /// Appends a TCP option in the format of the JSON output.
    mutating func append(tcpOption kind: UInt8, _ data: RawSpan) {
        switch (kind, data.byteCount) {
        case (TCPOption.Kind.endOfOptionList, _): append("end")
        case (TCPOption.Kind.noOperation, _): append("nop")
        case (TCPOption.Kind.maximumSegmentSize, 2):
            append("mss ")
            append(decimal: data.bigEndian16(at: 0))
        case (TCPOption.Kind.windowScale, 1):
            append("window-scale ")
            append(decimal: data.byte(at: 0))
        case (TCPOption.Kind.selectiveAcknowledgmentPermitted, 0): append("sack-permitted")
        case (TCPOption.Kind.selectiveAcknowledgment, let count) where count % 8 == 0:
            append("sack")
            for block in 0..<count / 8 {
                append(UInt8(ascii: " "))
                append(decimal: data.bigEndian32(at: 8 * block))
                append(UInt8(ascii: "-"))
                append(decimal: data.bigEndian32(at: 8 * block + 4))
            }
        case (TCPOption.Kind.timestamps, 8):
            append("timestamps ")
            append(decimal: data.bigEndian32(at: 0))
            append(UInt8(ascii: " "))
            append(decimal: data.bigEndian32(at: 4))
        case (TCPOption.Kind.fastOpen, _): append("fast-open", hexadecimalOrNothing: data)
        case (TCPOption.Kind.multipath, 1...): append("multipath", hexadecimalOrNothing: data)
        default:
            append("unknown ")
            append(decimal: kind)
            append("", hexadecimalOrNothing: data)
        }
    }

    private mutating func append(_ name: StaticString, hexadecimalOrNothing data: RawSpan) {
        append(name)
        guard data.byteCount > 0 else { return }
        append(UInt8(ascii: " "))
        append(hexadecimal: data)
    }
}
