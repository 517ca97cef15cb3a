namespace FaceCluster.TrainingData.Verification;

/// <summary>The only names a pickle may ask for, and what is made of them. Nothing is ever looked up or called by name.</summary>
internal static class PickleGlobals
{
    private const string Reconstruct = "_reconstruct";
    private const string Scalar = "scalar";

    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["numpy.core.multiarray _reconstruct"] = Reconstruct,
        ["numpy._core.multiarray _reconstruct"] = Reconstruct,
        ["numpy.core.multiarray scalar"] = Scalar,
        ["numpy._core.multiarray scalar"] = Scalar,
        ["numpy ndarray"] = "ndarray",
        ["numpy dtype"] = "dtype",
        ["_codecs encode"] = "encode",
    };

    /// <summary>The global of a module and name.</summary>
    /// <exception cref="TrainingDataException">It is not one of the known ones.</exception>
    public static PickleGlobal Find(string module, string name, string file) =>
        Known.TryGetValue($"{module} {name}", out var known)
            ? new PickleGlobal(known)
            : throw new TrainingDataException(
                $"{file} asks for '{module}.{name}', which a verification set has no use for; it was refused and nothing of it was run.");

    /// <summary>What calling a global gives.</summary>
    /// <param name="global">The global.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="source">Where texts and bytes are read.</param>
    /// <exception cref="TrainingDataException">The arguments are others than numpy and Python write.</exception>
    public static object Call(PickleGlobal global, object[] arguments, PickleSource source) => (global.Name, arguments) switch
    {
        (Reconstruct, [PickleGlobal { Name: "ndarray" }, object[], _]) => new PickleArray(),
        ("dtype", [var code, ..]) => Type(source.Text(code), source),
        (Scalar, [PickleType { IsBool: true }, PickleBytes { Length: 1 } value]) => source.ReadBytes(value)[0] != 0,
        ("encode", [PickleText text, var codec]) when source.Text(codec) is "latin1" or "latin-1" => new PickleBytes(text.Offset, text.Length, IsLatin1Text: true),
        _ => throw new TrainingDataException($"{source.Path} calls {global.Name} with other arguments than numpy and Python write."),
    };

    /// <summary>Sets the state of an object, as numpy's arrays and types do after they are made.</summary>
    /// <exception cref="TrainingDataException">It is no such object or state.</exception>
    public static void Build(object target, object state, PickleSource source)
    {
        switch (target, state)
        {
            // The version, byte order and sizes of a type of one byte say nothing that matters.
            case (PickleType, object[]):
                break;
            case (PickleArray array, object[] and [_, object[] shape, PickleType type, _, PickleBytes data]):
                var elements = 1L;
                foreach (var side in shape)
                {
                    elements = side is long size and >= 0 and <= int.MaxValue && elements <= int.MaxValue
                        ? elements * size
                        : throw new TrainingDataException($"{source.Path} holds an array with a side that is no length.");
                }

                array.IsBool = type.IsBool;
                array.Data = source.LengthOf(data) == elements
                    ? data
                    : throw new TrainingDataException($"{source.Path} holds an array of {elements} elements with {data.Length} bytes.");
                break;
            default:
                throw new TrainingDataException($"{source.Path} sets the state of something else than a numpy array or type.");
        }
    }

    private static PickleType Type(string code, PickleSource source) => code switch
    {
        "u1" or "|u1" or "uint8" => new PickleType(isBool: false),
        "b1" or "|b1" or "bool" or "?" => new PickleType(isBool: true),
        _ => throw new TrainingDataException($"{source.Path} holds numpy values of the type '{code}'; u1 (bytes) and b1 (truth values) are known."),
    };
}
