import LinuxProcess
import SwiftNet

/// What the hosts of a route are called: an address, or a name and an address.
struct TracerouteNames {
    /// Nil when no names are wanted.
    let lookUps: HostNames?
    /// Nil when autonomous systems are not asked for.
    let origins: RouteOrigins?
    /// How long a line that is ready waits for its names.
    let patience: Nanoseconds
    /// How long it waits for a registry's answer, which was asked for by an option.
    static let originPatience = Nanoseconds.seconds(5)

    /// Begins to look up a name, so that it is there when it is printed.
    func prepare(_ address: IPAddress) {
        _ = lookUps?.name(of: address)
        _ = origins?.isPending(address)
    }

    /// The name, where it is known by now.
    func name(of address: IPAddress) -> String? {
        if case .known(let name)? = lookUps?.name(of: address) { return name }
        return nil
    }

    /// When a line that has been ready since `instant` is to be printed at the latest: nil for at once.
    func deadline(for addresses: some Sequence<IPAddress>, readySince instant: Instant) -> Instant? {
        var deadline: Instant?
        for address in addresses {
            // Both are asked in the same step, whatever is pending first.
            let isNamePending = lookUps?.name(of: address) == .pending
            let isOriginPending = origins?.isPending(address) ?? false
            if isNamePending { deadline = max(deadline ?? instant, instant + patience) }
            if isOriginPending { deadline = max(deadline ?? instant, instant + Self.originPatience) }
        }
        return deadline
    }

    /// `192.0.2.1`, or `gateway.example (192.0.2.1)`.
    func host(_ address: IPAddress) -> String {
        guard lookUps != nil else { return "\(address)" + origin(address) }
        return "\(Text.escaped(name(of: address) ?? "\(address)")) (\(address))" + origin(address)
    }

    /// ` [AS64500/AS64501]`, ` [*]` where the registry has none.
    private func origin(_ address: IPAddress) -> String {
        guard let found = origins?.origins(of: address) else { return "" }
        return " [\(found.isEmpty ? "*" : found.joined(separator: "/"))]"
    }
}

/// Results that are ready and wait for the names in them, in their order.
struct HeldLines<Line> {
    private var lines: [(line: Line, addresses: [IPAddress], since: Instant)] = []
    private let names: TracerouteNames
    private var isReleased = false

    init(_ names: TracerouteNames) { self.names = names }

    mutating func append(_ line: Line, naming addresses: [IPAddress], at now: Instant) {
        lines.append((line, addresses, now))
    }

    /// No line waits any longer.
    mutating func release() { isReleased = true }

    /// The lines whose names are known or have been waited for, each with the time of its event, and when to ask again at
    /// the latest.
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
