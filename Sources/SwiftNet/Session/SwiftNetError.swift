import Diagnostics
import LinuxNet
import LinuxProcess

/// The reason why a run cannot begin or ended early.
public struct SwiftNetError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Equatable, Sendable {
        /// An option or a target that is invalid, or cannot be used with another.
        case invalidArgument
        /// A name that has no address, or no reply from the name servers.
        case name
        /// No route to the target, or no source address.
        case route
        /// No such interface, or an unsuitable one.
        case interface
        /// A missing privilege, usually CAP_NET_RAW.
        case permission
        /// The target is a broadcast address, which must be allowed explicitly.
        case broadcast
        /// Another host has the address.
        case addressInUse
        /// A packet could not be sent, which ended the run.
        case transmission
        /// A system call failed; the value is errno.
        case system(Int32)
        /// The run was stopped before anything was sent.
        case interrupted
    }

    public var kind: Kind
    /// The subject of the error: a target, an option, an interface, a system call.
    public var subject: String?
    public var reason: String
    /// What the user can do about it, one line each.
    public var hints: [String]
    /// The signal that interrupted the run, if any.
    package var interruption: Interruption?

    init(_ kind: Kind, _ subject: String? = nil, _ reason: String, hints: [String] = []) {
        self.kind = kind
        self.subject = subject
        self.reason = reason
        self.hints = hints
    }

    public var description: String { subject.map { "\($0): \(reason)" } ?? reason }

    /// Converts an error of the modules below.
    init(_ error: any Error) {
        switch error {
        case let error as SwiftNetError: self = error
        case let error as Destination.Problem: self.init(.route, error.subject, error.reason)
        case let error as Resolver.Failure: self.init(.name, error.name, error.message)
        case let error as SystemError:
            self.init(
                error.isPermission ? .permission : .system(error.code), error.operation, error.message,
                hints: error.isPermission ? [Privileges.hint] : [])
        case let error as Interruption:
            self.init(.interrupted, nil, "stopped before anything was sent")
            interruption = error
        case let error as any CustomStringConvertible: self.init(.invalidArgument, nil, error.description)
        default: self.init(.invalidArgument, nil, "unknown error")
        }
    }

    /// Parses a target of any form, or throws an error with its text.
    /// - Parameter isOnlyTarget: whether the address may have any form that inet_aton(3) accepts.
    static func target(_ text: String, isOnlyTarget: Bool = false) throws(SwiftNetError) -> TargetExpression {
        do { return try TargetExpression(text, isOnlyTarget: isOnlyTarget) } catch {
            throw SwiftNetError(.invalidArgument, text.isEmpty ? nil : text, error.description)
        }
    }

    // MARK: Checks of values

    /// The error for an option's value that is invalid.
    /// - Parameter expected: the valid values: `1 to 255`, `a unicast address`.
    static func invalid(_ value: some CustomStringConvertible, _ option: String, expected: String) -> SwiftNetError {
        SwiftNetError(.invalidArgument, nil, "invalid value '\(value)' for \(option) (expected \(expected))")
    }

    /// Throws if an option's value is not in its range; nil is valid.
    static func check<Value: Comparable & CustomStringConvertible>(
        _ value: Value?, in range: ClosedRange<Value>, _ option: String
    ) throws(SwiftNetError) {
        guard let value, !range.contains(value) else { return }
        throw invalid(value, option, expected: "\(range.lowerBound) to \(range.upperBound)")
    }

    /// Throws if a duration is not in its range, in seconds in the message; nil is valid.
    static func check(
        _ duration: Nanoseconds?, in range: ClosedRange<Nanoseconds>, _ option: String
    ) throws(SwiftNetError) {
        guard let duration, !range.contains(duration) else { return }
        let expected = "\(seconds(range.lowerBound)) to \(seconds(range.upperBound)) seconds"
        throw invalid(seconds(duration), option, expected: expected)
    }

    private static func seconds(_ time: Nanoseconds) -> String {
        let seconds = time.seconds
        return seconds == seconds.rounded() ? "\(time.wholeMilliseconds / 1_000)" : "\(seconds)"
    }

    /// Throws if the rate is invalid; in packets per second, nil for the kernel's limit.
    static func check(rate: Double?) throws(SwiftNetError) {
        guard let rate, !(rate > 0 && rate <= Double(SendPacer.maximumRate)) else { return }
        throw SwiftNetError(
            .invalidArgument, "--rate", "'\(rate)' is out of range: 0 < value <= \(SendPacer.maximumRate)")
    }

    /// Throws if a MAC address is not that of one host.
    /// - Parameter option: the option that names it; nil for a target.
    static func check(station mac: MACAddress?, _ option: String? = nil) throws(SwiftNetError) {
        guard let mac, !mac.isStation else { return }
        let expected = "the MAC address of one host"
        throw option.map { invalid(mac, $0, expected: expected) }
            ?? SwiftNetError(.invalidArgument, "\(mac)", "not \(expected)")
    }

    /// Throws if an address is not of the only family.
    /// - Parameter name: the address in the message, with its option.
    static func check(
        _ address: IPAddress, isOf family: IPAddress.Family?, _ name: String
    ) throws(SwiftNetError) {
        guard let family, family != address.family else { return }
        throw SwiftNetError(.invalidArgument, nil, "\(family == .v4 ? "-4" : "-6") cannot be used with \(name)")
    }

    /// Runs a body and converts errors of the modules below.
    static func wrapping<Result: ~Copyable>(_ body: () throws -> Result) throws(SwiftNetError) -> Result {
        do { return try body() } catch { throw SwiftNetError(error) }
    }

    /// - Parameter option: the option that named the interface.
    static func noInterface(_ name: String, _ option: String) -> SwiftNetError {
        let names = ((try? Interface.all()) ?? []).map(\.name).joined(separator: ", ")
        let list = names.isEmpty ? "" : " (have: \(names))"
        return SwiftNetError(.interface, option, "no such interface: \(name)\(list)")
    }

    static func missingCapability(_ what: String) -> SwiftNetError {
        SwiftNetError(.permission, nil, "\(what) needs CAP_NET_RAW", hints: [Privileges.hint])
    }
}
