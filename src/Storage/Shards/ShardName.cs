using System.Globalization;
using System.Text;

namespace FaceCluster.Storage;

/// <summary>Names one shard of one collection. Its text form is <c>collection/00017</c>, the key of the shard's grain.</summary>
public readonly record struct ShardName
{
    /// <summary>Longest accepted collection name in UTF-8 bytes.</summary>
    public const int MaxCollectionBytes = 128;

    /// <summary>Largest accepted shard number.</summary>
    public const int MaxNumber = 99_999;

    /// <param name="collection">The collection, 1..<see cref="MaxCollectionBytes"/> bytes of UTF-8 without a slash.</param>
    /// <param name="number">The shard within the collection, 0..<see cref="MaxNumber"/>.</param>
    public ShardName(string collection, int number)
    {
        ArgumentException.ThrowIfNullOrEmpty(collection);
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxNumber);
        if (collection.Contains('/') || Encoding.UTF8.GetByteCount(collection) > MaxCollectionBytes)
        {
            throw new ArgumentException(
                $"A collection name holds no slash and at most {MaxCollectionBytes} bytes of UTF-8.", nameof(collection));
        }

        Collection = collection;
        Number = number;
    }

    /// <summary>The collection.</summary>
    public string Collection { get; }

    /// <summary>The shard within the collection.</summary>
    public int Number { get; }

    /// <summary>Parses the text form.</summary>
    /// <exception cref="FormatException">The text is not <c>collection/number</c>.</exception>
    public static ShardName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.LastIndexOf('/');
        return slash > 0 && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new ShardName(text[..slash], number)
            : throw new FormatException($"'{text}' is not a shard name; expected collection/number.");
    }

    /// <summary>The text form, the number padded to five digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Collection}/{Number:D5}");
}
