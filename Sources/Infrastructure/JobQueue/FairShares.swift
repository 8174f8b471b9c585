package import Database
package import Vocabulary

/// Weighted fair queuing: a job is served in the order of its virtual start, which is the later of the virtual now and
/// the virtual finish of the job before it in its flow; its own finish is one share later.
///
/// The virtual now is the highest start handed out, one for each priority, kept in `job_clock`: a tenant that was idle
/// begins at it, neither ahead for its idleness nor behind another's backlog. A tenant has two flows in each priority,
/// for new jobs and for those that come back (from sleep, after a failed try, rescued), so that the polls of a render
/// don't queue behind the same tenant's new ones, and yet a thousand that come back at once take turns with other
/// tenants.
struct FairShares {
    enum Flow: Int64 {
        case new = 0
        case resumed = 1
    }

    /// Those who are served in turn.
    struct Share: Hashable {
        var owner: String
        var priority: Int
        var flow: Flow
    }

    /// The starts of a run of jobs: `first`, `first + step`, …
    struct Starts {
        var first: Int64
        var step: Int64

        subscript(_ index: Int) -> Int64 { first + Int64(index) * step }
    }

    /// The virtual length of one job at weight 1.
    static let unit: Int64 = 1_000_000

    let tx: any Transaction

    /// Takes the next `count` places of a share.
    func take(_ count: Int, of share: Share) throws -> Starts {
        let clock = try tx.first(
            """
            SELECT virtual_now, (SELECT weight FROM job_weights WHERE tenant_id = \(share.owner)) AS weight
            FROM job_clock WHERE priority = \(share.priority)
            """)
        let now = try clock?.get("virtual_now", as: Int64.self) ?? 0
        let weight = try clock?.getIfPresent("weight", as: Int64.self) ?? 1
        let step = Self.unit / max(weight, 1)
        let length = step * Int64(count)
        let row = try tx.first(
            """
            INSERT INTO job_shares (tenant_id, priority, flow, last_finish)
            VALUES (\(share.owner), \(share.priority), \(share.flow.rawValue), \(now + length))
            ON CONFLICT (tenant_id, priority, flow) DO UPDATE SET last_finish =
            CASE WHEN job_shares.last_finish > \(now) THEN job_shares.last_finish + \(length) ELSE \(now + length) END
            RETURNING last_finish
            """)
        let finish = try row?.get("last_finish", as: Int64.self) ?? now + length
        return Starts(first: finish - length, step: step)
    }

    /// Moves the virtual now up to what was handed out.
    func advance(priority: Int, to start: Int64) throws {
        try tx.execute(
            "UPDATE job_clock SET virtual_now = \(start) WHERE priority = \(priority) AND virtual_now < \(start)")
    }

    /// Forgets shares that lie wholly in the past: a tenant without one begins at the virtual now in any case.
    func forgetPast() throws {
        try tx.execute(
            """
            DELETE FROM job_shares WHERE last_finish <=
            (SELECT virtual_now FROM job_clock WHERE job_clock.priority = job_shares.priority)
            """)
    }
}

extension JobQueue {
    /// The weights allowed.
    package static let weights = 1...1000

    /// Gives a tenant `weight` turns for each turn of a tenant that has no weight of its own; clamped to `weights`.
    /// Holds for jobs queued from now on.
    package func setWeight(_ weight: Int, of tenant: TenantID, in tx: any Transaction) throws {
        let weight = min(max(weight, Self.weights.lowerBound), Self.weights.upperBound)
        try tx.execute(
            """
            INSERT INTO job_weights (tenant_id, weight) VALUES (\(tenant), \(weight))
            ON CONFLICT (tenant_id) DO UPDATE SET weight = excluded.weight
            """)
    }
}
