// DNS messages as text: in one line in the manner of `tcpdump -n`, and their records as in zone files.

extension TextBuffer {
    /// Appends a message in one line.
    /// - Parameter length: the stated length of the message, in bytes.
    mutating func append(line view: borrowing DNSView, length: Int) {
        append(decimal: view.identification)
        append(operationOf: view)
        view.isResponse ? append(responseOf: view, length: length) : append(queryOf: view, length: length)
    }

    private mutating func append(operationOf view: borrowing DNSView) {
        switch view.operation {
        case 0: break
        case 1: append(" inv_q")
        case 2: append(" stat")
        case 4: append(" notify")
        case 5: append(" update")
        case let operation:
            append(" op")
            append(decimal: operation)
        }
    }

    private mutating func append(queryOf view: borrowing DNSView, length: Int) {
        let flags = view.flags
        if flags & DNSFlag.recursionDesired != 0 { append(UInt8(ascii: "+")) }
        if flags & DNSFlag.checkingDisabled != 0 { append(UInt8(ascii: "%")) }
        // Bits that a query does not have.
        if flags & 0x06CF != 0 {
            append(" [b2&3=0x")
            append(hexadecimal: UInt64(flags))
            append(UInt8(ascii: "]"))
        }
        append(count: view.answerCount, "a", usual: 0)
        append(count: view.questionCount, "q", usual: 1)
        append(count: view.authorityCount, "n", usual: 0)
        append(count: view.additionalCount, "au", usual: 0)
        var reader = DNSEntryReader(view.bytes)
        for _ in 0..<view.questionCount {
            guard let question = reader.question() else { return appendDomainCut() }
            append(UInt8(ascii: " "))
            append(dnsType: question.type)
            if question.recordClass != DNSMessage.internetClass {
                append(UInt8(ascii: " "))
                append(dnsClass: question.recordClass)
            }
            append("? ")
            append(absolute: question.name)
        }
        append(length: length)
    }

    private mutating func append(responseOf view: borrowing DNSView, length: Int) {
        if view.responseCode != 0 {
            append(UInt8(ascii: " "))
            append(dnsResponseCode: view.responseCode)
        }
        let flags = view.flags
        if flags & DNSFlag.authoritative != 0 { append(UInt8(ascii: "*")) }
        if flags & DNSFlag.recursionAvailable == 0 { append(UInt8(ascii: "-")) }
        if flags & DNSFlag.truncated != 0 { append(UInt8(ascii: "|")) }
        if flags & DNSFlag.authenticData != 0 { append(UInt8(ascii: "$")) }
        append(count: view.questionCount, "q", usual: 1)
        var reader = DNSEntryReader(view.bytes)
        for _ in 0..<view.questionCount where reader.question() == nil { return appendDomainCut() }
        append(UInt8(ascii: " "))
        append(decimal: view.answerCount)
        append(UInt8(ascii: "/"))
        append(decimal: view.authorityCount)
        append(UInt8(ascii: "/"))
        append(decimal: view.additionalCount)
        for number in 0..<view.answerCount {
            if number > 0 { append(UInt8(ascii: ",")) }
            guard let record = reader.record() else { return appendDomainCut() }
            if record.recordClass != DNSMessage.internetClass, record.type != DNSRecordType.options {
                append(UInt8(ascii: " "))
                append(dnsClass: record.recordClass)
            }
            append(UInt8(ascii: " "))
            append(dnsType: record.type)
            guard append(dataOf: record, in: view.bytes, isZoneFile: false) else { return appendDomainCut() }
        }
        append(length: length)
    }

    /// Appends tcpdump's mark of a truncated or malformed message.
    private mutating func appendDomainCut() { append(" [|domain]") }

    private mutating func append(count: Int, _ unit: StaticString, usual: Int) {
        guard count != usual else { return }
        append(" [")
        append(decimal: count)
        append(unit)
        append(UInt8(ascii: "]"))
    }

    private mutating func append(length: Int) {
        append(" (")
        append(decimal: length)
        append(UInt8(ascii: ")"))
    }

    // MARK: Records

    /// Appends a question as `example.net. IN A`.
    mutating func append(_ question: DNSMessage.Question) {
        append(absolute: question.name)
        append(UInt8(ascii: " "))
        append(dnsClass: question.recordClass)
        append(UInt8(ascii: " "))
        append(dnsType: question.type)
    }

