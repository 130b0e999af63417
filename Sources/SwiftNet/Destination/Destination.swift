import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// A target, found: its address, and how packets get there.
///
/// The one place where a name becomes an address, and an address a route, a source and an interface.
public struct Destination: Sendable, Equatable {
    public var address: IPAddress
    /// The interface index that a link-local address needs; 0 for none.
    public var zone: UInt32
    /// The target's name by DNS or the hosts file, after its aliases; nil when it was given as an address.
    public var canonicalName: String?
    /// The route to the address, or to the first gateway of a source route.
    public var route: Route
    /// The address that packets carry as their source.
    public var source: IPAddress

    /// The name of the interface that packets leave by, which may be gone later.
    public var interfaceName: String? { Interface.name(of: route.interfaceIndex) }
    /// The name of the interface that a link-local address needs.
    public var zoneName: String? { zone == 0 ? nil : Interface.name(of: zone) }

    /// What a caller asks of a destination.
    struct Requirements: Sendable {
        /// The families that will do, in no order: that of the resolver counts.
        var families: [IPAddress.Family] = [.v4, .v6]
        /// The interface to leave by; 0 for any.
        var interface: UInt32 = 0
        /// One of this host's addresses to send from; nil for the route's.
        var source: IPAddress?
        var mark: UInt32?
        var trafficClass: UInt8 = 0
        /// The first gateway of a source route (RFC 791), to which the route leads in place of the target.
        var firstGateway: IPv4Address?
        /// When a name without an answer is given up.
        var deadline: Instant?

        init() {}

        /// The family to ask name servers for; nil for both.
        var family: IPAddress.Family? { families.count == 1 ? families[0] : nil }
    }

    /// Why there is no destination.
    struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
        /// The target as it was given, or what was asked of it.
        var subject: String
        var reason: String
        var description: String { "\(subject): \(reason)" }

        init(_ subject: String, _ reason: String) {
            self.subject = subject
            self.reason = reason
        }
    }

    /// The first address of a target that there is a route to.
    /// - Parameters:
    ///   - text: the target as it was given, for messages.
    /// - Throws: `Problem`, `Resolver.Failure`, `SystemError` for a route that there is not, and `Interruption`.
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

    /// The addresses of a target in the order to try them, and its canonical name where it was given by name.
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
        case .ranges: throw Problem(text, "this is a range, not a host")
        }
    }

    /// The route to an address that is known.
    /// - Throws: `Problem`, or the kernel's `SystemError`.
    static func route(
        to answer: Resolver.Answer, text: String, canonicalName: String? = nil, _ requirements: Requirements
    ) throws -> Destination {
        var address = answer.address
        if address.isUnspecified {
            // The unspecified address stands for this host (ip(7)).
            address = requirements.source ?? (address.family == .v4 ? .v4(.loopback) : .v6(.loopback))
        }
        if let source = requirements.source, source.family != address.family {
            throw Problem(text, "the source \(source) is of the other address family")
        }
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

    /// The interface of a zone, which is an interface's name or number (RFC 4007, section 11).
    static func index(ofZone zone: String, _ text: String) throws(Problem) -> UInt32 {
        if let index = Interface.index(of: zone) { return index }
        if let index = UInt32(zone), Interface.name(of: index) != nil { return index }
        throw Problem(text, "no such interface: \(zone)")
    }
}
