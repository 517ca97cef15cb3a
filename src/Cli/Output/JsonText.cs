using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace FaceCluster.Cli.Output;

/// <summary>The JSON of <c>--json</c>: field names as in the .proto files, indented, one object per command.</summary>
public static class JsonText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonFormatter Formatter =
        new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true).WithFormatDefaultValues(true));

    /// <summary>The text of a record of our own; property names become snake_case.</summary>
    public static string Record<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>The text of a message.</summary>
    public static string Message(IMessage message) => Node(message).ToJsonString(Options);

    /// <summary>The text of <c>{ name: [messages] }</c>.</summary>
    public static string List(string name, IEnumerable<IMessage> messages) =>
        new JsonObject { [name] = new JsonArray([.. messages.Select(Node)]) }.ToJsonString(Options);

    /// <summary>
    /// The message as a JSON tree. ProtoJSON writes 64-bit integers as strings, which jq and most scripts then compare as
    /// text; every one of ours is under 2^53 or an opaque number, so they are written as numbers.
    /// </summary>
    public static JsonNode Node(IMessage message)
    {
        var node = JsonNode.Parse(Formatter.Format(message))!;
        Unquote(node, message.Descriptor);
        return node;
    }

    private static void Unquote(JsonNode? node, MessageDescriptor descriptor)
    {
        if (node is not JsonObject fields)
        {
            return; // a well-known type with a text form of its own
        }

        foreach (var field in descriptor.Fields.InFieldNumberOrder())
        {
            var value = fields[field.Name];
            if (value is null || field.IsMap)
            {
                continue;
            }

            if (field.FieldType == FieldType.Message)
            {
                IEnumerable<JsonNode?> parts = value as JsonArray ?? Enumerable.Repeat<JsonNode?>(value, 1);
                foreach (var part in parts)
                {
                    Unquote(part, field.MessageType);
                }
            }
            else if (!field.IsRepeated && value.GetValueKind() == JsonValueKind.String
                && field.FieldType is FieldType.Int64 or FieldType.UInt64 or FieldType.SInt64 or FieldType.Fixed64 or FieldType.SFixed64)
            {
                fields[field.Name] = JsonNode.Parse(value.GetValue<string>())!;
            }
        }
    }
}
