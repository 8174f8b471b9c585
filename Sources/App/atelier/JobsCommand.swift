import ArgumentParser
import JobQueue
import Server
import Vocabulary

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Looks at the queue, over all tenants, and queues failed jobs again.",
        subcommands: [List.self, Show.self, Requeue.self, Counts.self])

    private static func id(_ text: String) throws -> QueuedJobID {
        guard let id = QueuedJobID(text) else {
            throw ValidationError("\(text) is not the id of a job in the queue: `atelier jobs list`.")
        }
        return id
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists jobs, the newest first.")
        @OptionGroup var options: SettingsOptions
        @Option(help: "ready, sleeping, running, completed, failed or canceled.") var state: String?
        @Option(help: "Only of this kind.") var kind: String?
        @Option(help: "Only of this tenant.") var tenant: String?
        @Option(help: "How many at most.") var limit = PageRequest.defaultLimit

        func run() async throws {
            let tenant = try tenant.map(TenantCommand.id)
            let state = try state.map { name in
                guard let state = JobState(rawValue: name) else {
                    let allowed = JobState.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("There is no state \(name): the states are \(allowed).")
                }
                return state
            }
            let page = try await options.withRooms { rooms in
                try await rooms.queue.list(
                    state: state, kind: kind.map { JobKind(rawValue: $0) }, tenant: tenant,
                    page: PageRequest(limit: limit))
            }
            Terminal.out(
                Table.text(
                    page.items.map { job in
                        [
                            job.id.text, job.kind.rawValue, job.tenant?.name ?? "-", job.state.rawValue,
                            "\(job.attempt)/\(job.maximumAttempts)", "\(job.runAt)", job.reason ?? "",
                        ]
                    }))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a job.")
        @OptionGroup var options: SettingsOptions
        @Argument var id: String

        func run() async throws {
            let id = try JobsCommand.id(id)
            guard let job = try await options.withRooms({ try await $0.queue.show(id) }) else {
                throw CommandFailure("There is no job \(id), or it is past the retention.")
            }
            let rows: [(String, String?)] = [
                ("id", job.id.text), ("kind", job.kind.rawValue), ("tenant", job.tenant?.name),
                ("state", job.state.rawValue), ("priority", "\(job.priority)"),
                ("attempt", "\(job.attempt) of \(job.maximumAttempts)"), ("created", "\(job.createdAt)"),
                ("run at", "\(job.runAt)"), ("finished", job.finishedAt.map { "\($0)" }), ("worker", job.worker),
                ("lease until", job.leaseUntil.map { "\($0)" }), ("unique key", job.uniqueKey), ("reason", job.reason),
                ("payload", job.payload),
            ]
            Terminal.out(Table.text(rows.compactMap { name, value in value.map { [name, $0] } }))
        }
    }

    struct Requeue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Queues a failed job again.")
        @OptionGroup var options: SettingsOptions
        @Argument var id: String

        func run() async throws {
            let id = try JobsCommand.id(id)
            guard try await options.withRooms({ try await $0.queue.requeue(id) }) else {
                throw CommandFailure("The job \(id) hasn't failed, or another does its work already.")
            }
            Terminal.outLine("queued \(id)")
        }
    }

    struct Counts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Counts the jobs that wait, run or failed, by kind.")
        @OptionGroup var options: SettingsOptions

        func run() async throws {
            let counts = try await options.withRooms { try await $0.queue.counts() }
            let rows = counts.map { [$0.kind.rawValue, $0.state.rawValue, "\($0.count)"] }
            Terminal.out(Table.text(rows.sorted { $0.joined(separator: " ") < $1.joined(separator: " ") }))
        }
    }
}
