using System.Numerics;

namespace FaceCluster.TrainingData.Loading;

/// <summary>
/// A random generator that is the same on every machine and in every version of the runtime, and starts in constant
/// time at any place: xoshiro256** seeded by SplitMix64 (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", 2021).
/// </summary>
public struct RandomSource
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    private RandomSource(ulong seed)
    {
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    /// <summary>The generator of a place: neighbouring seeds, streams and positions give unrelated values.</summary>
    public static RandomSource At(long seed, long stream, long position)
    {
        var state = (ulong)seed;
        var mixed = SplitMix(ref state) ^ (ulong)stream;
        mixed = SplitMix(ref mixed) ^ (ulong)position;
        return new RandomSource(SplitMix(ref mixed));
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform between two values.</summary>
    public float Between(float low, float high) => low + ((high - low) * (float)NextDouble());

    /// <summary>Uniform in 0 to <paramref name="count"/> - 1, without bias (Lemire, 2019).</summary>
    public int Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        while (true)
        {
            var product = (ulong)(uint)(NextBits() >> 32) * (uint)count;
            if ((uint)product >= (uint)(-count) % (uint)count)
            {
                return (int)(product >> 32);
            }
        }
    }

    /// <summary>True with the given probability.</summary>
    public bool Chance(double probability) => probability > 0 && NextDouble() < probability;

    /// <summary>Orders the items at random (Fisher and Yates).</summary>
    public void Shuffle(Span<int> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
