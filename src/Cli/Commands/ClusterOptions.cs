using System.CommandLine;
using FaceCluster.Membership;
using FaceCluster.Silo;

namespace FaceCluster.Cli.Commands;

/// <summary>The options of <c>serve</c> that make a process one of several.</summary>
internal sealed class ClusterOptions
{
    private readonly Option<string?> _database = new("--database")
    {
        Description = "PostgreSQL that keeps the data and in which the silos find each other, as Npgsql reads it (better given as FACECLUSTER_DATABASE: other users can read command lines). Without it, this process is alone and keeps its data in the folder.",
        HelpName = "CONNECTION",
    };

    private readonly Option<string?> _redis = new("--redis")
    {
        Description = "Redis in which the silos find each other instead (or FACECLUSTER_REDIS).",
        HelpName = "HOST:PORT",
    };

    private readonly Option<string> _roles = new("--roles")
    {
        Description = "What this process does: compute (shards), inference (reads pictures), gateway (serves gRPC).",
        HelpName = "ROLE,...",
        DefaultValueFactory = _ => "compute,inference,gateway",
    };

    private readonly Option<string?> _name = new("--silo-name") { Description = "Name of this silo, unique in the cluster.", HelpName = "NAME" };
    private readonly Option<string> _cluster = new("--cluster") { Description = "Name of the cluster.", HelpName = "NAME", DefaultValueFactory = _ => "facecluster" };
    private readonly Option<string> _address = new("--silo-address") { Description = "IP address at which the other silos reach this one.", HelpName = "IP", DefaultValueFactory = _ => "127.0.0.1" };
    private readonly Option<int?> _port = DataOption.Port("--silo-port", "Port for the other silos; 0 takes a free one.");
    private readonly Option<int?> _gatewayPort = DataOption.Port("--silo-gateway-port", "Port for gateways that run alone; without it none can connect.");

    /// <summary>Adds the options to the command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _database, _redis, _roles, _name, _cluster, _address, _port, _gatewayPort })
        {
            command.Options.Add(option);
        }

        _address.Validators.Add(result =>
        {
            if (!System.Net.IPAddress.TryParse(result.GetValueOrDefault<string>(), out _))
            {
                result.AddError("--silo-address must be an IP address.");
            }
        });
    }

    /// <summary>Takes the options over.</summary>
    public void Apply(ParseResult parse, FaceClusterServerOptions options)
    {
        var database = parse.GetValue(_database) ?? Environment.GetEnvironmentVariable("FACECLUSTER_DATABASE");
        var redis = parse.GetValue(_redis) ?? Environment.GetEnvironmentVariable("FACECLUSTER_REDIS");
        options.Roles = parse.GetValue(_roles)!;
        options.SiloPort = parse.GetValue(_port) ?? 0;
        options.SiloGatewayPort = parse.GetValue(_gatewayPort);
        options.Membership.ClusterId = parse.GetValue(_cluster)!;
        options.Membership.SiloName = parse.GetValue(_name);
        options.Membership.AdvertisedAddress = parse.GetValue(_address)!;
        if (!string.IsNullOrEmpty(database))
        {
            options.Storage = new ServerStorageOptions { Kind = StorageKind.Postgres, ConnectionString = database };
            (options.Membership.Kind, options.Membership.ConnectionString) = (MembershipKind.Postgres, database);
        }

        if (!string.IsNullOrEmpty(redis))
        {
            (options.Membership.Kind, options.Membership.ConnectionString) = (MembershipKind.Redis, redis);
        }
    }
}
