import LinuxNet
import WireFormatTestSupport

// Writes the seed corpus: DIRECTORY/TARGET/NAME for every seed. The
// directories must be there.
guard CommandLine.arguments.count == 2 else {
    print("usage: fuzz-corpus DIRECTORY")
    CurrentProcess.exit(2)
}
for target in FuzzTarget.allCases {
    for seed in Corpus.seeds(target) {
        let file = try OutputStream.file("\(CommandLine.arguments[1])/\(target.rawValue)/\(seed.name)")
        file.write(seed.bytes)
        file.flush()
    }
}
