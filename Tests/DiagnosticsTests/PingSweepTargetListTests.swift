import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("the targets of a ping sweep")
struct PingSweepTargetListTests {
    @Test("indices and addresses map to each other, without duplicates", arguments: 0..<30)
    func setAgainstModel(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var targets = PingSweepTargetList()
        var model: [IPAddress] = []
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            let family: IPAddress.Family = Bool.random(using: &random) ? .v4 : .v6
            let first = UInt128(UInt32.random(in: 1_000...1_200, using: &random))
            let length = UInt128(Int.random(in: 0...40, using: &random))
            if length == 0 {
                try targets.append(IPAddress(family, number: first), name: "n\(first)")
            } else {
                try targets.append(
                    from: IPAddress(family, number: first), through: IPAddress(family, number: first + length))
            }
            for number in first...(first + length) where !model.contains(IPAddress(family, number: number)) {
                model.append(IPAddress(family, number: number))
            }
        }
        #expect(targets.count == model.count, "seed \(seed)")
        for (index, address) in model.enumerated() {
            #expect(targets[index] == address, "seed \(seed), index \(index)")
            #expect(targets.index(of: address) == index, "seed \(seed), \(address)")
        }
        for number in UInt128(990)...1_250 {
            for family in [IPAddress.Family.v4, .v6] where !model.contains(IPAddress(family, number: number)) {
                #expect(targets.index(of: IPAddress(family, number: number)) == nil, "seed \(seed)")
            }
        }
    }

    @Test("too many targets are refused before anything is added")
    func tooMany() throws {
        var targets = PingSweepTargetList()
        let first = try #require(IPAddress("2001:db8::"))
        let last = try #require(IPAddress("2001:db8::ffff:ffff:ffff:ffff"))
        #expect(throws: TooManyTargets(limit: 1 << 24)) { try targets.append(from: first, through: last) }
        #expect(targets.count == 0)
    }
}
