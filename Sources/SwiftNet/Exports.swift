// `import SwiftNet` is enough: configurations and events are made of the types of these modules.
@_exported import Diagnostics
@_exported import PacketEngine
@_exported import WireFormat

import LinuxProcess

/// Ends runs from another thread.
public typealias WakeupEvent = LinuxProcess.WakeupEvent
