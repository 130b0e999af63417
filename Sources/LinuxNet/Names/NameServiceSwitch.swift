/// The order in which services are asked for host names: the `hosts:` line of nsswitch.conf(5).
struct NameServiceSwitch: Equatable {
    /// How a service ended.
    enum Status: String, CaseIterable {
        case success
        case notFound = "notfound"
        case unavailable = "unavail"
        case tryAgain = "tryagain"
    }

    struct Service: Equatable {
        var name: String
        /// The statuses that end the search.
        var returns: Set<Status> = [.success]
    }

    var services: [Service]

    /// What glibc does where the file does not say.
    static let preset = NameServiceSwitch(services: [Service(name: "files"), Service(name: "dns")])

    /// - Parameter text: of nsswitch.conf; empty where there is none.
    init(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.prefix { $0 != "#" } }
        // As in glibc, the last line of a database counts.
        guard
            let line = lines.last(where: {
                $0.split(separator: ":").first?.trimmingSpaces == "hosts" && $0.contains(":")
            }),
            let colon = line.firstIndex(of: ":")
        else {
            self = .preset
            return
        }
        services = []
        var rest = line[line.index(after: colon)...]
        while let character = rest.first {
            if character == "[" {
                let actions = rest.dropFirst().prefix { $0 != "]" }
                rest = rest[actions.endIndex...].dropFirst()
                if !services.isEmpty { services[services.count - 1].apply(actions) }
            } else if character == " " || character == "\t" {
                rest = rest.dropFirst()
            } else {
                let word = rest.prefix { $0 != " " && $0 != "\t" && $0 != "[" }
                services.append(Service(name: String(word)))
                rest = rest[word.endIndex...]
            }
        }
        if services.isEmpty { self = .preset }
    }

    init(services: [Service]) { self.services = services }
}

extension NameServiceSwitch.Service {
    /// Applies what stands in brackets behind a service: `NOTFOUND=return`, `!UNAVAIL=return`.
    fileprivate mutating func apply(_ text: Substring) {
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let isNegated = parts[0].hasPrefix("!")
            let name = (isNegated ? parts[0].dropFirst() : parts[0]).lowercased()
            guard let named = NameServiceSwitch.Status(rawValue: name) else { continue }
            let statuses = isNegated ? Set(NameServiceSwitch.Status.allCases).subtracting([named]) : [named]
            switch parts[1].lowercased() {
            case "return": returns.formUnion(statuses)
            case "continue": returns.subtract(statuses)
            default: break
            }
        }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        let head = drop { $0 == " " || $0 == "\t" }
        guard let last = head.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return head[...last]
    }
}
