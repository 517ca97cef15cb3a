using System.Globalization;

namespace FaceCluster.TrainingData.Verification;

/// <summary>
/// Reads the few operations of Python's pickle format (pickletools.py, protocols 2 to 5) that lists of bytes, truth values
/// and numpy byte arrays take. Every other operation and every other name is refused: a pickle is a program, and this one
/// may only build those values.
/// </summary>
internal sealed class PickleReader(PickleSource source)
{
    private const int HighestProtocol = 5;

    // Twelve million pictures; a verification set has some thousands.
    private const int MaxItems = 12_000_000;

    private readonly List<object> _stack = [];
    private readonly Dictionary<long, object> _memo = [];

    /// <summary>Reads the one value of the file.</summary>
    /// <exception cref="TrainingDataException">The file is no such pickle.</exception>
    public object Read()
    {
        if (source.Length < 3 || source.ReadByte() != 0x80)
        {
            throw new TrainingDataException($"{source.Path} is no pickle of protocol 2 to {HighestProtocol}: it does not begin with 0x80.");
        }

        var protocol = source.ReadByte();
        if (protocol is < 2 or > HighestProtocol)
        {
            throw new TrainingDataException($"{source.Path} is a pickle of protocol {protocol}; 2 to {HighestProtocol} are known.");
        }

        while (true)
        {
            var at = source.Position;
            var code = source.ReadByte();
            if (code == '.')
            {
                return _stack.Count == 1 ? _stack[0] : throw Malformed(at);
            }

            Run(code, at);
            if (_stack.Count > MaxItems || _memo.Count > MaxItems)
            {
                throw new TrainingDataException($"{source.Path} holds more than {MaxItems} values.");
            }
        }
    }

    private void Run(byte code, long at)
    {
        switch (code)
        {
            case 0x95: // FRAME: says how much follows, which the end of the file tells too
                source.ReadUInt64();
                break;
            case (byte)'(':
                Push(PickleMark.Instance);
                break;
            case (byte)']':
                Push(new List<object>());
                break;
            case (byte)'l':
                Push(new List<object>(PopToMark(at)));
                break;
            case (byte)')':
                Push(Array.Empty<object>());
                break;
            case (byte)'t':
                Push(PopToMark(at));
                break;
            case 0x85 or 0x86 or 0x87: // TUPLE1 to TUPLE3
                Push(PopMany(code - 0x84, at));
                break;
            case (byte)'a':
                var item = Pop(at);
                List(at).Add(item);
                break;
            case (byte)'e':
                var items = PopToMark(at);
                List(at).AddRange(items);
                break;
            case (byte)'N':
                Push(PickleNone.Instance);
                break;
            case 0x88 or 0x89: // NEWTRUE, NEWFALSE
                Push(code == 0x88);
                break;
            default:
                RunValue(code, at);
                break;
        }
    }

    private void RunValue(byte code, long at)
    {
        switch (code)
        {
            case (byte)'K':
                Push((long)source.ReadByte());
                break;
            case (byte)'M':
                Push((long)source.ReadUInt16());
                break;
            case (byte)'J':
                Push((long)source.ReadInt32());
                break;
            case (byte)'U' or (byte)'C': // SHORT_BINSTRING, SHORT_BINBYTES
                PushBytes(source.ReadByte());
                break;
            case (byte)'T': // BINSTRING has a signed length
                PushBytes(source.ReadInt32());
                break;
            case (byte)'B':
                PushBytes(source.ReadUInt32());
                break;
            case 0x8E or 0x96: // BINBYTES8, BYTEARRAY8
                PushBytes((long)source.ReadUInt64());
                break;
            case (byte)'X':
                PushText(source.ReadUInt32());
                break;
            case 0x8C: // SHORT_BINUNICODE
                PushText(source.ReadByte());
                break;
            case 0x8D: // BINUNICODE8
                PushText((long)source.ReadUInt64());
                break;
            default:
                RunReference(code, at);
                break;
        }
    }

    private void RunReference(byte code, long at)
    {
        switch (code)
        {
            case (byte)'q':
                _memo[source.ReadByte()] = Top(at);
                break;
            case (byte)'r':
                _memo[source.ReadUInt32()] = Top(at);
                break;
            case 0x94: // MEMOIZE
                _memo[_memo.Count] = Top(at);
                break;
            case (byte)'h':
                Push(Remembered(source.ReadByte(), at));
                break;
            case (byte)'j':
                Push(Remembered(source.ReadUInt32(), at));
                break;
            case (byte)'c':
                Push(PickleGlobals.Find(source.ReadLine(), source.ReadLine(), source.Path));
                break;
            case 0x93: // STACK_GLOBAL
                var names = PopMany(2, at);
                Push(PickleGlobals.Find(source.Text(names[0]), source.Text(names[1]), source.Path));
                break;
            case (byte)'R':
                var call = PopMany(2, at);
                Push(call is [PickleGlobal global, object[] arguments] ? PickleGlobals.Call(global, arguments, source) : throw Malformed(at));
                break;
            case (byte)'b':
                var state = Pop(at);
                PickleGlobals.Build(Top(at), state, source);
                break;
            default:
                throw new TrainingDataException(
                    $"{source.Path}: the pickle operation {Name(code)} at offset {at} has no place in a verification set; it was refused.");
        }
    }

    private static string Name(byte code) => code switch
    {
        (byte)'i' => "INST",
        (byte)'o' => "OBJ",
        0x81 => "NEWOBJ",
        0x92 => "NEWOBJ_EX",
        (byte)'P' or (byte)'Q' => "PERSID",
        0x82 or 0x83 or 0x84 => "EXT",
        (byte)'}' or (byte)'d' or (byte)'s' or (byte)'u' => "DICT",
        _ => string.Create(CultureInfo.InvariantCulture, $"0x{code:x2}"),
    };

    private TrainingDataException Malformed(long at) => new($"{source.Path} is no valid pickle: the operation at offset {at} does not find what it needs.");

    private void Push(object value) => _stack.Add(value);

    private void PushBytes(long length)
    {
        var (offset, count) = source.Skip(length);
        Push(new PickleBytes(offset, count));
    }

    private void PushText(long length)
    {
        var (offset, count) = source.Skip(length);
        Push(new PickleText(offset, count));
    }

    private object Top(long at) => _stack.Count > 0 ? _stack[^1] : throw Malformed(at);

    private object Pop(long at)
    {
        var value = Top(at);
        _stack.RemoveAt(_stack.Count - 1);
        return value is PickleMark ? throw Malformed(at) : value;
    }

    private object[] PopMany(int count, long at)
    {
        if (_stack.Count < count || _stack.Skip(_stack.Count - count).Any(value => value is PickleMark))
        {
            throw Malformed(at);
        }

        object[] values = [.. _stack.Skip(_stack.Count - count)];
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private object[] PopToMark(long at)
    {
        var mark = _stack.FindLastIndex(value => value is PickleMark);
        if (mark < 0)
        {
            throw Malformed(at);
        }

        object[] values = [.. _stack.Skip(mark + 1)];
        _stack.RemoveRange(mark, _stack.Count - mark);
        return values;
    }

    private List<object> List(long at) => Top(at) as List<object> ?? throw Malformed(at);

    private object Remembered(long key, long at) => _memo.TryGetValue(key, out var value) ? value : throw Malformed(at);
}
