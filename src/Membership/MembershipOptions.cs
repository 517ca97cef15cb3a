namespace FaceCluster.Membership;

/// <summary>Where the processes of a cluster find each other.</summary>
public enum MembershipKind
{
    /// <summary>One silo on this machine.</summary>
    Local,

    /// <summary>A table in PostgreSQL.</summary>
    Postgres,

    /// <summary>A hash in Redis. It has to be durable (append-only file with every write synced).</summary>
    Redis,
}

/// <summary>How a process takes part in a cluster.</summary>
public sealed class MembershipOptions
{
    /// <summary>Where the processes find each other.</summary>
    public MembershipKind Kind { get; set; }

    /// <summary>Connection string of the database or of Redis; not needed for <see cref="MembershipKind.Local"/>.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Schema of the tables in PostgreSQL.</summary>
    public string Schema { get; set; } = "facecluster_orleans";

    /// <summary>Name of the cluster; processes with different names do not see each other.</summary>
    public string ClusterId { get; set; } = "facecluster";

    /// <summary>Name of this silo, unique in the cluster; null takes one made of host and port.</summary>
    public string? SiloName { get; set; }

    /// <summary>The IP address under which the other processes reach this one.</summary>
    public string AdvertisedAddress { get; set; } = "127.0.0.1";

    /// <summary>
    /// How long a silo waits for the answer to a probe. After three of them without one it asks the others and, together,
    /// they declare the silo dead: about four times this long after a kill its shards open elsewhere.
    /// </summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether a silo that gets no answer to its probes has another silo ask before it votes. It guards against a broken
    /// link between two silos, but a busy helper's word does not count: on a machine at its limit a silo that was held up
    /// was still a member after 20 s. A vote in error costs a restart; no data, because of the shards' epochs.
    /// </summary>
    public bool IndirectProbes { get; set; }

    /// <summary>
    /// How long a call between processes waits for its answer. A call that was on its way to a silo that was killed fails
    /// after this long with unknown outcome; repeating it is safe.
    /// </summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The same for a gateway by itself. Each of its calls goes through some silo's gateway port; through that of a silo that
    /// is held up it hangs this long, is repeated, and goes another way once the silo has been given up.
    /// </summary>
    public TimeSpan GatewayTimeout { get; set; } = TimeSpan.FromSeconds(4);
}
