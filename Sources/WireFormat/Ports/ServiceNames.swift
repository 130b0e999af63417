/// The names of services by port, from the text of a services(5) file.
public struct ServiceNames: Sendable {
    /// The protocols whose ports have names.
    public enum Transport: String, Sendable, Hashable {
        case tcp, udp
    }

    private struct Key: Hashable, Sendable {
        var port: UInt16
        var transport: Transport
    }

    private var names: [Key: String] = [:]
    private var ports: [String: [Transport: UInt16]] = [:]

    /// Reads lines of a name, `port/protocol` and aliases; what does not read so is passed over.
    public init(lines: [String]) {
        for line in lines {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2 else { continue }
            let parts = words[1].split(separator: "/")
            guard parts.count == 2, let port = UInt16(parts[0]), let transport = Transport(rawValue: String(parts[1]))
            else { continue }
            let key = Key(port: port, transport: transport)
            // The first name of a port is its official one.
            if names[key] == nil { names[key] = String(words[0]) }
            for name in [words[0]] + words.dropFirst(2) {
                let name = name.lowercased()
                if ports[name]?[transport] == nil { ports[name, default: [:]][transport] = port }
            }
        }
    }

    /// The official name of a port.
    public func name(of port: UInt16, _ transport: Transport) -> String? {
        names[Key(port: port, transport: transport)]
    }

    /// The port of a name or alias, in any case.
    public func port(named name: String, _ transport: Transport) -> UInt16? {
        ports[name.lowercased()]?[transport]
    }

    /// The ports that have a name, ascending.
    public func ports(of transport: Transport) -> [UInt16] {
        names.keys.filter { $0.transport == transport }.map(\.port).sorted()
    }
}
