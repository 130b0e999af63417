import Diagnostics
import WireFormat

/// The URLs of a run in order. Those of an address block or range, and those of several ports, are made as they are
/// needed.
package struct HTTPTargetList {
    /// URLs that differ in their address and port.
    private struct Entry {
        var url: HTTPURL
        var hasScheme: Bool
        /// The addresses of a block; empty for the host of `url`.
        var addresses: [ClosedRange<IPAddress>]
        var ports: PortSet?
        var count: Int
        var taken = 0
    }

    /// The maximum number of URLs of one block with its ports.
    package static let maximumCount = 1 << 20

    /// The ports of URLs without one; nil for that of the scheme.
    private let ports: PortSet?
    private var entries: ArraySlice<Entry> = []

    package init(ports: PortSet?) { self.ports = ports }

    /// Whether no URL is left.
    var isEmpty: Bool { entries.isEmpty }

    /// Whether a URL uses TLS, or may do so.
    var needsTLS: Bool { entries.contains { $0.url.scheme == .https || !$0.hasScheme } }

    /// Returns the addresses of a block, a range or octet lists; none for a URL.
    private static func addresses(_ text: String) -> [ClosedRange<IPAddress>] {
        guard !HTTPURL.hasScheme(text), let target = try? TargetExpression(text), case .ranges(let ranges) = target
        else { return [] }
        return ranges
    }

    /// Returns the number of URLs that a text stands for, and a message if it is too large.
    package static func count(of text: String, ports: PortSet?) -> (number: Int, problem: String?) {
        let addresses = addresses(text)
        // Most URLs need not be parsed to be counted.
        let acceptsPorts = ports != nil && (!addresses.isEmpty || (try? HTTPURL(text))?.acceptsPorts != false)
        return count(of: addresses, ports: acceptsPorts ? ports : nil)
    }

    private static func count(
        of addresses: [ClosedRange<IPAddress>], ports: PortSet?
    ) -> (number: Int, problem: String?) {
        let hosts = addresses.reduce(UInt128(0)) { sum, range in
            // The number of all IPv6 addresses does not fit.
            let size = (range.upperBound.number &- range.lowerBound.number).addingReportingOverflow(1)
            return size.overflow ? .max : sum.addingReportingOverflow(size.partialValue).partialValue
        }
        let (count, isHuge) = max(hosts, 1).multipliedReportingOverflow(by: UInt128(ports?.count ?? 1))
        if !isHuge, let number = Int(exactly: count), number <= maximumCount { return (number, nil) }
        return (maximumCount, "more than \(maximumCount) URLs")
    }

    /// Adds the URLs of a text.
    /// - Parameters:
    ///   - overrides: gains the interface indexes of zones.
    ///   - family: the only address family that URLs may name; nil for both.
    mutating func append(
        _ text: String, _ overrides: inout EndpointOverrides, _ family: IPAddress.Family?, interface: String? = nil
    ) throws {
        let addresses = Self.addresses(text)
        let (count, problem) = Self.count(of: text, ports: ports)
        if let problem { throw SwiftNetError(.invalidArgument, nil, "'\(text)': \(problem)") }
        let urls = try overrides.urls(
            [addresses.first.map { "\($0.lowerBound)" } ?? text], family, interface: interface)
        guard let url = urls.first else { return }
        entries.append(
            Entry(
                url: url, hasScheme: HTTPURL.hasScheme(text), addresses: addresses,
                ports: url.acceptsPorts ? ports : nil, count: count))
    }

    /// Returns and removes the next URL.
    mutating func next() -> (url: HTTPURL, hasScheme: Bool)? {
        guard let entry = entries.first else { return nil }
        var url = entry.url
        let portCount = max(entry.ports?.count ?? 1, 1)
        if let port = entry.ports?.port(at: entry.taken % portCount) { url.explicitPort = port }
        var rest = UInt128(entry.taken / portCount)
        for range in entry.addresses {
            let last = range.upperBound.number &- range.lowerBound.number
            if rest <= last {
                let number = range.lowerBound.number &+ rest
                url.host = .address(IPAddress(range.lowerBound.family, number: number), zone: nil)
                break
            }
            rest &-= last &+ 1
        }
        entries[entries.startIndex].taken += 1
        if entry.taken + 1 >= entry.count { entries.removeFirst() }
        return (url, entry.hasScheme)
    }
}

extension HTTPURL {
    /// Whether `--ports` applies to it.
    fileprivate var acceptsPorts: Bool {
        if case .local = host { false } else { explicitPort == nil }
    }
}
