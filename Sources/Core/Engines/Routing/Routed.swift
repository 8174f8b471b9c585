package import Vocabulary

/// One try at one engine, for the record and for the answer's `attempts`.
package struct EngineAttempt: Sendable, Hashable, Codable {
    package var engine: String
    package var model: String
    /// nil when it succeeded.
    package var code: EngineError.Code?
    package var httpStatus: Int?
    package var providerRequestID: String?
    package var startedAt: Timestamp
    package var milliseconds: Int

    package init(
        engine: String, model: String, code: EngineError.Code? = nil, httpStatus: Int? = nil,
        providerRequestID: String? = nil, startedAt: Timestamp, milliseconds: Int
    ) {
        self.engine = engine
        self.model = model
        self.code = code
        self.httpStatus = httpStatus
        self.providerRequestID = providerRequestID
        self.startedAt = startedAt
        self.milliseconds = milliseconds
    }
}

/// A result, by whom it was made, and the tries that it took.
package struct Routed<Value: Sendable>: Sendable {
    package var value: Value
    package var engine: String
    /// The model as the engine knows it.
    package var servedBy: String
    package var attempts: [EngineAttempt]

    package init(value: Value, engine: String, servedBy: String, attempts: [EngineAttempt]) {
        self.value = value
        self.engine = engine
        self.servedBy = servedBy
        self.attempts = attempts
    }
}

/// No engine of the route had a result: the last error, and every try.
package struct RoutingError: Error, Sendable {
    package var error: EngineError
    package var attempts: [EngineAttempt]

    package init(error: EngineError, attempts: [EngineAttempt]) {
        self.error = error
        self.attempts = attempts
    }
}
