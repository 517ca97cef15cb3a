using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FaceCluster.Gateway.Access;

/// <summary>
/// The text of an API key: <c>fck_{id}_{secret}</c>, where id is public and names the key in lists and logs, and the
/// secret is 256 random bits in base64url.
/// </summary>
/// <remarks>
/// At rest a key is its SHA-256. Slow, salted hashes (Argon2, PBKDF2) protect secrets that people choose, because those
/// can be guessed; 256 random bits cannot, so a slow hash would only add its cost to each call.
/// </remarks>
public static class ApiKeyToken
{
    private const string Prefix = "fck_";
    private const int IdBytes = 6;
    private const int SecretBytes = 32;
    private const int MaxLength = 128;

    /// <summary>Makes a new key: its id and its text, which is shown once and never stored.</summary>
    public static (string Id, string Token) Create()
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        return (id, $"{Prefix}{id}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}");
    }

    /// <summary>What is stored of a key: 32 bytes.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>The id that a text claims to be of, or null where it does not look like a key.</summary>
    public static string? IdOf(string token)
    {
        const int IdLength = IdBytes * 2;
        return token.Length is > 0 and <= MaxLength
            && token.StartsWith(Prefix, StringComparison.Ordinal)
            && token.Length > Prefix.Length + IdLength + 1
            && token[Prefix.Length + IdLength] == '_'
                ? token.Substring(Prefix.Length, IdLength)
                : null;
    }
}