    /// Appends a record as `example.net. 300 IN A 192.0.2.1` (RFC 1035, section 5.1).
    mutating func append(_ record: DNSRecordHead, in message: RawSpan) {
        append(absolute: record.name)
        // Class and time to live of an OPT record have other meanings (RFC 6891, section 6.1.2).
        if record.type != DNSRecordType.options {
            append(UInt8(ascii: " "))
            append(decimal: record.timeToLive)
            append(UInt8(ascii: " "))
            append(dnsClass: record.recordClass)
        }
        append(UInt8(ascii: " "))
        append(dnsType: record.type)
        guard !append(dataOf: record, in: message, isZoneFile: true) else { return }
        // Data of an unknown format (RFC 3597, section 5).
        append(" \\# ")
        append(decimal: record.data.count)
        guard !record.data.isEmpty else { return }
        append(UInt8(ascii: " "))
        append(hexadecimal: message.extracting(record.data))
    }

    /// Appends the data of a record after a space.
    /// - Parameter isZoneFile: whether in the format of zone files, which has all fields, not in that of tcpdump.
    /// - Returns: false if the data is invalid for its type, and in a zone file also if its format is unknown: nothing is
    ///   appended then.
    private mutating func append(dataOf record: DNSRecordHead, in message: RawSpan, isZoneFile: Bool) -> Bool {
        let range = record.data
        let data = message.extracting(range)
        /// Returns the name at an offset, which must end where the data does unless `more` bytes follow.
        func name(at offset: Int, more: Int = 0) -> DNSName? {
            guard let (name, end) = DNSName.parse(message, at: offset), end + more == range.upperBound else {
                return nil
            }
            return name
        }
        switch (record.type, data.byteCount) {
        case (DNSRecordType.options, _):
            append(" UDPsize=")
            append(decimal: record.recordClass)
            if record.timeToLive & 0x8000 != 0 { append(" DO") }
            return true
        case (DNSMessage.RecordType.ipv4, 4):
            append(UInt8(ascii: " "))
            append(data.ipv4Address(at: 0))
        case (DNSMessage.RecordType.ipv6, 16):
            append(UInt8(ascii: " "))
            append(data.ipv6Address(at: 0))
        case (DNSMessage.RecordType.ipv4, _), (DNSMessage.RecordType.ipv6, _): return false
        case (DNSRecordType.nameServer, _), (DNSMessage.RecordType.canonicalName, _),
            (DNSMessage.RecordType.pointer, _), (DNSRecordType.delegationName, _):
            guard let target = name(at: range.lowerBound) else { return false }
            append(UInt8(ascii: " "))
            append(absolute: target)
        case (DNSRecordType.mailExchange, _):
            guard data.byteCount > 2, let host = name(at: range.lowerBound + 2) else { return false }
            append(UInt8(ascii: " "))
            let preference = data.bigEndian16(at: 0)
            if isZoneFile { append(decimal: preference) } else { append(absolute: host) }
            append(UInt8(ascii: " "))
            if isZoneFile { append(absolute: host) } else { append(decimal: preference) }
        case (DNSRecordType.server, _):
            guard data.byteCount > 6, let host = name(at: range.lowerBound + 6) else { return false }
            append(UInt8(ascii: " "))
            if !isZoneFile {
                append(absolute: host)
                append(UInt8(ascii: ":"))
            }
            for offset in isZoneFile ? [0, 2, 4] : [4, 0, 2] {
                if offset != (isZoneFile ? 0 : 4) { append(UInt8(ascii: " ")) }
                append(decimal: data.bigEndian16(at: offset))
            }
            if isZoneFile {
                append(UInt8(ascii: " "))
                append(absolute: host)
            }
        case (DNSRecordType.startOfAuthority, _):
            guard let (primary, next) = DNSName.parse(message, at: range.lowerBound), next < range.upperBound,
                let mailbox = name(at: next, more: 20)
            else { return false }
            guard isZoneFile else { return true }
            append(UInt8(ascii: " "))
            append(absolute: primary)
            append(UInt8(ascii: " "))
            append(absolute: mailbox)
            for offset in stride(from: range.upperBound - 20, to: range.upperBound, by: 4) {
                append(UInt8(ascii: " "))
                append(decimal: message.bigEndian32(at: offset))
            }
        case (DNSMessage.RecordType.text, _), (DNSRecordType.senderPolicy, _):
            guard let strings = DNSMessage.Record.Data.other(data.copied()).characterStrings else { return false }
            for string in strings {
                append(" \"")
                append(characterString: string)
                append(UInt8(ascii: "\""))
            }
        case (DNSMessage.RecordType.https, _), (DNSMessage.RecordType.serviceBinding, _):
            guard let binding = try? ServiceBinding(data) else { return false }
            append(UInt8(ascii: " "))
            append("\(binding)")
        default: return !isZoneFile
        }
        return true
    }

