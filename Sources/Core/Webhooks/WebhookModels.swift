package import Vocabulary

package enum WebhookEndpointKind: IDKind { package static let prefix = "whe" }
package typealias WebhookEndpointID = TypeID<WebhookEndpointKind>
package enum WebhookDeliveryKind: IDKind { package static let prefix = "msg" }
/// Also the `webhook-id` of the message, the same on every try.
package typealias WebhookDeliveryID = TypeID<WebhookDeliveryKind>

/// The events that an endpoint can subscribe to.
package enum WebhookEventType: String, Sendable, Codable, CaseIterable {
    case jobCompleted = "job.completed"
    case jobFailed = "job.failed"
    case jobCanceled = "job.canceled"
    case jobProgress = "job.progress"
    case assetCreated = "asset.created"
    /// What `…/test` sends.
    case endpointTest = "endpoint.test"
}

/// Where a tenant wants its events.
package struct WebhookEndpoint: Sendable, Hashable {
    package var id: WebhookEndpointID
    package var tenant: TenantID
    package var url: String
    package var description: String?
    /// Empty for all but `job.progress`.
    package var events: [WebhookEventType]
    package var isEnabled: Bool
    /// Why it was switched off by us, when it was.
    package var disabledBecause: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
}

/// One message to one address, and how it went.
package struct WebhookDelivery: Sendable, Hashable {
    package enum Status: String, Sendable, Codable, CaseIterable {
        case pending, delivered, failed
    }

    package struct Attempt: Sendable, Hashable, Codable {
        package var at: Timestamp
        /// nil when there was no answer.
        package var status: Int?
        /// Our words for what went wrong; nil when it was delivered.
        package var error: String?
        package var milliseconds: Int

        package init(at: Timestamp, status: Int?, error: String?, milliseconds: Int) {
            self.at = at
            self.status = status
            self.error = error
            self.milliseconds = milliseconds
        }
    }

    package var id: WebhookDeliveryID
    package var tenant: TenantID
    /// nil for a per-request `webhook_url`.
    package var endpoint: WebhookEndpointID?
    package var url: String
    package var event: String
    /// The JSON that is sent.
    package var body: String
    package var status: Status
    package var attempts: [Attempt]
    package var nextAttemptAt: Timestamp?
    package var createdAt: Timestamp
    package var completedAt: Timestamp?
}
