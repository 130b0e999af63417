import Diagnostics
import LinuxNet
import LinuxProcess

/// Why a run cannot begin, or was broken off.
public struct SwiftNetError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Equatable, Sendable {
        /// An option or a target that cannot be used, or not together with another.
        case invalidArgument
        /// A name that has no address, or no answer from the name servers.
        case name
        /// There is no route or no source address to the target.
        case route
        /// There is no such interface, or it cannot be used for this.
        case interface
        /// A privilege is missing, mostly CAP_NET_RAW.
        case permission
        /// The target is a broadcast address, which has to be allowed.
        case broadcast
        /// Another host has the address that is to be used.
        case addressInUse
        /// A system call failed; the value is errno.
        case system(Int32)
        /// The run was asked to stop before anything was sent.
        case interrupted
    }

    public var kind: Kind
    /// What the error is about: a target, an option, an interface, a system call.
    public var subject: String?
    public var reason: String
    /// What to do about it, a line each.
    public var hints: [String]
    /// The signal of an interruption, where there was one.
    package var interruption: Interruption?

    init(_ kind: Kind, _ subject: String? = nil, _ reason: String, hints: [String] = []) {
        self.kind = kind
        self.subject = subject
        self.reason = reason
        self.hints = hints
    }

    public var description: String { subject.map { "\($0): \(reason)" } ?? reason }

    /// Any error of the rooms below.
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
        default: self.init(.invalidArgument, nil, "it failed for a reason that has no description")
        }
    }

    /// A target of any form, or an error with its text.
    /// - Parameter isOnlyTarget: whether its address may have any form of inet_aton(3).
    static func target(_ text: String, isOnlyTarget: Bool = false) throws(SwiftNetError) -> TargetExpression {
        do { return try TargetExpression(text, isOnlyTarget: isOnlyTarget) } catch {
            throw SwiftNetError(.invalidArgument, text.isEmpty ? nil : text, error.description)
        }
    }

    /// Throws where packets cannot be sent at a rate, in packets a second; nil is the kernel's.
    static func check(rate: Double?) throws(SwiftNetError) {
        guard let rate, !(rate > 0 && rate <= 1_000_000_000) else { return }
        throw SwiftNetError(.invalidArgument, "--rate", "'\(rate)' is out of range: 0 < value <= 1000000000")
    }

    /// Runs a body whose errors are those of the rooms below.
    static func wrapping<Result: ~Copyable>(_ body: () throws -> Result) throws(SwiftNetError) -> Result {
        do { return try body() } catch { throw SwiftNetError(error) }
    }

    /// - Parameter option: the one that named the interface.
    static func noInterface(_ name: String, _ option: String) -> SwiftNetError {
        let names = ((try? Interface.all()) ?? []).map(\.name).joined(separator: ", ")
        let list = names.isEmpty ? "" : " (have: \(names))"
        return SwiftNetError(.interface, option, "no such interface: \(name)\(list)")
    }

    static func missingCapability(_ what: String) -> SwiftNetError {
        SwiftNetError(.permission, nil, "\(what) needs CAP_NET_RAW", hints: [Privileges.hint])
    }
}
