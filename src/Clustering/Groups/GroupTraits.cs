namespace FaceCluster.Clustering;

/// <summary>
/// What a join needs to know of one group besides its template. The integers are exact functions of the set of faces;
/// the rest is derived from them.
/// </summary>
internal struct GroupTraits
{
    /// <summary>Fixed-point unit of <see cref="Squares"/>.</summary>
    public const double SquareUnit = 1L << 32;

    /// <summary>Number of faces.</summary>
    public int Size;

    /// <summary>Sum of the squared expected cosines, in units of 2^-32.</summary>
    public long Squares;

    /// <summary>Product of the template with itself.</summary>
    public long Self;

    /// <summary>Summed probability of all edges that leave the group, in units of <see cref="JoinModel.SupportUnit"/>.</summary>
    public long Outward;

    /// <summary>Length of the template, in units of <see cref="GroupVectors.Unit"/>.</summary>
    public double Norm;

    /// <summary>Expected cosine of the template to its person.</summary>
    public double Reach;

    /// <summary>Root of the mean squared expected cosine of a face.</summary>
    public double Quality;

    /// <summary>Logarithm of the size.</summary>
    public double LogSize;

    /// <summary>Logarithm of 0.3 + outward support.</summary>
    public double LogOutward;

    /// <summary>The square of an expected cosine as an integer.</summary>
    public static long Square(double cosine) => (long)Math.Round(cosine * cosine * SquareUnit);

    /// <summary>The traits that follow from the integers.</summary>
    public static GroupTraits Of(int size, long squares, long self, long outward)
    {
        var norm = Math.Sqrt(Math.Max(self, 1));
        var sum = squares / SquareUnit;
        return new GroupTraits
        {
            Size = size,
            Squares = squares,
            Self = self,
            Outward = outward,
            Norm = norm,
            Reach = sum * GroupVectors.Unit / norm,
            Quality = Math.Sqrt(sum / size),
            LogSize = PortableMath.Log(size),
            LogOutward = PortableMath.Log(0.3 + ((double)outward / JoinModel.SupportUnit)),
        };
    }
}
