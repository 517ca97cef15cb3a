using System.Net;
using FaceCluster.Storage.Postgres;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans.Configuration;
using StackExchange.Redis;

namespace FaceCluster.Membership;

/// <summary>Lets a silo or a client of silos take part in a cluster.</summary>
public static class MembershipExtensions
{
    private const string Service = "facecluster";
    private const string Invariant = "Npgsql";

    /// <summary>Makes the tables that membership, reminders and grain storage need; does nothing where they need none.</summary>
    /// <exception cref="FaceCluster.Storage.Metadata.MetadataFailedException">The database cannot be used.</exception>
    public static Task PrepareAsync(this MembershipOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Kind == MembershipKind.Postgres
            ? PostgresMigrations.ApplyAsync(Required(options), options.Schema, OrleansSchema.Steps, cancellationToken)
            : Task.CompletedTask;
    }

    /// <summary>Has a silo join. Ports of 0 are not allowed: Orleans has to know its own before it listens.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="options">How.</param>
    /// <param name="siloPort">Port for the other silos.</param>
    /// <param name="gatewayPort">Port for gateways that run alone; 0 for none.</param>
    public static ISiloBuilder UseMembership(this ISiloBuilder silo, MembershipOptions options, int siloPort, int gatewayPort)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Kind == MembershipKind.Local)
        {
            return silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: Service, clusterId: options.ClusterId);
        }

        var connection = Required(options);
        if (options.Kind == MembershipKind.Postgres)
        {
            silo.UseAdoNetClustering(table => (table.Invariant, table.ConnectionString) = (Invariant, Postgres(options)));
            silo.UseAdoNetReminderService(table => (table.Invariant, table.ConnectionString) = (Invariant, Postgres(options)));

            // What a grain clears is gone from the table, too.
            silo.AddAdoNetGrainStorageAsDefault(states =>
                (states.Invariant, states.ConnectionString, states.DeleteStateOnClear) = (Invariant, Postgres(options), true));
        }
        else
        {
            silo.UseRedisClustering(redis => redis.ConfigurationOptions = Redis(connection));
        }

        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, Service));
        silo.Configure<SiloOptions>(names => names.SiloName = options.SiloName ?? $"{Environment.MachineName}-{siloPort}");
        var address = IPAddress.Parse(options.AdvertisedAddress);
        silo.ConfigureEndpoints(address, siloPort, gatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
        silo.Configure<ClusterMembershipOptions>(members =>
        {
            members.ProbeTimeout = options.ProbeTimeout;
            members.EnableIndirectProbes = options.IndirectProbes;
            members.MaxProbeTimeout = options.ProbeTimeout * 1.5;
            members.TableRefreshTimeout = TimeSpan.FromSeconds(15);
            members.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
            members.DefunctSiloExpiration = TimeSpan.FromHours(1);
        });

        // After a silo died the directory by default lets nothing of it open elsewhere for 30 s, in case it still lives. Here
        // the store's epochs see to that, and waiting only makes shards unavailable.
        silo.Configure<GrainDirectoryOptions>(directory => directory.RangeLeaseDuration = TimeSpan.Zero);
        silo.Configure<SiloMessagingOptions>(messages =>
        {
            messages.ResponseTimeout = options.ResponseTimeout;

            // A silo keeps answers for a gateway whose connection broke, by default for a minute. But the gateway has turned to
            // another silo by then, and comes back to this one only by chance: until it is forgotten here, every answer of this
            // silo's grains is lost to it.
            messages.ClientDropTimeout = TimeSpan.FromSeconds(2);
        });
        return silo;
    }

    /// <summary>Has a client find the silos of a cluster.</summary>
    /// <param name="client">The client.</param>
    /// <param name="options">How.</param>
    /// <param name="gateways">The silos' gateways, for <see cref="MembershipKind.Local"/> only.</param>
    public static IClientBuilder UseMembership(this IClientBuilder client, MembershipOptions options, params IPEndPoint[] gateways)
    {
        ArgumentNullException.ThrowIfNull(options);
        switch (options.Kind)
        {
            case MembershipKind.Postgres:
                client.UseAdoNetClustering(table => (table.Invariant, table.ConnectionString) = (Invariant, Postgres(options)));
                break;
            case MembershipKind.Redis:
                var connection = Required(options);
                client.UseRedisClustering(redis => redis.ConfigurationOptions = Redis(connection));
                break;
            default:
                client.UseStaticClustering(gateways);
                break;
        }

        client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, Service));
        // Which silos can do what: one that loads models may join after the gateway.
        client.Configure<TypeManagementOptions>(types => types.TypeMapRefreshInterval = TimeSpan.FromSeconds(5));
        client.Configure<GatewayOptions>(list => list.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2));
        client.Configure<ClientMessagingOptions>(messages => messages.ResponseTimeout = options.GatewayTimeout);
        return client;
    }

    private static string Required(MembershipOptions options) => !string.IsNullOrWhiteSpace(options.ConnectionString)
        ? options.ConnectionString
        : throw new ArgumentException($"Membership in {options.Kind} needs its connection string.");

    private static string Postgres(MembershipOptions options)
    {
        var text = new NpgsqlConnectionStringBuilder(Required(options)) { SearchPath = options.Schema, Timezone = "UTC", CommandTimeout = 5, MaxPoolSize = 4 };
        text.Timeout = Math.Min(text.Timeout, 5);
        if (text.Host?.Contains(',', StringComparison.Ordinal) == true)
        {
            text["Target Session Attributes"] = "read-write";
            text.HostRecheckSeconds = Math.Min(text.HostRecheckSeconds, 1);
        }

        return text.ConnectionString;
    }

    private static ConfigurationOptions Redis(string connection)
    {
        var options = ConfigurationOptions.Parse(connection);
        options.AbortOnConnectFail = false;
        return options;
    }
}
