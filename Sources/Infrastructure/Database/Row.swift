/// One row of an answer. Columns are read by name, into the type that the caller asks for.
package struct Row: Sendable {
    private let names: [String]
    private let values: [SQLValue]

    package init(names: [String], values: [SQLValue]) {
        self.names = names
        self.values = values
    }

    /// Reads a column that can't be null.
    /// - Throws: `DatabaseError` with code `.decoding` when the column is absent, null or of another type.
    package func get<Value: SQLDecodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        let value = try raw(column)
        guard value != .null, let decoded = Value.decode(value) else { throw mismatch(column, type, value) }
        return decoded
    }

    /// Reads a column that may be null.
    /// - Throws: `DatabaseError` with code `.decoding` when the column is absent or of another type.
    package func getIfPresent<Value: SQLDecodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value?
    {
        let value = try raw(column)
        if value == .null { return nil }
        guard let decoded = Value.decode(value) else { throw mismatch(column, type, value) }
        return decoded
    }

    private func raw(_ column: String) throws -> SQLValue {
        guard let index = names.firstIndex(of: column) else {
            throw DatabaseError(.decoding, "no column \(column) in \(names)")
        }
        return values[index]
    }

    private func mismatch(_ column: String, _ type: Any.Type, _ value: SQLValue) -> DatabaseError {
        let found =
            switch value {
            case .null: "null"
            case .int: "an integer"
            case .double: "a real number"
            case .text: "text"
            case .bytes: "bytes"
            }
        return DatabaseError(.decoding, "column \(column) holds \(found) that is no \(type)")
    }
}
