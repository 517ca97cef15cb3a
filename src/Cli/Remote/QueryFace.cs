using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Core;
using FaceCluster.V1;
using Google.Protobuf;

namespace FaceCluster.Cli.Remote;

/// <summary>What a picture on the command line is.</summary>
internal enum PictureKind
{
    /// <summary>A photograph in which faces are looked for.</summary>
    Photograph,

    /// <summary>A picture that is itself the box of one face.</summary>
    FaceCrop,

    /// <summary>An aligned face of 112 x 112 pixels.</summary>
    AlignedCrop,
}

/// <summary>Turns an argument into a query: a file is a picture, 32 hexadecimal digits are a stored face.</summary>
internal static class QueryFace
{
    /// <summary>The option that says what pictures are.</summary>
    public static Option<PictureKind> KindOption() => new("--as")
    {
        Description = "What a picture is: photograph (faces are looked for), face-crop (it is the box of one face) or aligned-crop (112 x 112).",
        HelpName = "photograph|face-crop|aligned-crop",
        DefaultValueFactory = _ => PictureKind.Photograph,
        CustomParser = result =>
        {
            switch (result.Tokens.Single().Value.ToLowerInvariant())
            {
                case "photograph":
                    return PictureKind.Photograph;
                case "face-crop":
                    return PictureKind.FaceCrop;
                case "aligned-crop":
                    return PictureKind.AlignedCrop;
                default:
                    result.AddError($"--as must be photograph, face-crop or aligned-crop; '{result.Tokens[0].Value}' is none of them.");
                    return default;
            }
        },
    };

    /// <summary>The query of an argument.</summary>
    /// <exception cref="CliException">It is neither a file nor the id of a face.</exception>
    public static async Task<FaceQuery> ReadAsync(string argument, string collection, PictureKind kind, CancellationToken cancellation)
    {
        if (File.Exists(argument))
        {
            var content = UnsafeByteOperations.UnsafeWrap(await File.ReadAllBytesAsync(argument, cancellation));
            return kind switch
            {
                PictureKind.FaceCrop => new FaceQuery { FaceCrop = content },
                PictureKind.AlignedCrop => new FaceQuery { AlignedCrop = content },
                _ => new FaceQuery { Image = content },
            };
        }

        return FaceId.TryParse(ResourceNames.Id(argument), out _)
            ? new FaceQuery { Face = ResourceNames.Child(collection, "faces", argument) }
            : throw new CliException($"'{argument}' is neither a file nor the id of a face (32 hexadecimal digits).", ExitCode.NotFound);
    }
}
