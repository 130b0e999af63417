import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// The order of a scan: every element once, and back.
@Suite("the keyed permutation")
struct KeyedPermutationTests {
    /// Every element once, its place found again.
    private func check(_ count: UInt64, seed: UInt64) {
        let permutation = KeyedPermutation(count: count, seed: seed)
        var seen = [Bool](repeating: false, count: Int(count))
        for place in 0..<count {
            let number = permutation[place]
            guard number < count, !seen[Int(number)], permutation.place(of: number) == place else {
                Issue.record("count \(count), seed \(seed): place \(place) has \(number)")
                return
            }
            seen[Int(number)] = true
        }
    }

    @Test("every element once, for every size up to 600 and around every power of two up to 2^20")
    func small() {
        let seed = UInt64.random(in: 0...(.max))
        for count in 1...UInt64(600) { check(count, seed: seed &+ count) }
        for count in [(1 << 18) + 1, (1 << 20) - 1, 1 << 20] { check(UInt64(count), seed: seed) }
        for power in 10...16 {
            for offset in [-1, 0, 1] { check(UInt64((1 << power) + offset), seed: seed &+ UInt64(power)) }
        }
    }

    @Test("sampled sizes up to 2^48: within, and back", arguments: [17, 20, 24, 31, 32, 33, 40, 48])
    func large(power: Int) {
        let seed = UInt64.random(in: 0...(.max))
        var generator = SeededGenerator(seed: seed)
        for offset in UInt64(0)...2 {
            let count = (UInt64(1) << UInt64(power)) - 1 + offset
            let permutation = KeyedPermutation(count: count, seed: seed)
            for _ in 0..<2_000 {
                let place = UInt64.random(in: 0..<count, using: &generator)
                let number = permutation[place]
                #expect(number < count && permutation.place(of: number) == place, "\(count), seed \(seed), \(place)")
            }
        }
    }

    @Test("another seed is another order, and neighbors are torn apart")
    func spread() {
        let one = KeyedPermutation(count: 65_536, seed: 1)
        let other = KeyedPermutation(count: 65_536, seed: 2)
        let same = (0..<UInt64(65_536)).count { one[$0] == other[$0] }
        #expect(same < 20)
        let steps = (0..<UInt64(65_535)).map { abs(Int(one[$0 + 1]) - Int(one[$0])) }
        // Of two places at random a third of the size, on the average.
        let mean = steps.reduce(0, +) / steps.count
        #expect((20_000...24_000).contains(mean), "\(mean)")
    }
}

/// Sets of addresses against an obviously right model.
@Suite("sets of addresses")
struct AddressSetTests {
    private func address(_ number: Int) -> IPAddress { IPAddress(.v4, number: UInt128(number)) }

    @Test("ranges put in and taken out, against a set of numbers")
    func model() throws {
        let seed = UInt64.random(in: 0...(.max))
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var addresses = AddressSet()
            var model: Set<Int> = []
            for _ in 0..<12 {
                let first = Int.random(in: 0..<120, using: &generator)
                let last = first + Int.random(in: 0..<20, using: &generator)
                if Bool.random(using: &generator) {
                    try addresses.insert([(address(first), address(last))])
                    model.formUnion(first...last)
                } else {
                    addresses.remove(from: address(first), through: address(last))
                    model.subtract(first...last)
                }
                let sorted = model.sorted()
                #expect(addresses.count == sorted.count, "seed \(seed)")
                #expect((0..<addresses.count).map { addresses[$0] } == sorted.map(address), "seed \(seed)")
                for (place, number) in sorted.enumerated() {
                    #expect(addresses.place(of: address(number)) == place, "seed \(seed)")
                }
                #expect((0..<160).allSatisfy { addresses.contains(address($0)) == model.contains($0) }, "seed \(seed)")
            }
        }
    }

    @Test("both families, the ends of the number space, and too many")
    func ends() throws {
        var addresses = AddressSet()
        let last = try #require(IPAddress("255.255.255.255"))
        let six = try #require(IPAddress("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))
        try addresses.insert([(six, six), (last, last), (address(0), address(0))])
        #expect(addresses.count == 3 && addresses[0] == address(0) && addresses[1] == last && addresses[2] == six)
        #expect(addresses.place(of: six) == 2 && addresses.place(of: .v6(.loopback)) == nil)
        addresses.remove(from: .v6(.unspecified), through: six)
        #expect(addresses.count == 2)
        #expect(throws: AddressSet.Refusal.tooMany) { try addresses.insert([(.v6(.unspecified), six)]) }
        #expect(addresses.count == 2)
    }
}
