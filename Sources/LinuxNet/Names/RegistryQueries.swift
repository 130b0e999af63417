import CLinux
import PacketEngine
import WireFormat

/// Questions about addresses to a registry's server, by the protocol of whois
/// (RFC 3912): a line there, text back. They are asked beside everything else.
public final class RegistryQueries: Sendable {
    private let lookUps: BackgroundLookUps<String>
    private let bell: Bell
    /// Of one answer.
    private static let mostBytes = 1 << 16
    /// Of one step of a conversation.
    private static let patience = 3

    /// - Parameters:
    ///   - server: a name or an address.
    ///   - port: of the service; 43 by the protocol.
    public init(server: String, port: UInt16) throws(SystemError) {
        let bell = try Bell()
        self.bell = bell
        lookUps = BackgroundLookUps(bell: bell) { Self.ask("\($0)", server, port) }
    }

    /// Begins to ask.
    public func prepare(_ address: IPAddress) { _ = lookUps[address] }

    /// The answer's text; nil when there is none until `deadline`.
    public func text(of address: IPAddress, until deadline: Instant) -> String? {
        while true {
            if case .known(let text) = lookUps[address] { return text }
            let left = (deadline - SystemClock.now).wholeMilliseconds
            guard left > 0 else { return nil }
            var wait = pollfd(fd: bell.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
            if poll(&wait, 1, Int32(clamping: left)) > 0 { _ = bell.answer() }
        }
    }

    private static func ask(_ question: String, _ server: String, _ port: UInt16) -> String? {
        guard let found = try? Resolver.addresses(of: server) else { return nil }
        for answer in found.answers {
            guard
                let socket = try? Descriptor.socket(
                    answer.address.family == .v4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
            else { continue }
            // The thread may wait, but not for ever.
            var time = timeval(tv_sec: patience, tv_usec: 0)
            let length = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(socket.rawValue, SOL_SOCKET, SO_RCVTIMEO, &time, length)
            setsockopt(socket.rawValue, SOL_SOCKET, SO_SNDTIMEO, &time, length)
            var off: Int32 = 0
            _ = clinux_ioctl(socket.rawValue, UInt(FIONBIO), &off)
            guard (try? socket.connect(SocketAddress(answer.address, port: port, scope: answer.zone))) != nil else {
                continue
            }
            let line = Array((question + "\r\n").utf8)
            guard send(socket.rawValue, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else { continue }
            var text: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 4_096)
            while text.count < mostBytes {
                let count = recv(socket.rawValue, &chunk, chunk.count, 0)
                guard count > 0 else { break }
                text += chunk[..<count]
            }
            return String(decoding: text, as: UTF8.self)
        }
        return nil
    }
}
