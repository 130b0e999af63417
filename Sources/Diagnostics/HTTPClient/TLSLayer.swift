import SwiftNetTLS
import WireFormat

/// A TLS session as a layer of a connection: ciphertext on the side of the network, plaintext on the other.
final class TLSLayer {
    private var session: TLSSession
    private var text: [UInt8] = []

    init(_ session: consuming TLSSession) { self.session = session }

    /// The negotiated parameters; nil before the handshake is complete.
    var facts: TLSFacts? { session.facts }
    /// The number of sessions that the server has offered to resume so far.
    var ticketCount: Int { session.ticketCount }
    /// Whether the handshake is complete.
    var isEstablished: Bool { session.isEstablished }

    func receive(_ bytes: RawSpan) { session.receive(bytes) }
    func endReceiving() { session.endReceiving() }
    func advance() throws(TLSFailure) { try session.advance() }
    func certificateFailure(_ failure: TLSFailure) -> String? { session.certificateFailure(failure) }
    func endSending() { session.endSending() }
    func takeOutput() -> [UInt8] { session.takeOutput() }

    func write(_ bytes: [UInt8]) {
        // If the session accepts no more data, the received data shows why.
        try? session.write(bytes)
    }

    /// Decrypts a piece of the received data.
    /// - Parameter deliver: called with the plaintext.
    func read(_ deliver: (RawSpan) -> Void) throws(TLSFailure) -> TLSSession.Reading {
        if text.isEmpty { text = [UInt8](repeating: 0, count: 1 << 14) }
        let reading = try session.read(into: &text)
        if case .bytes(let count) = reading {
            let text = text
            deliver(text.rawBytes.prefix(count))
        }
        return reading
    }
}
