import LinuxNet

// Only the command that was asked for is parsed: a tree of all of them would
// cost every start half a millisecond.
CurrentProcess.exit(SwiftNet.main(CommandLine.arguments))
