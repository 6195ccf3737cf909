using System.Text;
using System.Text.Json;
using Liger.Checkpoints;
using Liger.Pictures;
using Liger.Steps;

namespace Liger.Scoreboards;

/// <summary>A folder of recorded scoreboards: scoreboard-NAME.json each, with pictures beside it.</summary>
/// <param name="folder">The folder.</param>
public sealed class ScoreboardFolder(string folder)
{
    /// <summary>The page that shows the scoreboards, beside the folder.</summary>
    public const string Page = "README.md";

    private const string Prefix = "scoreboard-", Suffix = ".json";

    /// <summary>The folder's own name.</summary>
    public string Name => Path.GetFileName(Full);

    private string Full => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    /// <summary>Where a scoreboard lies.</summary>
    public string PathOf(string name) => Path.Combine(folder, Prefix + name + Suffix);

    /// <summary>All scoreboards, by name.</summary>
    /// <exception cref="LigerException">A file is no scoreboard.</exception>
    public IReadOnlyList<ScoreboardResult> All() => !Directory.Exists(folder) ? [] :
        [.. Directory.EnumerateFiles(folder, Prefix + "*" + Suffix).Order(StringComparer.Ordinal).Select(Load)];

    /// <summary>One scoreboard; null where there is none of this name.</summary>
    /// <exception cref="LigerException">The file is no scoreboard.</exception>
    public ScoreboardResult? Find(string name) => File.Exists(PathOf(name)) ? Load(PathOf(name)) : null;

    /// <summary>Writes a scoreboard and its pictures.</summary>
    public void Save(ScoreboardResult board)
    {
        OutputFolder.CheckWritable(folder);
        ResultJson.Save(PathOf(board.Name), board, ResultJson.Default.ScoreboardResult);
        SavePictures(board);
    }

    /// <summary>Makes the pictures of all scoreboards anew, and the page beside the folder that shows them.</summary>
    /// <param name="renewed">Page, its file name and the scoreboards → the new page.</param>
    /// <exception cref="LigerException">There is no page.</exception>
    public void Renew(Func<string, string, IReadOnlyList<ScoreboardResult>, string> renewed)
    {
        var page = Path.Combine(Path.GetDirectoryName(Full)!, Page);
        if (!File.Exists(page))
            throw new LigerException($"{page}: there is no such file — expected the page that shows the scoreboards. Make one.", ExitCode.WrongUse);
        var boards = All();
        var text = renewed(File.ReadAllText(page), page, boards);
        foreach (var board in boards) SavePictures(board);
        AtomicFile.Write(page, Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The pictures of a scoreboard, by file name.</summary>
    public static IEnumerable<(string File, string Text)> Pictures(ScoreboardResult board)
    {
        if (ScoreboardPictures.Needles(board) is { } needles) yield return ($"{Prefix}{board.Name}-needles.svg", SvgChart.Write(needles));
        if (ScoreboardPictures.Loss(board) is { } loss) yield return ($"{Prefix}{board.Name}-loss.svg", SvgChart.Write(loss));
    }

    private void SavePictures(ScoreboardResult board)
    {
        foreach (var (file, text) in Pictures(board))
            AtomicFile.Write(Path.Combine(folder, file), Encoding.UTF8.GetBytes(text));
    }

    private static ScoreboardResult Load(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), ResultJson.Default.ScoreboardResult)!;
        }
        catch (JsonException error)
        {
            throw new LigerException($"{file}: is no scoreboard — {error.Message} Measure it again with --overwrite, or move it away.", ExitCode.WrongUse, error);
        }
    }
}
