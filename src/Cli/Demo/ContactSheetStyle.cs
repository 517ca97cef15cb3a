namespace FaceCluster.Cli.Demo;

/// <summary>The fixed beginning of the demonstration's page.</summary>
internal static class ContactSheetStyle
{
    /// <summary>Everything up to the body's first element.</summary>
    public const string Head =
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>FaceCluster demonstration</title>
        <style>
        :root { color-scheme: light dark; --ground: #f5f6f8; --card: #fff; --text: #1c2127; --soft: #66707c; --line: #dfe3e8; --accent: #2f6fde; --wrong: #d9372c; }
        @media (prefers-color-scheme: dark) { :root { --ground: #14171b; --card: #1d2228; --text: #e8ebef; --soft: #98a2ae; --line: #313841; --accent: #6fa0f5; --wrong: #ff6b5e; } }
        * { box-sizing: border-box; margin: 0; }
        body { background: var(--ground); color: var(--text); font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
        header, main { max-width: 1280px; margin: 0 auto; padding: 0 24px; }
        header { padding-top: 32px; }
        h1 { font-size: 30px; letter-spacing: -.02em; } h2 { font-size: 20px; margin: 36px 0 10px; } h3 { font-size: 16px; margin: 0 0 10px; }
        header p, .note { color: var(--soft); max-width: 76ch; }
        small { font-weight: normal; color: var(--soft); font-size: 13px; }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(135px, 1fr)); gap: 12px; margin-top: 22px; }
        .figures div, article, .cameras figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
        .figures div { padding: 14px 16px; display: flex; flex-direction: column; }
        .figures b { font-size: 23px; white-space: nowrap; line-height: 1.15; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
        .figures span { font-weight: 600; font-size: 13px; }
        .cameras { display: grid; grid-template-columns: repeat(auto-fill, minmax(270px, 1fr)); gap: 12px; }
        .cameras figure { overflow: hidden; } .cameras img { width: 100%; aspect-ratio: 4/3; object-fit: cover; display: block; }
        .cameras figcaption { padding: 8px 12px 10px; font-size: 13px; color: var(--soft); } .cameras b { color: var(--text); }
        article { padding: 16px 18px; margin-top: 14px; }
        .sheet { display: flex; flex-wrap: wrap; gap: 6px; align-items: flex-end; }
        .face { width: 68px; font-size: 11px; text-align: center; color: var(--soft); font-variant-numeric: tabular-nums; }
        .face img { width: 100%; height: auto; display: block; border-radius: 6px; border: 2px solid transparent; background: var(--line); }
        article .face:first-child { width: 142px; font-size: 13px; } article .face:first-child img { border-color: var(--accent); }
        .face.uncertain img { border: 2px dotted var(--soft); opacity: .75; } .face.other img { border-color: var(--wrong); } .face.other { color: var(--wrong); }
        .small { display: flex; flex-wrap: wrap; gap: 12px; margin-top: 12px; } .small .sheet { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 8px; }
        .key { border-radius: 4px; padding: 0 5px; border: 2px solid var(--line); } .key.other { border-color: var(--wrong); } .key.uncertain { border: 2px dotted var(--soft); }
        main { padding-bottom: 60px; }
        </style></head><body>
        """;
}
