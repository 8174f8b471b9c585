import NIOCore
import Vocabulary
import WebAPI

/// The events of a whole stream.
struct ServerSentEvents {
    var id: String
    var name: String
    var data: JSONValue

    static func read(_ text: String) -> [ServerSentEvents] {
        text.split(separator: "\n\n").filter { !$0.hasPrefix(":") }.map { block in
            var event = ServerSentEvents(id: "", name: "", data: .null)
            for line in block.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1).map { String($0).trimmingSpace }
                switch parts.first {
                case "id": event.id = parts.last ?? ""
                case "event": event.name = parts.last ?? ""
                case "data":
                    event.data =
                        (try? JSONReader.read(ByteBuffer(string: parts.last ?? ""), maximumDepth: 64)) ?? .null
                default: break
                }
            }
            return event
        }
    }
}

extension String {
    fileprivate var trimmingSpace: String { hasPrefix(" ") ? String(dropFirst()) : self }
}
