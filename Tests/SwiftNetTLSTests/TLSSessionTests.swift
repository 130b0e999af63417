import Testing
import WireFormat

@testable import SwiftNetTLS

/// Sessions against a server of OpenSSL, bytes in and bytes out in memory.
@Suite("TLS sessions")
struct TLSSessionTests {
    /// A session and its server.
    private struct Connection: ~Copyable {
        var session: TLSSession
        let server: TLSServer

        /// - Parameter size: the most bytes that the session receives at once in the handshake.
        init(
            _ configuration: TLSConfiguration = TLSConfiguration(), host: String = "server.example",
            isAddress: Bool = false, identity: SelfSignedCertificate? = nil, selectsHTTP2: Bool = false,
            client: SelfSignedCertificate? = nil, atMost size: Int = .max
        ) throws {
            let server = try TLSServer(
                identity ?? SelfSignedCertificate(), selectsHTTP2: selectsHTTP2, client: client)
            var session = try TLSSession(TLSContext(configuration), host: host, isAddress: isAddress)
            try Self.connect(&session, server, atMost: size)
            self.server = server
            self.session = session
        }

        /// Exchanges ciphertext until neither side has more.
        private static func connect(
            _ session: inout TLSSession, _ server: TLSServer, atMost size: Int
        ) throws(TLSFailure) {
            while true {
                try session.advance()
                let sent = session.takeOutput()
                let replies = server.respond(to: sent)
                guard !sent.isEmpty || !replies.isEmpty else { return }
                try pass(replies, to: &session, atMost: size)
            }
        }

        private static func pass(
            _ bytes: [UInt8], to session: inout TLSSession, atMost size: Int
        ) throws(TLSFailure) {
            var rest = bytes[...]
            while !rest.isEmpty {
                session.receive(Array(rest.prefix(size)).span.bytes)
                rest = rest.dropFirst(size)
                try session.advance()
            }
        }

        /// Passes ciphertext to the session.
        mutating func receive(_ bytes: [UInt8], atMost size: Int = .max) throws(TLSFailure) {
            try Self.pass(bytes, to: &session, atMost: size)
        }

