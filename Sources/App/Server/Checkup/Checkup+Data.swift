import Database
import DatabaseSQLite
import FoundationEssentials
import ObjectStorage
import Vocabulary

extension Checkup {
    /// Opens the database, and reads all of it.
    func database() async -> Finding {
        let path = settings.databasePath
        guard FileManager.default.fileExists(atPath: path) else {
            return .good("There is no database yet: the first start makes \(path).")
        }
        do {
            let database = try SQLiteDatabase.open(
                path: path, limits: settings.database, logger: logger, surroundings: surroundings)
            let finding: Finding
            do {
                finding = try await look(into: database, path)
            } catch {
                try? await database.close()
                throw error
            }
            try await database.close()
            return finding
        } catch let error as DatabaseError {
            return .bad("The database can't be used: \(error.detail).")
        } catch {
            return .bad("The database can't be used: \(error).")
        }
    }

    private func look(into database: SQLiteDatabase, _ path: String) async throws -> Finding {
        let faults = try await database.read(as: .system) { tx -> [String] in
            guard tx.dialect == .sqlite else { return [] }
            return try tx.query("PRAGMA quick_check(3)").map { try $0.get("quick_check", as: String.self) }
        }
        guard faults.isEmpty || faults == ["ok"] else {
            return .bad("The database \(path) is damaged (\(faults[0])): stop the server and restore a backup.")
        }
        let applied = try await database.read(as: .system) { tx -> Set<Migration.ID> in
            guard try tx.first("SELECT name FROM sqlite_master WHERE name = 'schema_migrations'") != nil else {
                return []
            }
            return Set(try tx.query("SELECT id FROM schema_migrations").map { try $0.get("id", as: String.self) })
        }
        let pending = try Migration.pending(of: Rooms.migrations, applied: applied)
        return pending.isEmpty
            ? .good("The database \(path) is sound, and its schema is this version's.")
            : .good("The database \(path) is sound; \(pending.count) migrations will run at the next start.")
    }

    /// Writes and deletes a small file where objects lie.
    func storage() async -> Finding {
        let folder = settings.objectsFolder
        guard FileManager.default.fileExists(atPath: folder) else {
            return .good("There is no folder of objects yet: the first start makes \(folder).")
        }
        do {
            let signer = ObjectLinkSigner(secret: surroundings.randomBytes(32), publicURL: "http://127.0.0.1")
            let storage = try FileObjectStorage(
                root: folder, linkSigner: signer, limits: settings.storage, surroundings: surroundings)
            try await storage.ping()
            return .good("Objects can be stored in \(folder).")
        } catch {
            return .bad("Objects can't be stored in \(folder): \(error).")
        }
    }
}
