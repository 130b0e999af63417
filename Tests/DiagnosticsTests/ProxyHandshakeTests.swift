import Testing
import WireFormat

@testable import Diagnostics

/// The handshakes with proxies, against scripted proxies that may be hostile.
@Suite("proxy handshakes")
struct ProxyHandshakeTests {
    private typealias Step = ProxyHandshake.Step

    private static func handshake(_ proxy: String, digest: Bool = false, to address: SOCKSAddress? = nil) throws
        -> ProxyHandshake
    {
        var proxy = try HTTPProxy(proxy)
        if digest { proxy.digestNonce = "c0ffee" }
        return ProxyHandshake(
            ProxyAuthentication(proxy),
            to: ProxyRoute.Tunnel(
                address: address ?? .name(Array("a.example".utf8)), port: 443, target: "a.example:443"),
            userAgent: "swift-net")
    }

    /// Gives a handshake the bytes of a proxy in pieces.
    /// - Returns: the bytes sent, the bytes that are not part of the handshake, and the last step.
    private static func run(
        _ handshake: inout ProxyHandshake, _ replies: [UInt8], pieces: Int = .max
    ) -> (sent: [[UInt8]], rest: [UInt8], step: Step) {
        var sent: [[UInt8]] = []
        var step = handshake.begin()
        var rest = replies[...]
        var piece: [UInt8] = []
        while true {
            switch step {
            case .send(let bytes): sent.append(bytes)
            case .needsMore: break
            case .established, .failed, .reconnect: return (sent, piece + rest, step)
            }
            if piece.isEmpty {
                guard !rest.isEmpty else { return (sent, [], .needsMore) }
                piece = Array(rest.prefix(pieces))
                rest = rest.dropFirst(pieces)
            }
            let (consumed, next) = handshake.take(piece.rawBytes)
            piece.removeFirst(consumed)
            step = next
        }
    }

    /// Runs a handshake with the replies in one piece, cut at each byte, and byte by byte: the results must be the same.
    private static func runAll(
        _ proxy: String, digest: Bool = false, to address: SOCKSAddress? = nil, _ replies: [UInt8]
    ) throws -> (sent: [[UInt8]], rest: [UInt8], step: Step) {
        var whole = try handshake(proxy, digest: digest, to: address)
        let result = run(&whole, replies)
        for pieces in Array(1...max(replies.count, 1)) where replies.count < 600 || pieces < 4 {
            var cut = try handshake(proxy, digest: digest, to: address)
            let again = run(&cut, replies, pieces: pieces)
            #expect(again.sent == result.sent, "in pieces of \(pieces)")
            // The body that is kept of a failure is what came with its head.
            if pieces == 1, case .failed(.response(let head, _)) = result.step, case .failed(let failure) = again.step {
                #expect(failure == .response(head, body: []))
            } else if case .failed = result.step {
                guard case .failed = again.step else { throw Unexpected(step: again.step) }
            } else {
                #expect(again.step == result.step && again.rest == result.rest, "in pieces of \(pieces)")
            }
        }
        return result
    }

    private struct Unexpected: Error { var step: Step }

    // MARK: SOCKS

    @Test("SOCKS 4 and 4a: the name is sent, or an address; the first bytes of the origin are not consumed")
    func version4() throws {
        let granted: [UInt8] = [0, 90, 0, 0, 0, 0, 0, 0]
        let name = try Self.runAll("socks4a://u@p", granted + [0x48, 0x49])
        #expect(name.sent == [[4, 1, 1, 187, 0, 0, 0, 1, 0x75, 0] + Array("a.example".utf8) + [0]])
        #expect(name.step == .established && name.rest == [0x48, 0x49])
        let address = SOCKSAddress.ipv4(IPv4Address(192, 0, 2, 7))
        let plain = try Self.runAll("socks4://p", to: address, granted)
        #expect(plain.sent == [[4, 1, 1, 187, 192, 0, 2, 7, 0]] && plain.step == .established)
        let rejected = try Self.runAll("socks4://p", to: address, [0, 91, 0, 0, 0, 0, 0, 0])
        #expect(rejected.step == .failed(.reply(91, meaning: "request rejected or failed")))
        let ipv6 = try Self.runAll("socks4://p", to: .ipv6(.loopback), [])
        #expect(ipv6.step == .failed(.unsupported("SOCKS 4 has no IPv6 addresses")))
    }

