import HostStackTestSupport
import LinuxProcess
import WireFormatTestSupport

// Writes the seed corpus: DIRECTORY/TARGET/NAME for every seed. The
// directories must exist.
guard CommandLine.arguments.count == 2 else {
    print("usage: fuzz-corpus DIRECTORY")
    CurrentProcess.exit(2)
}
for (folder, seeds) in FuzzTarget.allCases.map({ ($0.rawValue, Corpus.seeds($0)) }) + [("host", HostCorpus.seeds)] {
    for seed in seeds {
        let file = try BufferedOutput.file("\(CommandLine.arguments[1])/\(folder)/\(seed.name)")
        file.write(seed.bytes)
        file.flush()
    }
}
