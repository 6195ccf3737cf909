using System.Text;
using Liger.Scoreboards;

namespace Liger.Cli.Display;

/// <summary>The part of a README in Markdown that shows recorded scoreboards: what stands between two markers, made from the records alone.</summary>
internal static class ScoreboardPage
{
    internal const string Begin = "<!-- scoreboards: made by 'liger scoreboard --table' -->", End = "<!-- end of scoreboards -->";

    /// <summary>The page with what lies between the markers made anew.</summary>
    /// <param name="page">The page's text.</param>
    /// <param name="name">Its file, for messages.</param>
    /// <param name="boards">What is shown.</param>
    /// <param name="pictures">Where the pictures lie, seen from the page.</param>
    /// <exception cref="LigerException">The markers are missing.</exception>
    internal static string Renew(string page, string name, IEnumerable<ScoreboardResult> boards, string pictures)
    {
        var (from, to) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        if (from < 0 || to < from)
            throw new LigerException($"{name}: there is no place for the tables — expected a line \"{Begin}\" and below it \"{End}\". Add both.", ExitCode.WrongUse);
        return page[..(from + Begin.Length)] + "\n" + string.Concat(boards.Select(board => Section(board, pictures))) + "\n" + page[to..];
    }

    private static string Section(ScoreboardResult board, string pictures)
    {
        var text = new StringBuilder($"\n### {board.Name}\n\n{ScoreboardTable.Basis(board)}\n");
        foreach (var table in ScoreboardTable.Of(board)) text.Append('\n').Append(table.ToMarkdown());
        foreach (var (file, _) in ScoreboardFolder.Pictures(board)) text.Append($"\n![{board.Name}]({pictures}/{file})\n");
        return text.ToString();
    }
}
