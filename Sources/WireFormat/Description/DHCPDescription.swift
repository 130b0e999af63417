extension FieldSink where Self: ~Copyable {
    /// Describes a message of DHCP or BOOTP, as far as it is there.
    mutating func describeDHCP(_ bytes: RawSpan, at base: Int) {
        let view: DHCPView
        do throws(ParseError) {
            view = try DHCPView(bytes)
        } catch {
            return describeCut(error, bytes, at: base, .alone, paddedTo: DHCPView.fixedLength) { sink, bytes, _ in
                sink.describeDHCP(bytes, at: base)
            }
        }
        let options = DHCPOptions(view)
        begin(.dhcp)
        text("operation", at: base, 1) {
            switch view.operation {
            case 1: $0.append("request")
            case 2: $0.append("reply")
            default:
                $0.append("operation-")
                $0.append(decimal: view.operation)
            }
        }
        number("hardware_type", view.hardwareType, at: base + 1, 1)
        number("hardware_length", view.hardwareLength, "bytes", at: base + 2, 1)
        number("hops", view.hops, at: base + 3, 1)
        text("transaction_id", at: base + 4, 4) {
            $0.append("0x")
            $0.append(hexadecimal: UInt64(view.transactionID), digits: 8)
        }
        number("seconds", view.seconds, at: base + 8, 2)
        flag("broadcast", view.isBroadcast, at: base + 10, 2)
        address("client_addr", view.clientAddress, at: base + 12)
        address("your_addr", view.yourAddress, at: base + 16)
        address("next_server_addr", view.nextServerAddress, at: base + 20)
        address("relay_addr", view.relayAddress, at: base + 24)
        if let mac = view.clientMAC { address("client_mac", mac, at: base + 28) }
        if !options.isServerNameOverloaded { name("server_name", view.serverName, at: base + 44) }
        if !options.isFileOverloaded { name("file", view.file, at: base + 108) }
        if view.hasMagicCookie {
            beginList("options")
            for (option, range) in zip(options.list, options.ranges) {
                let line = Array("\(option.name) \(option.value)".utf8)
                strangeItem(line.rawBytes, at: base + range.lowerBound, range.count)
            }
            endList()
        }
        end()
        if let problem = options.problem { self.problem("\(problem)") }
        checkStandards(view, options)
        if !view.hasMagicCookie {
            describePayload(view.bytes.dropping(DHCPView.fixedLength), at: base + DHCPView.fixedLength)
        }
    }

    /// A text that ends with a zero byte; nothing where it is empty or not all there.
    private mutating func name(_ name: StaticString, _ field: RawSpan, at offset: Int) {
        var length = 0
        while length < field.byteCount, field.byte(at: length) != 0 { length += 1 }
        guard length > 0, contains(offset, length) else { return }
        strange(name, field.prefix(length), at: offset)
    }
}

extension TextBuffer {
    /// A message of DHCP or BOOTP in one line, in the manner of `tcpdump -n`.
    mutating func append(line view: borrowing DHCPView, length: Int) {
        append("BOOTP/DHCP, ")
        switch view.operation {
        case 1: append("Request")
        case 2: append("Reply")
        default:
            append("unknown (")
            append(decimal: view.operation)
            append(UInt8(ascii: ")"))
        }
        if view.operation == 1, let mac = view.clientMAC {
            append(" from ")
            append(mac)
        }
        append(", length ")
        append(decimal: length)
    }
}
