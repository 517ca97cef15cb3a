using System.Text;

namespace FaceCluster.Storage.Records;

/// <summary>Gives one string per text, so that a replay does not allocate the same camera name for every block.</summary>
internal sealed class StringPool
{
    private readonly Dictionary<string, string> _strings = new(StringComparer.Ordinal);

    public string Get(ReadOnlySpan<byte> utf8)
    {
        Span<char> chars = stackalloc char[ShardLimits.MaxCameraBytes];
        if (utf8.Length > chars.Length)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        ReadOnlySpan<char> text = chars[..Encoding.UTF8.GetChars(utf8, chars)];
        var lookup = _strings.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(text, out var pooled))
        {
            pooled = text.ToString();
            _strings.Add(pooled, pooled);
        }

        return pooled;
    }
}
