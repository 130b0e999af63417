import Testing

/// The host of our own under attacks that the protocol texts describe.
@Suite("a host under fire in the lab")
struct HostFloodTests {
    @Test("memory stays under 64 MB, and an honest client is served all the time")
    func fire() async throws {
        try await Lab.with(Lab.Layout.pair.withFiles) { lab in
            let arguments =
                "host -I vb --address 192.0.2.50/24 --mac 02:00:00:00:00:50 --no-check --serve echo,discard,http -w 60 -q"
            let program = "echo $$ > /mnt/pid; echo begun; exec \(Binary.swiftNet) \(arguments)"
            try await lab.beside("b", ["sh", "-c", program], readyMark: "begun") {
                let script = """
                    # An honest client's first request, when the host is up.
                    for i in $(seq 100); do \(Binary.swiftNet) http-probe -q -w 5 http://192.0.2.50/ > /dev/null && break; sleep 0.05; done
                    python3 \(Binary.repository)/Tests/LabTests/Adversary/fire.py va 192.0.2.50 02:00:00:00:00:50 &
                    fire=$!
                    sleep 1
                    good=0
                    for i in 1 2 3 4 5 6 7 8 9 10; do
                        \(Binary.swiftNet) http-probe -w 5 http://192.0.2.50/ | grep -q '200 OK' && good=$((good + 1))
                        sleep 0.3
                    done
                    wait $fire
                    \(Binary.swiftNet) ping -c 3 -i 0.1 192.0.2.50 | grep received
                    echo "good $good"
                    awk '/VmHWM/ { print "peak", $2 }' /proc/$(cat /mnt/pid)/status
                    """
                let outcome = try await lab.run("a", ["sh", "-c", script])
                #expect(outcome.lines.contains("good 10"), "\(outcome.output) \(outcome.errors)")
                #expect(outcome.output.contains("3 packets transmitted, 3 received"), "\(outcome.output)")
                let rounds = outcome.lines.first { $0.hasSuffix(" rounds") }?.split(separator: " ").first
                #expect(rounds.flatMap { Int($0) } ?? 0 > 3, "\(outcome.output) \(outcome.errors)")
                let peak = outcome.lines.first { $0.hasPrefix("peak ") }.flatMap { Int($0.dropFirst(5)) }
                #expect(peak ?? .max < 64 << 10, "\(outcome.output)")
            }
        }
    }
}
