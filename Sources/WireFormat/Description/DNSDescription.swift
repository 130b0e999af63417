extension FieldSink where Self: ~Copyable {
    /// Describes the DNS messages of a TCP segment that begins with one, as far as they are complete.
    mutating func describeDNSStream(_ bytes: RawSpan, at base: Int) {
        var offset = 0
        while let length = DNSView.messageLength(inStream: bytes.dropping(offset)) {
            describeDNS(bytes.dropping(offset + 2).prefix(length), at: base + offset + 2, isInStream: true)
            offset += 2 + length
        }
        describePayload(bytes.dropping(offset), at: base + offset)
    }

    /// Describes a DNS message, as far as it is valid.
    /// - Parameter isInStream: whether two bytes with its length precede it.
    mutating func describeDNS(_ bytes: RawSpan, at base: Int, isInStream: Bool = false) {
        let view: DNSView
        do throws(ParseError) {
            view = try DNSView(bytes)
        } catch {
            return describeCut(error, bytes, at: base, .alone, paddedTo: DNSView.headerLength) { sink, bytes, _ in
                sink.describeDNS(bytes, at: base)
            }
        }
        begin(.dns)
        if isInStream { number("length", bytes.byteCount, "bytes", at: base - 2, 2) }
        number("identification", view.identification, at: base, 2)
        flag("response", view.isResponse, at: base + 2, 1)
        text("operation", at: base + 2, 1) {
            switch view.operation {
            case 0: $0.append("query")
            case 1: $0.append("inverse_query")
            case 2: $0.append("status")
            case 4: $0.append("notify")
            case 5: $0.append("update")
            case let operation:
                $0.append("operation-")
                $0.append(decimal: operation)
            }
        }
        beginList("flags")
        let flags = view.flags
        for (flag, name) in DNSFlag.names where flags & flag != 0 {
            item(at: base + (flag > 0xFF ? 2 : 3), 1) { $0.append(name) }
        }
        endList()
        if view.isResponse { text("response_code", at: base + 3, 1) { $0.append(dnsResponseCode: view.responseCode) } }
        var reader = DNSEntryReader(bytes)
        var fault = describeQuestions(view.questionCount, &reader, at: base)
        for (name, count) in [
            ("answers", view.answerCount), ("authority_records", view.authorityCount),
            ("additional_records", view.additionalCount),
        ] as [(StaticString, Int)] {
            beginList(name)
            var number = 0
            while fault == nil, number < count {
                let start = reader.offset
                guard let record = reader.record() else {
                    fault = "\(count - number) of \(count) \(name) cannot be read"
                    break
                }
                var text = TextBuffer()
                text.append(record, in: bytes)
                strangeItem(text.bytes, at: base + start, reader.offset - start)
                number += 1
            }
            endList()
        }
        end()
        if let fault { problem("dns: \(fault), at offset \(reader.offset)") }
        describePayload(bytes.dropping(reader.offset), at: base + reader.offset)
    }

    /// Describes the questions.
    /// - Returns: the reason for which one cannot be read; nil if all can.
    private mutating func describeQuestions(_ count: Int, _ reader: inout DNSEntryReader, at base: Int) -> String? {
        beginList("questions")
        defer { endList() }
        for number in 0..<count {
            let start = reader.offset
            guard let question = reader.question() else {
                return "\(count - number) of \(count) questions cannot be read"
            }
            var text = TextBuffer()
            text.append(question)
            strangeItem(text.bytes, at: base + start, reader.offset - start)
        }
        return nil
    }
}
