package import Settings

/// The limits of this room.
package struct ObjectStorageLimits: Sendable, Hashable {
    /// The largest object, in bytes, whatever the caller allows.
    package var maximumObjectSize: Int64 = 2 << 30
    /// How much of an object is read or written at a time, in bytes.
    package var chunkSize = 64 << 10

    package init() {}

    package init(reading reader: SettingsReader) {
        let defaults = ObjectStorageLimits()
        maximumObjectSize = Int64(
            reader.bytes(
                "ATELIER_MAX_OBJECT_SIZE", default: Int(defaults.maximumObjectSize), in: (1 << 20)...(1 << 40),
                "The largest file that is stored: an upload, an image or a film."))
        chunkSize = reader.bytes(
            "ATELIER_STORAGE_CHUNK_SIZE", default: defaults.chunkSize, in: (4 << 10)...(4 << 20),
            "How much of a file is read or written at a time.")
    }
}
