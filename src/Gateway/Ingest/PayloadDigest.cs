using System.IO.Hashing;
using System.Text;
using Wire = FaceCluster.V1;

namespace FaceCluster.Gateway.Ingest;

/// <summary>
/// Tells a repeat of an item from another item under the same number: XXH3 of the kind and the bytes of the payload.
/// Times, boxes and track ids do not count, since a sender may fill them in anew.
/// </summary>
internal static class PayloadDigest
{
    public static ulong Of(Wire.IngestItem item)
    {
        var hash = new XxHash3();
        Span<byte> kind = [(byte)item.PayloadCase];
        hash.Append(kind);
        switch (item.PayloadCase)
        {
            case Wire.IngestItem.PayloadOneofCase.Frame:
                hash.Append(item.Frame.Span);
                break;
            case Wire.IngestItem.PayloadOneofCase.AlignedCrop:
                hash.Append(item.AlignedCrop.Span);
                break;
            case Wire.IngestItem.PayloadOneofCase.FaceCrop:
                hash.Append(item.FaceCrop.Span);
                break;
            case Wire.IngestItem.PayloadOneofCase.Embedding:
                hash.Append(Encoding.UTF8.GetBytes(item.Embedding.ModelId));
                hash.Append(item.Embedding.Values.Span);
                break;
        }

        return hash.GetCurrentHashAsUInt64();
    }
}
