import SwiftNet

/// The methods by their names in traceroute(8).
enum TraceModule: String, CaseIterable {
    case `default`, udp, icmp, tcp

    var method: TracerouteMethod { TracerouteMethod(rawValue: rawValue) ?? .udp }
}

/// The sources of --as-source.
enum OriginSourceName: String, CaseIterable {
    case whois, dns
}

/// An option of -O.
enum TCPProbeOption {
    case info, ecn
    case maximumSegmentSize(UInt16)

    init?(_ text: Substring) {
        switch text {
        case "info": self = .info
        case "ecn": self = .ecn
        default:
            guard text.hasPrefix("mss="), let size = UInt16(text.dropFirst(4)), size > 0 else { return nil }
            self = .maximumSegmentSize(size)
        }
    }
}

/// The limits of the wait for replies: `MAX`, `MAX,HERE` or `MAX,HERE,NEAR`.
struct TraceWait {
    var longest: Nanoseconds
    /// Factors of the round-trip time of the same hop, and of a later one.
    var here: Int64?
    var near: Int64?

    init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let factors = parts.dropFirst().compactMap { Int64($0) }.filter(TracerouteConfiguration.waitFactors.contains)
        guard let longest = DurationText.parse(String(parts[0])), longest >= TracerouteConfiguration.leastWait,
            longest <= DurationText.maximum, parts.count <= 3, factors.count == parts.count - 1
        else { return nil }
        self.longest = longest
        here = factors.first
        near = factors.count > 1 ? factors[1] : nil
    }
}

extension OptionValue where Value == TraceWait {
    static var traceWait: Self {
        OptionValue(specification: ValueSpecification(name: "MAX,HERE,NEAR")) { text in
            guard let wait = TraceWait(text) else {
                throw ValueError(expected: "MAX,HERE,NEAR: a duration from 1ms and up to 2 factors from 1 to 1000")
            }
            return wait
        }
    }
}

extension OptionValue where Value == Nanoseconds {
    /// A duration with a unit, or a number: seconds up to 10, milliseconds above.
    static var sendWait: Self {
        let duration = duration()
        return OptionValue(specification: duration.specification) { text in
            let wait = try duration.parse(text)
            let hasUnit = text.last?.isLetter == true
            return !hasUnit && wait > .seconds(10) ? Nanoseconds(wait.count / 1_000) : wait
        }
    }
}

extension OptionValue where Value == [TCPProbeOption] {
    static var tcpOptions: Self {
        OptionValue<[TCPProbeOption]>(specification: ValueSpecification(name: "OPTION,...")) { text in
            try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                guard let option = TCPProbeOption(part) else { throw ValueError(expected: "info, ecn, mss=N") }
                return option
            }
        }
    }
}

extension OptionValue where Value == [IPv4Address] {
    static var gateways: Self {
        OptionValue<[IPv4Address]>(specification: ValueSpecification(name: "ADDRESS,...")) { text in
            try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                guard let address = IPv4Address(part) else { throw ValueError(expected: "IPv4 addresses") }
                return address
            }
        }
    }
}

extension OptionValue where Value == Double {
    /// `95`, `99.9` or `95%`, as a fraction.
    static var confidence: Self {
        let confidences = TracerouteConfiguration.confidences
        let expected =
            "a percentage from \(Int(confidences.lowerBound * 100)) to \((confidences.upperBound * 100_000).rounded() / 1_000)"
        return OptionValue(specification: ValueSpecification(name: "PERCENT")) { text in
            let digits = text.hasSuffix("%") ? text.dropLast() : text[...]
            guard digits.allSatisfy({ $0.isNumber || $0 == "." }), let percent = Double(digits), percent.isFinite
            else { throw ValueError(expected: expected) }
            // Keeps the value as typed: 99.9 / 100 is not 0.999.
            let confidence = (percent * 1_000).rounded() / 100_000
            guard confidences.contains(confidence) else { throw ValueError(expected: expected) }
            return confidence
        }
    }
}

extension OptionValue where Value == Int {
    /// The length of a packet with its headers, in bytes.
    static var packetLength: Self { .integer(TracerouteConfiguration.packetLengths, "BYTES") }
}
