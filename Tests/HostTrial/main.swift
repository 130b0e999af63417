import HostStack
import HostStackTestSupport
import LinuxProcess
import PacketEngine

// Transfers 10 MB between two user-space hosts over a link with loss, reordering, duplicates and corruption, for many
// seeds:
//
//     host-trial [SEEDS [BYTES]]
let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let seeds = arguments.first ?? 100
let length = arguments.count > 1 ? arguments[1] : 10 << 20
let output = BufferedOutput.standardOutput()
var failures = 0
var frames = 0
var times: [Double] = []
for seed in 1...max(seeds, 1) {
    let wire = SimulatedWire(seed: UInt64(seed))
    let client = wire.add(1)
    let server = wire.add(2)
    wire.faults = WireFaults(loss: 0.05, reordering: 0.05, duplication: 0.02, corruption: 0.01)
    let transfer = Transfer(from: client, to: server, there: length, back: 0, seed: UInt64(seed))
    transfer.begin(at: wire.now)
    let start = wire.now
    let isDone = wire.run(for: .seconds(3_600)) { transfer.isDone }
    times.append((wire.now - start).seconds)
    frames += wire.sentCount
    if !isDone || !transfer.there.isWhole || !transfer.failures.isEmpty {
        failures += 1
        output.write("seed \(seed): \(transfer.there.received) of \(length) bytes, \(transfer.failures)\n")
    }
}
times.sort()
output.write(
    "\(seeds - failures) of \(seeds) seeds whole, \(length) bytes each, \(frames / max(seeds, 1)) frames, "
        + "\(times[times.count / 2].rounded()) s of simulated time (maximum \(times[times.count - 1].rounded()) s)\n")
output.flush()
CurrentProcess.exit(failures == 0 ? 0 : 1)
