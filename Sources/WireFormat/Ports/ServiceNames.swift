/// Service names by port, from a services(5) file.
public struct ServiceNames: Sendable {
    /// The protocols with named ports.
    public enum Transport: String, Sendable, Hashable {
        case tcp, udp
    }

    private struct Key: Hashable, Sendable {
        var port: UInt16
        var transport: Transport
    }

    private var names: [Key: String] = [:]
    private var ports: [String: [Transport: UInt16]] = [:]

    /// Parses lines with a name, `port/protocol` and aliases; other lines are ignored.
    public init(lines: [String]) {
        for line in lines {
            let fields = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard fields.count >= 2 else { continue }
            let parts = fields[1].split(separator: "/")
            guard parts.count == 2, let port = UInt16(parts[0]), let transport = Transport(rawValue: String(parts[1]))
            else { continue }
            let key = Key(port: port, transport: transport)
            // The first name of a port is the official one.
            if names[key] == nil { names[key] = String(fields[0]) }
            for name in [fields[0]] + fields.dropFirst(2) {
                let name = name.lowercased()
                if ports[name]?[transport] == nil { ports[name, default: [:]][transport] = port }
            }
        }
    }

    /// Returns the official name of a port.
    public func name(of port: UInt16, _ transport: Transport) -> String? {
        names[Key(port: port, transport: transport)]
    }

    /// Returns the port of a name or alias, ignoring case.
    public func port(named name: String, _ transport: Transport) -> UInt16? {
        ports[name.lowercased()]?[transport]
    }

    /// Returns the ports with a name, in ascending order.
    public func ports(of transport: Transport) -> [UInt16] {
        names.keys.filter { $0.transport == transport }.map(\.port).sorted()
    }
}
