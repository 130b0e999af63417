import HostStackTestSupport
import LinuxProcess
import Testing
import WireFormat
import WireFormatTestSupport

/// The library's reading of packets against Scapy's, and the fuzzer's committed seeds.
@Suite("packets beside Scapy")
struct DecodeOracleTests {
    @Test("Scapy says the same of 20,000 random packets, and they are written as they were read")
    func oracle() async throws {
        guard await Peer.require(.scapy) else { return }
        let seed = UInt32.random(in: 1...UInt32.max)
        try await DecodeLab.inFolder { folder in
            let outcome = try await Lab.run([
                "/usr/bin/python3", "\(Binary.repository)/Tests/LabTests/Oracle/oracle.py", Binary.swiftNet, "\(seed)",
                "20000", folder,
            ])
            #expect(outcome.status == 0, "seed \(seed): \(outcome.output)\(outcome.errors)")
            let listing = try await Lab.run(["cat", "\(folder)/packets.txt"])
            #expect(listing.lines.count == 20_000)
            for line in listing.lines {
                let parts = line.split(separator: " ")
                guard parts.count == 2, let link = UInt16(parts[0]) else { continue }
                let packet = Self.bytes(parts[1])
                let written = Reencoder.reencoded(packet.rawBytes, linkType: LinkType(rawValue: link))
                if written != packet {
                    Issue.record("seed \(seed), link type \(link): \(parts[1]) is not written as it was read")
                }
            }
        }
    }

    private static func bytes(_ text: Substring) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) ?? 0
        }
    }

    @Test("the committed corpus is the one that the library makes")
    func corpus() async throws {
        let wire = FuzzTarget.allCases.map { (folder: $0.rawValue, seeds: Corpus.seeds($0)) }
        for (folder, seeds) in wire + [(folder: "host", seeds: HostCorpus.seeds)] {
            for seed in seeds {
                let path = "\(Binary.repository)/Tests/Fuzz/Corpus/\(folder)/\(seed.name)"
                let hex = try await Lab.run(["od", "-An", "-v", "-tx1", path]).output.filter(\.isHexDigit)
                #expect(Self.bytes(hex[...]) == seed.bytes, "\(folder)/\(seed.name): make corpus")
            }
        }
    }
}
