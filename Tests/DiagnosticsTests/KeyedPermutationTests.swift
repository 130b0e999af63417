import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// The probe order of a scan: every element once, and the inverse.
@Suite("keyed permutation")
struct KeyedPermutationTests {
    /// Every element once, with its index found again.
    private func check(_ count: UInt64, seed: UInt64) {
        let permutation = KeyedPermutation(count: count, seed: seed)
        var seen = [Bool](repeating: false, count: Int(count))
        for index in 0..<count {
            let number = permutation[index]
            guard number < count, !seen[Int(number)], permutation.index(of: number) == index else {
                Issue.record("count \(count), seed \(seed): index \(index) has \(number)")
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

    @Test("sampled sizes up to 2^48: in range, and the inverse", arguments: [17, 20, 24, 31, 32, 33, 40, 48])
    func large(power: Int) {
        let seed = UInt64.random(in: 0...(.max))
        var generator = SeededGenerator(seed: seed)
        for offset in UInt64(0)...2 {
            let count = (UInt64(1) << UInt64(power)) - 1 + offset
            let permutation = KeyedPermutation(count: count, seed: seed)
            for _ in 0..<2_000 {
                let index = UInt64.random(in: 0..<count, using: &generator)
                let number = permutation[index]
                #expect(number < count && permutation.index(of: number) == index, "\(count), seed \(seed), \(index)")
            }
        }
    }

    @Test("another seed gives another order, and neighbors are separated")
    func spread() {
        let one = KeyedPermutation(count: 65_536, seed: 1)
        let other = KeyedPermutation(count: 65_536, seed: 2)
        let same = (0..<UInt64(65_536)).count { one[$0] == other[$0] }
        #expect(same < 20)
        let steps = (0..<UInt64(65_535)).map { abs(Int(one[$0 + 1]) - Int(one[$0])) }
        // The distance of two random indices is a third of the size, on average.
        let mean = steps.reduce(0, +) / steps.count
        #expect((20_000...24_000).contains(mean), "\(mean)")
    }
}

/// Sets of addresses against a simple model.
@Suite("address sets")
struct AddressSetTests {
    private func address(_ number: Int) -> IPAddress { IPAddress(.v4, number: UInt128(number)) }

    @Test("ranges added and removed, against a set of numbers")
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
                for (index, number) in sorted.enumerated() {
                    #expect(addresses.index(of: address(number)) == index, "seed \(seed)")
                }
                #expect((0..<160).allSatisfy { addresses.contains(address($0)) == model.contains($0) }, "seed \(seed)")
            }
        }
    }

    @Test("both families, the ends of the number space, and too many")
    func ends() throws {
        var addresses = AddressSet()
        let last = try #require(IPAddress("255.255.255.255"))
        let ipv6Last = try #require(IPAddress("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))
        try addresses.insert([(ipv6Last, ipv6Last), (last, last), (address(0), address(0))])
        #expect(addresses.count == 3 && addresses[0] == address(0) && addresses[1] == last && addresses[2] == ipv6Last)
        #expect(addresses.index(of: ipv6Last) == 2 && addresses.index(of: .v6(.loopback)) == nil)
        addresses.remove(from: .v6(.unspecified), through: ipv6Last)
        #expect(addresses.count == 2)
        #expect(throws: TooManyTargets(limit: 1 << 32)) { try addresses.insert([(.v6(.unspecified), ipv6Last)]) }
        #expect(throws: TooManyTargets(limit: 3)) {
            try addresses.insert([(address(1), address(2))], limit: 3)
        }
        #expect(addresses.count == 2)
    }
}
