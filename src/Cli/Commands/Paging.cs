using System.CommandLine;
using FaceCluster.Cli.CommandLine;

namespace FaceCluster.Cli.Commands;

/// <summary>Reads as many pages as a listing command was asked for.</summary>
internal static class Paging
{
    /// <summary>The largest page the API gives.</summary>
    private const int PageSize = 1000;

    /// <summary>The option that limits a listing.</summary>
    public static Option<int> LimitOption()
    {
        var option = new Option<int>("--limit", "-n")
        {
            Description = "Print at most so many; 0 for all.",
            HelpName = "N",
            DefaultValueFactory = _ => 100,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0)
            {
                result.AddError("--limit must not be negative.");
            }
        });
        return option;
    }

    /// <summary>Collects entries until there are no more or the limit is reached.</summary>
    /// <param name="limit">How many at most; 0 for all.</param>
    /// <param name="page">Fetches one page: its entries and the token of the next one, empty at the end.</param>
    public static async Task<IReadOnlyList<T>> CollectAsync<T>(int limit, Func<int, string, Task<(IEnumerable<T> Entries, string Next)>> page)
    {
        var all = new List<T>();
        var token = string.Empty;
        do
        {
            var wanted = limit == 0 ? PageSize : Math.Min(PageSize, limit - all.Count);
            var (entries, next) = await page(wanted, token);
            all.AddRange(entries);
            token = next;
        }
        while (token.Length > 0 && (limit == 0 || all.Count < limit));
        return all;
    }

    /// <summary>Says that the listing was cut, where it was.</summary>
    public static void NoteRest(CliConsole console, int shown, long total)
    {
        if (shown < total)
        {
            console.Note($"{shown} of {total}; --limit 0 prints all.");
        }
    }
}
