namespace FaceCluster.Membership;

/// <summary>
/// The tables that the ADO.NET providers of Orleans work on. Of them they know one name, OrleansQuery, from which they read
/// the statements to use; names and types of parameters and columns are given by the providers (DbStoredQueries of
/// Orleans 10.4), tables and statements are ours.
/// </summary>
internal static class OrleansSchema
{
    private const string Membership =
        """
        CREATE TABLE orleansquery (querykey text PRIMARY KEY, querytext text NOT NULL);

        CREATE TABLE membership_versions (
            deployment text PRIMARY KEY,
            version integer NOT NULL,
            changed_at timestamptz NOT NULL DEFAULT now()
        );

        CREATE TABLE members (
            deployment text NOT NULL REFERENCES membership_versions (deployment),
            address text NOT NULL,
            port integer NOT NULL,
            generation integer NOT NULL,
            silo_name text NOT NULL,
            host_name text NOT NULL,
            status integer NOT NULL,
            proxy_port integer NOT NULL,
            suspect_times text,
            start_time timestamptz NOT NULL,
            alive_time timestamptz NOT NULL,
            PRIMARY KEY (deployment, address, port, generation)
        );

        CREATE VIEW member_rows AS
        SELECT v.deployment AS in_deployment, v.version AS "Version", m.address AS "Address", m.port AS "Port", m.generation AS "Generation",
            m.silo_name AS "SiloName", m.host_name AS "HostName", m.status AS "Status", m.proxy_port AS "ProxyPort",
            m.suspect_times AS "SuspectTimes", m.start_time AS "StartTime", m.alive_time AS "IAmAliveTime"
        FROM membership_versions v LEFT JOIN members m USING (deployment);

        INSERT INTO orleansquery (querykey, querytext) VALUES
        ('UpdateIAmAlivetimeKey', $q$
            UPDATE members SET alive_time = @IAmAliveTime
            WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
        $q$),
        ('InsertMembershipVersionKey', $q$
            WITH added AS (
                INSERT INTO membership_versions (deployment, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING 1
            )
            SELECT count(*)::integer FROM added
        $q$),
        ('InsertMembershipKey', $q$
            WITH next AS (
                UPDATE membership_versions SET version = version + 1, changed_at = now()
                WHERE deployment = @DeploymentId AND version = @Version AND NOT EXISTS (
                    SELECT FROM members
                    WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
                RETURNING deployment
            ), added AS (
                INSERT INTO members (deployment, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_time)
                SELECT deployment, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM next
                RETURNING 1
            )
            SELECT count(*)::integer FROM added
        $q$),
        ('UpdateMembershipKey', $q$
            WITH next AS (
                UPDATE membership_versions SET version = version + 1, changed_at = now()
                WHERE deployment = @DeploymentId AND version = @Version AND EXISTS (
                    SELECT FROM members
                    WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
                RETURNING deployment
            ), changed AS (
                UPDATE members SET status = @Status, suspect_times = @SuspectTimes, alive_time = @IAmAliveTime FROM next
                WHERE members.deployment = next.deployment AND address = @Address AND port = @Port AND generation = @Generation
                RETURNING 1
            )
            SELECT count(*)::integer FROM changed
        $q$),
        ('MembershipReadRowKey', $q$
            SELECT v.version AS "Version", "Address", "Port", "Generation", "SiloName", "HostName", "Status", "ProxyPort", "SuspectTimes",
                "StartTime", "IAmAliveTime"
            FROM membership_versions v LEFT JOIN member_rows r
                ON r.in_deployment = v.deployment AND "Address" = @Address AND "Port" = @Port AND "Generation" = @Generation
            WHERE v.deployment = @DeploymentId
        $q$),
        ('MembershipReadAllKey', $q$
            SELECT * FROM member_rows WHERE in_deployment = @DeploymentId
        $q$),
        ('DeleteMembershipTableEntriesKey', $q$
            WITH gone AS (DELETE FROM members WHERE deployment = @DeploymentId)
            UPDATE membership_versions SET version = version + 1 WHERE deployment = @DeploymentId
        $q$),
        ('GatewaysQueryKey', $q$
            SELECT address AS "Address", proxy_port AS "ProxyPort", generation AS "Generation" FROM members
            WHERE deployment = @DeploymentId AND status = @Status AND proxy_port > 0
        $q$),
        ('CleanupDefunctSiloEntriesKey', $q$
            DELETE FROM members WHERE deployment = @DeploymentId AND alive_time < @IAmAliveTime AND status <> 3
        $q$);
        """;

