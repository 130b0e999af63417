import SwiftNet

extension Console {
    /// Reports that an interface has changed: a line on standard error, and with JSON an object too.
    func report(_ change: LinkChange, at now: Instant) {
        if isJSON { output.write(change.json(at: now) + "\n") }
        if change.isFinal { fail(change.words) } else { complain(change.words) }
    }
}

extension LinkChange {
    fileprivate var words: String {
        switch kind {
        case .down: "\(name) is down; waiting for it"
        case .noCarrier(let wasDown):
            wasDown
                ? "\(name) is up again, but has no carrier; waiting for it" : "\(name) has no carrier; waiting for it"
        case .up(let wasDown): wasDown ? "\(name) is up again" : "\(name) has carrier again"
        case .renamed(let former): "\(former) was renamed to \(name)"
        case .deleted: "\(name) was deleted"
        case .moved: "\(name) was moved to another network namespace"
        case .gone: "\(name) was deleted or moved to another network namespace"
        }
    }

    fileprivate func json(at now: Instant) -> String {
        var object = JSONObject(type: "interface")
        object.add("interface", name)
        let state =
            switch kind {
            case .down: "down"
            case .noCarrier: "no-carrier"
            case .up: "up"
            case .renamed: "renamed"
            case .deleted: "deleted"
            case .moved: "moved"
            case .gone: "gone"
            }
        object.add("state", state)
        if case .renamed(let former) = kind { object.add("former_name", former) }
        object.add("time", WallTime.rfc3339(now))
        return object.line
    }
}