    @Test("SOCKS 5 without authentication: the reply may have an address of any type")
    func version5() throws {
        let replies: [[UInt8]] = [
            [5, 0, 0, 1, 192, 0, 2, 1, 4, 0], [5, 0, 0, 3, 3, 0x61, 0x2E, 0x62, 4, 0],
            [5, 0, 0, 4] + [UInt8](repeating: 1, count: 18),
        ]
        for reply in replies {
            let result = try Self.runAll("socks5h://p", [5, 0] + reply + [0x16])
            #expect(result.step == .established && result.rest == [0x16])
            #expect(result.sent == [[5, 1, 0], [5, 1, 0, 3, 9] + Array("a.example".utf8) + [1, 187]])
        }
        let address = try Self.runAll("socks5://p", to: .ipv6(.loopback), [5, 0] + replies[0])
        #expect(address.sent.last == [5, 1, 0, 4] + [UInt8](repeating: 0, count: 15) + [1, 1, 187])
    }

    @Test("SOCKS 5 with user name and password")
    func password() throws {
        let reply: [UInt8] = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        let result = try Self.runAll("socks5h://u:pw@p", [5, 2, 1, 0] + reply)
        #expect(result.step == .established)
        #expect(result.sent.prefix(2) == [[5, 2, 0, 2], [1, 1, 0x75, 2, 0x70, 0x77]])
        // The proxy may not ask for them.
        #expect(try Self.runAll("socks5h://u:pw@p", [5, 0] + reply).step == .established)
        let rejected = try Self.runAll("socks5h://u:pw@p", [5, 2, 1, 1])
        #expect(rejected.step == .failed(.reply(1, meaning: "user name or password rejected")))
        let long = String(repeating: "u", count: 256)
        let unsendable = try Self.runAll("socks5h://\(long)@p", [])
        #expect(
            unsendable.step
                == .failed(.unsupported("SOCKS 5 has no user name or password longer than 255 bytes")))
    }

    @Test("failures of SOCKS 5 have the words of RFC 1928")
    func failures() throws {
        let meanings = [
            1: "general SOCKS server failure", 2: "connection not allowed by ruleset", 3: "network unreachable",
            4: "host unreachable", 5: "connection refused", 6: "TTL expired", 7: "command not supported",
            8: "address type not supported", 77: "unknown reply 77",
        ]
        for (number, meaning) in meanings {
            let reply: [UInt8] = [5, 0, 5, UInt8(number), 0, 1, 0, 0, 0, 0, 0, 0]
            let result = try Self.runAll("socks5h://p", reply)
            #expect(result.step == .failed(.reply(number, meaning: meaning)))
        }
        #expect(
            try Self.runAll("socks5h://p", [5, 255]).step
                == .failed(
                    .reply(
                        255,
                        meaning: "no acceptable authentication method: the proxy requires a user name and password")))
        #expect(
            try Self.runAll("socks5h://u:p@p", [5, 255]).step
                == .failed(.reply(255, meaning: "no acceptable authentication method")))
    }

    @Test("replies that are not of the protocol")
    func violations() throws {
        let cases: [(String, [UInt8], String)] = [
            (
                "socks5h://p", Array("HTTP/1.1 400".utf8),
                "not a SOCKS reply: socks: version at offset 0 is 72, which is not allowed"
            ),
            ("socks5h://p", [4], "not a SOCKS reply: socks: version at offset 0 is 4, which is not allowed"),
            ("socks4a://p", [5], "not a SOCKS reply: socks: version at offset 0 is 5, which is not allowed"),
            ("socks5h://p", [5, 2], "authentication method 2 was not offered"),
            ("socks5h://u:p@p", [5, 1], "authentication method 1 was not offered"),
            ("socks5h://u:p@p", [5, 2, 5], "not a SOCKS reply: socks: version at offset 0 is 5, which is not allowed"),
            (
                "socks5h://p", [5, 0, 5, 0, 0, 9],
                "not a SOCKS reply: socks: addressType at offset 3 is 9, which is not allowed"
            ),
        ]
        for (proxy, replies, text) in cases {
            #expect(try Self.runAll(proxy, replies).step == .failed(.protocolViolation(text)))
        }
    }

    @Test("a connection that ends within the handshake")
    func ended() throws {
        for replies: [UInt8] in [[], [5], [5, 0], [5, 0, 5, 0, 0, 1, 0]] {
            var handshake = try Self.handshake("socks5h://p")
            #expect(Self.run(&handshake, replies).step == .needsMore)
            let step = handshake.end()
            #expect(step == .failed(.connection(.closed(.proxy))))
        }
        var handshake = try Self.handshake("http://p")
        #expect(Self.run(&handshake, Array("HTTP/1.1 200 OK\r\n".utf8)).step == .needsMore)
        let step = handshake.end()
        #expect(step == .failed(.connection(.closed(.proxy))))
    }

    // MARK: CONNECT

    private static func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

    @Test("CONNECT: any 2xx opens the connection, and its Content-Length is ignored")
    func connect() throws {
        let result = try Self.runAll("http://u:p@p", Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".utf8))
        #expect(result.step == .established && Self.text(result.rest) == "hello")
        #expect(
            result.sent.map { Self.text($0) } == [
                "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\nProxy-Authorization: Basic dTpw\r\n"
                    + "User-Agent: swift-net\r\n\r\n"
            ])
        for reply in [
            "HTTP/1.0 200 Connection established\r\n\r\n", "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            #expect(try Self.runAll("https://p", Array((reply + "\u{16}\u{3}").utf8)).rest == [0x16, 3])
        }
        let interim = try Self.runAll("http://p", Array("HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".utf8))
        #expect(interim.step == .established && interim.rest.isEmpty)
    }

    @Test("another status is the proxy's own response; its body is kept up to 1 KiB")
    func refused() throws {
        let head = "HTTP/1.1 403 Forbidden\r\nContent-Length: 90000\r\n\r\n"
        let body = [UInt8](repeating: 0x61, count: 5_000)
        var handshake = try Self.handshake("http://p")
        let result = Self.run(&handshake, Array(head.utf8) + body)
        guard case .failed(.response(let shown, let kept)) = result.step else { throw Unexpected(step: result.step) }
        #expect(shown.statusCode == 403 && kept == Array(body.prefix(1_024)))
        // Basic credentials were sent with the first request: they are wrong.
        let wrong = try Self.runAll("http://u:p@p", Self.challenge(#"Basic realm="r""#))
        guard case .failed(let failure) = wrong.step else { throw Unexpected(step: wrong.step) }
        #expect(failure.status == 407 && wrong.sent.count == 1)
    }

    @Test("bytes that are not HTTP, and a head without end, are rejected in bounded memory")
    func hostile() throws {
        let ssh = try Self.runAll("http://p", Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))
        guard case .failed(.connection(.notHTTP(let bytes))) = ssh.step else { throw Unexpected(step: ssh.step) }
        #expect(Self.text(bytes).hasPrefix("SSH-2.0"))
        var handshake = try Self.handshake("http://p")
        let endless = Array("HTTP/1.1 200 OK\r\n".utf8) + [UInt8](repeating: 0x61, count: 1 << 20)
        let result = Self.run(&handshake, endless, pieces: 1_000)
        #expect(
            result.step
                == .failed(.protocolViolation("\(HTTPProblem.headTooLong(limit: ProxyHandshake.responseLimit))")))
        #expect(result.rest.count > 900_000)
        var interim = try Self.handshake("http://p")
        let continues = Self.run(&interim, Array(String(repeating: "HTTP/1.1 100 x\r\n\r\n", count: 100).utf8))
        #expect(continues.step == .failed(.protocolViolation("\(HTTPProblem.endlessInterimResponses(32))")))
    }

    // MARK: Digest

    private static func challenge(
        _ value: String, body: String = "", connection: String = "keep-alive", length: Int? = nil
    ) -> [UInt8] {
        let head = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: \(value)\r\n"
        return Array(
            "\(head)Connection: \(connection)\r\nContent-Length: \(length ?? body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    private static let digest = #"Digest realm="r", nonce="n1", qop="auth""#
    private static let ok = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)

    @Test("Digest: the request is repeated on the same connection, after the body")
    func repeated() throws {
        // The body holds what looks like a response.
        let body = "HTTP/1.1 200 OK\r\n\r\n"
        var handshake = try Self.handshake("http://u:p@p", digest: true)
        let first = Self.run(&handshake, Self.challenge(Self.digest, body: body), pieces: 7)
        #expect(first.step == .needsMore && first.sent.count == 2)
        #expect(!Self.text(first.sent.first).utf8.elementsEqual(Self.text(first.sent.last).utf8))
        let (consumed, step) = handshake.take(Self.ok.rawBytes)
        #expect(consumed == Self.ok.count && step == .established)
        let request = first.sent.last ?? []
        let head = HTTPHead(request.rawBytes)
        let value = head["Proxy-Authorization"] ?? ""
        #expect(value.hasPrefix(#"Digest username="u", realm="r", nonce="n1", uri="a.example:443", response=""#))
        #expect(value.hasSuffix(#"cnonce="c0ffee", qop=auth, nc=00000001"#))
    }

    @Test("Digest: a connection that is closed, or whose body is too long, is replaced")
    func replaced() throws {
        let closed = Self.challenge(Self.digest, connection: "close")
        let tooLong = Self.challenge(Self.digest, body: String(repeating: "a", count: 70_000))
        for reply in [closed, tooLong] {
            var handshake = try Self.handshake("http://u:p@p", digest: true)
            #expect(Self.run(&handshake, reply, pieces: 500).step == .reconnect)
            let again = Self.run(&handshake, Self.ok)
            #expect(again.step == .established && again.sent.count == 1)
            let request = again.sent.first ?? []
            let head = HTTPHead(request.rawBytes)
            #expect(head["Proxy-Authorization"]?.hasPrefix("Digest ") == true)
        }
        // A body that is cut.
        var cut = try Self.handshake("http://u:p@p", digest: true)
        #expect(Self.run(&cut, Self.challenge(Self.digest, body: "abc", length: 10)).step == .needsMore)
        let step = cut.end()
        #expect(step == .reconnect)
    }

    @Test("Digest: an expired nonce is replaced once; wrong credentials and a loop of challenges end the handshake")
    func loop() throws {
        func steps(_ challenges: [String]) throws -> (requests: Int, last: Step) {
            var handshake = try Self.handshake("http://u:p@p", digest: true)
            guard case .send = handshake.begin() else { return (0, .needsMore) }
            var requests = 1
            for challenge in challenges {
                let bytes = Self.challenge(challenge)
                let step = handshake.take(bytes.rawBytes).step
                guard case .send = step else { return (requests, step) }
                requests += 1
            }
            return (requests, handshake.take(Self.ok.rawBytes).step)
        }
        let stale = Self.digest + ", stale=true"
        #expect(try steps([Self.digest]) == (2, .established))
        #expect(try steps([Self.digest, stale]) == (3, .established))
        for challenges in [[Self.digest, Self.digest], [Self.digest, stale, stale], [#"Basic realm="r""#]] {
            let (requests, last) = try steps(challenges)
            guard case .failed(let failure) = last else { throw Unexpected(step: last) }
            #expect(failure.status == 407 && requests == challenges.count)
        }
    }
}
