import SwiftNet

extension Console {
    /// Reports a change of an interface on standard error, and with JSON also as an object.
    func report(_ change: LinkChange, at now: Instant) {
        if isJSON { write("interface", LinkChangeRow(change), at: now) }
        if change.isFinal { fail(change.message) } else { complain(change.message) }
    }
}

/// Reports packets of a long run that could not be sent, once for each reason in a row.
struct RepeatedFailures {
    private let console: Console
    private let packet: String
    private var last: TransmissionFailure?

    /// - Parameter packet: What could not be sent: `a frame`.
    init(_ console: Console, _ packet: String) {
        self.console = console
        self.packet = packet
    }

    mutating func note(_ failure: TransmissionFailure) {
        guard failure != last else { return }
        last = failure
        console.complain("\(packet) could not be sent: \(failure)")
    }
}

extension LinkChange {
    fileprivate var message: String {
        switch kind {
        case .down: "\(name) is down; waiting for it"
        case .noCarrier(let wasDown):
            wasDown
                ? "\(name) is up again, but has no carrier; waiting for it" : "\(name) has no carrier; waiting for it"
        case .up(let wasDown): wasDown ? "\(name) is up again" : "\(name) has carrier again"
        case .renamed(let former): "\(former) was renamed to \(name)"
        case .mtu(let mtu, let former): "the MTU of \(name) is \(mtu) bytes now; it was \(former)"
        case .deleted: "\(name) was deleted"
        case .moved: "\(name) was moved to another network namespace"
        case .gone: "\(name) was deleted or moved to another network namespace"
        }
    }
}

private struct LinkChangeRow: JSONRow {
    var interface: String
    var state: String
    var formerName: String?
    var mtu: Int?

    init(_ change: LinkChange) {
        interface = change.name
        if case .renamed(let former) = change.kind { formerName = former }
        if case .mtu(let new, _) = change.kind { mtu = new }
        state =
            switch change.kind {
            case .down: "down"
            case .noCarrier: "no-carrier"
            case .up: "up"
            case .renamed: "renamed"
            case .mtu: "mtu"
            case .deleted: "deleted"
            case .moved: "moved"
            case .gone: "gone"
            }
    }
}
