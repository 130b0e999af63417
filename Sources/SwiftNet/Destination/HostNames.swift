import LinuxNet

/// Names of the hosts that reply, looked up beside a run, each once.
package typealias HostNames = ReverseNames
