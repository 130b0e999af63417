import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// A resolved target: its address, and the route to it.
///
/// All name lookups and route lookups for targets are here.
public struct Destination: Sendable, Equatable {
    public var address: IPAddress
    /// The interface index of a link-local address; 0 for none.
    public var zone: UInt32
    /// The target's canonical name in DNS or the hosts file; nil if it was given as an address.
    public var canonicalName: String?
    /// The route to the address, or to the first gateway of a source route.
    public var route: Route
    /// The source address of packets.
    public var source: IPAddress

    /// The name of the outgoing interface, which may no longer exist.
    public var interfaceName: String? { Interface.name(of: route.interfaceIndex) }
    /// The name of the interface of a link-local address.
    public var zoneName: String? { zone == 0 ? nil : Interface.name(of: zone) }

    /// Whether packets to a unicast address need the MAC address of a neighbor.
    var needsNeighbor: Bool {
        get throws(SystemError) {
            guard route.kind != .local else { return false }
            return try Interface.all().contains {
                $0.index == route.interfaceIndex && $0.seeksNeighbors && !$0.isLoopback
            }
        }
    }

    /// The caller's requirements for a destination.
    struct Requirements: Sendable {
        /// The accepted families, in any order: the resolver's order counts.
        var families: [IPAddress.Family] = [.v4, .v6]
        /// The outgoing interface; 0 for any.
        var interface: UInt32 = 0
        /// One of this host's addresses as the source; nil for the route's.
        var source: IPAddress?
        var mark: UInt32?
        var trafficClass: UInt8 = 0
        /// The first gateway of a source route (RFC 791), to which the route leads instead of the target.
        var firstGateway: IPv4Address?
        /// The time at which a name lookup times out.
        var deadline: Instant?

        init() {}

        /// The family to query name servers for; nil for both.
        var family: IPAddress.Family? { families.count == 1 ? families[0] : nil }
    }

    /// The reason why there is no destination.
    struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
        /// The target as given, or the requirement that failed.
        var subject: String
        var reason: String
        var description: String { "\(subject): \(reason)" }

        init(_ subject: String, _ reason: String) {
            self.subject = subject
            self.reason = reason
        }
    }

    /// Returns the first address of a target that has a route.
    /// - Parameters:
    ///   - text: the target as given, for messages.
    /// - Throws: `Problem`, `Resolver.Failure`, `SystemError` if there is no route, and `Interruption`.
    static func find(
        _ target: TargetExpression, text: String, _ requirements: Requirements, resolver: Resolver
    ) throws -> Destination {
        let (candidates, canonicalName) = try candidates(
            target, text: text, requirements, resolver: resolver)
        if let source = requirements.source, try !Interface.isOwn(source) {
            throw Problem("\(source)", SystemError.message(SystemError.addressNotAvailable))
        }
        var failure: (any Error)?
        for candidate in candidates where requirements.families.contains(candidate.address.family) {
            do {
                return try route(to: candidate, text: text, canonicalName: canonicalName, requirements)
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? Problem(text, SystemError.addressFamilyNotFound)
    }

    /// Returns the addresses of a target in the order to try them, and its canonical name if it was given by name.
    static func candidates(
        _ target: TargetExpression, text: String, _ requirements: Requirements, resolver: Resolver
    ) throws -> (answers: [Resolver.Answer], canonicalName: String?) {
        switch target {
        case .address(let address, let zone):
            let answer = Resolver.Answer(address: address, zone: try zone.map { try index(ofZone: $0, text) } ?? 0)
            return ([answer], nil)
        case .name(let name):
            let found = try resolver.addresses(
                of: name, family: requirements.family, until: requirements.deadline)
            return (found.answers, found.canonicalName ?? name)
        case .ranges: throw Problem(text, "is a range, not a host")
        }
    }

    /// Returns the route to an address.
    /// - Throws: `Problem`, or the kernel's `SystemError`.
    static func route(
        to answer: Resolver.Answer, text: String, canonicalName: String? = nil, _ requirements: Requirements
    ) throws -> Destination {
        var address = answer.address
        if address.isUnspecified {
            // The unspecified address means this host (ip(7)).
            address = requirements.source ?? (address.family == .v4 ? .v4(.loopback) : .v6(.loopback))
        }
        if let source = requirements.source, source.family != address.family {
            throw Problem(text, "the source \(source) is of the other address family")
        }
        try checkZone(answer.zone, text, interface: requirements.interface)
        let zone = answer.zone != 0 ? answer.zone : address.needsZone ? requirements.interface : 0
        let route = try RouteTable.route(
            to: requirements.firstGateway.map { .v4($0) } ?? address, from: requirements.source,
            interface: zone != 0 ? zone : requirements.interface, mark: requirements.mark,
            typeOfService: requirements.trafficClass)
        let unspecified: IPAddress = address.family == .v4 ? .v4(.unspecified) : .v6(.unspecified)
        return Destination(
            address: address, zone: zone, canonicalName: canonicalName, route: route,
            source: requirements.source ?? route.source ?? unspecified)
    }

    /// Throws if a target's zone is not the interface that packets must leave by.
    /// - Parameter interface: the index of the interface; 0 for any.
    static func checkZone(_ zone: UInt32, _ text: String, interface: UInt32) throws(Problem) {
        guard zone != 0, interface != 0, zone != interface else { return }
        let names = [zone, interface].map { Interface.name(of: $0) ?? "\($0)" }
        throw Problem(text, "the zone \(names[0]) is not the interface \(names[1])")
    }

    /// Returns the interface of a zone, which is an interface's name or number (RFC 4007, section 11).
    static func index(ofZone zone: String, _ text: String) throws(Problem) -> UInt32 {
        if let index = Interface.index(of: zone) { return index }
        if let index = UInt32(zone), Interface.name(of: index) != nil { return index }
        throw Problem(text, "no such interface: \(zone)")
    }
}