        /// Reads until there is no more.
        mutating func read() throws(TLSFailure) -> (bytes: [UInt8], end: TLSSession.Reading) {
            var (all, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1_000))
            while true {
                let reading = try session.read(into: &buffer)
                guard case .bytes(let count) = reading else { return (all, reading) }
                all += buffer.prefix(count)
            }
        }
    }

    @Test(
        "the handshake of each version, whole and byte by byte: its facts and the certificate",
        arguments: [TLSConfiguration.Version.tls12, .tls13], [1, Int.max])
    func handshake(version: TLSConfiguration.Version, size: Int) throws {
        let identity = try SelfSignedCertificate()
        let configuration = TLSConfiguration(
            minimumVersion: version, maximumVersion: version, applicationProtocols: ["http/1.1", "h2"],
            authorities: identity.text)
        let connection = try Connection(configuration, identity: identity, selectsHTTP2: true, atMost: size)
        let known = connection.session.facts
        let facts = try #require(known)
        #expect(facts.version == version.rawValue && facts.applicationProtocol == "h2" && !facts.cipher.isEmpty)
        #expect(
            facts.doubt == nil && facts.chain.count == 1 && facts.offeredProtocols == ["http/1.1", "h2"]
                && !facts.isResumed)
        let certificate = try #require(facts.certificate)
        #expect(certificate.subject == "CN=server.example" && certificate.issuer == certificate.subject)
        #expect(certificate.names == ["server.example", "192.0.2.1"] && certificate.serialNumber == "1234")
        #expect(certificate.fingerprint.count == 32)
        let dates = try #require(certificate.notBefore.flatMap { begin in certificate.notAfter.map { $0 - begin } })
        #expect((10_799...10_801).contains(dates))
    }

    @Test("without verification every certificate is accepted, and none is trusted")
    func unverified() throws {
        let identity = try SelfSignedCertificate()
        for authorities in [nil, identity.text] {
            var configuration = TLSConfiguration(authorities: authorities)
            configuration.verifiesCertificates = false
            let connection = try Connection(configuration, identity: identity)
            let known = connection.session.facts
            let facts = try #require(known)
            #expect(!facts.isVerified && facts.doubt == "not verified" && facts.chain.count == 1)
        }
    }

    @Test(
        "a certificate is trusted for its names and addresses while it is valid",
        arguments: [
            ("server.example", false, 3_600, true, nil), ("192.0.2.1", true, 3_600, true, nil),
            ("other.example", false, 3_600, true, "hostname mismatch"),
            ("192.0.2.2", true, 3_600, true, "IP address mismatch"),
            ("server.example", false, -60, true, "certificate has expired"),
            ("server.example", false, 3_600, false, "self-signed certificate"),
        ] as [(String, Bool, Int, Bool, String?)])
    func trust(host: String, isAddress: Bool, end: Int, isAuthority: Bool, doubt: String?) throws {
        let identity = try SelfSignedCertificate(end: end)
        let authorities = try isAuthority ? identity.text : SelfSignedCertificate().text
        let connection = try Connection(
            TLSConfiguration(authorities: authorities), host: host, isAddress: isAddress, identity: identity)
        let known = connection.session.facts
        let facts = try #require(known)
        #expect(facts.doubt?.lowercased() == doubt?.lowercased())
    }

    @Test("data in both directions; nothing to read is starved; close_notify ends it", arguments: [1, 1_000, Int.max])
    func data(size: Int) throws {
        var connection = try Connection()
        let request = (0..<50_000).map { UInt8(truncatingIfNeeded: $0) }
        try connection.session.write(request)
        _ = connection.server.respond(to: connection.session.takeOutput())
        let requested = connection.server.read()
        #expect(requested == request)

        let nothing = try connection.read()
        #expect(nothing.bytes.isEmpty && nothing.end == .starved)
        let reply = (0..<16_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try connection.receive(connection.server.send(reply) + connection.server.end(), atMost: size)
        let received = try connection.read()
        #expect(received.bytes == reply && received.end == .ended)
        connection.session.endSending()
        _ = connection.server.respond(to: connection.session.takeOutput())
        _ = connection.server.read()
        let isEnded = connection.server.isEnded
        #expect(isEnded)
    }

    @Test("a connection that ends without close_notify, and ciphertext that was altered, are failures")
    func cut() throws {
        var connection = try Connection()
        try connection.receive(connection.server.send([1, 2, 3]))
        let read = try connection.read()
        #expect(read.bytes == [1, 2, 3] && read.end == .starved)
        connection.session.endReceiving()
        #expect(throws: TLSFailure.self) { _ = try connection.read() }

        var other = try Connection()
        var altered = other.server.send([1, 2, 3])
        altered[altered.count - 1] ^= 1
        try other.receive(altered)
        #expect(throws: TLSFailure.self) { _ = try other.read() }
    }

    @Test(
        "bytes that are not TLS, and an end, fail the handshake", arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", ""])
    func foreign(text: String) throws {
        var session = try TLSSession(TLSContext(), host: "server.example", isAddress: false)
        try session.advance()
        let hello = session.takeOutput()
        // A handshake record with a ClientHello (RFC 8446, sections 5.1 and 4).
        #expect(hello.first == 22 && hello.dropFirst(5).first == 1)
        session.receive(Array(text.utf8).span.bytes)
        session.endReceiving()
        do throws(TLSFailure) {
            try session.advance()
            Issue.record("no failure")
        } catch {
            #expect(error.isForeign != text.isEmpty && error.alert == nil)
            if !text.isEmpty { #expect(error.message == "the server does not use TLS") }
        }
        let facts = session.facts
        #expect(facts == nil)
    }

    @Test(
        "an alert is described with its name; an unknown one by the library's text",
        arguments: [
            (40, "no common parameters (handshake_failure)"),
            (48, "the certificate authority is unknown (unknown_ca)"),
            (70, "no common TLS version (protocol_version)"),
            (80, "it has an internal error (internal_error)"),
            (112, "it does not serve this host name (unrecognized_name)"),
            (116, "it requires a client certificate (certificate_required)"),
        ] as [(UInt8, String)])
    func alerts(number: UInt8, meaning: String) throws {
        var session = try TLSSession(TLSContext(), host: "server.example", isAddress: false)
        try session.advance()
        session.receive([0x15, 3, 3, 0, 2, 2, number].span.bytes)
        do throws(TLSFailure) {
            try session.advance()
            Issue.record("no failure")
        } catch {
            #expect(error.alert == number && error.message == "the server ends the session: \(meaning)")
            #expect(error.libraryMessage != nil && error.libraryMessage != error.message)
        }
    }

    @Test("a host's name is sent in plain text, an address is not (RFC 6066, section 3)")
    func serverName() throws {
        for (host, isAddress) in [("server.example", false), ("192.0.2.1", true)] {
            var session = try TLSSession(TLSContext(), host: host, isAddress: isAddress)
            try session.advance()
            let hello = String(decoding: session.takeOutput(), as: UTF8.self)
            #expect(hello.contains(host) == !isAddress)
        }
    }

    @Test("a client certificate is sent to a server that requires one; its lack and its rejection are named")
    func clientCertificate() throws {
        let (client, other) = (try SelfSignedCertificate(), try SelfSignedCertificate())
        func configuration(_ identity: SelfSignedCertificate) throws -> TLSConfiguration {
            TLSConfiguration(
                clientCertificate: try ClientCertificate(
                    certificates: identity.text, key: identity.keyText(passphrase: "secret"), passphrase: "secret"))
        }
        var connection = try Connection(configuration(client), client: client)
        try connection.receive(connection.server.send([1, 2, 3]))
        let read = try connection.read()
        #expect(read.bytes == [1, 2, 3])
        let facts = connection.session.facts
        #expect(facts?.requestsCertificate == true)
        // The alert is received after the handshake (RFC 8446, section 4.4.2.4).
        let rows = [
            (TLSConfiguration(), "the server requires a client certificate"),
            (try configuration(other), "the server rejects the client certificate: "),
        ]
        for (configuration, message) in rows {
            var connection = try Connection(configuration, client: client)
            do throws(TLSFailure) {
                _ = try connection.read()
                Issue.record("no failure")
            } catch {
                let found = connection.session.certificateFailure(error)
                #expect(found?.hasPrefix(message) == true, "\(error)")
            }
        }
        let without = try Connection()
        let none = without.session.facts
        #expect(none?.requestsCertificate == false)
    }

    @Test("client certificates that cannot be used are refused, each for its reason")
    func invalidClientCertificates() throws {
        let (identity, other) = (try SelfSignedCertificate(), try SelfSignedCertificate())
        let encrypted = identity.keyText(passphrase: "secret")
        let broken = Array("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".utf8)
        let rows: [([UInt8], [UInt8]?, String?, ClientCertificate.Problem)] = [
            ([], nil, nil, .noCertificate), (identity.keyText(), nil, nil, .noCertificate),
            (identity.text, nil, nil, .noKey), (identity.text, other.keyText(), nil, .keyMismatch),
            (identity.text, encrypted, nil, .passphraseRequired), (identity.text, encrypted, "x", .wrongPassphrase),
            (identity.text, encrypted, "", .wrongPassphrase),
        ]
        for (certificates, key, passphrase, problem) in rows {
            #expect(throws: problem) {
                try ClientCertificate(certificates: certificates, key: key, passphrase: passphrase)
            }
        }
        #expect(throws: ClientCertificate.Problem.self) {
            try ClientCertificate(certificates: identity.text, key: broken)
        }
        _ = try ClientCertificate(certificates: identity.text + identity.keyText())
        _ = try ClientCertificate(certificates: identity.keyText() + identity.text)
    }

    @Test("authorities without a certificate are refused")
    func authorities() {
        #expect(throws: TLSFailure("no PEM certificate found")) {
            _ = try TLSContext(TLSConfiguration(authorities: Array("no certificate".utf8)))
        }
    }
}
