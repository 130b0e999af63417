extension FieldSink where Self: ~Copyable {
    /// Describes an IGMP message.
    mutating func describeIGMP(_ bytes: RawSpan, at base: Int, _ context: DatagramContext) {
        let view: IGMPView
        do throws(ParseError) {
            view = try IGMPView(bytes)
        } catch {
            return describeCut(error, bytes, at: base, context, paddedTo: IGMPView.headerLength) {
                $0.describeIGMP($1, at: base, $2)
            }
        }
        let message = IGMPMessage(view)
        begin(.igmp, isQuoted: context.isQuoted)
        let type = view.type
        number("type", UInt64(type.rawValue), at: base, 1) { text in
            text.append("0x")
            text.append(hexadecimal: UInt64(type.rawValue), digits: 2)
            text.append(", ")
            text.append(type.description)
        }
        let state = context.isIncomplete ? ChecksumState.unchecked : view.checksumState
        switch message.body {
        case .membershipQuery(let group, let sources):
            if let version = view.queryVersion {
                number("version", version, at: base, 0)
            } else {
                problem("igmp: the query has an invalid length")
            }
            let tenths = sources == nil ? Int(view.code) : TimeCode8(rawValue: view.code).value
            number("max_response_time", tenths, "tenths of a second", at: base + 1, 1)
            checksum("checksum", state, UInt64(view.checksum), at: base + 2, 2)
            address("group", group, at: base + 4)
            if let sources { describe(sources, at: base + 8) }
        case .version1Report(let group), .version2Report(let group), .leaveGroup(let group):
            checksum("checksum", state, UInt64(view.checksum), at: base + 2, 2)
            address("group", group, at: base + 4)
        case .version3Report(_, let records):
            checksum("checksum", state, UInt64(view.checksum), at: base + 2, 2)
            describe(records, count: Int(view.bytes.bigEndian16(at: 6)), at: base)
        case .unknown:
            checksum("checksum", state, UInt64(view.checksum), at: base + 2, 2)
            self.bytes("data", view.bytes.dropping(4), at: base + 4)
            if type == .membershipQuery || type == .version3Report { problem("igmp: the message is truncated") }
        }
        end()
        checkStandards(view, message, context)
    }

    /// Describes the fields of an MLD message after the checksum.
    mutating func describeMLD(_ view: borrowing ICMPv6View, at base: Int) {
        guard let message = MLDMessage(view) else {
            bytes("data", view.bytes.dropping(4), at: base + 4)
            return problem("mld: the message is truncated")
        }
        switch message.kind {
        case .query(let group, let sources):
            number("max_response_time", message.maximumResponseTime, "ms", at: base + 4, 2)
            address("group", group, at: base + 8)
            if let sources { describe(sources, at: base + MLDMessage.version1Length) }
        case .version1Report(let group), .done(let group): address("group", group, at: base + 8)
        case .version2Report(let records): describe(records, count: records.count, at: base)
        }
    }

    private mutating func describe<Address>(_ query: SourceQuery<Address>, at base: Int) {
        flag("suppress_router_processing", query.suppressesRouterProcessing, at: base, 1)
        number("robustness", query.robustness, at: base, 1)
        number("query_interval", query.queryInterval.value, "s", at: base + 1, 1)
        beginList("sources")
        for (index, source) in query.sources.enumerated() {
            item(at: base + 4 + index * Address.byteCount, Address.byteCount) { $0.append(source.description) }
        }
        endList()
    }

    private mutating func describe<Address>(_ records: [GroupRecord<Address>], count: Int, at base: Int) {
        number("record_count", count, at: base + 6, 2)
        beginList("records")
        var offset = base + 8
        for record in records {
            item(at: offset, record.byteCount) { text in
                text.append(record.type.description)
                text.append(UInt8(ascii: " "))
                text.append(record.group.description)
                for source in record.sources {
                    text.append(UInt8(ascii: " "))
                    text.append(source.description)
                }
            }
            offset += record.byteCount
        }
        endList()
    }
}

extension IGMPType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .membershipQuery: "membership query"
        case .version1Report: "version 1 report"
        case .version2Report: "version 2 report"
        case .leaveGroup: "leave group"
        case .version3Report: "version 3 report"
        default: "type \(rawValue)"
        }
    }
}
