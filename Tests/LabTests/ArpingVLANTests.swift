import Testing

/// `arping` among frames with VLAN tags.
@Suite("arping in VLANs")
struct ArpingVLANTests {
    /// Answers every ARP request for an address from `b`, in frames of a VLAN.
    private static let taggedResponder = """
        import socket, struct, sys
        vid = int(sys.argv[1])
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind(("vb", 0))
        own = s.getsockname()[4]
        print("ready", flush=True)
        while True:
            frame, address = s.recvfrom(2048)
            if address[2] == 4: continue
            body = frame[14:] if frame[12:14] == b"\\x08\\x06" else frame[18:] if frame[16:18] == b"\\x08\\x06" else b""
            if len(body) < 28 or body[6:8] != b"\\x00\\x01": continue
            reply = body[:6] + b"\\x00\\x02" + own + body[24:28] + body[8:14] + body[14:18]
            tag = struct.pack("!HH", 0x8100, vid) if vid >= 0 else b""
            s.send(body[8:14] + own + tag + b"\\x08\\x06" + reply)
        """

    @Test("frames of another VLAN are none of this link's; a tag with a priority alone is no VLAN")
    func otherVLANs() async throws {
        try await Lab.with(.pair) { lab in
            let arguments = ["python3", "-c", Self.taggedResponder]
            // On the right: -D finds the address taken.
            for (vid, isHeard) in [(10, false), (0, true), (4_094, false)] {
                try await lab.beside("b", arguments + ["\(vid)"], readyMark: "ready") {
                    let duplicate = try await lab.run(
                        "a", [Binary.swiftNet, "arping", "-D", "-c", "2", "-i", "0.1", "-I", "va", "192.0.2.9"])
                    #expect(duplicate.status == (isHeard ? 1 : 0), "VLAN \(vid): \(duplicate)")
                    let sweep = try await lab.run(
                        "a", [Binary.swiftNet, "arping", "--sweep", "192.0.2.8/31", "-I", "va", "-w", "0.2"])
                    #expect(sweep.status == (isHeard ? 0 : 1), "VLAN \(vid): \(sweep)")
                    // The lookup of neighbors before a scan, on a socket from which the kernel hides the tags.
                    let scan = try await lab.run(
                        "a", ["timeout", "10", Binary.swiftNet, "tcp-syn-scan", "-j", "-p", "80", "192.0.2.9"])
                    #expect(scan.output.contains("\"type\":\"unreachable\"") == !isHeard, "VLAN \(vid): \(scan)")
                    let asked = try await lab.run(
                        "a",
                        [Binary.swiftNet, "arping", "--vlan", "10", "-c", "1", "-w", "1", "-I", "va", "192.0.2.9"])
                    #expect(asked.status == (vid == 10 ? 0 : 1), "VLAN \(vid): \(asked)")
                }
            }
            // Our own host answers untagged requests only.
            try await lab.beside(
                "b", [Binary.swiftNet, "host", "-I", "vb", "--address", "192.0.2.9/24"], readyMark: "192.0.2.9"
            ) {
                let tagged = try await lab.run(
                    "a", [Binary.swiftNet, "arping", "--vlan", "10", "-c", "2", "-i", "0.1", "-w", "3", "192.0.2.9"])
                #expect(tagged.status == 1, "\(tagged)")
                let plain = try await lab.run("a", [Binary.swiftNet, "arping", "-f", "-w", "10", "192.0.2.9"])
                #expect(plain.status == 0, "\(plain)")
            }
        }
    }

    @Test("a sweep of a VLAN, explained; -w limits the wait of a round, and not the run")
    func sweepOptions() async throws {
        try await Lab.with(.pair) { lab in
            let arguments = ["python3", "-c", Self.taggedResponder, "7"]
            try await lab.beside("b", arguments, readyMark: "ready") {
                let sweep = try await lab.run(
                    "a",
                    [
                        Binary.swiftNet, "arping", "--sweep", "192.0.2.8/30", "--vlan", "7", "--explain", "1", "-I",
                        "va",
                        "-w", "0.2", "--retries", "0", "--rate", "5",
                    ])
                #expect(sweep.status == 0 && sweep.output.contains("4 addresses, 4 hosts, "), "\(sweep)")
                #expect(sweep.output.contains("vlan") && sweep.errors.isEmpty, "\(sweep)")
                let plain = try await lab.run(
                    "a",
                    [
                        Binary.swiftNet, "arping", "--sweep", "192.0.2.8/30", "--vlan", "8", "-v", "-I", "va", "-w",
                        "0.2", "--retries", "0",
                    ])
                #expect(plain.status == 1 && plain.errors.contains("ignored 4 frames, of VLAN 7"), "\(plain)")
            }
        }
    }
}
