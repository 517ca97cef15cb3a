using System.Buffers.Binary;
using System.Numerics;

namespace FaceCluster.Storage.Log;

/// <summary>CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), with the processor's instruction where it has one.</summary>
internal static class Crc32C
{
    /// <summary>State before the first byte.</summary>
    public const uint Seed = 0xFFFF_FFFF;

    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }

    public static uint Compute(ReadOnlySpan<byte> bytes) => ~Append(Seed, bytes);
}
