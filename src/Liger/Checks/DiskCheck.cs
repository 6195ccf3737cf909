namespace Liger.Checks;

/// <summary>The disk has room for what the run writes: a converted and an exported checkpoint, where asked for, and the adapter's states.</summary>
internal sealed class DiskCheck : RecipeCheck
{
    // Adapters, their optimizer states and logs stay far below this for every supported rank of an 8B model.
    private const long ForTheRest = 1L << 30;

    internal override string Title => "the disk has room";

    internal override string Run(CheckedRun run)
    {
        var recipe = run.Recipe;
        var copies = (recipe.Mixer is not null && !recipe.Model.Link ? 1 : 0) + (recipe.Export is not null ? 1 : 0);
        var needed = copies * run.Model.TotalBytes + Math.Min(ForTheRest, run.Model.TotalBytes);
        var existing = recipe.RunFolder;
        while (!Directory.Exists(existing)) existing = Path.GetDirectoryName(existing)!;
        var free = new DriveInfo(existing).AvailableFreeSpace;
        return free >= needed
            ? FormattableString.Invariant($"{needed:#,0} bytes needed, {free:#,0} free")
            : throw new LigerException(FormattableString.Invariant($"{recipe.RunFolder}: the disk lacks room — expected {needed:#,0} bytes free, got {free:#,0}. Make room, set model.link=true, or choose another run folder."), ExitCode.Environment);
    }
}