    private const string Reminders =
        """
        CREATE TABLE reminders (
            service text NOT NULL,
            grain text NOT NULL,
            name text NOT NULL,
            start_time timestamptz NOT NULL,
            period bigint NOT NULL,
            grain_hash integer NOT NULL,
            version integer NOT NULL,
            PRIMARY KEY (service, grain, name)
        );

        CREATE INDEX reminders_by_hash ON reminders (service, grain_hash);

        CREATE VIEW reminder_rows AS
        SELECT service, grain_hash, grain AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
        FROM reminders;

        INSERT INTO orleansquery (querykey, querytext) VALUES
        ('UpsertReminderRowKey', $q$
            INSERT INTO reminders AS r (service, grain, name, start_time, period, grain_hash, version)
            VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
            ON CONFLICT (service, grain, name) DO UPDATE
            SET start_time = excluded.start_time, period = excluded.period, grain_hash = excluded.grain_hash, version = r.version + 1
            RETURNING version AS "Version"
        $q$),
        ('ReadReminderRowsKey', $q$
            SELECT * FROM reminder_rows WHERE service = @ServiceId AND "GrainId" = @GrainId
        $q$),
        ('ReadReminderRowKey', $q$
            SELECT * FROM reminder_rows WHERE service = @ServiceId AND "GrainId" = @GrainId AND "ReminderName" = @ReminderName
        $q$),
        ('ReadRangeRows1Key', $q$
            SELECT * FROM reminder_rows WHERE service = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash
        $q$),
        ('ReadRangeRows2Key', $q$
            SELECT * FROM reminder_rows WHERE service = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
        $q$),
        ('DeleteReminderRowKey', $q$
            WITH gone AS (
                DELETE FROM reminders WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1
            )
            SELECT count(*)::integer FROM gone
        $q$),
        ('DeleteReminderRowsKey', $q$
            DELETE FROM reminders WHERE service = @ServiceId
        $q$);
        """;

    // The provider takes an empty version, and one that is still the old one, for a conflict; no row at all it would take for success.
    private const string GrainStates =
        """
        CREATE TABLE grain_states (
            service text NOT NULL,
            grain_type text NOT NULL,
            key_high bigint NOT NULL,
            key_low bigint NOT NULL,
            key_text text NOT NULL,
            state bytea,
            version integer NOT NULL,
            changed_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (service, grain_type, key_high, key_low, key_text)
        );

        INSERT INTO orleansquery (querykey, querytext) VALUES
        ('WriteToStorageKey', $q$
            WITH added AS (
                INSERT INTO grain_states (service, grain_type, key_high, key_low, key_text, state, version)
                SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString::text, ''), @PayloadBinary, 1
                WHERE @GrainStateVersion::integer IS NULL
                ON CONFLICT DO NOTHING
                RETURNING version
            ), changed AS (
                UPDATE grain_states SET state = @PayloadBinary, version = version + 1, changed_at = now()
                WHERE service = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
                    AND key_text = coalesce(@GrainIdExtensionString::text, '') AND version = @GrainStateVersion::integer
                RETURNING version
            )
            SELECT (SELECT version FROM added UNION ALL SELECT version FROM changed) AS "NewGrainStateVersion"
        $q$),
        ('ReadFromStorageKey', $q$
            SELECT state AS "PayloadBinary", version AS "Version" FROM grain_states
            WHERE service = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
                AND key_text = coalesce(@GrainIdExtensionString::text, '')
        $q$),
        ('ClearStorageKey', $q$
            WITH cleared AS (
                UPDATE grain_states SET state = NULL, version = version + 1, changed_at = now()
                WHERE service = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
                    AND key_text = coalesce(@GrainIdExtensionString::text, '') AND version = @GrainStateVersion::integer
                RETURNING version
            )
            SELECT (SELECT version FROM cleared) AS "NewGrainStateVersion"
        $q$),
        ('DeleteStorageKey', $q$
            WITH gone AS (
                DELETE FROM grain_states
                WHERE service = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
                    AND key_text = coalesce(@GrainIdExtensionString::text, '') AND version = @GrainStateVersion::integer
                RETURNING version + 1 AS version
            )
            SELECT (SELECT version FROM gone) AS "NewGrainStateVersion"
        $q$);
        """;

    public static IReadOnlyList<string> Steps { get; } = [Membership, Reminders, GrainStates];
}
