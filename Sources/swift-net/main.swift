import CStandalone
import LinuxProcess

let arguments = (0..<cstandalone_argument_count()).map { index in
    unsafe cstandalone_argument(index).map { unsafe String(cString: $0) } ?? ""
}

CurrentProcess.prepareStreams()
// Only the command that was asked for is parsed: a tree of all of them would
// cost every start half a millisecond.
CurrentProcess.exit(CommandTree.main(arguments))
