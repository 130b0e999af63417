import WireFormat

/// The exchange by which a proxy opens a connection to an origin, without sockets: CONNECT (RFC 9110, section 9.3.6),
/// SOCKS 4, 4a (see `SOCKS4Request`) or SOCKS 5 (RFC 1928).
struct ProxyHandshake {
    /// The next step of the client.
    enum Step: Hashable, Sendable {
        /// Wait for more bytes.
        case needsMore
        case send([UInt8])
        /// The connection is open: further bytes are the origin's.
        case established
        /// Connect to the proxy again and call `begin`.
        case reconnect
        case failed(ProxyFailure)
    }

    private enum State {
        /// CONNECT, and whether its response is a challenge after whose body the request is repeated.
        case connect(isChallenged: Bool)
        case socks4
        case selection
        case credentials
        case socks5
        case ended
    }

    /// The maximum number of bytes of a proxy's own response: its head, and its body if another request follows it.
    static let responseLimit = 64 << 10
    /// The maximum number of body bytes to keep of a response.
    static let keptBody = 1 << 10

    private var tunnel: ProxyRoute.Tunnel
    /// The User-Agent field of CONNECT; nil for none.
    private let userAgent: String?
    private var state = State.ended
    private var reader = HTTPResponseReader(method: .connect)
    /// The bytes of an incomplete SOCKS reply.
    private var pending: [UInt8] = []
    private let authentication: ProxyAuthentication
    /// The status of the last response, or the number of the last SOCKS reply.
    private(set) var status: Int?

    private var proxy: HTTPProxy { authentication.proxy }

    /// - Parameter tunnel: the origin; a proxy that needs an address must get one.
    init(_ authentication: ProxyAuthentication, to tunnel: ProxyRoute.Tunnel, userAgent: String?) {
        (self.authentication, self.tunnel, self.userAgent) = (authentication, tunnel, userAgent)
    }

    /// Sets the address of the origin, for a proxy that needs one.
    mutating func setAddress(_ address: IPAddress) { tunnel.address = SOCKSAddress(address) }

    /// Returns the first bytes to send on a new connection to the proxy.
    mutating func begin() -> Step {
        pending = []
        switch proxy.kind {
        case .http, .https: return .send(connectRequest())
        case .socks4, .socks4a: return beginSOCKS4()
        case .socks5, .socks5h:
            if let user = proxy.user, user.utf8.count > 255 || (proxy.password ?? "").utf8.count > 255 {
                return fail(.unsupported("SOCKS 5 has no user name or password longer than 255 bytes"))
            }
            state = .selection
            let methods = [SOCKS5Greeting.noAuthentication] + (proxy.user == nil ? [] : [SOCKS5Greeting.password])
            return .send(SOCKS5Greeting(methods: methods).bytes)
        }
    }

    /// Takes bytes of the proxy; call it again with the rest until all are consumed or the step is not `needsMore`.
    /// - Returns: the number of bytes that belong to the handshake, and the next step.
    mutating func take(_ bytes: RawSpan) -> (consumed: Int, step: Step) {
        switch state {
        case .connect(let isChallenged): return takeResponse(bytes, isChallenged)
        case .socks4: return takeMessage(bytes) { $0.takeReply4($1) }
        case .selection: return takeMessage(bytes) { $0.takeSelection($1) }
        case .credentials: return takeMessage(bytes) { $0.takeCredentialsReply($1) }
        case .socks5: return takeMessage(bytes) { $0.takeReply5($1) }
        case .ended: return (0, .needsMore)
        }
    }

    /// Takes the end of the connection.
    mutating func end() -> Step {
        if case .connect(true) = state { return reconnect() }
        return fail(.connection(.closed(.proxy)))
    }

    private mutating func fail(_ failure: ProxyFailure) -> Step {
        state = .ended
        return .failed(failure)
    }

    private mutating func reconnect() -> Step {
        state = .ended
        return .reconnect
    }

    // MARK: CONNECT

    private mutating func connectRequest() -> [UInt8] {
        var limits = HTTPResponseReader.Limits()
        limits.head = Self.responseLimit
        limits.body = Self.responseLimit
        reader = HTTPResponseReader(method: .connect, limits: limits)
        state = .connect(isChallenged: false)
        var fields = [HTTPField("Host", tunnel.target)]
        if let field = authentication.field(method: .connect, target: tunnel.target) { fields.append(field) }
        if let userAgent { fields.append(HTTPField("User-Agent", userAgent)) }
        return HTTPHead.request(.connect, tunnel.target, fields: fields).encoded()
    }

