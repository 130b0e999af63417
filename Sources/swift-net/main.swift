import CStandalone
import LinuxProcess

let arguments = (0..<cstandalone_argument_count()).map { index in
    unsafe cstandalone_argument(index).map { unsafe String(cString: $0) } ?? ""
}

CurrentProcess.prepareStreams()
// Only the options of the requested command are parsed: parsing all commands would add half a millisecond to each
// start.
CurrentProcess.exit(CommandTree.main(arguments))
