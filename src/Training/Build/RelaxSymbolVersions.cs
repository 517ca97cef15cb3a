using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies a 64-bit little-endian ELF library and marks chosen symbol versions of its needs (section .gnu.version_r, records
/// Elf64_Vernaux) as weak (VER_FLG_WEAK): the loader then no longer refuses a system library that lacks them. Formats: System V
/// ABI, "Tool Interface Standard ELF"; Linux Standard Base, "Symbol Versioning".
/// </summary>
public sealed class RelaxSymbolVersions : Task
{
    private const uint VersionNeeds = 0x6ffffffe;
    private const ushort Weak = 2;

    [Required]
    public string Library { get; set; }

    [Required]
    public string Output { get; set; }

    [Required]
    public string[] Versions { get; set; }

    public override bool Execute()
    {
        var image = File.ReadAllBytes(Library);
        if (image.Length < 64 || BitConverter.ToUInt32(image, 0) != 0x464c457f || image[4] != 2 || image[5] != 1)
        {
            Log.LogError("'{0}' is not a 64-bit little-endian ELF library.", Library);
            return false;
        }

        var wanted = new HashSet<string>(Versions);
        var relaxed = Relax(image, wanted);
        Directory.CreateDirectory(Path.GetDirectoryName(Output));
        var partial = Output + ".part";
        File.WriteAllBytes(partial, image);
        File.Delete(Output);
        File.Move(partial, Output);
        Log.LogMessage(MessageImportance.Low, "{0}: {1} marked as weak.", Library, relaxed.Count == 0 ? "nothing" : string.Join(", ", relaxed));
        return true;
    }

    private static List<string> Relax(byte[] image, HashSet<string> wanted)
    {
        var relaxed = new List<string>();
        var sections = (int)BitConverter.ToUInt64(image, 0x28);
        var count = BitConverter.ToUInt16(image, 0x3c);
        for (var i = 0; i < count; i++)
        {
            var section = sections + 64 * i;
            if (BitConverter.ToUInt32(image, section + 4) != VersionNeeds)
            {
                continue;
            }

            var names = (int)BitConverter.ToUInt64(image, sections + 64 * (int)BitConverter.ToUInt32(image, section + 40) + 24);
            var need = (int)BitConverter.ToUInt64(image, section + 24);
            for (int next = -1; next != 0; need += next)
            {
                var version = need + (int)BitConverter.ToUInt32(image, need + 8);
                for (int step = -1; step != 0; version += step)
                {
                    var start = names + (int)BitConverter.ToUInt32(image, version + 8);
                    var name = Encoding.ASCII.GetString(image, start, Array.IndexOf(image, (byte)0, start) - start);
                    if (wanted.Contains(name))
                    {
                        image[version + 4] |= (byte)Weak;
                        relaxed.Add(name);
                    }

                    step = (int)BitConverter.ToUInt32(image, version + 12);
                }

                next = (int)BitConverter.ToUInt32(image, need + 12);
            }
        }

        return relaxed;
    }
}
