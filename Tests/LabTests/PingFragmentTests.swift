import Testing

/// `ping --fragment`: what Linux and the host of our own make of fragments.
@Suite("ping --fragment in the lab")
struct PingFragmentTests {
    @Test("in order and reversed they are put together, overlapping they are not, by Linux and by us")
    func orders() async throws {
        try await Lab.with(.pair) { lab in
            try await lab.beside(
                "b",
                [
                    Binary.swiftNet, "host", "-I", "vb", "--address", "192.0.2.50/24", "--address", "2001:db8::50/64",
                    "--no-check", "-w", "60",
                ], readyMark: "the host is up"
            ) {
                for target in ["192.0.2.2", "192.0.2.50", "2001:db8::2", "2001:db8::50"] {
                    for (order, verdict) in [
                        ("in-order", "reassembled"), ("reversed", "reassembled"), ("overlapping", "dropped"),
                    ] {
                        let outcome = try await lab.ping(
                            "a", "-j -c 2 -i 0.05 -W 0.5 -s 400 --fragment 64 --fragment-order \(order) \(target)")
                        #expect(
                            outcome.summary?["fragment_verdict"] == verdict, "\(target) \(order): \(outcome.output)")
                        #expect(outcome.summary?["fragments"] == "7")
                        #expect(outcome.status == (order == "overlapping" ? 1 : 0))
                    }
                }
            }
        }
    }

    @Test(
        "what it cannot do is said, and exits 2",
        arguments: [
            ("--fragment 64 -s 20 192.0.2.2", "is one fragment of 64"),
            (
                "--fragment 63 -s 400 192.0.2.2",
                "invalid value '63' for --fragment (expected a multiple of 8, 8 or more)"
            ),
            ("--fragment 1600 -s 4000 192.0.2.2", "exceed the interface's MTU"),
            ("--fragment-order reversed 192.0.2.2", "--fragment-order requires --fragment"),
            ("--fragment 64 --fragment-order odd -s 400 192.0.2.2", "(expected in-order, reversed, overlapping)"),
            ("--fragment 64 -s 400 -M do 192.0.2.2", "--fragment cannot be used with -M do"),
            ("--fragment 64 -s 400 192.0.2.1 192.0.2.2", "--fragment cannot be used with several targets"),
            ("--fragment 64 --fragment-order overlapping -s 400 198.18.0.1", "is not on an attached network"),
        ])
    func refusals(arguments: String, message: String) async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.ping("a", arguments)
            #expect(outcome.status == 2 && outcome.errors.contains(message), "\(outcome.errors)")
        }
    }
}
