/// The order of services for host name lookups: the `hosts:` line of nsswitch.conf(5).
struct NameServiceSwitch: Equatable {
    /// The statuses of services.
    struct Status: OptionSet {
        let rawValue: UInt8
        static let success = Status(rawValue: 1)
        static let notFound = Status(rawValue: 2)
        static let unavailable = Status(rawValue: 4)
        static let tryAgain = Status(rawValue: 8)
        static let all: Status = [.success, .notFound, .unavailable, .tryAgain]

        fileprivate init?(name: String) {
            switch name {
            case "success": self = .success
            case "notfound": self = .notFound
            case "unavail": self = .unavailable
            case "tryagain": self = .tryAgain
            default: return nil
            }
        }

        init(rawValue: UInt8) { self.rawValue = rawValue }
    }

    struct Service: Equatable {
        var name: String
        /// The statuses that end the lookup.
        var returns: Status = .success
    }

    var services: [Service] = []

    /// - Parameter bytes: the contents of nsswitch.conf; empty if there is no such file.
    init(_ bytes: [UInt8]) {
        for line in ConfigurationText.lines(bytes) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                ConfigurationText.fields(line[..<colon]) == ["hosts"]
            else { continue }
            // As in glibc, the last line of a database applies.
            services = Self.services(line[(colon + 1)...])
        }
        // The default of glibc.
        if services.isEmpty { services = [Service(name: "files"), Service(name: "dns")] }
    }

    private static func services(_ line: ArraySlice<UInt8>) -> [Service] {
        var services: [Service] = []
        var rest = line
        while let byte = rest.first {
            if byte == UInt8(ascii: "[") {
                let end = rest.firstIndex(of: UInt8(ascii: "]")) ?? rest.endIndex
                let actions = ConfigurationText.fields(rest[(rest.startIndex + 1)..<end])
                if !services.isEmpty { services[services.count - 1].apply(actions) }
                rest = rest[min(end + 1, rest.endIndex)...]
            } else if ConfigurationText.isBlank(byte) {
                rest = rest.dropFirst()
            } else {
                let word = rest.prefix { !ConfigurationText.isBlank($0) && $0 != UInt8(ascii: "[") }
                services.append(Service(name: String(decoding: word, as: UTF8.self)))
                rest = rest[word.endIndex...]
            }
        }
        return services
    }
}

extension NameServiceSwitch.Service {
    /// Applies the actions in brackets after a service: `NOTFOUND=return`, `!UNAVAIL=return`.
    fileprivate mutating func apply(_ actions: [String]) {
        for action in actions {
            let text = Array(action.lowercased().utf8)
            guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let isNegated = text.first == UInt8(ascii: "!")
            let name = String(decoding: text[(isNegated ? 1 : 0)..<equals], as: UTF8.self)
            guard let named = NameServiceSwitch.Status(name: name) else { continue }
            let statuses = isNegated ? NameServiceSwitch.Status.all.subtracting(named) : named
            switch String(decoding: text[(equals + 1)...], as: UTF8.self) {
            case "return": returns.formUnion(statuses)
            case "continue": returns.subtract(statuses)
            default: break
            }
        }
    }
}
