import Testing

/// `host --vlan` beside tagged and untagged frames.
@Suite("host in a VLAN")
struct UserHostVLANTests {
    /// Sends a tagged echo request to the host, which knows our MAC address already, and prints the tag of the reply.
    private static let echo = """
        import socket, struct
        def checksum(data):
            total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
            while total >> 16: total = (total & 0xffff) + (total >> 16)
            return ~total & 0xffff
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind(("va", 3)); s.settimeout(5); s.setsockopt(263, 8, 1)
        us, host = s.getsockname()[4], bytes.fromhex("0200c0000232")
        icmp = struct.pack(">BBHHH", 8, 0, 0, 7, 1) + bytes(56)
        icmp = icmp[:2] + struct.pack(">H", checksum(icmp)) + icmp[4:]
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), 1, 0, 64, 1, 0,
            socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.50"))
        ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
        for tag in (b"", b"\\x81\\x00\\x00\\x08", b"\\x81\\x00\\x00\\x07"):
            s.send(host + us + tag + b"\\x08\\x00" + ip + icmp)
        while True:
            frame, control, _, _ = s.recvmsg(2048, 512)
            if frame[6:12] != host or frame[12:14] != b"\\x08\\x00" or frame[34] != 0: continue
            status, _, _, _, _, tag, _ = struct.unpack("IIIHHHH", control[0][2][:20])
            print("reply, VLAN", tag & 0xfff if status & 0x10 else "none")
            break
        """

    @Test("it answers in its VLAN with its tag, and ignores untagged frames and those of others, which -v reports")
    func tagged() async throws {
        try await Lab.with(.pair.withFiles) { lab in
            let script = """
                echo begun
                (echo $BASHPID > /mnt/pid; exec \(Binary.swiftNet) host -I vb --address 192.0.2.50/24 --no-check \
                    --vlan 7 -v -w 60) > /mnt/log 2>&1
                echo "status $?" >> /mnt/log; touch /mnt/done
                """
            let log = try await lab.beside("b", ["bash", "-c", script], readyMark: "begun") {
                func until(_ condition: String) async throws {
                    let outcome = try await lab.run(
                        "b", ["timeout", "10", "sh", "-c", "until \(condition); do sleep 0.02; done"])
                    #expect(outcome.status == 0, "never: \(condition)")
                }
                func arping(_ arguments: String...) async throws -> Lab.Outcome {
                    try await lab.run(
                        "a",
                        [Binary.swiftNet, "arping", "-f", "-c", "3", "-i", "0.2", "-W", "0.5"] + arguments + [
                            "192.0.2.50"
                        ])
                }
                try await until("grep -q 'the host is up' /mnt/log")
                let inside = try await arping("--vlan", "7")
                #expect(inside.status == 0, "\(inside)")
                for arguments in [["--vlan", "8"], []] {
                    let outside = try await lab.run(
                        "a",
                        [Binary.swiftNet, "arping", "-c", "1", "-w", "1"] + arguments + ["192.0.2.50"])
                    #expect(outside.status == 1, "\(outside)")
                }
                let echo = try await lab.run("a", ["timeout", "20", "python3", "-c", Self.echo])
                #expect(echo.output == "reply, VLAN 7\n", "\(echo)")
                _ = try await lab.run("b", ["sh", "-c", "kill -TERM $(cat /mnt/pid)"])
                try await until("test -e /mnt/done")
                return try await lab.run("b", ["cat", "/mnt/log"]).output
            }
            #expect(log.contains("of VLAN 8") && log.contains(", untagged") && log.hasSuffix("status 0\n"), "\(log)")
            // Only what was said in the VLAN was heard.
            #expect(log.contains("192.0.2.1") && log.contains("1 peer, "), "\(log)")
        }
    }

    @Test("a VLAN that is none is refused")
    func usage() async throws {
        for vlan in ["0", "4095", "x"] {
            let outcome = try await Lab.run([
                Binary.swiftNet, "host", "-I", "nosuch0", "--address", "192.0.2.50/24", "--vlan", vlan,
            ])
            #expect(outcome.status == 2 && outcome.errors.contains("--vlan"), "\(outcome)")
        }
    }
}
