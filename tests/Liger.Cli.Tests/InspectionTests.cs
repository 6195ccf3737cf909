using System.Text.Json;

namespace Liger.Cli.Tests;

/// <summary>What is told of a checkpoint.</summary>
public sealed class InspectionTests : Pipeline
{
    [Fact]
    public void Memory_and_where_it_breaks_even_follow_from_the_shape()
    {
        // Two layers, two kv heads, 4 wide, fp32: 128 bytes a token of softmax; windows hold 3 + 1 tokens and states 4·4 numbers a head.
        Done("convert", model, "--to", folder["small"], "--mixer", "liger-gla", "--window", "4", "--sinks", "1");
        using var result = JsonDocument.Parse(Done("inspect", folder["small"], "--json").Output);
        var at = result.RootElement.GetProperty("memory")[0];
        Assert.Equal((1024, 1024 * 128, (4 * 128) + 256), (at.GetProperty("tokens").GetInt32(), at.GetProperty("softmax_bytes").GetInt32(), at.GetProperty("bytes").GetInt32()));
        Assert.Equal(6, result.RootElement.GetProperty("break_even_tokens").GetInt32());
        Assert.Contains("no more than softmax from 6 tokens on", Done("inspect", folder["small"]).Output);
        Assert.DoesNotContain("no more than softmax", Done("inspect", model).Output);

        using var list = JsonDocument.Parse(Done("list", "mixers", "--json").Output);
        var mixers = list.RootElement.EnumerateArray().ToDictionary(m => m.GetProperty("name").GetString()!);
        Assert.Equal(16L << 20, mixers["gla"].GetProperty("state_bytes").GetInt64());
        Assert.All(mixers.Values, m => Assert.Contains("o_t", m.GetProperty("formula").GetString()));
        Assert.True(mixers["softmax"].GetProperty("grows").GetBoolean());
        Assert.False(mixers["selected"].GetProperty("grows").GetBoolean());
    }

    [Fact]
    public void Gates_are_shown_as_a_table_json_and_pictures()
    {
        var converted = folder["gated"];
        Done("convert", model, "--to", converted, "--mixer", "liger-gla", "--window", "4", "--keep-heads", "1.0");
        string[] gates = ["inspect", converted, "--gates", folder["text.txt"], "--context", "32"];
        var table = Done([.. gates, "--pictures", folder["pictures"]]).Output;
        Assert.Matches(@"0\.1 +liger-gla +[0-9.]+ +[0-9.]+ to [0-9.]+ +[0-9.]+ % ", table);
        Assert.Matches(@"1\.0 +softmax\n", table);
        foreach (var picture in (string[])["gates-half-life.svg", "gates-window-share.svg"])
            Assert.Equal(2, System.Xml.Linq.XDocument.Load(folder[$"pictures/{picture}"]).Descendants().Count(e => e.Value is "kv head 0" or "kv head 1" && e.Name.LocalName == "text"));
        using var json = JsonDocument.Parse(Done([.. gates, "--json"]).Output);
        Assert.Equal(4, json.RootElement.GetProperty("heads").GetArrayLength());
        var refused = CliRun.Of("inspect", converted, "--adapter", "x");
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains("--adapter needs --gates", refused.Error);
    }
}
