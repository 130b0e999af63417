import LinuxNet
import WireFormat

/// How hosts on the way are called: by address, or by name and address.
struct TraceNames {
    /// Nil when no names are wanted.
    let lookUps: ReverseNames?
    /// Nil when nobody asks whose they are.
    let origins: TraceOrigins?

    /// Begins to look up a name, that it be there when it is printed.
    func prepare(_ address: IPAddress) {
        _ = lookUps?.name(of: address)
        origins?.prepare(address)
    }

    /// The name, where it is known by now.
    func name(of address: IPAddress) -> String? {
        if case .known(let name)? = lookUps?.name(of: address) { return name }
        return nil
    }

    /// `192.0.2.1`, or `gateway.example (192.0.2.1)`.
    func host(_ address: IPAddress) -> String {
        guard lookUps != nil else { return "\(address)" + origin(address) }
        return "\(Text.escaped(name(of: address) ?? "\(address)")) (\(address))" + origin(address)
    }

    /// ` [AS64500/AS64501]`, ` [*]` where nobody knows.
    private func origin(_ address: IPAddress) -> String {
        guard let found = origins?.origins(of: address) else { return "" }
        return " [\(found.isEmpty ? "*" : found.joined(separator: "/"))]"
    }
}
