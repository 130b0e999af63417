// `import SwiftNet` is enough: configurations and events are made of the types of these modules.
@_exported import Diagnostics
import LinuxProcess
@_exported import PacketEngine
@_exported import WireFormat

/// Ends runs from another thread.
public typealias WakeupEvent = LinuxProcess.WakeupEvent
