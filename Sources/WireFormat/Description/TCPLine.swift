// TCP segments in one line, in the manner of `tcpdump -n`.

extension TextBuffer {
    /// - Parameter available: the number of available header bytes; the others are zeros.
    mutating func append(
        line view: borrowing TCPView, length segmentLength: Int, available: Int = .max
    ) {
        let length = max(segmentLength - view.headerLength, 0)
        let flags = view.flags
        append("Flags [")
        append(flags)
        append(UInt8(ascii: "]"))
        if let fault = LengthFault(tcp: view.headerLength, segment: segmentLength) {
            append(UInt8(ascii: " "))
            return append(fault)
        }
        if length > 0 || !flags.isDisjoint(with: [.syn, .fin, .rst]) {
            append(", seq ")
            append(decimal: view.sequenceNumber)
            if length > 0 {
                append(UInt8(ascii: ":"))
                append(decimal: view.sequenceNumber &+ UInt32(truncatingIfNeeded: length))
            }
        }
        if flags.contains(.ack) {
            append(", ack ")
            append(decimal: view.acknowledgmentNumber)
        }
        append(", win ")
        append(decimal: view.window)
        if flags.contains(.urg) {
            append(", urg ")
            append(decimal: view.urgentPointer)
        }
        if view.headerLength > TCPView.minimumHeaderLength {
            append(", options [")
            guard available >= view.headerLength else {
                return append(cutTCPOptions: view.options.prefix(available - TCPView.minimumHeaderLength))
            }
            append(tcpOptions: view.options)
            append(UInt8(ascii: "]"))
        }
        append(", length ")
        append(decimal: length)
        if let line = HTTPStartLine.recognized(in: view.payload) {
            append(": HTTP: ")
            append(escaped: line)
        } else if DNSView.isCarried(from: view.sourcePort, to: view.destinationPort) {
            append(messagesIn: view.payload)
        }
    }

    /// Appends the complete DNS messages at the start of a segment's data.
    private mutating func append(messagesIn data: RawSpan) {
        var rest = data
        while let length = DNSView.messageLength(inStream: rest),
            let message = try? DNSView(rest.dropping(2).prefix(length))
        {
            append(rest.byteCount == data.byteCount ? " " : ", ")
            append(line: message, length: length)
            rest = rest.dropping(2 + length)
        }
    }

    private mutating func append(_ flags: TCPFlags) {
        let letters: [(TCPFlags, StaticString)] = [
            (.fin, "F"), (.syn, "S"), (.rst, "R"), (.psh, "P"), (.ack, "."), (.urg, "U"), (.ece, "E"), (.cwr, "W"),
            (.accurateECN, "e"),
        ]
        if flags.subtracting(.reserved).isEmpty { return append("none") }
        for (flag, letter) in letters where flags.contains(flag) { append(letter) }
    }

    /// Appends the options of a TCP header, in the format of tcpdump.
    mutating func append(tcpOptions options: RawSpan) {
        var reader = OptionReader(options)
        var isFirst = true
        while let (kind, range) = reader.next() {
            if !isFirst { append(UInt8(ascii: ",")) }
            isFirst = false
            append(tcpdumpOption: kind, options.extracting(range))
        }
        if reader.isMalformed { append(isFirst ? "malformed" : ",malformed") }
    }

    /// Appends truncated options, with tcpdump's mark, which is inside the brackets if an option itself is truncated.
    private mutating func append(cutTCPOptions options: RawSpan) {
        var reader = OptionReader(options)
        var next = 0
        while let (kind, range) = reader.next() {
            append(tcpdumpOption: kind, options.extracting(range))
            append(UInt8(ascii: ","))
            next = range.upperBound
        }
        // Kind and length are available, but the data is not.
        let isInside = next + 2 <= options.byteCount
        if isInside { append(tcpdumpName: options.byte(at: next)) }
        append(cut: .tcp)
        if isInside, next > 0 { append(UInt8(ascii: ">")) }
    }

    private mutating func append(tcpdumpName kind: UInt8) {
        switch kind {
        case TCPOption.Kind.maximumSegmentSize: append("mss")
        case TCPOption.Kind.windowScale: append("wscale")
        case TCPOption.Kind.selectiveAcknowledgmentPermitted: append("sackOK")
        case TCPOption.Kind.selectiveAcknowledgment: append("sack")
        case TCPOption.Kind.timestamps: append("TS")
        case TCPOption.Kind.fastOpen: append("tfo")
        case TCPOption.Kind.multipath: append("mptcp")
        default:
            append("unknown-")
            append(decimal: kind)
        }
    }

    private mutating func append(tcpdumpOption kind: UInt8, _ data: RawSpan) {
        switch (kind, data.byteCount) {
        case (TCPOption.Kind.endOfOptionList, _): append("eol")
        case (TCPOption.Kind.noOperation, _): append("nop")
        case (TCPOption.Kind.maximumSegmentSize, 2):
            append("mss ")
            append(decimal: data.bigEndian16(at: 0))
        case (TCPOption.Kind.windowScale, 1):
            append("wscale ")
            append(decimal: data.byte(at: 0))
        case (TCPOption.Kind.selectiveAcknowledgmentPermitted, 0): append("sackOK")
        case (TCPOption.Kind.selectiveAcknowledgment, let count) where count % 8 == 0:
            append("sack ")
            append(decimal: count / 8)
            append(UInt8(ascii: " "))
            for block in 0..<count / 8 {
                append(UInt8(ascii: "{"))
                append(decimal: data.bigEndian32(at: 8 * block))
                append(UInt8(ascii: ":"))
                append(decimal: data.bigEndian32(at: 8 * block + 4))
                append(UInt8(ascii: "}"))
            }
        case (TCPOption.Kind.timestamps, 8):
            append("TS val ")
            append(decimal: data.bigEndian32(at: 0))
            append(" ecr ")
            append(decimal: data.bigEndian32(at: 4))
        case (TCPOption.Kind.fastOpen, 0): append("tfo cookiereq")
        case (TCPOption.Kind.fastOpen, _):
            append("tfo cookie ")
            append(hexadecimal: data)
        case (TCPOption.Kind.multipath, 1...):
            append("mptcp ")
            append(decimal: data.byte(at: 0) >> 4)
            append(UInt8(ascii: " "))
            append(hexadecimal: data)
        default:
            append("unknown-")
            append(decimal: kind)
            if data.byteCount > 0 {
                append(" 0x")
                append(hexadecimal: data)
            }
        }
    }
}
