import CLinux
import WireFormat

/// Names to addresses and back, by the system's resolver (getaddrinfo(3), getnameinfo(3)).
public enum Resolver {
    /// An address of a name, with the zone that a link-local one needs (an interface index).
    public struct Answer: Sendable, Equatable {
        public var address: IPAddress
        public var zone: UInt32
    }

    /// Why there is no address.
    public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        public var name: String
        /// The resolver's words.
        public var message: String
        public var description: String { "\(name): \(message)" }

        public init(name: String, message: String) {
            self.name = name
            self.message = message
        }
    }

    /// The addresses of a name in the order to try them, and its canonical
    /// name where the resolver knows one. Blocks until the resolver has answered.
    public static func addresses(
        of name: String, family: IPAddress.Family? = nil
    ) throws(Failure) -> (answers: [Answer], canonicalName: String?) {
        var hints = addrinfo()
        hints.ai_family = family == .v4 ? AF_INET : family == .v6 ? AF_INET6 : AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        hints.ai_flags = AI_CANONNAME
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(name, nil, &hints, &list)
        guard result == 0, let list else { throw Failure(name: name, message: String(cString: gai_strerror(result))) }
        defer { freeaddrinfo(list) }
        var answers: [Answer] = []
        var canonicalName: String?
        var next: UnsafeMutablePointer<addrinfo>? = list
        while let entry = next {
            if let text = entry.pointee.ai_canonname, canonicalName == nil { canonicalName = String(cString: text) }
            if let address = entry.pointee.ai_addr, let parsed = SocketAddress.parse(UnsafeRawPointer(address)) {
                let answer = Answer(address: parsed.address, zone: parsed.scope)
                if !answers.contains(answer) { answers.append(answer) }
            }
            next = entry.pointee.ai_next
        }
        guard !answers.isEmpty else { throw Failure(name: name, message: "No address associated with hostname") }
        return (answers, canonicalName)
    }

    /// The name of an address; nil when it has none. Blocks until the resolver has answered.
    public static func name(of address: IPAddress, zone: UInt32 = 0) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let result = SocketAddress(address, scope: zone).withPointer { pointer, length in
            getnameinfo(pointer, length, &buffer, socklen_t(buffer.count), nil, 0, NI_NAMEREQD)
        }
        guard result == 0 else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
