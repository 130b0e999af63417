import LinuxProcess
import SwiftNet

/// Formats the hosts of a route: an address, or a name and an address.
struct TracerouteNames {
    /// The name lookups; nil if names are not looked up.
    let lookUps: HostNames?
    /// The lookups of autonomous systems; nil without -A.
    let origins: RouteOrigins?
    /// The maximum time that a finished line waits for its names.
    let nameTimeout: Nanoseconds
    /// The interface of the trace, on which link-local routers are.
    var zone: String?
    /// The maximum time that a finished line waits for the registry.
    static let originTimeout = Nanoseconds.seconds(5)

    /// Starts the lookups for an address, so that they are complete when it is printed.
    func prepare(_ address: IPAddress) {
        _ = lookUps?.name(of: address)
        _ = origins?.isPending(address)
    }

    /// Returns the name, if it is known yet.
    func name(of address: IPAddress) -> String? {
        if case .known(let name)? = lookUps?.name(of: address) { return name }
        return nil
    }

    /// Returns the latest time to print a line that was finished at `instant`; nil to print it at once.
    func deadline(for addresses: some Sequence<IPAddress>, readySince instant: Instant) -> Instant? {
        var deadline: Instant?
        for address in addresses {
            // Start both lookups in the same step.
            let isNamePending = lookUps?.name(of: address) == .pending
            let isOriginPending = origins?.isPending(address) ?? false
            if isNamePending { deadline = max(deadline ?? instant, instant + nameTimeout) }
            if isOriginPending { deadline = max(deadline ?? instant, instant + Self.originTimeout) }
        }
        return deadline
    }

    /// The address with its zone if it needs one: `fe80::1%eth0`.
    func text(of address: IPAddress) -> String { address.text(zone: zone) }

    /// `192.0.2.1`, or `gateway.example (192.0.2.1)`.
    func host(_ address: IPAddress) -> String {
        let text = text(of: address)
        guard lookUps != nil else { return text + origin(address) }
        return "\(Text.escaped(name(of: address) ?? text)) (\(text))" + origin(address)
    }

    /// ` [AS64500/AS64501]`; ` [*]` if the registry has none.
    private func origin(_ address: IPAddress) -> String {
        guard let found = origins?.origins(of: address) else { return "" }
        return " [\(found.isEmpty ? "*" : found.joined(separator: "/"))]"
    }
}

extension IPAddress {
    /// The address, with the interface as its zone if it needs one (RFC 4007, section 11).
    func text(zone: String?) -> String { needsZone ? zone.map { "\(self)%\($0)" } ?? "\(self)" : "\(self)" }
}

/// Finished lines that wait for the names in them, in order.
struct HeldLines<Line> {
    private var lines: [(line: Line, addresses: [IPAddress], since: Instant)] = []
    private let names: TracerouteNames
    private var isReleased = false

    init(_ names: TracerouteNames) { self.names = names }

    mutating func append(_ line: Line, naming addresses: [IPAddress], at now: Instant) {
        lines.append((line, addresses, now))
    }

    /// Stops waiting for names.
    mutating func release() { isReleased = true }

    /// Removes the lines whose names are known or timed out.
    /// - Returns: The lines, each with the time of its event, and the latest time of the next call.
    mutating func take(at now: Instant) -> (lines: [(Line, Instant)], next: Instant?) {
        var ready: [(Line, Instant)] = []
        while let first = lines.first {
            if !isReleased, let deadline = names.deadline(for: first.addresses, readySince: first.since), now < deadline
            {
                return (ready, deadline)
            }
            ready.append((first.line, first.since))
            lines.removeFirst()
        }
        return (ready, nil)
    }
}