    /// Appends a name with the dot of the root.
    private mutating func append(absolute name: DNSName) {
        append(name.description)
        if !name.labels.isEmpty { append(UInt8(ascii: ".")) }
    }

    /// Appends a character string, without its quotation marks (RFC 1035, section 5.1).
    private mutating func append(characterString bytes: [UInt8]) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0x20...0x7E: append(byte)
            default:
                append(UInt8(ascii: "\\"))
                append(decimal: UInt64(byte), minimumDigits: 3)
            }
        }
    }

    // MARK: Names of numbers

    /// Appends the name of a response code (IANA DNS RCODEs).
    mutating func append(dnsResponseCode code: UInt8) {
        switch code {
        case 0: append("NoError")
        case 1: append("FormErr")
        case 2: append("ServFail")
        case 3: append("NXDomain")
        case 4: append("NotImp")
        case 5: append("Refused")
        case 6: append("YXDomain")
        case 7: append("YXRRSet")
        case 8: append("NXRRSet")
        case 9: append("NotAuth")
        case 10: append("NotZone")
        default:
            append("Resp")
            append(decimal: code)
        }
    }

    /// Appends the name of a class.
    private mutating func append(dnsClass number: UInt16) {
        switch number {
        case 1: append("IN")
        case 3: append("CHAOS")
        case 4: append("HS")
        case 255: append("ANY")
        default:
            append("(Class ")
            append(decimal: number)
            append(UInt8(ascii: ")"))
        }
    }

    /// Appends the name of a record type (IANA Resource Record TYPEs).
    private mutating func append(dnsType number: UInt16) {
        let name: StaticString? =
            switch number {
            case 1: "A"
            case 2: "NS"
            case 5: "CNAME"
            case 6: "SOA"
            case 12: "PTR"
            case 13: "HINFO"
            case 15: "MX"
            case 16: "TXT"
            case 17: "RP"
            case 18: "AFSDB"
            case 24: "SIG"
            case 25: "KEY"
            case 28: "AAAA"
            case 29: "LOC"
            case 33: "SRV"
            case 35: "NAPTR"
            case 37: "CERT"
            case 39: "DNAME"
            case 41: "OPT"
            case 43: "DS"
            case 44: "SSHFP"
            case 45: "IPSECKEY"
            case 46: "RRSIG"
            case 47: "NSEC"
            case 48: "DNSKEY"
            case 49: "DHCID"
            case 50: "NSEC3"
            case 51: "NSEC3PARAM"
            case 52: "TLSA"
            case 53: "SMIMEA"
            case 59: "CDS"
            case 60: "CDNSKEY"
            case 61: "OPENPGPKEY"
            case 62: "CSYNC"
            case 63: "ZONEMD"
            case 64: "SVCB"
            case 65: "HTTPS"
            case 99: "SPF"
            case 249: "TKEY"
            case 250: "TSIG"
            case 251: "IXFR"
            case 252: "AXFR"
            case 255: "ANY"
            case 256: "URI"
            case 257: "CAA"
            default: nil
            }
        guard let name else {
            append("Type")
            append(decimal: number)
            return
        }
        append(name)
    }
}

/// The types of records whose data is shown, beside those of `DNSMessage.RecordType`.
enum DNSRecordType {
    static let nameServer: UInt16 = 2
    static let startOfAuthority: UInt16 = 6
    static let mailExchange: UInt16 = 15
    static let server: UInt16 = 33
    static let delegationName: UInt16 = 39
    static let options: UInt16 = 41
    static let senderPolicy: UInt16 = 99
}

/// The flags of the header (RFC 1035, section 4.1.1; RFC 4035, section 3).
enum DNSFlag {
    static let authoritative: UInt16 = 0x0400
    static let truncated: UInt16 = 0x0200
    static let recursionDesired: UInt16 = 0x0100
    static let recursionAvailable: UInt16 = 0x0080
    static let authenticData: UInt16 = 0x0020
    static let checkingDisabled: UInt16 = 0x0010

    /// The flags with their names, in the order of the header.
    static let names: [(UInt16, StaticString)] = [
        (authoritative, "authoritative"), (truncated, "truncated"), (recursionDesired, "recursion_desired"),
        (recursionAvailable, "recursion_available"), (authenticData, "authentic_data"),
        (checkingDisabled, "checking_disabled"),
    ]
}