    private mutating func takeResponse(_ bytes: RawSpan, _ isChallenged: Bool) -> (Int, Step) {
        var body: [UInt8] = []
        let count = reader.take(bytes) { _, piece in
            body += piece.prefix(Self.keptBody - min(body.count, Self.keptBody)).copied()
        }
        if reader.isHeadless {
            return (count, fail(.connection(.notHTTP(reader.unrecognized))))
        }
        guard let head = reader.head else {
            if reader.isFinished {
                return (count, fail(.protocolViolation(reader.problems.map { "\($0)" }.joined(separator: ", "))))
            }
            return (count, .needsMore)
        }
        status = head.statusCode
        if reader.framing == .tunnel {
            state = .ended
            return (count, .established)
        }
        guard isChallenged || head.statusCode == 407 && authentication.take(head) else {
            return (count, fail(.response(head, body: body)))
        }
        // The response to a request that is repeated is read to its end, or the connection is given up.
        guard head.keepsConnection, reader.framing != .untilClose, reader.framing != .invalid,
            !reader.isFinished || reader.isComplete
        else { return (count, reconnect()) }
        guard reader.isComplete else {
            state = .connect(isChallenged: true)
            return (count, .needsMore)
        }
        // Bytes before the request that they answer would be taken for the response to it.
        return count == bytes.byteCount ? (count, .send(connectRequest())) : (count, reconnect())
    }

    // MARK: SOCKS

    private mutating func beginSOCKS4() -> Step {
        if case .ipv6 = tunnel.address { return fail(.unsupported("SOCKS 4 has no IPv6 addresses")) }
        guard let request = SOCKS4Request(tunnel.address, port: tunnel.port, user: Array((proxy.user ?? "").utf8))
        else {
            return fail(.unsupported("SOCKS 4 has no user ID or name longer than 255 bytes or with a zero byte"))
        }
        state = .socks4
        return .send(request.bytes)
    }

    /// Takes as many bytes as a message needs, and its result.
    private mutating func takeMessage<Message: SOCKSMessage>(
        _ bytes: RawSpan, _ finish: (inout ProxyHandshake, Message) -> Step
    ) -> (Int, Step) {
        for offset in 0..<bytes.byteCount {
            pending.append(bytes.byte(at: offset))
            let message: Message?
            do throws(ParseError) {
                message = try Message(pending.rawBytes)
            } catch {
                return (offset + 1, fail(.protocolViolation("not a SOCKS reply: \(error)")))
            }
            guard let message else { continue }
            pending = []
            return (offset + 1, finish(&self, message))
        }
        return (bytes.byteCount, .needsMore)
    }

    private mutating func takeReply4(_ reply: SOCKS4Reply) -> Step {
        state = .ended
        status = Int(reply.code)
        return reply.isGranted ? .established : .failed(.reply(Int(reply.code), meaning: reply.meaning))
    }

    private mutating func takeSelection(_ selection: SOCKS5Selection) -> Step {
        let user = proxy.user
        switch selection.method {
        case SOCKS5Greeting.noAuthentication: return request5()
        case SOCKS5Greeting.password where user != nil:
            state = .credentials
            let password = Array((proxy.password ?? "").utf8)
            guard let message = SOCKS5Credentials(user: Array((user ?? "").utf8), password: password) else {
                return fail(.unsupported("SOCKS 5 has no user name or password longer than 255 bytes"))
            }
            return .send(message.bytes)
        case SOCKS5Greeting.noAcceptableMethod:
            let meaning =
                user == nil
                ? "no acceptable authentication method: the proxy requires a user name and password"
                : "no acceptable authentication method"
            return fail(.reply(Int(selection.method), meaning: meaning))
        default:
            return fail(.protocolViolation("authentication method \(selection.method) was not offered"))
        }
    }

    private mutating func takeCredentialsReply(_ reply: SOCKS5CredentialsReply) -> Step {
        guard reply.status != 0 else { return request5() }
        return fail(.reply(Int(reply.status), meaning: "user name or password rejected"))
    }

    private mutating func request5() -> Step {
        guard let message = SOCKS5Message(code: SOCKS5Message.connect, tunnel.address, port: tunnel.port) else {
            return fail(.unsupported("SOCKS 5 has no name longer than 255 bytes"))
        }
        state = .socks5
        return .send(message.bytes)
    }

    private mutating func takeReply5(_ reply: SOCKS5Message) -> Step {
        state = .ended
        status = Int(reply.code)
        return reply.code == 0 ? .established : .failed(.reply(Int(reply.code), meaning: reply.meaning))
    }
}
